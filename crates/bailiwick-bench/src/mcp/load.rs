//! The load: closed loops as fast as replies come, and calls at a fixed pace.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::client::Client;
use crate::clock::now;
use crate::protocol::{INITIALIZE, SESSION, request};
use crate::{Done, Failure};

/// What calls are sent to.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) path: &'static str,
    pub(crate) key: String,
    /// What is called.
    pub(crate) call: &'static str,
}

/// A connection with its session and the bytes of its call.
pub(crate) struct Caller {
    client: Client,
    call: Arc<[u8]>,
}

/// What a load came to.
#[derive(Debug, Default)]
pub(crate) struct Flow {
    pub(crate) calls: f64,
    pub(super) seconds: f64,
    /// How long each call took, in nanoseconds, ascending.
    latencies_ns: Vec<u32>,
}

impl Flow {
    pub(super) fn per_second(&self) -> f64 {
        self.calls / self.seconds
    }

    /// So many percent of the calls took no longer than this, in microseconds.
    pub(crate) fn percentile_us(&self, percent: usize) -> f64 {
        let at = self.latencies_ns.len().saturating_sub(1) * percent / 100;
        self.latencies_ns.get(at).map_or(f64::NAN, |it| f64::from(*it) / 1e3)
    }
}

impl Target {
    /// Open so many connections, each with a session of its own.
    pub(crate) async fn callers(&self, count: usize) -> Done<Vec<Caller>> {
        let mut callers = Vec::with_capacity(count);
        for _ in 0..count {
            callers.push(self.caller().await?);
        }
        Ok(callers)
    }

    async fn caller(&self) -> Done<Caller> {
        let mut client = Client::connect(self.address).await?;
        let hello = request(self.path, &self.key, None, INITIALIZE);
        let reply = client.call(&hello).await?;
        let session = reply.header(SESSION).filter(|_| reply.is_result());
        let session = session.ok_or_else(|| unexpected(&reply.text()))?.to_owned();
        let call = request(self.path, &self.key, Some(&session), self.call).into();
        Ok(Caller { client, call })
    }
}

fn unexpected(reply: &str) -> Failure {
    format!("an unexpected reply:\n{reply}").into()
}

impl Caller {
    /// One call; what the reply's header says.
    pub(super) async fn call(&mut self, header: &str) -> Done<Option<String>> {
        let reply = self.client.call(&self.call).await?;
        if !reply.is_result() {
            return Err(unexpected(&reply.text()));
        }
        Ok(reply.header(header).map(str::to_owned))
    }

    async fn timed(&mut self, since: std::time::Instant) -> Done<u32> {
        let reply = self.client.call(&self.call).await?;
        let took = since.elapsed();
        if !reply.is_result() {
            return Err(unexpected(&reply.text()));
        }
        Ok(u32::try_from(took.as_nanos()).unwrap_or(u32::MAX))
    }
}

/// Every connection calls again as soon as it has its reply.
pub(crate) async fn flood(callers: &mut Vec<Caller>, duration: Duration) -> Done<Flow> {
    let begun = now();
    let mut work = JoinSet::new();
    for mut caller in callers.drain(..) {
        work.spawn(async move {
            let mut took = Vec::new();
            while begun.elapsed() < duration {
                took.push(caller.timed(now()).await?);
            }
            Done::Ok((caller, took))
        });
    }
    gathered(work, callers, begun).await
}

/// So many calls a second over all connections together, in turn.
pub(super) async fn paced(
    callers: &mut Vec<Caller>,
    per_second: f64,
    duration: Duration,
) -> Done<Flow> {
    let begun = now();
    let first = Instant::now() + Duration::from_millis(10);
    let between = Duration::from_secs_f64(callers.len() as f64 / per_second);
    let mut work = JoinSet::new();
    for (number, mut caller) in callers.drain(..).enumerate() {
        let mut due = first + Duration::from_secs_f64(number as f64 / per_second);
        work.spawn(async move {
            let mut took = Vec::new();
            while begun.elapsed() < duration {
                // A call that is late because the one before it was slow counts from when it was
                // due; the timer's own lateness does not count.
                let is_late = Instant::now() > due;
                tokio::time::sleep_until(due).await;
                let since = if is_late { due.into_std() } else { now() };
                took.push(caller.timed(since).await?);
                due += between;
            }
            Done::Ok((caller, took))
        });
    }
    gathered(work, callers, begun).await
}

async fn gathered(
    mut work: JoinSet<Done<(Caller, Vec<u32>)>>,
    callers: &mut Vec<Caller>,
    begun: std::time::Instant,
) -> Done<Flow> {
    let mut flow = Flow::default();
    while let Some(done) = work.join_next().await {
        let (caller, took) = done??;
        callers.push(caller);
        flow.latencies_ns.extend(took);
    }
    flow.seconds = begun.elapsed().as_secs_f64();
    flow.calls = flow.latencies_ns.len() as f64;
    flow.latencies_ns.sort_unstable();
    Ok(flow)
}

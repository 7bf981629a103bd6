//! `bench federation`: `tools/list` of twenty servers and a thousand tools at `/mcp`, against the
//! slowest of the same servers when all are asked at once without a gateway.
//!
//! The servers answer at once: nothing that the gateway does can hide behind their waiting.

use tokio::task::JoinSet;

use crate::client::Client;
use crate::clock::now;
use crate::gateway::{Plan, Site, TOOL};
use crate::parts;
use crate::protocol::{INITIALIZE, LIST, READY, SESSION, request};
use crate::report::{Report, median};
use crate::{Done, on_one_thread};

const SERVERS: usize = 20;
const ROUNDS: usize = 300;
const WARM_UP: usize = 20;
/// Of the tools that the answer must hold.
const NAME: &str = "search_documents";
const TOOLS: usize = 1000;

/// A connection, and the question as it is sent there.
struct Asker {
    client: Client,
    list: Vec<u8>,
}

/// The figures of federated lists.
pub(crate) fn run() -> Done<Report> {
    on_one_thread(measured())
}

async fn measured() -> Done<Report> {
    let folder = tempfile::tempdir()?;
    let upstream = parts::start("upstream", "")?;
    let path = |number: usize| format!("/crowd/{number}");
    let servers: Vec<_> = (0..SERVERS)
        .map(|it| (format!("s{it}"), format!("http://{}{}", upstream.address, path(it))))
        .collect();
    let site = Site::new(folder.path(), &Plan { servers: &servers, settings: "", tools: TOOL })?;
    let gateway = site.start()?;
    let mut through = Asker::begin(gateway.address, "/mcp", &site.key).await?;
    let mut direct = Vec::with_capacity(SERVERS);
    for number in 0..SERVERS {
        direct.push(Asker::begin(upstream.address, &path(number), &site.key).await?);
    }
    let (mut direct_ms, mut through_ms) = (Vec::new(), Vec::new());
    let mut cpu_us = 0.0;
    for round in 0..ROUNDS + WARM_UP {
        if round == WARM_UP {
            cpu_us = gateway.cpu_us()?;
        }
        let alone = slowest(&mut direct).await?;
        let joint = through.ask(TOOLS).await?;
        if round >= WARM_UP {
            direct_ms.push(alone);
            through_ms.push(joint);
        }
    }
    let added: Vec<_> = through_ms.iter().zip(&direct_ms).map(|(all, one)| all - one).collect();
    let cpu_ms = (gateway.cpu_us()? - cpu_us) / 1e3 / ROUNDS as f64;
    let mut report = Report::default();
    report.add("slowest_ms", median(direct_ms), "the slowest of the servers, median");
    report.add("federated_ms", median(through_ms), "all of them at /mcp, median");
    report.add("added_ms", median(added), "added to the slowest (at most 3)");
    report.add("cpu_ms", cpu_ms, "CPU of the gateway for one list");
    Ok(report)
}

/// Ask all at once, without a gateway; how long the slowest takes, in milliseconds.
async fn slowest(direct: &mut Vec<Asker>) -> Done<f64> {
    let begun = now();
    let mut work = JoinSet::new();
    for mut asker in direct.drain(..) {
        work.spawn(async move { asker.ask(TOOLS / SERVERS).await.map(|_| asker) });
    }
    while let Some(done) = work.join_next().await {
        direct.push(done??);
    }
    Ok(begun.elapsed().as_secs_f64() * 1e3)
}

impl Asker {
    async fn begin(address: std::net::SocketAddr, path: &str, key: &str) -> Done<Self> {
        let mut client = Client::connect(address).await?;
        let reply = client.call(&request(path, key, None, INITIALIZE)).await?;
        let session = reply.header(SESSION).ok_or_else(|| reply.text())?.to_owned();
        client.call(&request(path, key, Some(&session), READY)).await?;
        Ok(Self { client, list: request(path, key, Some(&session), LIST) })
    }

    /// Ask for the list, which must have so many tools; how long it took, in milliseconds.
    async fn ask(&mut self, tools: usize) -> Done<f64> {
        let begun = now();
        let reply = self.client.call(&self.list).await?;
        let took = begun.elapsed();
        let text = reply.text();
        let found = text.matches(NAME).count();
        if found != tools {
            return Err(format!("{found} tools instead of {tools}: {text:.400}").into());
        }
        Ok(took.as_secs_f64() * 1e3)
    }
}

//! A child process that speaks the modern era: no session, so one process serves all calls of one
//! caller, each under an id of ours.
//!
//! Callers do not share a process, though the protocol would let them: what a process remembers
//! of one caller, or says late, can then reach no other.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use bailiwick_core::{Cleared, Disposition, Identified, Timestamp};
use bailiwick_wire::json::{Document, Limits as Depth};
use bailiwick_wire::mcp::modern::{Frame, belongs_to};
use bytes::Bytes;
use tokio::sync::mpsc;

use super::calls::Calls;
use super::child::{ChildSpec, Running};
use super::messages::{Unanswered, Warm};
use super::starting::waiting;
use super::stdio::sent;
use super::{Answer, Away, Envelope, Means};
use crate::reading;

/// How many callers of one server may have a process.
const CALLERS_MAX: usize = 256;

/// The processes of one server, by caller.
pub(crate) struct Nursery {
    spec: Arc<ChildSpec>,
    idle_ns: u64,
    children: Mutex<Vec<(Identified, Arc<WarmLink>)>>,
}

impl Nursery {
    pub(crate) const fn new(spec: Arc<ChildSpec>, idle_ns: u64) -> Self {
        Self { spec, idle_ns, children: Mutex::new(Vec::new()) }
    }

    fn children(&self) -> MutexGuard<'_, Vec<(Identified, Arc<WarmLink>)>> {
        self.children.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One call of a caller, and the message as the process is sent it. `None` when too many
    /// callers have a process.
    pub(crate) fn call(
        &self,
        who: &Identified,
        body: &Bytes,
        away: Away,
        now: Timestamp,
    ) -> Option<(WarmCall, Bytes)> {
        let link = self.link(who, now)?;
        let number = link.next.fetch_add(1, Ordering::Relaxed);
        let document = Document::parse(body, Depth::default()).ok()?;
        Some(match Frame::around(body, &document, number) {
            Some((frame, framed)) => (WarmCall { link, frame: Some(frame), away }, framed),
            None => (WarmCall { link, frame: None, away }, body.clone()),
        })
    }

    fn link(&self, who: &Identified, now: Timestamp) -> Option<Arc<WarmLink>> {
        let mut children = self.children();
        children.retain(|(_, it)| !it.is_dead());
        let found = children.iter().find(|(caller, _)| caller.is_same_caller(who));
        if let Some((_, link)) = found {
            link.used_ns.store(now.ns(), Ordering::Relaxed);
            return Some(Arc::clone(link));
        }
        if children.len() >= CALLERS_MAX {
            return None;
        }
        let link = Arc::new(WarmLink {
            spec: Arc::clone(&self.spec),
            running: Mutex::new(None),
            calls: Arc::default(),
            next: AtomicU64::new(1),
            used_ns: AtomicU64::new(now.ns()),
        });
        children.push((who.clone(), Arc::clone(&link)));
        Some(link)
    }

    /// End the processes that nobody used for long.
    pub(crate) fn sweep(&self, now: Timestamp) {
        self.children().retain(|(_, link)| {
            let used = Timestamp::from_ns(link.used_ns.load(Ordering::Relaxed));
            link.calls.count() > 0 || now.since_ns(used) < self.idle_ns
        });
    }

    /// End all.
    pub(crate) fn clear(&self) {
        self.children().clear();
    }
}

/// One process of one caller.
struct WarmLink {
    spec: Arc<ChildSpec>,
    running: Mutex<Option<Running>>,
    calls: Arc<Calls>,
    next: AtomicU64,
    used_ns: AtomicU64,
}

impl WarmLink {
    /// What runs. While it is being started, which may take as long as a package takes to measure,
    /// the caller's other calls wait, and nobody else's.
    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        match self.running.try_lock() {
            Ok(running) => running,
            Err(TryLockError::Poisoned(running)) => running.into_inner(),
            Err(TryLockError::WouldBlock) => {
                waiting(|| self.running.lock().unwrap_or_else(PoisonError::into_inner))
            }
        }
    }

    /// Whether the process died. One that is being started did not.
    fn is_dead(&self) -> bool {
        match self.running.try_lock() {
            Ok(running) => running.as_ref().is_some_and(Running::is_dead),
            Err(TryLockError::Poisoned(running)) => {
                running.into_inner().as_ref().is_some_and(Running::is_dead)
            }
            Err(TryLockError::WouldBlock) => false,
        }
    }

    /// The input of the process, which is started when there was none yet.
    fn input(&self, means: Means<'_>, cleared: &Cleared) -> Option<mpsc::Sender<Bytes>> {
        input_of(&mut self.running(), || {
            let secrets: Vec<_> = means.vault.environment(cleared).collect();
            let mut started =
                self.spec.start(secrets.iter().map(|it| (it.name, it.value()))).ok()?;
            tokio::spawn(sort(started.lines.take()?, Arc::clone(&self.calls)));
            Some(started)
        })
    }
}

/// The input of the process that runs, or starts where there was none yet. Where one was and died
/// there is none: a call that was framed for it is no call of the next one.
fn input_of(
    running: &mut Option<Running>,
    start: impl FnOnce() -> Option<Running>,
) -> Option<mpsc::Sender<Bytes>> {
    if running.is_none() {
        *running = start();
    }
    running.as_ref().filter(|it| !it.is_dead()).map(|it| it.input.clone())
}

/// Give each line to the call that it belongs to. What belongs to none is given to the only call
/// under way, and dropped when there is no such: it is nobody's.
async fn sort(mut lines: mpsc::Receiver<Bytes>, calls: Arc<Calls>) {
    while let Some(line) = lines.recv().await {
        let belongs = {
            let Ok(document) = Document::parse(&line, Depth::default()) else { continue };
            belongs_to(&document)
        };
        let reader = match &belongs {
            Some(id) => calls.reader(id),
            None => calls.only_reader(),
        };
        if let Some(reader) = reader {
            drop(reader.send(line).await);
        }
    }
    calls.end();
}

/// One call of a process.
pub(crate) struct WarmCall {
    link: Arc<WarmLink>,
    /// Absent for a notification.
    frame: Option<Frame>,
    away: Away,
}

impl WarmCall {
    pub(super) async fn forward(
        &self,
        means: Means<'_>,
        cleared: Cleared,
        envelope: &Envelope,
    ) -> Answer {
        let full = self.link.calls.count() >= means.limits.calls_per_session;
        let input = if full { None } else { self.link.input(means, &cleared) };
        let ask = cleared.call().ask().clone();
        let owed = cleared.owe();
        let Some(input) = input else { return Answer::Ended(owed, Disposition::Unreachable) };
        let (Some(frame), Some(id)) = (&self.frame, &envelope.id) else {
            let came = sent(&input, ask, envelope.patience(means.limits)).await;
            return Answer::Ended(owed, came);
        };
        let Some((place, messages)) = self.link.calls.enter(frame.ours(), None, true) else {
            return Answer::Ended(owed, Disposition::Unreachable);
        };
        let unanswered = Unanswered::new(input.clone(), frame.clone());
        let mut warm = Warm::new(messages, unanswered, place);
        let patience = envelope.patience(means.limits);
        let first = async {
            input.send(ask).await.ok()?;
            warm.next().await
        };
        let first = tokio::select! {
            biased;
            () = self.away.gone() => return Answer::Ended(owed, Disposition::Cancelled),
            () = means.kills.stopped(owed.call()) => {
                return Answer::Ended(owed, Disposition::Killed);
            }
            first = tokio::time::timeout(patience, first) => first,
        };
        match first {
            Err(_) => Answer::Ended(owed, Disposition::TimedOut),
            Ok(None) => Answer::Ended(owed, Disposition::Unreachable),
            Ok(Some(piece)) => match reading::answer(&piece.message, Some(id)) {
                Some(disposition) => Answer::Whole(owed, piece.message, disposition),
                None => Answer::Stream(owed, warm.again(piece)),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use super::*;
    use crate::diary::Diary;

    #[tokio::test]
    async fn a_dead_process_has_no_successor_in_its_place() {
        let (alive, _) = mpsc::channel(1);
        let launch = ("true".to_owned(), Vec::new(), "/".into(), BTreeMap::new());
        let spec = ChildSpec::new("kid".into(), launch, 1024, Arc::new(Diary::default()), alive);
        let spec = Arc::new(spec);
        let start = || spec.start(std::iter::empty()).ok();
        let mut running = None;
        assert!(input_of(&mut running, || None).is_none());
        assert!(input_of(&mut running, start).is_some(), "one that could not start may do so");
        while running.as_ref().is_some_and(|it| !it.is_dead()) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(input_of(&mut running, || panic!("it was started again")).is_none());
    }
}

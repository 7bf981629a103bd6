//! A session with a child process: one process each, its messages sorted to the calls that they
//! belong to.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bailiwick_core::{Action, Cleared, Disposition};
use bailiwick_wire::mcp::reply;
use bytes::Bytes;
use tokio::sync::mpsc;

use super::calls::Calls;
use super::child::{ChildSpec, Running};
use super::desk::Desk;
use super::follow::Subscriptions;
use super::{Answer, Envelope, Leg, Means};

/// One session with a child process.
pub(crate) struct StdioLink {
    spec: Arc<ChildSpec>,
    running: Mutex<Option<Running>>,
    desk: Arc<Desk>,
    pub(super) subscriptions: Subscriptions,
}

impl StdioLink {
    pub(crate) fn new(spec: Arc<ChildSpec>) -> Self {
        Self {
            spec,
            running: Mutex::new(None),
            desk: Arc::default(),
            subscriptions: Subscriptions::default(),
        }
    }

    /// The calls under way.
    pub(super) fn calls(&self) -> &Arc<Calls> {
        self.desk.calls()
    }

    pub(super) fn is_dead(&self) -> bool {
        self.running().as_ref().is_some_and(Running::is_dead)
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) async fn forward(
        &self,
        means: Means<'_>,
        cleared: Cleared,
        envelope: &Envelope,
    ) -> Answer {
        match envelope.leg {
            Leg::Message => self.message(means, cleared, envelope).await,
            Leg::Listen => self.desk.listen(cleared.owe()),
            Leg::End => {
                self.running().take();
                Answer::Ended(cleared.owe(), Disposition::Accepted)
            }
        }
    }

    async fn message(&self, means: Means<'_>, cleared: Cleared, envelope: &Envelope) -> Answer {
        if cleared.call().action() == Action::Connect && !self.start(means, &cleared) {
            return Answer::Ended(cleared.owe(), Disposition::Unreachable);
        }
        let input = self.running().as_ref().filter(|it| !it.is_dead()).map(|it| it.input.clone());
        let ask = cleared.call().ask().clone();
        let of_a_client = cleared.call().who().agent().is_some();
        let owed = cleared.owe();
        let Some(input) = input else { return Answer::Ended(owed, Disposition::Unreachable) };
        let patience = envelope.patience(means.limits);
        let Some(id) = &envelope.id else {
            return Answer::Ended(owed, sent(&input, ask, patience).await);
        };
        let Some(place) = self.desk.enter(id, envelope.progress.clone(), of_a_client) else {
            return Answer::Ended(owed, Disposition::Unreachable);
        };
        let sent = sent(&input, ask, patience).await;
        if sent != Disposition::Accepted {
            return Answer::Ended(owed, sent);
        }
        let answer = place.answer(means, owed, id, patience).await;
        if let Answer::Ended(_, Disposition::Killed) = answer {
            // On a pipe nothing closes: this is the way to hang up. A process whose queue is full
            // is not told, and loses nothing.
            let _ = input.try_send(reply::cancelled(id, "nobody waits for it"));
        }
        answer
    }

    /// Start the session's process, with the secrets that the clearance gives access to.
    fn start(&self, means: Means<'_>, cleared: &Cleared) -> bool {
        let mut running = self.running();
        if running.is_some() {
            // A second handshake in one session goes to the process that is there.
            return true;
        }
        let secrets: Vec<_> = means.vault.environment(cleared).collect();
        match self.spec.start(secrets.iter().map(|it| (it.name, it.value()))) {
            Ok(mut started) => {
                if let Some(lines) = started.lines.take() {
                    tokio::spawn(sort(lines, Arc::clone(&self.desk)));
                }
                *running = Some(started);
                true
            }
            Err(_) => false,
        }
    }
}

/// Give a process a message. One that reads nothing any more is not waited for without end.
pub(super) async fn sent(
    input: &mpsc::Sender<Bytes>,
    message: Bytes,
    patience: Duration,
) -> Disposition {
    match tokio::time::timeout(patience, input.send(message)).await {
        Ok(Ok(())) => Disposition::Accepted,
        Ok(Err(_)) => Disposition::Unreachable,
        Err(_) => Disposition::TimedOut,
    }
}

/// Sort what the process says, to its end.
async fn sort(mut lines: mpsc::Receiver<Bytes>, desk: Arc<Desk>) {
    while let Some(line) = lines.recv().await {
        desk.deliver(line).await;
    }
    desk.end();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_process_that_reads_nothing_is_waited_for_no_longer_than_said() {
        let (input, mut lines) = mpsc::channel(1);
        let give = || sent(&input, Bytes::new(), Duration::from_millis(10));
        assert_eq!(give().await, Disposition::Accepted);
        assert_eq!(give().await, Disposition::TimedOut);
        lines.recv().await;
        assert_eq!(give().await, Disposition::Accepted);
        drop(lines);
        assert_eq!(give().await, Disposition::Unreachable);
    }
}

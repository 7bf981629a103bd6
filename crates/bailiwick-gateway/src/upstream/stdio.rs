//! A session with a child process: one process each, its messages sorted to the calls that they
//! belong to.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bailiwick_core::{Action, Cleared, Disposition, Pending};
use bailiwick_wire::rpc::Id;
use bytes::Bytes;
use tokio::sync::mpsc;

use super::calls::{CallGuard, Calls};
use super::child::{ChildSpec, Running};
use super::messages::{Messages, Stray};
use super::{Answer, Envelope, Leg, Means};
use crate::reading::{self, Heard};

/// How many messages that belong to no call are kept until somebody listens.
const STRAY_QUEUE: usize = 1024;

/// One session with a child process.
pub(crate) struct StdioLink {
    spec: Arc<ChildSpec>,
    running: Mutex<Option<Running>>,
    calls: Arc<Calls>,
    stray: Arc<Mutex<Option<mpsc::Receiver<Bytes>>>>,
    to_stray: mpsc::Sender<Bytes>,
}

impl StdioLink {
    pub(crate) fn new(spec: Arc<ChildSpec>) -> Self {
        let (to_stray, stray) = mpsc::channel(STRAY_QUEUE);
        Self {
            spec,
            running: Mutex::new(None),
            calls: Arc::default(),
            stray: Arc::new(Mutex::new(Some(stray))),
            to_stray,
        }
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
            Leg::Listen => self.listen(cleared.owe()),
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
        let owed = cleared.owe();
        let Some(input) = input else { return Answer::Ended(owed, Disposition::Unreachable) };
        let Some(id) = &envelope.id else {
            let sent = input.send(ask).await.is_ok();
            let disposition = if sent { Disposition::Accepted } else { Disposition::Unreachable };
            return Answer::Ended(owed, disposition);
        };
        let Some((guard, messages)) = self.calls.enter(id, envelope.progress.clone()) else {
            return Answer::Ended(owed, Disposition::Unreachable);
        };
        if input.send(ask).await.is_err() {
            return Answer::Ended(owed, Disposition::Unreachable);
        }
        let patience = Duration::from_secs(means.limits.answer_seconds);
        first(owed, id, guard, messages, patience).await
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
                    let (calls, stray) = (Arc::clone(&self.calls), self.to_stray.clone());
                    let dead = started.dead();
                    tokio::spawn(async move {
                        sort(lines, calls, stray).await;
                        // A process that says no more, or said too much at once, is no session.
                        dead.store(true, Ordering::Release);
                    });
                }
                *running = Some(started);
                true
            }
            Err(_) => false,
        }
    }

    /// Everything that belongs to no call, kept until now, to one listener at a time.
    fn listen(&self, owed: Pending) -> Answer {
        match Stray::listen(&self.stray) {
            Some(stray) => Answer::Stream(owed, Messages::Stray(stray)),
            None => Answer::Ended(owed, Disposition::Unreachable),
        }
    }
}

/// The first message of a call decides whether its answer is whole or a stream.
async fn first(
    owed: Pending,
    id: &Id,
    guard: CallGuard,
    mut messages: mpsc::Receiver<Bytes>,
    patience: Duration,
) -> Answer {
    let message = match tokio::time::timeout(patience, messages.recv()).await {
        Err(_) => return Answer::Ended(owed, Disposition::TimedOut),
        Ok(None) => return Answer::Ended(owed, Disposition::Unreachable),
        Ok(Some(message)) => message,
    };
    match reading::answer(&message, Some(id)) {
        Some(disposition) => Answer::Whole(owed, message, disposition),
        None => Answer::Stream(owed, Messages::behind(message, messages, guard)),
    }
}

/// Give each line to the call that it belongs to. What is not JSON-RPC is dropped: some servers
/// print greetings. When the process is gone, every call under way learns of it.
async fn sort(mut lines: mpsc::Receiver<Bytes>, calls: Arc<Calls>, stray: mpsc::Sender<Bytes>) {
    while let Some(line) = lines.recv().await {
        for message in reading::apart(line) {
            deliver(message, &calls, &stray).await;
        }
    }
    calls.end();
}

async fn deliver(message: Bytes, calls: &Calls, stray: &mpsc::Sender<Bytes>) {
    let Some(heard) = reading::hear(&message) else { return };
    match (calls.reader_of(&heard), heard) {
        // A reader that is gone has ended its call; the message has nowhere to go.
        (Some(reader), _) => drop(reader.send(message).await),
        // An answer to nothing.
        (None, Heard::Answer(..)) => {}
        // Nobody may be listening for ever: what does not fit any more is dropped.
        (None, Heard::Request(_) | Heard::Notice(_)) => drop(stray.try_send(message)),
    }
}

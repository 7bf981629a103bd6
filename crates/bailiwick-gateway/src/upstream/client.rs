//! The client of a person as the far side: a server asks it something, and it answers with a
//! message of its own, later.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bailiwick_core::{Cleared, Disposition, ServerId};
use bailiwick_wire::rpc::Id;
use bytes::Bytes;
use tokio::sync::oneshot;

use super::{Answer, Means};
use crate::reading;

/// How many questions of servers may wait for one client.
const WAITING_MAX: usize = 64;
/// How many of them may be one server's, where the client has a session with several at once: none
/// of them silences the others.
const SHARE_MAX: usize = 8;
/// How long a person may take to answer.
const PATIENCE: Duration = Duration::from_secs(600);

/// The questions of servers that wait for an answer of one session's client.
#[derive(Default)]
pub(crate) struct Waiting(Mutex<HashMap<Id, Asked>>);

/// A question that waits for its answer.
struct Asked {
    /// Who asks, where that is one of several.
    by: Option<ServerId>,
    answer: oneshot::Sender<Bytes>,
}

impl Waiting {
    fn table(&self) -> MutexGuard<'_, HashMap<Id, Asked>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hand the client's answer to the question that waits for it. False when none does.
    pub(crate) fn answered(&self, id: &Id, answer: Bytes) -> bool {
        let waiting = self.table().remove(&id.plain());
        waiting.is_some_and(|it| it.answer.send(answer).is_ok())
    }

    fn ask(&self, id: &Id, by: Option<&ServerId>) -> Option<oneshot::Receiver<Bytes>> {
        let mut table = self.table();
        let theirs = table.values().filter(|it| by.is_some() && it.by.as_ref() == by).count();
        let is_full = table.len() >= WAITING_MAX || theirs >= SHARE_MAX;
        if is_full || table.contains_key(&id.plain()) {
            return None;
        }
        let (answer, from) = oneshot::channel();
        table.insert(id.plain(), Asked { by: by.cloned(), answer });
        Some(from)
    }

    /// The server does not want the answer any more.
    pub(crate) fn withdraw(&self, id: &Id) {
        self.forget(id);
    }

    /// The session is over: nobody answers any more.
    pub(crate) fn end(&self) {
        self.table().clear();
    }

    fn forget(&self, id: &Id) {
        self.table().remove(&id.plain());
    }
}

/// One question of a server to a client.
pub(crate) struct ClientSide {
    /// The question's id.
    pub(crate) id: Id,
    /// Who asks, where that is one of several servers.
    pub(crate) by: Option<ServerId>,
    /// Where questions of this session wait.
    pub(crate) waiting: Arc<Waiting>,
    /// Where the question goes out: the stream that the client reads. Used once.
    pub(crate) out: Mutex<Option<oneshot::Sender<Bytes>>>,
}

impl ClientSide {
    pub(super) async fn forward(&self, means: Means<'_>, cleared: Cleared) -> Answer {
        let question = cleared.call().ask().clone();
        let owed = cleared.owe();
        let Some(answer) = self.waiting.ask(&self.id, self.by.as_ref()) else {
            return Answer::Ended(owed, Disposition::Unreachable);
        };
        let out = self.out.lock().unwrap_or_else(PoisonError::into_inner).take();
        if out.is_none_or(|it| it.send(question).is_err()) {
            self.waiting.forget(&self.id);
            return Answer::Ended(owed, Disposition::Unreachable);
        }
        let answered = tokio::select! {
            answered = tokio::time::timeout(PATIENCE, answer) => answered,
            () = means.kills.stopped(owed.call()) => {
                self.waiting.forget(&self.id);
                return Answer::Ended(owed, Disposition::Killed);
            }
        };
        match answered {
            Ok(Ok(message)) => match reading::answer(&message, Some(&self.id)) {
                Some(disposition) => Answer::Whole(owed, message, disposition),
                None => Answer::Ended(owed, Disposition::Unreachable),
            },
            // The question was taken back, or the session is over.
            Ok(Err(_)) => Answer::Ended(owed, Disposition::Cancelled),
            Err(_) => {
                self.waiting.forget(&self.id);
                Answer::Ended(owed, Disposition::TimedOut)
            }
        }
    }
}

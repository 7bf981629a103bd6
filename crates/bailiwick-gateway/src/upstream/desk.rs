//! The desk of one session whose server says everything over one channel: each message goes to the
//! call that it belongs to, and what belongs to none is kept until somebody listens.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bailiwick_core::{Disposition, Pending};
use bailiwick_wire::rpc::Id;
use bytes::Bytes;
use tokio::sync::mpsc;

use super::calls::{CallGuard, Calls};
use super::messages::{Messages, Stray};
use super::{Answer, Means};
use crate::queue::Reader;
use crate::reading::{self, Heard};

/// How many messages that belong to no call are kept until somebody listens.
const STRAY_QUEUE: usize = 1024;
/// How many bytes they may have together.
const STRAY_BYTES_MAX: usize = 4 << 20;

/// A call's place at the desk, and the messages that come for it.
pub(super) struct Place {
    guard: CallGuard,
    messages: Reader,
}

/// The desk of one session.
pub(super) struct Desk {
    calls: Arc<Calls>,
    stray: Arc<Mutex<Option<mpsc::Receiver<Bytes>>>>,
    to_stray: mpsc::Sender<Bytes>,
    /// How many bytes are kept for whoever listens.
    kept: Arc<AtomicUsize>,
}

impl Default for Desk {
    fn default() -> Self {
        let (to_stray, stray) = mpsc::channel(STRAY_QUEUE);
        Self {
            calls: Arc::default(),
            stray: Arc::new(Mutex::new(Some(stray))),
            to_stray,
            kept: Arc::default(),
        }
    }
}

impl Desk {
    /// The calls under way.
    pub(super) const fn calls(&self) -> &Arc<Calls> {
        &self.calls
    }

    /// A place for a call; `None` when its id is in use. `hears_all`: whether it may be told what
    /// belongs to no call in particular.
    pub(super) fn enter(
        &self,
        id: &Id,
        progress: Option<Box<str>>,
        hears_all: bool,
    ) -> Option<Place> {
        let (guard, messages) = self.calls.enter(id, progress, hears_all)?;
        Some(Place { guard, messages })
    }

    /// Everything that belongs to no call, kept until now, to one listener at a time.
    pub(super) fn listen(&self, owed: Pending) -> Answer {
        match Stray::listen(&self.stray, &self.kept) {
            Some(stray) => Answer::Stream(owed, Messages::Stray(stray)),
            None => Answer::Ended(owed, Disposition::Unreachable),
        }
    }

    /// Give what came to whom it is for. What is not JSON-RPC is dropped: some servers print
    /// greetings.
    pub(super) async fn deliver(&self, came: Bytes) {
        for message in reading::apart(came) {
            let Some(heard) = reading::hear(&message) else { continue };
            match (self.calls.reader_of(&heard), heard) {
                // A reader that is gone has ended its call; the message has nowhere to go.
                (Some(reader), _) => drop(reader.send(message).await),
                // An answer to nothing.
                (None, Heard::Answer(..)) => {}
                (None, Heard::Request(_) | Heard::Notice(_)) => self.keep(message),
            }
        }
    }

    /// Nobody may be listening for ever: what does not fit any more is dropped.
    fn keep(&self, message: Bytes) {
        let bytes = message.len();
        let before = self.kept.fetch_add(bytes, Ordering::AcqRel);
        if before + bytes > STRAY_BYTES_MAX || self.to_stray.try_send(message).is_err() {
            self.kept.fetch_sub(bytes, Ordering::AcqRel);
        }
    }

    /// Nothing comes any more: every call under way learns of it.
    pub(super) fn end(&self) {
        self.calls.end();
    }
}

impl Place {
    /// The first message of a call decides whether its answer is whole or a stream.
    pub(super) async fn answer(
        mut self,
        means: Means<'_>,
        owed: Pending,
        id: &Id,
        patience: Duration,
    ) -> Answer {
        let came = tokio::select! {
            came = tokio::time::timeout(patience, self.messages.recv()) => came,
            () = means.kills.stopped(owed.call()) => {
                return Answer::Ended(owed, Disposition::Killed);
            }
        };
        let message = match came {
            Err(_) => return Answer::Ended(owed, Disposition::TimedOut),
            Ok(None) if self.guard.was_called_off() => {
                return Answer::Ended(owed, Disposition::Cancelled);
            }
            Ok(None) => return Answer::Ended(owed, Disposition::Unreachable),
            Ok(Some(message)) => message,
        };
        match reading::answer(&message, Some(id)) {
            Some(disposition) => Answer::Whole(owed, message, disposition),
            None => Answer::Stream(owed, Messages::behind(message, self.messages, self.guard)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_nobody_reads_is_bounded_in_number_and_in_bytes() {
        for (text, most) in [(1, STRAY_QUEUE), (64 << 10, STRAY_BYTES_MAX >> 16)] {
            let desk = Desk::default();
            let text = "x".repeat(text);
            let notice = format!(r#"{{"jsonrpc":"2.0","method":"notifications/x{text}"}}"#);
            let notice = Bytes::from(notice);
            for _ in 0..2 * STRAY_QUEUE {
                desk.deliver(notice.clone()).await;
            }
            let stray = Stray::listen(&desk.stray, &desk.kept).unwrap();
            let mut messages = Messages::Stray(stray);
            let first = messages.next().await.unwrap();
            assert_eq!(first.message, notice);
            // What was read makes room again.
            desk.deliver(notice.clone()).await;
            drop(messages);
            let mut queue = desk.stray.lock().unwrap().take().unwrap();
            let mut left = 0;
            while queue.try_recv().is_ok() {
                left += 1;
            }
            assert!((most - 1..=most).contains(&left), "{left} of {most}");
        }
    }
}

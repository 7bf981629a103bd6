//! What goes on between the client of a wrap and us.

use std::sync::Arc;

use bailiwick_wire::json::{Document, Limits};
use bailiwick_wire::mcp::{Notice, initialize_result};
use bailiwick_wire::rpc::Id;
use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

use super::free::Free;
use crate::front::{self, Begun, Stdio};
use crate::listing::Within;
use crate::own::OFFERS;
use crate::reading::{Heard, hear};
use crate::session::Session;
use crate::upstream::Away;

/// What has its place in the session beside the client's requests: what the server says between
/// them, and one message that tells the server of them, such as that one is called off.
const BESIDE: usize = 2;

/// The client, its session with the server, and its calls under way.
pub(super) struct Talk {
    pub(super) client: Stdio,
    /// The session; changed when it had to begin anew.
    pub(super) session: Option<watch::Sender<Arc<Session>>>,
    /// The handshake under way: nothing else is heard before its end.
    pub(super) opening: JoinSet<Option<Begun>>,
    pub(super) calls: JoinSet<()>,
    /// What is told in its place: nothing else is heard before its end.
    pub(super) telling: JoinSet<()>,
    room: Arc<Semaphore>,
    /// Calls of the modern era under way, which the client may take back.
    pub(super) free: Free,
    /// Where the server can be listed, once the client has said a word in its session.
    pub(super) listable: Option<Within>,
    /// What the client began with: its handshake, and that it has understood the answer.
    beginning: (Bytes, Option<Bytes>),
    /// What the client said while its session was lost.
    held: Option<Bytes>,
}

impl Talk {
    pub(super) fn new(client: Stdio, calls_max: usize) -> Self {
        Self {
            client,
            session: None,
            opening: JoinSet::new(),
            calls: JoinSet::new(),
            telling: JoinSet::new(),
            room: Arc::new(Semaphore::new(calls_max.saturating_sub(BESIDE).max(1))),
            free: Free::default(),
            listable: None,
            beginning: (Bytes::new(), None),
            held: None,
        }
    }

    /// Whether the next message may be heard.
    pub(super) fn is_open(&self) -> bool {
        self.opening.is_empty() && self.telling.is_empty()
    }

    /// Whether the server knows of the session no more.
    pub(super) fn is_lost(&self) -> bool {
        self.session.as_ref().is_some_and(|it| it.borrow().upstream.is_dead())
    }

    /// The server has answered the handshake, or not. True when there is a session that was not
    /// there before.
    pub(super) fn open(&mut self, begun: Option<Begun>) -> bool {
        let Some(begun) = begun else { return false };
        let Some(session) = self.client.in_session(&begun) else { return false };
        match &self.session {
            Some(renewed) => drop(renewed.send_replace(session)),
            None => {
                let (sessions, within) = watch::channel(session);
                self.listable = Some(Within { session: within, offers: offers(&begun.answer) });
                self.session = Some(sessions);
            }
        }
        self.calls.spawn(self.client.clone().listen());
        true
    }

    /// Hear what had to wait for the session to be renewed.
    pub(super) async fn go_on(&mut self) {
        if let Some(held) = self.held.take() {
            self.hear(held).await;
        }
    }

    /// This message found its session lost at a server that is still there, and waits until
    /// another has begun: the client, which has one process only, could not do that itself.
    pub(super) fn renew(&mut self, message: Bytes) {
        self.held = Some(message);
        let (shake, ready) = self.beginning.clone();
        self.opening.spawn(self.client.clone().renew(shake, ready));
    }

    /// Take one message, and wait for nothing: whoever ends us is heard meanwhile. Requests are
    /// answered side by side; all else in its place.
    pub(super) async fn hear(&mut self, message: Bytes) {
        while self.calls.try_join_next().is_some() {}
        let client = self.client.clone();
        let heard = hear(&message);
        // Before its era is looked at: a notification may say its own, and need not.
        if let Some(Heard::Notice(Some(Notice::Cancelled { request }))) = &heard
            && self.free.take_back(request)
        {
            return;
        }
        if front::is_modern(&message) {
            return self.call(message, heard).await;
        }
        if self.session.is_none() {
            let id = if let Some(Heard::Request(id)) = heard { Some(id) } else { None };
            self.beginning = (message.clone(), None);
            self.opening.spawn(async move { client.answer(message, id.as_ref()).await });
            return;
        }
        let id = match heard {
            Some(Heard::Notice(_) | Heard::Answer(..)) => {
                if self.beginning.1.is_none() {
                    self.beginning.1 = Some(message.clone());
                }
                self.telling.spawn(async move { drop(client.answer(message, None).await) });
                return;
            }
            Some(Heard::Request(id)) => Some(id),
            // A batch, or nothing that can be read.
            None => None,
        };
        let Some(room) = self.room(id.clone()) else { return };
        self.calls.spawn(async move {
            client.answer(message, id.as_ref()).await;
            drop(room);
        });
        // It goes out before the next message is looked at, which may be about it.
        tokio::task::yield_now().await;
    }

    /// Room for one more call. Where there is none the call is turned away: what would make room,
    /// a call taken back or a question answered, comes behind it. A client that does not read that
    /// is heard no further.
    fn room(&mut self, id: Option<Id>) -> Option<OwnedSemaphorePermit> {
        let room = Arc::clone(&self.room).try_acquire_owned().ok();
        if room.is_none() {
            self.turn_away(id);
        }
        room
    }

    /// Tell the client that this was over a limit.
    pub(super) fn turn_away(&mut self, id: Option<Id>) {
        self.telling.spawn(self.client.clone().turn_away(id));
    }

    /// Take one message of the modern era. There is no session, and so nothing to wait for.
    async fn call(&mut self, message: Bytes, heard: Option<Heard>) {
        let client = self.client.clone();
        let Some(Heard::Request(id)) = heard else {
            let told = async move { client.call(message, None, Away::never()).await };
            self.telling.spawn(told);
            return;
        };
        let Some(room) = self.room(Some(id.clone())) else { return };
        let ((here, away), named) = (Away::new(), id.clone());
        let task = self.calls.spawn(async move {
            client.call(message, Some(&named), away).await;
            drop(room);
        });
        self.free.add(id, here, task);
        tokio::task::yield_now().await;
    }
}

/// What the answer to a handshake offers.
fn offers(answer: &Bytes) -> Vec<&'static str> {
    let Ok(document) = Document::parse(answer, Limits::default()) else { return Vec::new() };
    let result = initialize_result(&document);
    OFFERS
        .into_iter()
        .filter(|it| result.as_ref().is_some_and(|result| result.offers(it)))
        .collect()
}

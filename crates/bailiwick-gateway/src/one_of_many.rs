//! One server's words among those of others: whose question is whose, and what a resource is
//! called.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bailiwick_core::ServerId;
use bailiwick_wire::mcp::{Notice, federation};
use bailiwick_wire::rpc::Id;
use bailiwick_wire::sse;
use bytes::Bytes;

use crate::tokens::Tokens;
use crate::upstream::{Piece, SUBSCRIPTIONS_MAX, wholes};

/// How one server is told from others in what the client is told.
pub(crate) struct OneOfMany {
    server: ServerId,
    tokens: Arc<Tokens>,
    /// What the client wants to hear of, by the server's own URI: how the client calls it.
    subscribed: Mutex<HashMap<Box<str>, Box<str>>>,
    era: Era,
}

/// What is told, and how it is named, differs by era.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Era {
    /// In a session.
    Session,
    /// In what one request of the modern era is answered: a request about a task, or another.
    Request { is_about_task: bool },
    /// In one of several answers that are put together, or told on one stream.
    Part,
}

impl OneOfMany {
    pub(crate) fn new(server: ServerId, tokens: Arc<Tokens>) -> Self {
        Self { server, tokens, subscribed: Mutex::default(), era: Era::Session }
    }

    /// In the answer to one request of the modern era.
    pub(crate) fn in_answer(server: ServerId, is_about_task: bool) -> Self {
        Self { era: Era::Request { is_about_task }, ..Self::new(server, Arc::default()) }
    }

    /// In one of the answers to a request of the modern era that goes to many.
    pub(crate) fn in_part(server: ServerId) -> Self {
        Self { era: Era::Part, ..Self::new(server, Arc::default()) }
    }

    /// Whether the call is one of those that a request to many is made of.
    pub(crate) fn is_part(&self) -> bool {
        self.era == Era::Part
    }

    /// The answer to a request as the client is told it.
    pub(crate) fn answer(&self, message: Bytes) -> Bytes {
        let Era::Request { is_about_task } = self.era else { return message };
        let told = federation::task_told(self.server.as_str(), &message, is_about_task);
        told.unwrap_or(message)
    }

    pub(crate) const fn server(&self) -> &ServerId {
        &self.server
    }

    /// The server is asked to make a call whose progress is told by this token.
    pub(crate) fn may_report(&self, token: &str) {
        self.tokens.give(token, &self.server);
    }

    /// Whether the server was asked to make such a call.
    pub(crate) fn reports(&self, token: &str) -> bool {
        self.tokens.has(token, &self.server)
    }

    /// The server's question as the client is asked it, and the id that its answer will bear.
    pub(crate) fn question(&self, message: &Bytes) -> Option<(Bytes, Id)> {
        federation::question(self.server.as_str(), message)
    }

    /// The id under which the client knows a question of this server.
    pub(crate) fn known_as(&self, own: &Id) -> Option<Id> {
        federation::question_id(self.server.as_str(), own)
    }

    /// The client's answer as the server is told it.
    pub(crate) fn answered(&self, answer: Bytes) -> Bytes {
        federation::restored(&answer).map_or(answer, |(_, own)| own)
    }

    /// A notification as the client is told it.
    pub(crate) fn told(&self, notice: Option<&Notice>, message: &Bytes) -> Bytes {
        let told = match notice {
            Some(Notice::Cancelled { .. }) if self.era == Era::Session => {
                federation::cancelled_by(self.server.as_str(), message)
            }
            Some(Notice::ResourceUpdated { uri }) => {
                self.called(uri).filter(|it| it != &**uri).and_then(|it| {
                    federation::renamed(message, "notifications/resources/updated", &it)
                })
            }
            Some(Notice::Task { .. }) if self.era != Era::Session => {
                federation::task_told(self.server.as_str(), message, false)
            }
            Some(
                Notice::ToolsChanged
                | Notice::ResourcesChanged
                | Notice::PromptsChanged
                | Notice::Progress { .. }
                | Notice::Cancelled { .. }
                | Notice::Task { .. }
                | Notice::Message
                | Notice::Initialized
                | Notice::RootsChanged
                | Notice::Other,
            )
            | None => None,
        };
        told.unwrap_or_else(|| message.clone())
    }

    /// What the client calls a resource that it follows, or that is a part of one.
    fn called(&self, uri: &str) -> Option<String> {
        let table = self.subscribed.lock().unwrap_or_else(PoisonError::into_inner);
        wholes(uri).find_map(|(whole, part)| Some([table.get(whole)?, part].concat()))
    }

    /// The event that carries a message. A place in the stream of one call says whose stream it is;
    /// where all are heard at once there are no places.
    pub(crate) fn event(&self, piece: &Piece, message: &Bytes, is_call: bool) -> Bytes {
        let place = piece.event_id.as_ref().filter(|_| is_call);
        let place = place.map(|it| format!("{}/{it}", self.server));
        sse::encode_with(message, place.as_deref(), piece.retry.filter(|_| is_call))
    }

    /// The client wants to hear of this resource. Of more than the most, the subscription holds for
    /// as long as the server lives.
    pub(crate) fn subscribe(&self, own: &str, called: &str) {
        let mut table = self.subscribed.lock().unwrap_or_else(PoisonError::into_inner);
        if table.len() < SUBSCRIPTIONS_MAX || table.contains_key(own) {
            table.insert(own.into(), called.into());
        }
    }

    /// The client has heard enough of it.
    pub(crate) fn unsubscribe(&self, own: &str) {
        self.subscribed.lock().unwrap_or_else(PoisonError::into_inner).remove(own);
    }

    /// What the client wants to hear of, asked for anew.
    pub(crate) fn subscriptions(&self) -> Vec<Bytes> {
        let table = self.subscribed.lock().unwrap_or_else(PoisonError::into_inner);
        table.keys().map(|own| federation::subscribe(own)).collect()
    }
}

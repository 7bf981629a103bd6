//! What of all that a server says is wanted: a server tells of what is its own, to whoever asked.

use std::sync::Arc;

use bailiwick_wire::json::{Document, Limits};
use bailiwick_wire::mcp::Notice;
use bailiwick_wire::mcp::federation::Filter;
use bailiwick_wire::mcp::modern::is_heard_by;
use bailiwick_wire::rpc::Id;
use bytes::Bytes;

use super::Relay;
use crate::gate::Gate;
use crate::session::Session;
use crate::upstream::Subscriptions;

/// Knows what is wanted of a stream.
pub(super) struct Wanted {
    gate: Arc<Gate>,
    session: Arc<Session>,
    /// The request that listens in the modern era, and what it follows.
    listener: Option<(Id, Subscriptions)>,
}

impl Wanted {
    /// What is wanted of a relayed stream, which answers this request or only `listens`.
    pub(super) fn of(relay: &Relay, listens: bool, ask: &Bytes) -> Self {
        let id = relay.id.clone().filter(|_| listens && relay.session.upstream.is_modern());
        let followed = || Filter::of(ask).resources.into_iter().flatten().collect();
        Self {
            gate: Arc::clone(&relay.gate),
            session: Arc::clone(&relay.session),
            listener: id.map(|id| (id, followed())),
        }
    }

    /// Whether a notification may go on its way.
    pub(super) fn has(&self, notice: Option<&Notice>, message: &Bytes) -> bool {
        self.is_for_listener(message)
            && if self.session.upstream.is_modern() {
                self.is_of_request(notice)
            } else {
                self.is_of_session(notice)
            }
    }

    /// A change of a resource is told to whoever asked to be told of it, and the progress of a call
    /// by the server that makes it.
    fn is_of_session(&self, notice: Option<&Notice>) -> bool {
        let session = &self.session;
        match (notice, session.upstream.subscriptions(), &session.one_of_many) {
            (Some(Notice::ResourceUpdated { uri }), Some(all), _) => all.cover(uri),
            (Some(Notice::Progress { token }), _, Some(it)) => it.reports(token),
            (_, _, _) => true,
        }
    }

    fn is_of_request(&self, notice: Option<&Notice>) -> bool {
        let Self { gate, session, listener } = self;
        match (notice, &session.one_of_many) {
            (Some(Notice::ResourceUpdated { uri }), many) => match listener {
                Some((_, followed)) => followed.cover(uri),
                None => many.is_none(),
            },
            (Some(Notice::Progress { token }), Some(it)) => it.reports(token),
            // The client would take it for the end of what others have a part in.
            (Some(Notice::Cancelled { .. }), Some(_)) => false,
            (Some(Notice::Task { handle }), _) => {
                gate.observes() || session.server.tasks.of(handle, &session.owner).is_some()
            }
            (_, _) => true,
        }
    }

    /// What names another listener is for another stream.
    fn is_for_listener(&self, message: &Bytes) -> bool {
        let Some((id, _)) = &self.listener else { return true };
        let document = Document::parse(message, Limits::default());
        document.is_ok_and(|it| is_heard_by(&it, id))
    }
}

//! What a server asks of a person's client: an exchange of its own, and so is telling the server
//! what came of it.

use std::sync::Arc;

use bailiwick_core::{Action, Disposition, Evidence, ExchangeId};
use bailiwick_wire::json::{Document, Limits};
use bailiwick_wire::mcp::{Asked, interpret_server, reply};
use bailiwick_wire::rpc::{Id, Message};
use bytes::Bytes;

use crate::drain::drain;
use crate::exchange::{Reply, exchange};
use crate::gate::Gate;
use crate::session::Session;
use crate::upstream::{Envelope, Leg, Upstream};

/// What a server asks, while a call is under way.
pub(crate) struct Question {
    pub(crate) id: Id,
    pub(crate) message: Bytes,
    /// The call.
    pub(crate) during: ExchangeId,
}

/// Carry out a server's question, and give back what the server is told: nothing when it took the
/// question back.
pub(crate) async fn ask(
    gate: &Arc<Gate>,
    session: &Session,
    question: &Question,
    far: Upstream,
) -> Option<Bytes> {
    let Question { id, message, during } = question;
    let refused = || Some(reply::method_not_found(id));
    let server = &session.server.name;
    let who = Evidence::Upstream { server, client: &session.owner };
    let Ok(who) = gate.identify(&who) else { return refused() };
    let asked = {
        let Ok(document) = Document::parse(message, Limits::default()) else { return refused() };
        let Ok(read) = Message::read(&document) else { return refused() };
        interpret_server(server, &read)
    };
    let Ok(asked) = asked else { return refused() };
    let known = session.server.catalogue.known();
    let Ok(call) = gate.call(&who, asked, message.clone(), Some(&known)) else { return refused() };
    let envelope = Envelope::new(Leg::Message, Some(id.clone()));
    match exchange(gate, &far, call.within(*during), &envelope).await {
        Ok(Reply::Whole(released)) => match released.disposition() {
            Some(Disposition::Answered | Disposition::ToolFailed | Disposition::Erred) => {
                Some(released.into_bytes())
            }
            Some(Disposition::Cancelled | Disposition::Killed) => None,
            Some(_) => Some(reply::unavailable(id, "the client")),
            None => refused(),
        },
        Ok(Reply::Stream(..)) | Err(_) => refused(),
    }
}

/// Tell the server what its question came to: a call of the session's owner like any other.
pub(crate) async fn tell(gate: &Arc<Gate>, session: &Session, answer: Bytes, during: ExchangeId) {
    let answer = match &session.one_of_many {
        Some(it) => it.answered(answer),
        None => answer,
    };
    let asked = Asked::of_server(Action::Notify, session.server.name.clone());
    let known = session.server.catalogue.known();
    let Ok(call) = gate.call(&session.owner, asked, answer, Some(&known)) else { return };
    let envelope = Envelope::new(Leg::Message, None);
    // What came of it is on record; the server is owed nothing more.
    if let Ok(reply) = exchange(gate, &session.upstream, call.within(during), &envelope).await {
        drain(gate, reply).await;
    }
}

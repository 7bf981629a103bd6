//! One message to one server, and what came of it: an exchange like any other, read to its end.

use std::sync::Arc;
use std::time::Duration;

use bailiwick_core::{Action, Disposition};
use bailiwick_wire::json::{Document, Limits};
use bailiwick_wire::mcp::{Asked, interpret};
use bailiwick_wire::rpc::{Id, Message};
use bailiwick_wire::sse::Decoder;
use bytes::Bytes;
use hyper::header::HeaderValue;
use tokio::time::{Instant, timeout_at};

use crate::drain::drain;
use crate::exchange::{Reply, exchange};
use crate::federated::{Came, Open, Silence, Stamp};
use crate::gate::Gate;
use crate::queue::{Reader, Writer};
use crate::reading::{Heard, hear};
use crate::relay::Relay;
use crate::session::{Busy, Session};
use crate::upstream::{Away, Envelope, Leg};

/// Where messages go that come before the answer.
#[derive(Clone, Debug)]
pub(crate) enum Interims {
    /// To the client, which waits for this answer.
    Now(Writer),
    /// Aside, until the client listens. What does not fit is dropped.
    Later(Writer),
}

impl Interims {
    async fn pass(&self, event: Bytes) {
        match self {
            Self::Now(to) => drop(to.send(event).await),
            Self::Later(to) => drop(to.try_send(event)),
        }
    }
}

/// Where a message is sent, and for whom.
pub(crate) struct To<'a> {
    pub(crate) session: &'a Arc<Session>,
    /// The message under the caller's own id, which its answer bears. What is sent may have
    /// another.
    pub(crate) said: &'a Bytes,
    /// The revision that is spoken.
    pub(crate) version: Option<HeaderValue>,
    pub(crate) patience: Option<Duration>,
    /// Whoever waits for the answer. It is not read any further when that one goes away.
    pub(crate) away: Away,
}

/// Send a message to a server with which hands were shaken, and read what comes to its end.
pub(crate) async fn ask(
    gate: &Arc<Gate>,
    open: &Open,
    body: Bytes,
    patience: Option<Duration>,
    interims: &Interims,
) -> Came {
    let (session, version) = (&open.session, open.version.clone());
    let to = To { session, said: &body, version, patience, away: Away::never() };
    ask_of(gate, to, body.clone(), interims).await
}

/// Send a message to a server, and read what comes to its end.
pub(crate) async fn ask_of(gate: &Arc<Gate>, to: To<'_>, body: Bytes, interims: &Interims) -> Came {
    let To { session, said, version, patience, away } = to;
    let waits = patience.unwrap_or(Duration::from_secs(gate.settings().limits.answer_seconds));
    let ends = Instant::now() + waits;
    let Some(busy) = gate.begin(session) else { return Came::Withheld };
    let Some((asked, id)) = read(session, said) else { return Came::Withheld };
    let known = session.server.catalogue.known();
    let envelope = Envelope {
        progress: asked.progress_token.clone(),
        version,
        patience,
        ..Envelope::new(Leg::Message, id)
    };
    if let (Some(it), Some(token)) = (&session.one_of_many, &asked.progress_token) {
        it.may_report(token);
    }
    let call = gate.call(&session.owner, asked, body, Some(&known));
    let Ok(call) = call else { return Came::Withheld };
    let released = match exchange(gate, &session.upstream, call, &envelope).await {
        Err(_) => return Came::Withheld,
        Ok(Reply::Stream(owed, messages)) => {
            let stamp =
                (owed.appended().exchange().to_string(), owed.appended().position().index());
            let id = envelope.id;
            let relay = relay(gate, session, id.clone(), busy);
            let events = relay.start(owed, messages);
            let answer = follow(gate, events, id, stamp, interims);
            // Whom nobody reads any more, the relay sees to its end on record.
            return tokio::select! {
                came = timeout_at(ends, answer) => came.unwrap_or(Came::Silent(Silence::Late)),
                () = away.gone() => Came::Withheld,
            };
        }
        Ok(Reply::Whole(released)) => released,
    };
    let stamp = (released.exchange().to_string(), released.decision().position().index());
    match released.disposition() {
        None => Came::Denied(stamp),
        Some(Disposition::Answered | Disposition::ToolFailed) => {
            Came::Answered(released.into_bytes(), stamp)
        }
        Some(Disposition::Erred) => Came::Erred(released.into_bytes(), stamp),
        Some(Disposition::Accepted) => Came::Accepted(stamp),
        Some(Disposition::TimedOut) => Came::Silent(Silence::Late),
        Some(Disposition::Unreachable) => Came::Silent(Silence::Mute),
        Some(
            Disposition::Withheld
            | Disposition::Unmet
            | Disposition::Cancelled
            | Disposition::Killed,
        ) => Came::Withheld,
    }
}

pub(super) fn relay(gate: &Arc<Gate>, session: &Arc<Session>, id: Option<Id>, busy: Busy) -> Relay {
    let (gate, session, is_one_calls) = (Arc::clone(gate), Arc::clone(session), id.is_some());
    Relay { gate, session, id, is_one_calls, _busy: busy }
}

fn read(session: &Session, body: &Bytes) -> Option<(Asked, Option<Id>)> {
    let document = Document::parse(body, Limits::default()).ok()?;
    let message = Message::read(&document).ok()?;
    let asked = interpret(&session.server.name, &message).ok()?;
    Some((asked, message.id().cloned()))
}

/// Pass on what comes before the answer, and give back the answer.
async fn follow(
    gate: &Gate,
    mut events: Reader,
    id: Option<Id>,
    stamp: Stamp,
    interims: &Interims,
) -> Came {
    while let Some(event) = events.recv().await {
        let mut decoder = Decoder::new(gate.settings().limits.message_bytes.saturating_mul(2));
        let whole = decoder.push(&event).ok().and_then(|()| decoder.next_event());
        let heard = whole.as_ref().and_then(|it| hear(&it.data));
        match (heard, whole) {
            (Some(Heard::Answer(to, disposition)), Some(whole))
                if id.as_ref().is_some_and(|id| id.plain() == to.plain()) =>
            {
                let erred = disposition == Disposition::Erred;
                let came = if erred { Came::Erred } else { Came::Answered };
                return came(whole.data, stamp);
            }
            (_, _) => interims.pass(event).await,
        }
    }
    Came::Silent(Silence::BrokeOff)
}

/// End the session with one server.
pub(crate) async fn end(gate: &Arc<Gate>, open: &Open) {
    let session = &open.session;
    let asked = Asked::of_server(Action::Disconnect, session.server.name.clone());
    let known = session.server.catalogue.known();
    let Ok(call) = gate.call(&session.owner, asked, Bytes::new(), Some(&known)) else { return };
    let version = open.version.clone();
    // Nobody needs a server's leave to go.
    let patience = Some(Duration::from_secs(gate.settings().limits.gather_seconds));
    let envelope = Envelope { version, patience, ..Envelope::new(Leg::End, None) };
    // Whether the server minds is on record and of no consequence.
    if let Ok(reply) = exchange(gate, &session.upstream, call, &envelope).await {
        drain(gate, reply).await;
    }
}

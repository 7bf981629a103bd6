//! One POSTed message: read, interpreted, carried out, answered.

use std::sync::Arc;

use bailiwick_core::{Action, Disposition, RefusalReason, Resource, SessionId, Unrecorded};
use bailiwick_wire::json::{Document, Limits};
use bailiwick_wire::mcp::{Asked, interpret, modern, reply, tasks};
use bailiwick_wire::rpc::{self, Id, Message, RpcError};
use bytes::Bytes;
use hyper::header::HeaderValue;
use hyper::{Response, StatusCode};

use super::body::{Body, text};
use super::knock::{self, Knock, SESSION};
use super::reply::{Answered, bare, json, spoken, stamp, stamp_at, stream_headers, whole};
use super::stray;
use crate::entropy;
use crate::exchange::{Reply, exchange};
use crate::refusal;
use crate::relay::Relay;
use crate::session::Session;
use crate::upstream::{Envelope, Leg, Upstream};

/// What a message turned out to be.
pub(super) enum Read {
    Ask(Asked, Option<Id>),
    Answer(Id),
    Batch(Vec<Bytes>),
    Modern,
    Bad(Bytes),
}

/// Answer one message.
pub(super) async fn one(knock: Knock, read: Read, body: Bytes) -> Response<Body> {
    match read {
        Read::Batch(_) | Read::Modern => {
            let reply = json(StatusCode::BAD_REQUEST, reply::invalid_request(None));
            knock.turn_off(RefusalReason::Malformed, reply)
        }
        Read::Bad(reply) => {
            let reply = json(StatusCode::BAD_REQUEST, reply);
            knock.turn_off(RefusalReason::Malformed, reply)
        }
        Read::Answer(id) => answered(&knock, &id, body),
        Read::Ask(asked, id) => ask(knock, asked, id, body).await,
    }
}

pub(super) fn read(server: &str, body: &Bytes) -> Read {
    let Ok(document) = Document::parse(body, Limits::default()) else {
        return Read::Bad(reply::parse_error());
    };
    let message = match Message::read(&document) {
        Ok(message) => message,
        Err(RpcError::Batch) => {
            return Read::Batch(rpc::batch(body, &document).unwrap_or_default());
        }
        Err(_) => {
            return Read::Bad(reply::invalid_request(
                bailiwick_wire::rpc::id_of(&document).as_ref(),
            ));
        }
    };
    if modern::is_modern(&message) {
        return Read::Modern;
    }
    let id = match &message {
        Message::Request { id, .. } => Some(id.clone()),
        Message::Notification { .. } => None,
        Message::Result { id, .. } | Message::Error { id, .. } => return Read::Answer(id.clone()),
    };
    match interpret(&server.into(), &message) {
        Ok(asked) => Read::Ask(asked, id),
        Err(why) => Read::Bad(id.map_or_else(
            || reply::invalid_request(None),
            |id| reply::invalid_params(&id, why.words()),
        )),
    }
}

/// The client answers a question of the server. It is inspected and recorded in the exchange that
/// waits for it.
fn answered(knock: &Knock, id: &Id, body: Bytes) -> Response<Body> {
    match knock.open_session() {
        Err(reply) => *reply,
        Ok(Some(session)) if session.waiting.answered(id, body) => bare(StatusCode::ACCEPTED),
        Ok(_) => {
            let reply = text(StatusCode::BAD_REQUEST, "nothing waits for this answer\n");
            knock.turn_off(RefusalReason::Malformed, reply)
        }
    }
}

async fn ask(knock: Knock, asked: Asked, id: Option<Id>, body: Bytes) -> Response<Body> {
    let begins = asked.action == Action::Connect && knock.session.is_none();
    // Held until the session is open or came to nothing, whoever goes away meanwhile.
    let place = if begins { knock.gate.sessions().reserve(&knock.who) } else { None };
    let session = match knock.open_session() {
        Ok(Some(session)) => session,
        Ok(None) if begins && place.is_none() => {
            let reply = text(StatusCode::SERVICE_UNAVAILABLE, "too many sessions are open\n");
            return knock.turn_off(RefusalReason::Limit, reply);
        }
        Ok(None) => match new_session(&knock, begins) {
            Some(session) if !begins && session.upstream.needs_session() => {
                let reply = text(StatusCode::BAD_REQUEST, "initialize first, for Mcp-Session-Id\n");
                return knock.turn_off(RefusalReason::Session, reply);
            }
            Some(session) => session,
            None => return unknown_server(&knock, asked, id, body).await,
        },
        Err(reply) => return *reply,
    };
    let of = (&asked, id.as_ref());
    // What such a client knows, it has said in its handshake.
    if let Some(handle) = tasks::handle_of(&asked) {
        let about = modern::AboutTask { handle: handle.into(), is_declared: true };
        // On the heap: the rare call about a task must not weigh on all others.
        let stray = Box::pin(stray::task(&knock, &session.server, &about, of, &body));
        if let Some(reply) = stray.await {
            return reply;
        }
    }
    let envelope = Envelope {
        progress: asked.progress_token.clone(),
        version: knock.version.clone(),
        ..Envelope::new(Leg::Message, id)
    };
    let opened = begins.then(|| Arc::clone(&session));
    let mut reply = carry_out(&knock, session, asked, body, envelope).await;
    if let Some(session) = opened
        && reply.extensions().get::<Answered>().is_some()
        && let Some(id) = session.owner.principal().session.clone()
        && let Ok(value) = HeaderValue::from_str(id.as_str())
    {
        if let Body::Whole(Some(answer)) = reply.body() {
            session.agree(answer);
        }
        knock.gate.sessions().open(id, session);
        reply.headers_mut().insert(SESSION, value);
    }
    drop(place);
    reply
}

/// A session that begins, or the frame of a call that belongs to none. `None` when there is no such
/// server, or none that the caller may know of: both then go the same way, in the same time.
fn new_session(knock: &Knock, begins: bool) -> Option<Arc<Session>> {
    let visible = knock.gate.is_server_visible(&knock.who, &knock.server.as_str().into());
    let server = knock.gate.server(&knock.server).filter(|_| visible)?;
    let owner = if begins { knock.who.in_session(session_id()?) } else { knock.who.clone() };
    let link = server.link();
    Some(Session::new(owner, Arc::clone(server), link, knock.gate.now()))
}

pub(super) fn session_id() -> Option<SessionId> {
    use std::fmt::Write as _;
    let bytes: [u8; 24] = entropy::random().ok()?;
    let text = bytes.iter().fold("s-".to_owned(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    });
    Some(SessionId::from(text.as_str()))
}

/// A server that is not there, or hidden: decided, recorded and refused the same way.
pub(super) async fn unknown_server(
    knock: &Knock,
    asked: Asked,
    id: Option<Id>,
    body: Bytes,
) -> Response<Body> {
    let asked = Asked { resource: Resource::Server(knock.server.as_str().into()), ..asked };
    let Ok(call) = knock.gate.call(&knock.who, asked, body, None) else {
        return spoken(refusal::unrecorded(id.as_ref()));
    };
    let envelope = Envelope::new(Leg::Message, id.clone());
    match exchange(&knock.gate, &Upstream::Nowhere, call, &envelope).await {
        Ok(Reply::Whole(released)) => {
            let mut reply = spoken(refusal::no_such_server());
            stamp(&mut reply, &released);
            reply
        }
        Ok(Reply::Stream(..)) | Err(_) => spoken(refusal::unrecorded(id.as_ref())),
    }
}

/// Carry out what was asked, and turn what comes of it into a reply.
pub(super) async fn carry_out(
    knock: &Knock,
    session: Arc<Session>,
    asked: Asked,
    body: Bytes,
    envelope: Envelope,
) -> Response<Body> {
    let gate = &knock.gate;
    let Some(busy) = gate.begin(&session) else {
        let reply = text(StatusCode::TOO_MANY_REQUESTS, "too many calls are under way\n");
        return knock.turn_off(RefusalReason::Limit, reply);
    };
    let busy = match gate.enter_pace(&knock.who, asked.action) {
        Ok(place) => busy.holding(place),
        Err(too_fast) => return knock::too_fast(gate, &knock.who, too_fast),
    };
    // Whether a name is there is looked up for every call alike, before the decision.
    let catalogue = &session.server.catalogue;
    let known =
        if asked.action.is_session() { Some(catalogue.known()) } else { catalogue.ready().await };
    // While the gateway observes, what cannot be listed is asked all the same.
    let unknowable = known.is_none() && !gate.observes();
    let id = envelope.id.clone();
    // Whoever listens from a place on takes up the stream of one call.
    let resumes = envelope.leg == Leg::Listen && !body.is_empty();
    let Ok(call) = gate.call(&session.owner, asked, body, known.as_deref()) else {
        return spoken(refusal::unrecorded(id.as_ref()));
    };
    let call = match envelope.parent {
        Some(parent) => call.within(parent),
        None => call,
    };
    match exchange(gate, &session.upstream, call, &envelope).await {
        Err(unrecorded) => not_recorded(knock, unrecorded, id.as_ref()),
        Ok(Reply::Whole(released))
            if unknowable && gate.is_server_visible(&session.owner, &session.server.name) =>
        {
            let words = refusal::without_answer(id.as_ref(), Disposition::Unreachable);
            let mut reply = spoken(words);
            stamp(&mut reply, &released);
            reply
        }
        Ok(Reply::Whole(released)) => {
            let hidden = released.denial().is_some_and(|it| !it.visible());
            let server = &session.server.name;
            if hidden && !gate.is_server_visible(&session.owner, server) {
                let mut reply = spoken(refusal::no_such_server());
                stamp(&mut reply, &released);
                return reply;
            }
            let is_modern = session.upstream.is_modern();
            whole(released, id.as_ref(), is_modern)
        }
        Ok(Reply::Stream(owed, messages)) => {
            let mut reply = Response::new(Body::Whole(None));
            reply.extensions_mut().insert(Answered);
            stamp_at(&mut reply, owed.appended());
            let is_one_calls = id.is_some() || resumes;
            let relay = Relay { gate: Arc::clone(gate), session, id, is_one_calls, _busy: busy };
            *reply.body_mut() = Body::Events(relay.start(owed, messages));
            stream_headers(&mut reply);
            reply
        }
    }
}

fn not_recorded(knock: &Knock, why: Unrecorded, id: Option<&Id>) -> Response<Body> {
    knock.gate.parts.diary.keep(&format!("a call was refused: {why}"));
    spoken(refusal::unrecorded(id))
}

//! A message of the modern era: it says all by itself, belongs to no session, and ends with its
//! caller.

use std::sync::Arc;

use bailiwick_core::{Action, Disposition, ExchangeId, Findings, RefusalReason, Seen, Surface};
use bailiwick_wire::json::{Document, Limits};
use bailiwick_wire::mcp::modern::{self, AboutTask, Metadata};
use bailiwick_wire::mcp::{Asked, interpret, reply};
use bailiwick_wire::rpc::{Id, Message, id_of};
use bytes::Bytes;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{Response, StatusCode};

use super::body::Body;
use super::knock::Knock;
use super::message;
use super::reply::{Answered, bare, json, spoken};
use super::{listen, stray};
use crate::one_of_many::OneOfMany;
use crate::probe;
use crate::reading;
use crate::refusal;
use crate::routing::Routing;
use crate::server::Server;
use crate::session::Session;
use crate::unfinished::Continues;
use crate::upstream::{Away, Envelope, Head, Leg, Repeats};

/// Tells proxies in between to pass events on at once.
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// A message that says what it must, in headers that agree with it.
pub(super) struct Told {
    pub(super) asked: Asked,
    pub(super) id: Option<Id>,
    /// Absent for a notification, which need not say.
    pub(super) version: Option<Box<str>>,
    pub(super) task: Option<AboutTask>,
    /// What this leg brings back of the server's own.
    state: Option<Box<str>>,
    /// How the server is told from others, where the client sees many as one.
    pub(super) one_of_many: Option<Arc<OneOfMany>>,
}

/// Answer one message of the modern era to one server.
pub(super) async fn answer(knock: Knock, body: Bytes, away: Away) -> Response<Body> {
    finished(match read(&knock, &body) {
        Err(words) => refuse(&knock, words),
        Ok(told) if is_taking_back(&told, &body) => taken_back(&knock),
        Ok(told) => carry(&knock, told, body, away).await,
    })
}

/// Whether a notification takes a request back. In this era going away does; who says so besides
/// names a number that means another request, of somebody else perhaps, where it would arrive.
pub(super) fn is_taking_back(told: &Told, body: &Bytes) -> bool {
    told.id.is_none() && reading::method(body).as_deref() == Some("notifications/cancelled")
}

/// It is heard, on record, and goes nowhere.
pub(super) fn taken_back(knock: &Knock) -> Response<Body> {
    knock.turn_off(RefusalReason::Malformed, bare(StatusCode::ACCEPTED))
}

/// A reply as this era has it.
pub(super) fn finished(mut reply: Response<Body>) -> Response<Body> {
    if let Body::Events(_) = reply.body() {
        reply.headers_mut().insert(BUFFERING, HeaderValue::from_static("no"));
    }
    // In this era the status says the same as the error's code, whoever answers with it.
    if reply.status() == StatusCode::OK
        && reply.extensions().get::<Answered>().is_none()
        && let Body::Whole(Some(body)) = reply.body()
        && let Some(status) = status_of(body)
    {
        *reply.status_mut() = status;
    }
    reply
}

pub(super) fn status_of(body: &Bytes) -> Option<StatusCode> {
    let document = Document::parse(body, Limits::default()).ok()?;
    match Message::read(&document).ok()? {
        Message::Error { code: Some(-32601), .. } => Some(StatusCode::NOT_FOUND),
        Message::Error { code: Some(-32022..=-32020), .. } => Some(StatusCode::BAD_REQUEST),
        Message::Error { .. }
        | Message::Request { .. }
        | Message::Notification { .. }
        | Message::Result { .. } => None,
    }
}

pub(super) fn refuse(knock: &Knock, words: Bytes) -> Response<Body> {
    let status = status_of(&words).unwrap_or(StatusCode::BAD_REQUEST);
    knock.turn_off(RefusalReason::Malformed, json(status, words))
}

/// What the message says, or the words for what is wrong with it.
pub(super) fn read(knock: &Knock, body: &Bytes) -> Result<Told, Bytes> {
    let document = Document::parse(body, Limits::default()).map_err(|_| reply::parse_error())?;
    let message =
        Message::read(&document).map_err(|_| reply::invalid_request(id_of(&document).as_ref()))?;
    let id = match &message {
        Message::Request { id, .. } => Some(id.clone()),
        Message::Notification { .. } => None,
        // A server of this era asks within its answers, and is answered by the next leg.
        Message::Result { id, .. } | Message::Error { id, .. } => {
            return Err(reply::invalid_request(Some(id)));
        }
    };
    let mut version = None;
    if id.is_none() {
        // Nobody is told what is wrong with it; it goes nowhere.
        knock.routing.check_told(&message).map_err(|_| reply::invalid_request(None))?;
    }
    if let Some(id) = &id {
        let said = Metadata::read(&message);
        let said = said.map_err(|fault| reply::invalid_params(id, fault.words()))?.version;
        if message.method().is_some_and(modern::is_gone) {
            return Err(reply::method_not_found(id));
        }
        let agree = knock.routing.check(&message, &said);
        agree.map_err(|which| reply::header_mismatch(Some(id), which))?;
        version = Some(said);
    }
    let asked = interpret(&knock.server.as_str().into(), &message).map_err(|why| {
        id.as_ref().map_or_else(
            || reply::invalid_request(None),
            |id| reply::invalid_params(id, why.words()),
        )
    })?;
    let (task, state) = (modern::task_of(&message), modern::state_of(&message));
    Ok(Told { asked, id, version, task, state, one_of_many: None })
}

/// Carry a message out at the one server that it is for.
pub(super) async fn carry(knock: &Knock, told: Told, body: Bytes, away: Away) -> Response<Body> {
    let gate = &knock.gate;
    let seen = gate.is_server_visible(&knock.who, &knock.server.as_str().into());
    let Some(server) = gate.server(&knock.server).filter(|_| seen) else {
        return message::unknown_server(knock, told.asked, told.id, body).await;
    };
    if let Some(reply) = not_served(knock, server, &told).await {
        return reply;
    }
    if let Err(which) = params_agree(knock, server, &told.asked, &body).await {
        return refuse(knock, reply::header_mismatch(told.id.as_ref(), which));
    }
    let Told { asked, id, task, state, one_of_many, .. } = told;
    if let Some(task) = &task {
        let stray = Box::pin(stray::task(knock, server, task, (&asked, id.as_ref()), &body));
        if let Some(reply) = stray.await {
            return reply;
        }
    }
    let parent = match continued(knock, server, state.as_deref()) {
        Ok(parent) => parent,
        Err(what) => {
            let refused = |id| reply::invalid_params(id, what);
            let words = id.as_ref().map_or_else(|| reply::invalid_request(None), refused);
            return refuse(knock, words);
        }
    };
    let body = match listen::narrowed(knock, server, body).await {
        Ok(body) => body,
        Err(which) => {
            let words = id.as_ref().map_or_else(Bytes::new, |id| reply::invalid_params(id, which));
            return refuse(knock, words);
        }
    };
    let repeats = repeats(knock, server, &asked);
    let one_call = server.one_call(&knock.who, body, (repeats, away), gate.now());
    let Some((upstream, body)) = one_call else {
        // Too many callers have a process of this server.
        let words = refusal::without_answer(id.as_ref(), Disposition::Unreachable);
        return knock.turn_off(RefusalReason::Limit, spoken(words));
    };
    let (who, joined) = (knock.who.clone(), (Arc::default(), one_of_many.clone()));
    let session = Session::joined(who, Arc::clone(server), upstream, joined, gate.now());
    let progress = asked.progress_token.clone();
    if let (Some(it), Some(token)) = (&one_of_many, &progress) {
        it.may_report(token);
    }
    let version = knock.version.clone();
    let envelope = Envelope { progress, version, parent, ..Envelope::new(Leg::Message, id) };
    let mut reply = message::carry_out(knock, session, asked, body, envelope).await;
    if let (Some(it), Body::Whole(Some(answer))) = (one_of_many, reply.body_mut()) {
        *answer = it.answer(std::mem::take(answer));
    }
    reply
}

/// The headers as they go upstream: those of a narrowed tool repeat what its call becomes.
fn repeats(knock: &Knock, server: &Arc<Server>, asked: &Asked) -> Repeats {
    let rules = knock.gate.rules();
    if rules.contracts.view(&server.name, asked.resource.name()).is_none() {
        return Repeats::Given(knock.routing.head());
    }
    let server = Arc::clone(server);
    Repeats::Written(Box::new(move |call| {
        let document = Document::parse(call.ask(), Limits::default());
        let message = document.as_ref().ok().and_then(|it| Message::read(it).ok());
        let known = server.catalogue.known();
        let written = |it| Routing::written(&it, known.marked(call.resource())).head();
        message.map_or_else(Head::default, written)
    }))
}

/// The first leg of the call that this one goes on with. What this caller was not given continues
/// nothing: a server may read in it, spelled a little differently, what another was given.
fn continued(
    knock: &Knock,
    server: &Server,
    state: Option<&str>,
) -> Result<Option<ExchangeId>, &'static str> {
    let Some(state) = state else { return Ok(None) };
    match server.unfinished.continues(state, &knock.who) {
        Continues::Own(first) => Ok(Some(first)),
        Continues::Nothing if !knock.gate.observes() => Err("requestState"),
        Continues::Nothing => Ok(None),
    }
}

/// The refusal of a request whose version is not served on the way to this server: what is relayed
/// is what the server itself speaks, and nothing is claimed besides.
async fn not_served(knock: &Knock, server: &Arc<Server>, told: &Told) -> Option<Response<Body>> {
    let is_modern = probe::is_modern(&knock.gate, server).await;
    let (Some(id), Some(version)) = (&told.id, &told.version) else {
        // A notification; there is nobody to tell more.
        let refused = is_modern != Some(true);
        return refused.then(|| refuse(knock, reply::invalid_request(None)));
    };
    let Some(is_modern) = is_modern else {
        let words = refusal::without_answer(Some(id), Disposition::Unreachable);
        return Some(knock.turn_off(RefusalReason::Limit, spoken(words)));
    };
    if is_modern && **version == *modern::VERSION {
        return None;
    }
    // What it tells of itself when it is discovered, and no more: older revisions are agreed on by
    // a handshake, which a caller tries when it finds none that it knows.
    let supported = if is_modern { &[modern::VERSION][..] } else { server.eras.legacy() };
    Some(refuse(knock, reply::unsupported_version(id, version, supported)))
}

/// Whether the headers that repeat arguments agree with them. Only of a tool that the caller may
/// know: of another, this would tell that it is there.
async fn params_agree(
    knock: &Knock,
    server: &Server,
    asked: &Asked,
    body: &Bytes,
) -> Result<(), &'static str> {
    let gate = &knock.gate;
    let is_seen = asked.action == Action::InvokeTool
        && gate.is_visible(&knock.who, asked.action, &asked.resource);
    // Where nothing is known, the call will be refused for it.
    let known = if is_seen { server.catalogue.ready().await } else { None };
    let marked = known.as_deref().map_or(&[][..], |it| it.marked(&asked.resource));
    let mut findings = Findings::default();
    for value in knock.routing.unknown(marked) {
        let bytes = modern::decoded(value.as_bytes()).ok_or("A Mcp-Param header cannot be read")?;
        let seen = Seen { surface: Surface::Ask, bytes: bytes.as_bytes(), offset: 0 };
        gate.inspectors().scan(&seen, &mut findings);
    }
    // What no decision reads and no record holds must not carry anything of note.
    if !findings.kept().is_empty() {
        return Err("A Mcp-Param header holds what may not pass there");
    }
    if marked.is_empty() {
        return Ok(());
    }
    let document =
        Document::parse(body, Limits::default()).map_err(|_| "The body cannot be read")?;
    let arguments = document.root().member("params").and_then(|it| it.member("arguments"));
    knock.routing.check_params(marked, arguments)
}

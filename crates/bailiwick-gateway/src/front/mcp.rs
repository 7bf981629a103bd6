//! `/mcp/{server}`: streamable HTTP, one server, its names untouched; `/mcp` goes its own way
//! from here (`federation`).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bailiwick_core::{Action, RefusalReason};
use bailiwick_wire::mcp::Asked;
use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{ALLOW, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};

use super::body::{Body, text};
use super::knock::{Key, Knock};
use super::whole::whole;
use super::{batch, every, federation, knock, llm, message, modern};
use crate::gate::Gate;
use crate::server::EVERY;
use crate::uninterrupted::Uninterrupted;
use crate::upstream::{Away, Envelope, Leg};

/// What is told of an address at which nothing is served. Whoever has the base URL of an SDK wrong
/// comes here, too.
const NO_SUCH_PLACE: &str = "agents are served at /mcp and /mcp/{server}, models at /openai/v1 \
    (OPENAI_BASE_URL) and /anthropic (ANTHROPIC_BASE_URL)\n";

/// Answer one request on the agents' listener.
pub(super) async fn answer(
    gate: Arc<Gate>,
    request: Request<Incoming>,
    peer: SocketAddr,
) -> Response<Body> {
    if request.uri().path() == "/healthz" && request.method() == Method::GET {
        return text(StatusCode::OK, "alive\n");
    }
    if let Some((dialect, _)) = llm::is_here(request.uri().path()) {
        return llm::answer(gate, request, peer, dialect).await;
    }
    let who = match knock::identify(&gate, &request, peer, Key::OfServers) {
        Ok(who) => who,
        Err(reply) => return *reply,
    };
    if request.uri().path() == "/mcp" {
        let knock = Knock::new(gate, who, EVERY.to_owned(), request.headers());
        return match *request.method() {
            Method::GET | Method::DELETE if knock.routing.is_modern() => post_only(&knock),
            Method::POST => post(knock, request.into_body(), federation::post).await,
            Method::GET => match knock::last_event(request.headers()) {
                Some(last) => Uninterrupted::new(federation::listen(knock, last)).await,
                None => unreadable_place(&knock),
            },
            Method::DELETE => Uninterrupted::new(federation::end(knock)).await,
            _ => not_allowed(&knock),
        };
    }
    let server = request.uri().path().strip_prefix("/mcp/").filter(|it| !it.contains('/'));
    let Some(server) = server.map(str::to_owned) else {
        let reply = text(StatusCode::NOT_FOUND, NO_SUCH_PLACE);
        return knock::turn_off(&gate, RefusalReason::NoSuchPlace, reply);
    };
    let knock = Knock::new(gate, who, server, request.headers());
    match *request.method() {
        Method::GET | Method::DELETE if knock.routing.is_modern() => post_only(&knock),
        Method::POST => post(knock, request.into_body(), batch::answer).await,
        Method::GET => match knock::last_event(request.headers()) {
            Some(last) => Uninterrupted::new(in_session(knock, Leg::Listen, last)).await,
            None => unreadable_place(&knock),
        },
        Method::DELETE => Uninterrupted::new(in_session(knock, Leg::End, Bytes::new())).await,
        _ => not_allowed(&knock),
    }
}

fn unreadable_place(knock: &Knock) -> Response<Body> {
    let reply = text(StatusCode::BAD_REQUEST, "Last-Event-ID cannot be read\n");
    knock.turn_off(RefusalReason::Malformed, reply)
}

fn post_only(knock: &Knock) -> Response<Body> {
    let mut reply = text(StatusCode::METHOD_NOT_ALLOWED, "this revision has POST only\n");
    reply.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
    knock.turn_off(RefusalReason::NoSuchPlace, reply)
}

fn not_allowed(knock: &Knock) -> Response<Body> {
    let mut reply = text(StatusCode::METHOD_NOT_ALLOWED, "use POST, GET or DELETE\n");
    reply.headers_mut().insert(ALLOW, HeaderValue::from_static("POST, GET, DELETE"));
    knock.turn_off(RefusalReason::NoSuchPlace, reply)
}

async fn post<F>(
    knock: Knock,
    body: Incoming,
    answer: impl FnOnce(Knock, Bytes) -> F,
) -> Response<Body>
where
    F: Future<Output = Response<Body>> + Send + 'static,
{
    let limits = &knock.gate.settings().limits;
    let patience = Duration::from_secs(limits.message_seconds);
    let message = match whole(body, limits.message_bytes, patience).await {
        // Copied out of the connection's buffer, which can then be used for the next one.
        Ok(message) => Bytes::copy_from_slice(&message),
        Err((reason, status, words)) => return knock.turn_off(reason, text(status, words)),
    };
    if knock.routing.is_modern() {
        // Going away is a cancellation in this era. The exchange learns of it, and goes on to
        // the outcome's record all the same.
        let (here, away) = Away::new();
        let reply = match knock.server == EVERY {
            true => Uninterrupted::new(every::answer(knock, message, away)).await,
            false => Uninterrupted::new(modern::answer(knock, message, away)).await,
        };
        drop(here);
        return reply;
    }
    // The future is on the heap from the start: kept here, every request would move its
    // kilobytes from hand to hand.
    Uninterrupted::new(answer(knock, message)).await
}

/// GET listens for messages that belong to no call, or goes on where a stream ended; DELETE ends
/// the session. All are calls.
pub(super) async fn in_session(knock: Knock, leg: Leg, ask: Bytes) -> Response<Body> {
    let session = match knock.open_session() {
        Ok(Some(session)) => session,
        Ok(None) => {
            let reply = text(StatusCode::BAD_REQUEST, "Mcp-Session-Id is needed\n");
            return knock.turn_off(RefusalReason::Session, reply);
        }
        Err(reply) => return *reply,
    };
    let action = match leg {
        Leg::End => Action::Disconnect,
        Leg::Listen | Leg::Message => Action::Connect,
    };
    let asked = Asked::of_server(action, session.server.name.clone());
    let version = knock.version.clone();
    let envelope = Envelope { version, ..Envelope::new(leg, None) };
    let mut reply = message::carry_out(&knock, session, asked, ask, envelope).await;
    if let (Leg::End, Some(id)) = (leg, &knock.session) {
        knock.gate.sessions().close(id);
        // The session has ended, not only been asked to: SDKs take 202 for a failure.
        if reply.status() == StatusCode::ACCEPTED {
            *reply.status_mut() = StatusCode::NO_CONTENT;
        }
    }
    reply
}

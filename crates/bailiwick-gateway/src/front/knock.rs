//! Before there is a call: Host and Origin, the key, the session, and the record of whoever is
//! turned away.

use std::net::SocketAddr;
use std::sync::Arc;

use bailiwick_core::{Evidence, Identified, RefusalReason, Unproved};
use bytes::Bytes;
use hyper::header::{
    AUTHORIZATION, HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN, RETRY_AFTER, WWW_AUTHENTICATE,
};
use hyper::http::uri::Authority;
use hyper::{Request, Response, StatusCode};

use super::body::{Body, text};
use crate::gate::Gate;
use crate::pace::TooFast;
use crate::refusal;
use crate::routing::Routing;
use crate::session::Session;
use crate::turning;

pub(super) const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");
pub(super) const VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
/// Where SDKs of models show a key: those of Anthropic, and that of OpenAI for Azure.
const API_KEYS: [HeaderName; 2] =
    [HeaderName::from_static("x-api-key"), HeaderName::from_static("api-key")];
const LAST_EVENT: HeaderName = HeaderName::from_static("last-event-id");
/// The longest place in a stream that is passed on, in bytes.
const LAST_EVENT_MAX: usize = 1024;

/// A request of an identified caller to one server.
#[derive(Clone)]
pub(super) struct Knock {
    pub(super) gate: Arc<Gate>,
    pub(super) who: Identified,
    pub(super) server: String,
    pub(super) session: Option<String>,
    pub(super) version: Option<HeaderValue>,
    pub(super) routing: Routing,
}

impl Knock {
    pub(super) fn new(
        gate: Arc<Gate>,
        who: Identified,
        server: String,
        headers: &HeaderMap,
    ) -> Self {
        let session = headers.get(SESSION).and_then(|it| it.to_str().ok()).map(str::to_owned);
        // It goes upstream outside the message that is inspected: nothing but a date may.
        let version = headers.get(VERSION).filter(|it| is_revision(it.as_bytes())).cloned();
        let routing = Routing::of(headers);
        Self { gate, who, server, session, version, routing }
    }

    pub(super) fn turn_off(&self, reason: RefusalReason, reply: Response<Body>) -> Response<Body> {
        turn_off(&self.gate, reason, reply)
    }

    pub(super) fn no_such_session(&self) -> Response<Body> {
        let reply = text(StatusCode::NOT_FOUND, "no such session: initialize again\n");
        self.turn_off(RefusalReason::Session, reply)
    }

    /// The caller's session that the request names. One whose upstream is gone is closed: it is
    /// never half alive.
    pub(super) fn open_session(&self) -> Result<Option<Arc<Session>>, Box<Response<Body>>> {
        let Some(id) = &self.session else { return Ok(None) };
        let sessions = self.gate.sessions();
        match sessions.of(id, &self.who, &self.server) {
            Some(session) if session.upstream.is_dead() => {
                sessions.close(id);
                Err(Box::new(self.no_such_session()))
            }
            Some(session) => Ok(Some(session)),
            None => Err(Box::new(self.no_such_session())),
        }
    }
}

/// The last place that the caller read of a stream: empty when it names none, `None` when it is
/// named twice, too long, or unfit for a header.
pub(super) fn last_event(headers: &HeaderMap) -> Option<Bytes> {
    let mut all = headers.get_all(LAST_EVENT).iter();
    match (all.next(), all.next()) {
        (None, _) => Some(Bytes::new()),
        (Some(last), None) if last.len() <= LAST_EVENT_MAX => {
            Some(Bytes::copy_from_slice(last.as_bytes()))
        }
        (Some(_), _) => None,
    }
}

/// Who knocks, or the reply for whoever is turned away.
pub(super) fn identify<B>(
    gate: &Arc<Gate>,
    request: &Request<B>,
    peer: SocketAddr,
    key: Key,
) -> Result<Identified, Box<Response<Body>>> {
    let headers = request.headers();
    // Of two, another reader might take the other.
    let mut once = [HOST, AUTHORIZATION, SESSION].into_iter().chain(API_KEYS);
    if once.any(|it| headers.get_all(it).iter().count() > 1) {
        let reply = text(StatusCode::BAD_REQUEST, "a header was sent twice\n");
        return Err(Box::new(turn_off(gate, RefusalReason::Malformed, reply)));
    }
    if !is_expected(gate, request) {
        let reply = text(StatusCode::FORBIDDEN, "this Host or Origin is not allowed here\n");
        return Err(Box::new(turn_off(gate, RefusalReason::Origin, reply)));
    }
    let token = key.shown(headers);
    let evidence = match token {
        None => Ok(Evidence::Nothing { loopback: peer.ip().is_loopback() }),
        Some(Ok(token)) => Ok(Evidence::Bearer(token)),
        Some(Err(unproved)) => Err(unproved),
    };
    let who = evidence
        .and_then(|it| gate.identify(&it))
        .map_err(|why| Box::new(unproved(gate, why, RefusalReason::Unidentified, None)))?;
    // From elsewhere a key is no key, and nobody there learns that it is one.
    if !gate.may_come_from(&who, peer.ip()) {
        let (why, reason) = (Unproved::Invalid, RefusalReason::Network);
        return Err(Box::new(unproved(gate, why, reason, Some(&who))));
    }
    gate.take_pace(&who, 1).map_err(|it| Box::new(too_fast(gate, &who, it)))?;
    Ok(who)
}

/// Turn away who is not proven, in words that tell nothing of the reason.
fn unproved(
    gate: &Gate,
    why: Unproved,
    reason: RefusalReason,
    who: Option<&Identified>,
) -> Response<Body> {
    let words = refusal::unproved(why);
    let mut reply = text(words.status, words.body);
    let challenge = match why {
        Unproved::Missing => "Bearer realm=\"bailiwick\"",
        Unproved::Invalid | Unproved::Revoked => {
            "Bearer realm=\"bailiwick\", error=\"invalid_token\""
        }
    };
    reply.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    turn_off_whom(gate, reason, who, reply)
}

/// Turn away a caller whose key is used faster than it may be.
pub(super) fn too_fast(gate: &Gate, who: &Identified, it: TooFast) -> Response<Body> {
    let words = format!("the key's limit is reached: {}\n", it.limit);
    let mut reply = text(StatusCode::TOO_MANY_REQUESTS, words);
    reply.headers_mut().insert(RETRY_AFTER, HeaderValue::from(it.retry_seconds));
    turn_off_whom(gate, RefusalReason::Limit, Some(who), reply)
}

/// Where a caller may show its key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Key {
    /// In `Authorization`.
    OfServers,
    /// There, in `x-api-key` or in `api-key`, as SDKs of models do.
    OfModels,
}

impl Key {
    /// The key that a request shows, wherever it does.
    pub(super) fn shown_by(headers: &HeaderMap) -> Option<String> {
        Self::OfModels.shown(headers)?.ok().map(str::to_owned)
    }

    fn shown(self, headers: &HeaderMap) -> Option<Result<&str, Unproved>> {
        let bearer = headers.get(AUTHORIZATION).map(|it| bearer(it).ok_or(Unproved::Invalid));
        let names = API_KEYS.into_iter().filter(|_| self == Self::OfModels);
        let alone = names.filter_map(|it| headers.get(it));
        let alone = alone.map(|it| it.to_str().map_err(|_| Unproved::Invalid));
        let mut shown = bearer.into_iter().chain(alone);
        let first = shown.next()?;
        // Nobody is two callers at once.
        Some(if shown.all(|it| it == first) { first } else { Err(Unproved::Invalid) })
    }
}

pub(super) fn bearer(value: &HeaderValue) -> Option<&str> {
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Put a refusal on record before it is told.
pub(super) fn turn_off(
    gate: &Gate,
    reason: RefusalReason,
    reply: Response<Body>,
) -> Response<Body> {
    turn_off_whom(gate, reason, None, reply)
}

/// The same, of a caller that was proven.
fn turn_off_whom(
    gate: &Gate,
    reason: RefusalReason,
    who: Option<&Identified>,
    reply: Response<Body>,
) -> Response<Body> {
    if turning::is_on_record_of(gate, gate.parts.listener, reason, who) {
        return reply;
    }
    text(StatusCode::SERVICE_UNAVAILABLE, turning::UNRECORDED)
}

/// A page in a browser may reach loopback by a name of its own choosing: only known values of Host
/// and Origin are let in.
fn is_expected<B>(gate: &Gate, request: &Request<B>) -> bool {
    let (settings, headers) = (gate.settings(), request.headers());
    let Some(host) = host(request) else { return false };
    let bare = without_port(host);
    let host_known = matches!(bare, "localhost" | "127.0.0.1" | "[::1]")
        || settings.agents.ip().to_string() == bare
        || settings.hosts.iter().any(|it| it == host || it == bare);
    let origin_known = match headers.get(ORIGIN) {
        None => true,
        Some(origin) => {
            let origin = origin.as_bytes();
            is_same_place(origin, host) || settings.origins.iter().any(|it| it.as_bytes() == origin)
        }
    };
    host_known && origin_known
}

/// The place that a request names: in a header, and in HTTP/2 in its address. `None` when the two
/// are not the same.
fn host<B>(request: &Request<B>) -> Option<&str> {
    let header = request.headers().get(HOST).map(|it| it.to_str().unwrap_or_default());
    let address = request.uri().authority().map(Authority::as_str);
    match (header, address) {
        (Some(header), Some(address)) if header != address => None,
        (Some(place), _) | (None, Some(place)) => Some(place),
        (None, None) => Some(""),
    }
}

/// Whether an origin is the very place that the request names: nobody else's page then. A name that
/// leads here by somebody else's doing is no known host.
fn is_same_place(origin: &[u8], host: &str) -> bool {
    let authority = origin.strip_prefix(b"http://").or_else(|| origin.strip_prefix(b"https://"));
    !host.is_empty() && authority == Some(host.as_bytes())
}

/// Revisions of the protocol are named by dates.
fn is_revision(name: &[u8]) -> bool {
    let digits = |it: &[u8]| it.iter().all(u8::is_ascii_digit);
    match name {
        [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] => {
            digits(&[*y1, *y2, *y3, *y4, *m1, *m2, *d1, *d2])
        }
        _ => false,
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((bare, port)) if port.bytes().all(|it| it.is_ascii_digit()) => bare,
        Some(_) | None => host,
    }
}

#[cfg(test)]
mod tests {
    use super::{is_same_place, without_port};

    #[test]
    fn an_origin_is_the_same_place_only_with_the_same_host_and_port() {
        assert!(is_same_place(b"http://127.0.0.1:8420", "127.0.0.1:8420"));
        assert!(is_same_place(b"https://gate.example", "gate.example"));
        for other in ["http://127.0.0.1", "http://127.0.0.1:8421", "null", "127.0.0.1:8420", ""] {
            assert!(!is_same_place(other.as_bytes(), "127.0.0.1:8420"), "{other}");
        }
        assert!(!is_same_place(b"http://", ""));
    }

    #[test]
    fn a_port_is_cut_off_and_nothing_else() {
        for (host, bare) in [
            ("localhost:8420", "localhost"),
            ("[::1]:8420", "[::1]"),
            ("[::1]", "[::1]"),
            ("example.com", "example.com"),
        ] {
            assert_eq!(without_port(host), bare);
        }
    }
}

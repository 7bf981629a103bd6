//! One request to an HTTP server, and what comes back.

use std::sync::Arc;

use bailiwick_core::Cleared;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{ACCEPT, CONTENT_TYPE, HOST, HeaderName, HeaderValue};
use hyper::http::response::Parts;
use hyper::{Method, Request, StatusCode, Uri};

use super::connection::{Lease, Pool, Unreachable};
use super::{Envelope, Leg, Means};

/// How many header fields a request is made with, about.
const HEADERS: usize = 8;
pub(super) const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");
const LAST: HeaderName = HeaderName::from_static("last-event-id");
const VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
const BOTH: HeaderValue = HeaderValue::from_static("application/json, text/event-stream");
const STREAM: HeaderValue = HeaderValue::from_static("text/event-stream");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Where requests go.
pub(super) struct Target {
    host: HeaderValue,
    path: Uri,
}

impl Target {
    pub(super) fn new(address: &Uri) -> Self {
        let authority = address.authority().map_or("", |it| it.as_str());
        let host = HeaderValue::from_str(authority).unwrap_or(HeaderValue::from_static("upstream"));
        let path = address.path_and_query().cloned();
        let path = path.map_or_else(|| Uri::from_static("/"), Uri::from);
        Self { host, path }
    }
}

/// What came back.
pub(super) struct Came {
    pub(super) head: Parts,
    pub(super) what: What,
}

pub(super) enum What {
    Whole(Bytes),
    Stream(Incoming, Lease),
}

/// The request, with the secrets that the clearance gives access to.
pub(super) fn request(
    means: Means<'_>,
    cleared: &Cleared,
    envelope: &Envelope,
    target: &Target,
    session: Option<&HeaderValue>,
) -> Option<Request<Full<Bytes>>> {
    let (method, accept) = match envelope.leg {
        Leg::Message => (Method::POST, BOTH),
        Leg::Listen => (Method::GET, STREAM),
        Leg::End => (Method::DELETE, BOTH),
    };
    let body = match envelope.leg {
        Leg::Message => cleared.call().ask().clone(),
        Leg::Listen | Leg::End => Bytes::new(),
    };
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method;
    *request.uri_mut() = target.path.clone();
    let headers = request.headers_mut();
    headers.reserve(HEADERS);
    headers.insert(HOST, target.host.clone());
    headers.insert(ACCEPT, accept);
    if envelope.leg == Leg::Message {
        headers.insert(CONTENT_TYPE, JSON);
    }
    if envelope.leg == Leg::Listen && !cleared.call().ask().is_empty() {
        // Where the caller's last stream ended. It was inspected and decided on like a message.
        headers.insert(LAST, HeaderValue::from_maybe_shared(cleared.call().ask().clone()).ok()?);
    }
    if let Some(session) = session {
        headers.insert(SESSION, session.clone());
    }
    if let Some(version) = &envelope.version {
        headers.insert(VERSION, version.clone());
    }
    for secret in means.vault.headers(cleared) {
        let mut value = HeaderValue::from_str(secret.value()).ok()?;
        value.set_sensitive(true);
        headers.insert(HeaderName::from_bytes(secret.name.as_bytes()).ok()?, value);
    }
    Some(request)
}

/// Send the request and read the answer: all of it, unless it is a stream.
pub(super) async fn send(
    pool: &Arc<Pool>,
    means: Means<'_>,
    request: Request<Full<Bytes>>,
) -> Result<Came, Unreachable> {
    tokio::select! {
        came = answer(pool, means, request) => came,
        () = pool.too_late() => Err(Unreachable),
    }
}

/// An answer that says why there is none.
fn note(pool: &Pool, status: StatusCode) {
    let hint = match status.as_u16() {
        401 | 403 => ": is a header with its key missing or wrong?",
        404 => ": is the path of its url right?",
        // What servers say of what they need not do, and of messages that they do not take.
        200..=299 | 400 | 405 => return,
        _ => "",
    };
    pool.trouble.tell(format!("it answered {status}{hint}"));
}

async fn answer(
    pool: &Arc<Pool>,
    means: Means<'_>,
    request: Request<Full<Bytes>>,
) -> Result<Came, Unreachable> {
    let (response, mut lease) = pool.send(request).await?;
    let (head, body) = response.into_parts();
    let kind = head.headers.get(CONTENT_TYPE).map_or(&b""[..], |it| it.as_bytes());
    if head.status.is_success() && kind.starts_with(b"text/event-stream") {
        return Ok(Came { head, what: What::Stream(body, lease) });
    }
    let limited = Limited::new(body, means.limits.message_bytes);
    note(pool, head.status);
    let collected = lease.drive(limited.collect()).await.map_err(|_| Unreachable)?;
    lease.give_back();
    // Copied, so that the connection's buffer can be used again.
    let message = Bytes::copy_from_slice(&collected.to_bytes());
    Ok(Came { head, what: What::Whole(message) })
}

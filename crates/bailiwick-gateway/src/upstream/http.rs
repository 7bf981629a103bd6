//! A server that speaks streamable HTTP.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bailiwick_core::{Action, Cleared, Disposition, Pending};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{ACCEPT, CONTENT_TYPE, HOST, HeaderName, HeaderValue};
use hyper::http::response::Parts;
use hyper::{Method, Request, StatusCode, Uri};

use super::connection::{Lease, Pool, Unreachable};
use super::messages::Messages;
use super::{Answer, Envelope, Leg, Means};
use crate::reading;

/// How many header fields a request is made with, about.
const HEADERS: usize = 8;
const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");
const LAST: HeaderName = HeaderName::from_static("last-event-id");
const VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
const BOTH: HeaderValue = HeaderValue::from_static("application/json, text/event-stream");
const STREAM: HeaderValue = HeaderValue::from_static("text/event-stream");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// One session with an HTTP server, or the calls that belong to none.
pub(crate) struct HttpLink {
    pool: Arc<Pool>,
    target: Uri,
    host: HeaderValue,
    session: OnceLock<HeaderValue>,
    gone: AtomicBool,
}

/// What came back.
struct Came {
    head: Parts,
    what: What,
}

enum What {
    Whole(Bytes),
    Stream(Incoming, Lease),
}

impl HttpLink {
    /// A link to the server at this address, over these connections.
    pub(crate) fn new(pool: Arc<Pool>, address: &Uri) -> Self {
        let authority = address.authority().map_or("", |it| it.as_str());
        let host = HeaderValue::from_str(authority).unwrap_or(HeaderValue::from_static("upstream"));
        let path = address.path_and_query().cloned();
        let target = path.map_or_else(|| Uri::from_static("/"), Uri::from);
        Self { pool, target, host, session: OnceLock::new(), gone: AtomicBool::new(false) }
    }

    pub(super) fn is_dead(&self) -> bool {
        self.gone.load(Ordering::Relaxed)
    }

    pub(super) async fn forward(
        &self,
        means: Means<'_>,
        cleared: Cleared,
        envelope: &Envelope,
    ) -> Answer {
        let request = self.request(means, &cleared, envelope);
        let owed = cleared.owe();
        let Some(request) = request else { return Answer::Ended(owed, Disposition::Unreachable) };
        let patience = Duration::from_secs(means.limits.answer_seconds);
        match tokio::time::timeout(patience, self.send(means, request)).await {
            Err(_) => Answer::Ended(owed, Disposition::TimedOut),
            Ok(Err(Unreachable)) => Answer::Ended(owed, Disposition::Unreachable),
            Ok(Ok(came)) => self.read(means, owed, envelope, came),
        }
    }

    /// The request, with the secrets that the clearance gives access to.
    fn request(
        &self,
        means: Means<'_>,
        cleared: &Cleared,
        envelope: &Envelope,
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
        *request.uri_mut() = self.target.clone();
        let headers = request.headers_mut();
        headers.reserve(HEADERS);
        headers.insert(HOST, self.host.clone());
        headers.insert(ACCEPT, accept);
        if envelope.leg == Leg::Message {
            headers.insert(CONTENT_TYPE, JSON);
        }
        if envelope.leg == Leg::Listen && !cleared.call().ask().is_empty() {
            // Where the caller's last stream ended. It was inspected and decided on like a message.
            headers
                .insert(LAST, HeaderValue::from_maybe_shared(cleared.call().ask().clone()).ok()?);
        }
        if let Some(session) = self.session.get() {
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
    async fn send(
        &self,
        means: Means<'_>,
        request: Request<Full<Bytes>>,
    ) -> Result<Came, Unreachable> {
        let (response, mut lease) = self.pool.send(request).await?;
        let (head, body) = response.into_parts();
        let kind = head.headers.get(CONTENT_TYPE).map_or(&b""[..], |it| it.as_bytes());
        if head.status.is_success() && kind.starts_with(b"text/event-stream") {
            return Ok(Came { head, what: What::Stream(body, lease) });
        }
        let limited = Limited::new(body, means.limits.message_bytes);
        let collected = lease.drive(limited.collect()).await.map_err(|_| Unreachable)?;
        lease.give_back();
        // Copied, so that the connection's buffer can be used again.
        let message = Bytes::copy_from_slice(&collected.to_bytes());
        Ok(Came { head, what: What::Whole(message) })
    }

    fn read(&self, means: Means<'_>, owed: Pending, envelope: &Envelope, came: Came) -> Answer {
        let Came { head, what } = came;
        if head.status == StatusCode::NOT_FOUND && self.session.get().is_some() {
            // The server forgot the session: it is never half alive, the client begins anew.
            self.gone.store(true, Ordering::Relaxed);
        }
        if owed.call().action() == Action::Connect
            && let Some(session) = head.headers.get(SESSION)
        {
            let _ = self.session.set(session.clone());
        }
        let message = match what {
            What::Stream(body, lease) => {
                let limit = means.limits.message_bytes;
                return Answer::Stream(owed, Messages::events(body, lease, limit));
            }
            What::Whole(message) => message,
        };
        if envelope.id.is_none() {
            let disposition = match head.status {
                status if status.is_success() => Disposition::Accepted,
                // A server need not offer a stream to listen on, nor an end to its sessions.
                StatusCode::METHOD_NOT_ALLOWED => Disposition::Erred,
                _ => Disposition::Unreachable,
            };
            return Answer::Ended(owed, disposition);
        }
        match reading::answer(&message, envelope.id.as_ref()) {
            Some(disposition) => Answer::Whole(owed, message, disposition),
            None => Answer::Ended(owed, Disposition::Unreachable),
        }
    }
}

//! One call of a provider of models, over HTTP: no session, and it ends with its caller.

use std::sync::OnceLock;

use bailiwick_core::{Cleared, Disposition, Pending, Timestamp};
use bailiwick_wire::llm::{Operation, bedrock_error};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{ACCEPT, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode, Uri};

use super::connection::Unanswered;
use super::crossing::Crossing;
use super::messages::{Events, Messages};
use super::reckoned::Reckoned;
use super::route::Route;
use super::signing::sign;
use super::{Answer, Away, Envelope, Head, Means};
use crate::clock;
use crate::config::Api;

/// What of a provider's head is passed on: what its clients go by, and nothing of the account.
const PASSED: [&str; 9] = [
    "apim-request-id",
    "content-type",
    "openai-processing-ms",
    "request-id",
    "retry-after",
    "retry-after-ms",
    "x-amzn-requestid",
    "x-request-id",
    "x-should-retry",
];

/// The header in which Bedrock names an error.
const ERROR_TYPE: &str = "x-amzn-errortype";

/// What is sent, besides the call's own bytes.
pub(crate) struct Asking {
    pub(crate) method: Method,
    pub(crate) path: Uri,
    pub(crate) head: Head,
    /// Whether the answer is to come in pieces.
    pub(crate) streams: bool,
    /// The answer, where the configuration says it and nobody is asked.
    pub(crate) known: Option<Bytes>,
}

/// One call.
pub(crate) struct ProviderCall {
    pub(crate) route: Route,
    /// What is asked; absent where no model writes or counts.
    pub(crate) operation: Option<Operation>,
    /// What was asked when the provider wrote what is read now.
    answered: Option<Operation>,
    /// Of a call that its client asks for in another dialect.
    crossing: Option<Crossing>,
    /// What was reckoned of it when its bound was made.
    pub(crate) reckoned: Reckoned,
    asking: Asking,
    away: Away,
    began: OnceLock<Timestamp>,
    /// Set when the provider cannot have heard of it.
    unsent: OnceLock<()>,
    heading: OnceLock<Heading>,
}

/// How the provider's reply began.
pub(crate) struct Heading {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) at: Timestamp,
}

impl ProviderCall {
    pub(crate) fn new(
        route: Route,
        operation: Option<Operation>,
        asking: Asking,
        away: Away,
    ) -> Self {
        let (began, unsent, heading) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        let (answered, crossing, reckoned) = (None, None, Reckoned::default());
        Self {
            route,
            operation,
            answered,
            crossing,
            reckoned,
            asking,
            away,
            began,
            unsent,
            heading,
        }
    }

    /// The same, with what was reckoned of it.
    pub(crate) fn reckoned(self, reckoned: Reckoned) -> Self {
        Self { reckoned, ..self }
    }

    /// The same for a client that speaks another dialect.
    pub(crate) fn over(self, crossing: Option<Crossing>) -> Self {
        Self { crossing, ..self }
    }

    /// The same where what is read was answered by this operation once.
    pub(crate) fn reading(self, answered: Option<Operation>) -> Self {
        Self { answered, ..self }
    }

    /// How it is turned into another dialect, where it is.
    pub(crate) const fn crossing(&self) -> Option<&Crossing> {
        self.crossing.as_ref()
    }

    /// The operation whose answer the client is told: that which it asked for, now or earlier.
    pub(crate) fn answers(&self) -> Option<Operation> {
        self.crossing().map(Crossing::asked).or(self.operation).or(self.answered)
    }

    /// How the reply begins for the client; `None` when there was none.
    pub(crate) fn reply_head(&self) -> Option<(StatusCode, HeaderMap)> {
        let Heading { status, headers, .. } = self.heading()?;
        Some(match &self.crossing {
            Some(crossing) => crossing.heading(*status, headers),
            None => (*status, headers.clone()),
        })
    }

    /// How the reply began; `None` when there was none.
    pub(crate) fn heading(&self) -> Option<&Heading> {
        self.heading.get()
    }

    /// When it was sent; `None` when it was not.
    pub(crate) fn began(&self) -> Option<Timestamp> {
        self.began.get().copied()
    }

    /// Whether the provider may have heard of it.
    pub(crate) fn may_be_heard(&self) -> bool {
        self.began.get().is_some() && self.unsent.get().is_none()
    }

    pub(super) async fn forward(
        &self,
        means: Means<'_>,
        cleared: Cleared,
        envelope: &Envelope,
    ) -> Answer {
        if let Some(known) = &self.asking.known {
            return self.known(cleared.owe(), known);
        }
        let request = self.request(means, &cleared);
        let owed = cleared.owe();
        let Some(request) = request else {
            return Answer::Ended(owed, Disposition::Unreachable);
        };
        let _ = self.began.set(clock::now());
        let patience = envelope.patience(means.limits);
        let answered = tokio::select! {
            biased;
            // The request is dropped with its connection, which is how the provider learns of it.
            () = self.away.gone() => return Answer::Ended(owed, Disposition::Cancelled),
            () = means.kills.stopped(owed.call()) => {
                return Answer::Ended(owed, Disposition::Killed);
            }
            () = self.route.provider.pool.too_late() => Ok(Err(Unanswered::BrokeOff)),
            answered = tokio::time::timeout(patience, self.send(means, request)) => answered,
        };
        match answered {
            Err(_) => Answer::Ended(owed, Disposition::TimedOut),
            Ok(Err(why)) => {
                if why == Unanswered::Unsent {
                    let _ = self.unsent.set(());
                }
                Answer::Ended(owed, Disposition::Unreachable)
            }
            Ok(Ok(came)) => self.answer(owed, came),
        }
    }

    /// What the configuration says in the provider's place.
    fn known(&self, owed: Pending, answer: &Bytes) -> Answer {
        let headers = [(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        let headers = headers.into_iter().collect();
        let _ = self.heading.set(Heading { status: StatusCode::OK, headers, at: clock::now() });
        Answer::Whole(owed, answer.clone(), Disposition::Answered)
    }

    /// The request, with the secrets that the clearance gives access to.
    fn request(&self, means: Means<'_>, cleared: &Cleared) -> Option<Request<Full<Bytes>>> {
        let Asking { method, path, head, streams, .. } = &self.asking;
        let mut request = Request::new(Full::new(cleared.call().ask().clone()));
        *request.method_mut() = method.clone();
        *request.uri_mut() = path.clone();
        let headers = request.headers_mut();
        headers.reserve(8);
        headers.insert(HOST, self.route.provider.host.clone());
        let accept = if *streams { self.streamed() } else { "application/json" };
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        if *method == Method::POST {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        for (name, value) in &head.0 {
            headers.insert(name.clone(), value.clone());
        }
        // Last: what the operator sets is not the caller's to change.
        for secret in means.vault.headers(cleared) {
            let mut value = HeaderValue::from_str(secret.value()).ok()?;
            value.set_sensitive(true);
            headers.insert(HeaderName::from_bytes(secret.name.as_bytes()).ok()?, value);
        }
        if self.route.provider.api == Api::Bedrock {
            sign(means, cleared, &mut request, clock::now())?;
        }
        Some(request)
    }

    /// The type of an answer that comes in pieces.
    fn streamed(&self) -> &'static str {
        match self.route.provider.api {
            Api::Openai | Api::Anthropic | Api::Azure => "text/event-stream",
            Api::Bedrock => "application/vnd.amazon.eventstream",
        }
    }

    async fn send(
        &self,
        means: Means<'_>,
        request: Request<Full<Bytes>>,
    ) -> Result<Came, Unanswered> {
        let (response, mut lease) = self.route.provider.pool.send(request).await?;
        self.note(&response);
        let (head, body) = response.into_parts();
        let limit = means.limits.prompt_bytes;
        let kind = head.headers.get(CONTENT_TYPE).map_or(&b""[..], |it| it.as_bytes());
        if head.status.is_success() && kind.starts_with(self.streamed().as_bytes()) {
            let events = Events::new(body, lease, limit);
            let is_framed = self.route.provider.api == Api::Bedrock;
            let events = if is_framed { events.framed(limit) } else { events };
            return Ok(Came::Stream(Box::new(events)));
        }
        let limited = Limited::new(body, limit);
        let collected = lease.drive(limited.collect()).await;
        let collected = collected.map_err(|_| Unanswered::BrokeOff)?;
        lease.give_back();
        // Copied, so that the connection's buffer can be used again.
        let mut message = Bytes::copy_from_slice(&collected.to_bytes());
        if self.route.provider.api == Api::Bedrock && !head.status.is_success() {
            let kind = head.headers.get(ERROR_TYPE).and_then(|it| it.to_str().ok());
            message = bedrock_error(head.status.as_u16(), kind.unwrap_or_default(), &message);
        }
        Ok(Came::Whole(head.status, message))
    }

    fn answer(&self, owed: Pending, came: Came) -> Answer {
        let (status, message) = match came {
            Came::Whole(status, message) => (status, message),
            Came::Stream(events) => return Answer::Stream(owed, Messages::Events(events)),
        };
        match &self.crossing {
            Some(crossing) => match crossing.answer(status, &message) {
                Some((message, disposition)) => Answer::Whole(owed, message, disposition),
                None => Answer::Ended(owed, Disposition::Unreachable),
            },
            None if status.is_success() => Answer::Whole(owed, message, Disposition::Answered),
            None => Answer::Whole(owed, message, Disposition::Erred),
        }
    }

    fn note(&self, response: &Response<Incoming>) {
        let status = response.status();
        let passed = PASSED.iter().filter_map(|name| {
            let value = response.headers().get(*name)?;
            Some((HeaderName::from_static(name), value.clone()))
        });
        let headers = passed.collect();
        let at = clock::now();
        let _ = self.heading.set(Heading { status, headers, at });
        self.route.provider.refused.hear(status, at);
    }
}

enum Came {
    Whole(StatusCode, Bytes),
    Stream(Box<Events>),
}

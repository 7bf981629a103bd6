//! Replies of the model path: what a provider said, or an error in the words of its dialect.

use bailiwick_core::{Denial, Disposition, ExchangeId, RefusalReason, Released};
use bailiwick_wire::llm::{Dialect, Operation, error_body};
use bytes::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::{Response, StatusCode};

use super::super::body::Body;
use super::super::reply::{bare, json, stamp_at};
use super::Visit;
use crate::reserving::Short;
use crate::upstream::{ProviderCall, Route};

/// What clients are told that closed the connection: nobody reads it, and logs know the number.
const CLIENT_CLOSED: u16 = 499;

/// How much of a model's name is told back, in characters.
const NAME_MAX: usize = 128;

/// What is told of an address at which nothing is served.
pub(super) const NO_SUCH_PLACE: &str =
    "This gateway serves no such address. Base URLs are /openai/v1 and, without v1, /anthropic";

/// An error as the SDKs of the dialect know it.
pub(super) fn error(dialect: Dialect, status: StatusCode, words: &str) -> Response<Body> {
    json(status, error_body(dialect, status.as_u16(), kind(dialect, status), words))
}

/// The dialect's word for a status.
fn kind(dialect: Dialect, status: StatusCode) -> &'static str {
    match (dialect, status.as_u16()) {
        (Dialect::OpenAi, 404) => "model_not_found",
        (Dialect::Anthropic, 404) => "not_found_error",
        (_, 400 | 405 | 413) => "invalid_request_error",
        (_, 401) => "authentication_error",
        (_, 403) => "permission_error",
        (Dialect::OpenAi, 429) => "rate_limit_exceeded",
        (Dialect::Anthropic, 429) => "rate_limit_error",
        (Dialect::OpenAi, _) => "server_error",
        (Dialect::Anthropic, _) => "api_error",
    }
}

/// A refusal from before the dialect was known, in its words.
pub(super) fn translated(dialect: Dialect, refusal: Response<Body>) -> Response<Body> {
    let (head, body) = refusal.into_parts();
    let words = match &body {
        Body::Whole(Some(words)) => String::from_utf8_lossy(words).trim_end().to_owned(),
        Body::Whole(None) | Body::Events(_) | Body::Until(..) => String::new(),
    };
    let mut reply = error(dialect, head.status, &words);
    for (name, value) in head.headers.iter().filter(|(name, _)| *name != CONTENT_TYPE) {
        reply.headers_mut().append(name.clone(), value.clone());
    }
    reply
}

/// There is no such model, or the caller may not know of it.
pub(super) fn no_such_model(dialect: Dialect, asked: &str) -> Response<Body> {
    error(dialect, StatusCode::NOT_FOUND, &no_such_words(asked))
}

/// The same in words.
pub(super) fn no_such_words(asked: &str) -> String {
    // A name that the caller made up is its own to read, but not without end.
    let asked: String = asked.chars().take(NAME_MAX).collect();
    format!("The model `{asked}` does not exist or you do not have access to it")
}

/// Policy denies it, and the caller may know that.
pub(super) fn denied_words(exchange: &ExchangeId) -> String {
    format!("Denied by policy. Ask about it with the decision's id: {exchange}")
}

/// The model is at a provider that does not serve what is asked.
pub(super) fn unserved(
    visit: &Visit,
    operation: Operation,
    (asked, route): (&str, &Route),
) -> Response<Body> {
    let asked: String = asked.chars().take(NAME_MAX).collect();
    let words = format!(
        "The model `{asked}` is at `{}`, which does not serve {}: ask it by chat/completions or \
         messages",
        route.provider.name,
        operation.as_str()
    );
    visit.turn_off(RefusalReason::Malformed, StatusCode::BAD_REQUEST, &words)
}

/// That something is not there: the status and the body.
pub(super) type Missing = (StatusCode, Bytes);

/// Whether the caller is to be told that there is nothing.
pub(super) fn is_hidden(released: &Released) -> bool {
    released.denial().is_some_and(|it| !it.visible())
}

/// There is nothing, or nothing of the caller's.
pub(super) fn missing(missing: Option<Missing>, released: &Released) -> Response<Body> {
    let (status, body) = missing.unwrap_or((StatusCode::NOT_FOUND, Bytes::new()));
    stamped(json(status, body), released)
}

/// The caller may not know that anything is served there.
pub(super) fn no_such_place(dialect: Dialect, released: &Released) -> Response<Body> {
    stamped(error(dialect, StatusCode::NOT_FOUND, NO_SUCH_PLACE), released)
}

fn denied(dialect: Dialect, denial: &Denial, exchange: &ExchangeId, asked: &str) -> Response<Body> {
    if !denial.visible() {
        return no_such_model(dialect, asked);
    }
    error(dialect, StatusCode::FORBIDDEN, &denied_words(exchange))
}

/// What came of a call that was answered as a whole, or not at all.
pub(super) fn whole(
    dialect: Dialect,
    released: Released,
    (call, asked): (Option<&ProviderCall>, &str),
    short: Option<&Short>,
) -> Response<Body> {
    let exchange = released.exchange();
    let mut reply = match (released.denial(), released.disposition()) {
        (Some(denial), _) => denied(dialect, denial, &exchange, asked),
        (None, Some(disposition)) => match (disposition, call.and_then(ProviderCall::reply_head)) {
            (
                Disposition::Answered | Disposition::ToolFailed | Disposition::Erred,
                Some((status, headers)),
            ) => {
                // What it thinks of the gateway's own key is not the caller's business.
                if matches!(status.as_u16(), 401 | 403) {
                    let words = "The provider refused the gateway";
                    stamped(error(dialect, StatusCode::BAD_GATEWAY, words), &released)
                } else {
                    let mut reply = bare(status);
                    *reply.headers_mut() = headers;
                    let mut reply = stamped(reply, &released);
                    *reply.body_mut() = Body::Whole(Some(released.into_bytes()));
                    return reply;
                }
            }
            (_, _) => without_answer(dialect, disposition, short),
        },
        (None, None) => unrecorded(dialect),
    };
    if !reply.headers().contains_key(super::super::reply::DECISION) {
        stamp_at(&mut reply, released.decision());
    }
    reply
}

fn stamped(mut reply: Response<Body>, released: &Released) -> Response<Body> {
    stamp_at(&mut reply, released.decision());
    reply
}

/// A call that ended without an answer that may leave.
fn without_answer(
    dialect: Dialect,
    disposition: Disposition,
    short: Option<&Short>,
) -> Response<Body> {
    let told = |status, words: &str| error(dialect, status, words);
    match disposition {
        Disposition::Unmet => match short {
            Some(short) => over_budget(dialect, short),
            None => told(StatusCode::FORBIDDEN, "A duty of the policy was not met"),
        },
        Disposition::TimedOut => {
            told(StatusCode::GATEWAY_TIMEOUT, "The provider did not answer in time")
        }
        Disposition::Withheld => {
            told(StatusCode::FORBIDDEN, "The answer held something that must not pass")
        }
        // Who was killed need not know by whom.
        Disposition::Cancelled | Disposition::Killed => {
            let closed = StatusCode::from_u16(CLIENT_CLOSED).unwrap_or(StatusCode::BAD_REQUEST);
            told(closed, "The request was cancelled")
        }
        Disposition::Answered
        | Disposition::ToolFailed
        | Disposition::Erred
        | Disposition::Accepted
        | Disposition::Unreachable => told(StatusCode::BAD_GATEWAY, "The provider gave no answer"),
    }
}

/// A budget does not suffice: what is left, and when it begins anew.
fn over_budget(dialect: Dialect, short: &Short) -> Response<Body> {
    let status = StatusCode::TOO_MANY_REQUESTS;
    let kind = match dialect {
        // Unlike a rate it does not come in again by itself in a moment.
        Dialect::OpenAi => "insufficient_quota",
        Dialect::Anthropic => kind(dialect, status),
    };
    let body = error_body(dialect, status.as_u16(), kind, &short.words);
    let mut reply = json(status, body);
    let seconds =
        short.resets_in_seconds.and_then(|it| HeaderValue::from_str(&it.to_string()).ok());
    if let Some(seconds) = seconds {
        reply.headers_mut().insert(RETRY_AFTER, seconds);
    }
    // SDKs try again by themselves, which helps nobody before the budget begins anew.
    reply.headers_mut().insert("x-should-retry", HeaderValue::from_static("false"));
    reply
}

/// Something could not be written down.
pub(super) fn unrecorded(dialect: Dialect) -> Response<Body> {
    let words = "The call could not be recorded, so it was not made";
    error(dialect, StatusCode::SERVICE_UNAVAILABLE, words)
}

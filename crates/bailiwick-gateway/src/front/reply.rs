//! Replies: their status, their headers, and the decision that each rests on.

use bailiwick_core::{Appended, Disposition, Released};
use bailiwick_wire::rpc::Id;
use bytes::Bytes;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};

use super::body::{Body, text};
use crate::refusal::{self, Words};

pub(super) const DECISION: HeaderName = HeaderName::from_static("bailiwick-decision");
pub(super) const LEAF: HeaderName = HeaderName::from_static("bailiwick-leaf");

/// Marks a reply that holds what an upstream answered: only then has a session begun.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answered;

pub(super) fn whole(released: Released, id: Option<&Id>, is_modern: bool) -> Response<Body> {
    let exchange = released.exchange();
    let words = match (released.denial(), released.disposition()) {
        (Some(denial), _) => Some(refusal::denied(denial, &exchange, id, is_modern)),
        (None, Some(Disposition::Answered | Disposition::ToolFailed | Disposition::Erred)) => None,
        (None, Some(other)) => Some(refusal::without_answer(id, other)),
        (None, None) => Some(refusal::unrecorded(id)),
    };
    let (decision, leaf) = (exchange, released.decision().position().index());
    let answered = released.disposition() == Some(Disposition::Answered);
    let mut reply = match words {
        Some(words) => spoken(words),
        None => json(StatusCode::OK, released.into_bytes()),
    };
    headers(&mut reply, &decision.to_string(), leaf);
    if answered {
        reply.extensions_mut().insert(Answered);
    }
    reply
}

pub(super) fn stamp(reply: &mut Response<Body>, released: &Released) {
    stamp_at(reply, released.decision());
}

pub(super) fn stamp_at(reply: &mut Response<Body>, appended: &Appended) {
    headers(reply, &appended.exchange().to_string(), appended.position().index());
}

pub(super) fn headers(reply: &mut Response<Body>, decision: &str, leaf: u64) {
    // A reply may rest on several.
    if let Ok(decision) = HeaderValue::from_str(decision) {
        reply.headers_mut().append(DECISION, decision);
    }
    reply.headers_mut().append(LEAF, HeaderValue::from(leaf));
}

pub(super) fn stream_headers(reply: &mut Response<Body>) {
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, no-transform"));
}

pub(super) fn spoken(words: Words) -> Response<Body> {
    if words.body.is_empty() {
        return bare(words.status);
    }
    if words.body.first() == Some(&b'{') {
        return json(words.status, words.body);
    }
    text(words.status, words.body)
}

pub(super) fn bare(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::Whole(None));
    *response.status_mut() = status;
    response
}

pub(super) fn json(status: StatusCode, body: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::Whole(Some(body)));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

//! `/log/checkpoint` and `/log/tile/*`: the log, readable by any tlog-tiles client.

use bailiwick_log::Reader;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};

use crate::front::{Body, text};
use crate::gate::Gate;

/// Serve one file of the log's public part. The reader knows which names lead to one, and cuts a
/// partial tile from the wider one that has taken its place.
pub(super) fn serve(gate: &Gate, steps: &[&str]) -> Response<Body> {
    let folder = crate::paths::log(&gate.settings().data);
    let found = Reader::open(&folder).and_then(|it| it.resource(&steps.join("/")));
    let bytes = match found {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return text(StatusCode::NOT_FOUND, "the log has no such file\n"),
        Err(_) => return text(StatusCode::SERVICE_UNAVAILABLE, "the log cannot be read\n"),
    };
    let mut reply = Response::new(Body::Whole(Some(bytes.into())));
    let (kind, cache) = if steps == ["checkpoint"] {
        ("text/plain; charset=utf-8", "no-cache")
    } else {
        ("application/octet-stream", "max-age=31536000, immutable")
    };
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    reply.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    reply
}

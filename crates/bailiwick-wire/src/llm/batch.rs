//! The lines of a batch: asks that a provider answers later, each of which is decided like any
//! other.

use bytes::Bytes;

use super::operation::Operation;
use crate::json::{Document, Kind, Limits, Node};

/// The most lines of a batch.
pub const LINES_MAX: usize = 10_000;

/// One ask of a batch.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Line {
    /// What it asks.
    pub operation: Operation,
    /// Its body, as it stands in the batch.
    pub body: Bytes,
}

/// Why a batch cannot be decided on.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadBatch {
    /// It has no lines, or is no list of them.
    #[error("the batch holds no list of requests")]
    Empty,
    /// It has more than [`LINES_MAX`].
    #[error("the batch has too many requests")]
    TooMany,
    /// A request, counted from 1, is not what it should be.
    #[error("request {0} of the batch: {1}")]
    Line(usize, &'static str),
}

/// The lines of a file whose asks go to `endpoint`, such as `/v1/chat/completions`.
///
/// # Errors
/// [`BadBatch`] with the line that is at fault.
pub fn file_lines(file: &Bytes, endpoint: &str) -> Result<Vec<Line>, BadBatch> {
    let operation =
        operation_at(endpoint).ok_or(BadBatch::Line(1, "no such endpoint is served"))?;
    let mut lines = Vec::new();
    let mut from = 0;
    for raw in file.split(|it| *it == b'\n') {
        let span = from..from + raw.len();
        from += raw.len() + 1;
        let raw = raw.strip_suffix(b"\r").unwrap_or(raw);
        if raw.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        if lines.len() == LINES_MAX {
            return Err(BadBatch::TooMany);
        }
        let number = lines.len() + 1;
        let bad = |why| BadBatch::Line(number, why);
        // A reader that ends lines there, too, would find other asks in it.
        if raw.contains(&b'\r') {
            return Err(bad("a line must not hold a carriage return"));
        }
        let body = body_of(raw, endpoint).map_err(bad)?;
        let body = span.start + body.start..span.start + body.end;
        lines.push(Line { operation, body: file.slice(body) });
    }
    if lines.is_empty() { Err(BadBatch::Empty) } else { Ok(lines) }
}

fn body_of(raw: &[u8], endpoint: &str) -> Result<std::ops::Range<usize>, &'static str> {
    let document = Document::parse(raw, Limits::default()).map_err(|_| "it is not JSON")?;
    let root = document.root();
    super::fields::object(root, "line", &["custom_id", "method", "url", "body"])
        .map_err(|_| "it is no request")?;
    if !root.member("method").is_some_and(|it| it.says("POST")) {
        return Err("its method is not POST");
    }
    if !root.member("url").is_some_and(|it| it.says(endpoint)) {
        return Err("its url is not the endpoint of the batch");
    }
    let body = root.member("body").filter(|it| it.is_object());
    Ok(body.ok_or("it has no body")?.span())
}

/// The messages that a body of Anthropic's lists.
///
/// # Errors
/// [`BadBatch`] with the one that is at fault.
pub fn body_lines(body: &Bytes) -> Result<Vec<Line>, BadBatch> {
    let document = Document::parse(body, Limits::default()).map_err(|_| BadBatch::Empty)?;
    let listed = document.root().member("requests").filter(|it| it.kind() == Kind::Array);
    let mut lines = Vec::new();
    for (number, request) in listed.ok_or(BadBatch::Empty)?.elements().enumerate() {
        if lines.len() == LINES_MAX {
            return Err(BadBatch::TooMany);
        }
        let bad = |why| BadBatch::Line(number + 1, why);
        super::fields::object(request, "request", &["custom_id", "params"])
            .map_err(|_| bad("it is no request"))?;
        let params = request.member("params").filter(|it: &Node<'_>| it.is_object());
        let span = params.ok_or(bad("it has no params"))?.span();
        lines.push(Line { operation: Operation::Messages, body: body.slice(span) });
    }
    if lines.is_empty() { Err(BadBatch::Empty) } else { Ok(lines) }
}

fn operation_at(endpoint: &str) -> Option<Operation> {
    match endpoint {
        "/v1/chat/completions" => Some(Operation::Chat),
        "/v1/responses" => Some(Operation::Responses),
        "/v1/embeddings" => Some(Operation::Embeddings),
        _ => None,
    }
}

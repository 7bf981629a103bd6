//! Messages of Anthropic's as Amazon Bedrock carries them: what stands in the address goes out of
//! the body, events come in binary frames, and errors have names of their own.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};

use super::operation::Dialect;
use super::reply::error_body;
use crate::Unintelligible;
use crate::eventstream::{Frame, FrameError, Frames};
use crate::json::{Document, Limits, Node, quote};
use crate::splice::Splice;
use crate::sse;

/// The one version of the form that Bedrock has.
const VERSION: &str = "bedrock-2023-05-31";
/// The longest name of an event or an exception.
const WORD_MAX: usize = 64;

/// The body of a message as Bedrock takes it. `betas` is what `anthropic-beta` says: names apart by
/// commas, or nothing, which leaves those of the body.
///
/// # Errors
/// [`Unintelligible`] when the body is no JSON object.
pub fn bedrock_body(body: &Bytes, betas: &str) -> Result<Bytes, Unintelligible> {
    let document = Document::parse(body, Limits::default()).map_err(|_| Unintelligible::NotJson)?;
    let root = document.root();
    if !root.is_object() {
        return Err(Unintelligible::IllTyped("body"));
    }
    let mut splice = Splice::new(body);
    splice.remove_member(root, "model").remove_member(root, "stream");
    if !root.member("anthropic_version").is_some_and(|it| it.says(VERSION)) {
        splice.set_member(root, "anthropic_version", quote(VERSION).into_bytes());
    }
    let betas = betas.split(',').map(str::trim).filter(|it| !it.is_empty());
    let betas: Vec<String> = betas.map(quote).collect();
    if !betas.is_empty() {
        splice.set_member(root, "anthropic_beta", format!("[{}]", betas.join(",")).into_bytes());
    }
    Ok(splice.finish())
}

/// A streamed answer of Bedrock's, turned into the event stream that Anthropic would send.
#[derive(Debug)]
pub struct BedrockStream {
    frames: Frames,
}

impl BedrockStream {
    /// At the start of a stream, none of whose frames may be longer than `max_frame_bytes`.
    pub fn new(max_frame_bytes: usize) -> Self {
        Self { frames: Frames::new(max_frame_bytes) }
    }

    /// The events that are complete with these bytes. Behind what cannot be read nothing comes.
    pub fn push(&mut self, chunk: &[u8]) -> Bytes {
        let mut out = BytesMut::new();
        self.frames.push(chunk);
        while let Ok(Some(frame)) = self.frames.next_frame() {
            match event(&frame) {
                Some(event) => out.extend_from_slice(&event),
                None => self.frames.break_off(),
            }
        }
        out.freeze()
    }

    /// Why nothing more comes.
    pub const fn broken(&self) -> Option<FrameError> {
        self.frames.broken()
    }
}

/// What a frame says, as an event; nothing when it cannot be read.
fn event(frame: &Frame) -> Option<Bytes> {
    match frame.header(":message-type")? {
        "event" if frame.header(":event-type")? == "chunk" => chunk(&frame.payload),
        // Of a kind that came later than this was written, and that no client knows of.
        "event" => Some(Bytes::new()),
        "exception" => {
            let kind = frame.header(":exception-type")?;
            Some(named("error", &told(status_of(kind).unwrap_or(500), kind, &frame.payload)))
        }
        "error" => {
            let kind = frame.header(":error-code").unwrap_or("error");
            let words = frame.header(":error-message").unwrap_or("The stream ended in an error");
            let status = status_of(kind).unwrap_or(500);
            Some(named("error", &error_body(Dialect::Anthropic, status, word(kind), words)))
        }
        _ => None,
    }
}

/// The event in a chunk: JSON of Anthropic's in base64 in JSON.
fn chunk(payload: &Bytes) -> Option<Bytes> {
    let document = Document::parse(payload, Limits::default()).ok()?;
    let text = document.root().member("bytes").and_then(Node::text)?;
    let data = Bytes::from(STANDARD.decode(text.as_bytes()).ok()?);
    let inner = Document::parse(&data, Limits::default()).ok()?;
    let kind = inner.root().member("type").and_then(Node::text)?;
    let is_word = |it: u8| it.is_ascii_lowercase() || it == b'_';
    if kind.is_empty() || kind.len() > WORD_MAX || !kind.bytes().all(is_word) {
        return None;
    }
    Some(named(&kind, &data))
}

fn named(name: &str, data: &[u8]) -> Bytes {
    Bytes::from([b"event: ", name.as_bytes(), b"\n", &sse::encode(data, None)].concat())
}

/// An error of Bedrock's in Anthropic's words. `kind` is what `x-amzn-errortype` says.
pub fn bedrock_error(status: u16, kind: &str, body: &[u8]) -> Bytes {
    told(status_of(kind).unwrap_or(status), kind, body)
}

fn told(status: u16, kind: &str, body: &[u8]) -> Bytes {
    let document = Document::parse(body, Limits::default()).ok();
    let root = document.as_ref().map(Document::root);
    let said = |name: &str| root.and_then(|it| it.member(name)).and_then(Node::text);
    let message = said("message").or_else(|| said("Message"));
    let message = message.as_deref().unwrap_or("Bedrock gave no reason");
    error_body(Dialect::Anthropic, status, word(kind), message)
}

/// The name of an exception, without the address that may stand behind it.
fn word(kind: &str) -> &str {
    let name = kind.split(':').next().unwrap_or_default();
    let is_name = name.len() <= WORD_MAX && name.bytes().all(|it| it.is_ascii_alphanumeric());
    if is_name && !name.is_empty() { name } else { "error" }
}

/// The status whose type of error fits an exception; nothing for those that are not known.
fn status_of(kind: &str) -> Option<u16> {
    let status = match word(kind).to_ascii_lowercase().as_str() {
        "validationexception" => 400,
        "accessdeniedexception" => 403,
        "resourcenotfoundexception" => 404,
        "throttlingexception" | "servicequotaexceededexception" | "modelnotreadyexception" => 429,
        "internalserverexception" | "modelerrorexception" | "modelstreamerrorexception" => 500,
        "serviceunavailableexception" => 503,
        "modeltimeoutexception" => 504,
        _ => return None,
    };
    Some(status)
}

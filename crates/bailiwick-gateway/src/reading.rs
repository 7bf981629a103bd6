//! Reading what upstreams and clients say, as far as the corridor needs it: is it an answer, to
//! which request, and how did it turn out.

use bailiwick_core::Disposition;
use bailiwick_wire::json::{Document, Limits};
use bailiwick_wire::mcp::{Notice, initialize_result};
use bailiwick_wire::rpc::{Id, Message, batch};
use bytes::Bytes;

/// What one message from the other side is.
#[derive(Clone, Debug)]
pub(crate) enum Heard {
    /// The answer to the request with this id.
    Answer(Id, Disposition),
    /// A request of the other side's own.
    Request(Id),
    /// A notification, and what it tells.
    Notice(Option<Notice>),
}

/// What a message is; `None` when it is not one.
pub(crate) fn hear(message: &Bytes) -> Option<Heard> {
    let document = Document::parse(message, Limits::default()).ok()?;
    let message = Message::read(&document).ok()?;
    Some(match &message {
        Message::Result { id, result } => {
            let failed = result.member("isError").and_then(|it| it.as_bool()) == Some(true);
            let disposition = if failed { Disposition::ToolFailed } else { Disposition::Answered };
            Heard::Answer(id.clone(), disposition)
        }
        Message::Error { id, .. } => Heard::Answer(id.clone(), Disposition::Erred),
        Message::Request { id, .. } => Heard::Request(id.clone()),
        Message::Notification { .. } => Heard::Notice(bailiwick_wire::mcp::notice(&message)),
    })
}

/// How an answer turned out; `None` when it is no answer to the request with this id.
pub(crate) fn answer(message: &Bytes, to: Option<&Id>) -> Option<Disposition> {
    match hear(message)? {
        Heard::Answer(id, disposition)
            if to.is_some_and(|to| *to == id || to.plain() == id.plain()) =>
        {
            Some(disposition)
        }
        Heard::Answer(..) | Heard::Request(_) | Heard::Notice(_) => None,
    }
}

/// Whether a message calls off the request with this id.
pub(crate) fn calls_off(message: &Bytes, of: &Id) -> bool {
    match hear(message) {
        Some(Heard::Notice(Some(Notice::Cancelled { request }))) => request.plain() == of.plain(),
        Some(Heard::Answer(..) | Heard::Request(_) | Heard::Notice(_)) | None => false,
    }
}

/// The revision that an answer to `initialize` agrees to.
pub(crate) fn revision(answer: &[u8]) -> Option<Box<str>> {
    let document = Document::parse(answer, Limits::default()).ok()?;
    initialize_result(&document).map(|it| it.protocol_version)
}

/// The messages that came at once: those of a batch, or the one. In revision 2025-03-26 a server
/// may send batches, and taken apart they mean the same in every other.
pub(crate) fn apart(message: Bytes) -> Vec<Bytes> {
    if message.first() != Some(&b'[') {
        return vec![message];
    }
    let members = Document::parse(&message, Limits::default()).ok();
    let members = members.and_then(|it| batch(&message, &it));
    members.unwrap_or_else(|| vec![message])
}

/// The method of a request or a notification.
pub(crate) fn method(message: &[u8]) -> Option<Box<str>> {
    let document = Document::parse(message, Limits::default()).ok()?;
    Message::read(&document).ok()?.method().map(Box::from)
}

//! From one dialect to the other: chats and messages, with tools, whole and streamed.
//!
//! What the other dialect has no word for is an error that names the member, in a request and in
//! the content of an answer: nothing is dropped in silence. What only describes an answer (its
//! fingerprint, its tier, log probabilities, reasoning without a signature) stays behind;
//! `docs/models.md` has the table.

mod answer;
mod from_chat;
mod from_messages;
mod into_chat;
mod into_messages;
mod parts;
mod words;
mod write;

use bytes::Bytes;

use super::operation::Operation;
use super::reply::error_body;
use crate::Unintelligible;
use crate::json::{Document, Limits};
use crate::sse::Event;
use into_chat::IntoChat;
use into_messages::IntoMessages;

/// Why something cannot be said in the other dialect.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Untranslatable {
    /// It cannot be read, or lacks what the other dialect needs.
    #[error(transparent)]
    Unreadable(#[from] Unintelligible),
    /// The other dialect has no word for this member, or not for its value. The path leads there
    /// from the outermost object.
    #[error("cannot be translated: {0}")]
    Member(Box<str>),
    /// Only chats and messages are translated.
    #[error("calls of this kind are not translated")]
    Operation,
}

impl Untranslatable {
    /// A member, by its own name.
    fn member(name: &str) -> Self {
        Self::Member(name.into())
    }

    /// The same, seen from where it stands.
    fn within(self, place: &str) -> Self {
        match self {
            Self::Member(path) => Self::Member(format!("{place}.{path}").into()),
            Self::Unreadable(_) | Self::Operation => self,
        }
    }
}

type Done<T> = Result<T, Untranslatable>;

/// The operation of the other dialect in which a call is made that was asked for in this one.
pub const fn counterpart(asked: Operation) -> Option<Operation> {
    match asked {
        Operation::Chat => Some(Operation::Messages),
        Operation::Messages => Some(Operation::Chat),
        Operation::Responses | Operation::Embeddings | Operation::CountTokens => None,
    }
}

/// A request in the other dialect. `asked` is the operation that the client asks for.
///
/// # Errors
/// [`Untranslatable`], naming the member. A chat without a bound of its output is one, since a
/// message must have one: set it first.
pub fn request(asked: Operation, body: &[u8]) -> Result<Bytes, Untranslatable> {
    let document = document(body)?;
    match asked {
        Operation::Chat => from_chat::request(document.root()),
        Operation::Messages => from_messages::request(document.root()),
        Operation::Responses | Operation::Embeddings | Operation::CountTokens => {
            Err(Untranslatable::Operation)
        }
    }
    .map(Bytes::from)
}

/// A whole answer as the client awaits it. `asked` is the operation that the client asked for, and
/// `created` the time to be told, in seconds since 1970, where the provider tells none. Errors are
/// translated too.
///
/// # Errors
/// [`Untranslatable`] when it is no answer, or holds what the client's dialect has no word for.
pub fn answer(asked: Operation, body: &[u8], created: u64) -> Result<Bytes, Untranslatable> {
    let document = document(body)?;
    match asked {
        Operation::Chat => answer::into_chat(document.root(), created),
        Operation::Messages => answer::into_message(document.root()),
        Operation::Responses | Operation::Embeddings | Operation::CountTokens => {
            Err(Untranslatable::Operation)
        }
    }
    .map(Bytes::from)
}

/// An error as the client awaits it, whose status is known. Of one that cannot be read nothing is
/// told but that.
pub fn error(asked: Operation, status: u16, body: &[u8]) -> Bytes {
    match document(body) {
        Ok(document) => answer::error_of(asked.dialect(), status, document.root()),
        Err(_) => error_body(asked.dialect(), status, "", "The provider gave no readable error"),
    }
}

fn document(body: &[u8]) -> Done<Document<'_>> {
    Document::parse(body, Limits::default()).map_err(|_| Unintelligible::NotJson.into())
}

/// Translates a stream, event by event.
#[derive(Debug)]
pub struct Translating(Stream);

#[derive(Debug)]
enum Stream {
    Chat(IntoChat),
    Messages(IntoMessages),
}

impl Translating {
    /// At the start of a stream; nothing for an operation that is not translated. `tells_usage`
    /// says whether a chat's client asked for the usage, and `created` is as in [`answer()`].
    pub fn new(asked: Operation, tells_usage: bool, created: u64) -> Option<Self> {
        match asked {
            Operation::Chat => Some(Self(Stream::Chat(IntoChat::new(tells_usage, created)))),
            Operation::Messages => Some(Self(Stream::Messages(IntoMessages::default()))),
            Operation::Responses | Operation::Embeddings | Operation::CountTokens => None,
        }
    }

    /// What the provider's next event is to the client: any number of events.
    ///
    /// # Errors
    /// [`Untranslatable`], after which the stream cannot be translated on.
    pub fn event(&mut self, event: &Event) -> Result<Vec<Event>, Untranslatable> {
        if event.data.is_empty() {
            // A sign of life is one in any dialect.
            return Ok(vec![event.clone()]);
        }
        let mut out = Vec::new();
        match &mut self.0 {
            Stream::Messages(messages) if event.data.trim_ascii() == b"[DONE]" => {
                messages.end(&mut out);
            }
            Stream::Chat(chat) => chat.event(document(&event.data)?.root(), &mut out)?,
            Stream::Messages(messages) => {
                messages.event(document(&event.data)?.root(), &mut out)?;
            }
        }
        Ok(out)
    }

    /// The provider came to its end without the last event of its dialect, which some leave out:
    /// what the client is told then. Nothing when the stream has ended already.
    pub fn end(&mut self) -> Vec<Event> {
        let mut out = Vec::new();
        match &mut self.0 {
            Stream::Chat(chat) => chat.end(&mut out),
            Stream::Messages(messages) => messages.end(&mut out),
        }
        out
    }
}

#[cfg(test)]
mod tests;

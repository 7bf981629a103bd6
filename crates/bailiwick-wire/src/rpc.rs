//! The JSON-RPC 2.0 envelope: what kind of message it is, its id exact, and the rest untouched.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;

use crate::json::{Document, Kind, Node, twin};

/// The members of an envelope.
const KNOWN: [&str; 6] = ["jsonrpc", "id", "method", "params", "result", "error"];

/// The longest id that is taken, in bytes: it is kept for as long as its call lasts.
const ID_BYTES_MAX: usize = 1024;

/// A request's id, spelled as it came: a string with its quotes, or an integer.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Id(Box<str>);

impl Id {
    /// The id that a value spells.
    ///
    /// # Errors
    /// [`RpcError::Id`] for anything but a string or an integer: null and fractions are refused.
    pub fn read(node: Node<'_>) -> Result<Self, RpcError> {
        let raw = node.raw();
        let is_integer = |raw: &str| !raw.contains(['.', 'e', 'E']);
        let fits = match node.kind() {
            Kind::String => true,
            Kind::Number => is_integer(raw),
            Kind::Null | Kind::Bool | Kind::Array | Kind::Object => false,
        };
        if fits && raw.len() <= ID_BYTES_MAX { Ok(Self(raw.into())) } else { Err(RpcError::Id) }
    }

    /// An id of our own.
    pub fn from_number(number: u64) -> Self {
        Self(number.to_string().into())
    }

    /// The spelling, ready to be written into a message.
    pub fn raw(&self) -> &str {
        &self.0
    }

    /// The same id in its plainest spelling. A peer may answer `"\u0061"` with `"a"`: compare these
    /// where a peer's spelling is compared with another's.
    #[must_use]
    pub fn plain(&self) -> Self {
        if !self.0.contains('\\') {
            return self.clone();
        }
        let document = Document::parse(self.0.as_bytes(), crate::json::Limits::default());
        let text = document.ok().and_then(|it| it.root().text().map(Cow::into_owned));
        text.map_or_else(|| self.clone(), |text| Self(crate::json::quote(&text).into()))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One JSON-RPC message: `'a` is the body's life, `'d` that of the document over it.
#[derive(Clone, Debug)]
pub enum Message<'a, 'd> {
    /// Asks for something and awaits an answer.
    Request {
        /// Comes back in the answer.
        id: Id,
        /// What is asked.
        method: Cow<'a, str>,
        /// An object, when there is one.
        params: Option<Node<'d>>,
    },
    /// Says something and awaits nothing.
    Notification {
        /// What it is about.
        method: Cow<'a, str>,
        /// An object, when there is one.
        params: Option<Node<'d>>,
    },
    /// Answers a request.
    Result {
        /// The id of the request.
        id: Id,
        /// The answer.
        result: Node<'d>,
    },
    /// Refuses a request, or says that it failed.
    Error {
        /// The id of the request.
        id: Id,
        /// The error's code, when it is an integer that fits.
        code: Option<i64>,
        /// The whole error.
        error: Node<'d>,
    },
}

/// Why a document is no JSON-RPC 2.0 message.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RpcError {
    /// An array: one revision of MCP had batches.
    #[error("a batch of messages")]
    Batch,
    /// Neither an object nor an array.
    #[error("not an object")]
    NotAnObject,
    /// `jsonrpc` is missing or not `"2.0"`.
    #[error("not JSON-RPC 2.0")]
    Version,
    /// The id is missing where one is due, null, fractional, no scalar, or too long.
    #[error("the id is not a string or an integer")]
    Id,
    /// The method is no string.
    #[error("the method is not a string")]
    Method,
    /// `params` is there and no object.
    #[error("the params are not an object")]
    Params,
    /// More than one, or none, of method, result and error.
    #[error("not exactly one of method, result and error")]
    Ambiguous,
    /// A member that differs from a member of the envelope in case only: a parser that ignores
    /// case would read another message than we do.
    #[error("a member name differs from {0:?} in case only")]
    LookAlike(&'static str),
}

impl<'a, 'd> Message<'a, 'd> {
    /// The message that a document holds.
    ///
    /// # Errors
    /// [`RpcError`] when it is none. Unknown members are no error.
    pub fn read(document: &'d Document<'a>) -> Result<Self, RpcError> {
        let root = document.root();
        match root.kind() {
            Kind::Object => {}
            Kind::Array => return Err(RpcError::Batch),
            Kind::Null | Kind::Bool | Kind::Number | Kind::String => {
                return Err(RpcError::NotAnObject);
            }
        }
        let [jsonrpc, id, method, params, result, error] = known_members(root, KNOWN)?;
        if !jsonrpc.is_some_and(|it| it.says("2.0")) {
            return Err(RpcError::Version);
        }
        let id = id.map(Id::read).transpose()?;
        match (method, result, error) {
            (Some(method), None, None) => {
                let method = document.text_of(method).ok_or(RpcError::Method)?;
                let params = params.filter(|it| !it.is_null());
                if params.is_some_and(|it| !it.is_object()) {
                    return Err(RpcError::Params);
                }
                Ok(match id {
                    Some(id) => Self::Request { id, method, params },
                    None => Self::Notification { method, params },
                })
            }
            (None, Some(result), None) => Ok(Self::Result { id: id.ok_or(RpcError::Id)?, result }),
            (None, None, Some(error)) => {
                let code = error.member("code").and_then(Node::lexeme);
                let code = code.and_then(|it| it.parse().ok());
                Ok(Self::Error { id: id.ok_or(RpcError::Id)?, code, error })
            }
            _ => Err(RpcError::Ambiguous),
        }
    }

    /// The id, of all but notifications.
    pub const fn id(&self) -> Option<&Id> {
        match self {
            Self::Request { id, .. } | Self::Result { id, .. } | Self::Error { id, .. } => Some(id),
            Self::Notification { .. } => None,
        }
    }

    /// The method, of requests and notifications.
    pub fn method(&self) -> Option<&str> {
        match self {
            Self::Request { method, .. } | Self::Notification { method, .. } => Some(method),
            Self::Result { .. } | Self::Error { .. } => None,
        }
    }

    /// The params, of requests and notifications that have some.
    pub const fn params(&self) -> Option<Node<'d>> {
        match self {
            Self::Request { params, .. } | Self::Notification { params, .. } => *params,
            Self::Result { .. } | Self::Error { .. } => None,
        }
    }
}

/// The messages of a batch, each with its own bytes; `None` when the document is no array.
/// `document` must have been parsed from `body`.
pub fn batch(body: &Bytes, document: &Document<'_>) -> Option<Vec<Bytes>> {
    let root = document.root();
    let members = || root.elements().map(|it| body.slice_ref(it.raw().as_bytes()));
    (root.kind() == Kind::Array).then(|| members().collect())
}

/// The id of a document that may be no message otherwise, so that a refusal can name it.
pub fn id_of(document: &Document<'_>) -> Option<Id> {
    document.root().member("id").and_then(|it| Id::read(it).ok())
}

/// The members of those names in one pass.
fn known_members<'d, const N: usize>(
    object: Node<'d>,
    known: [&'static str; N],
) -> Result<[Option<Node<'d>>; N], RpcError> {
    let mut found = [None; N];
    for (name, value) in object.members() {
        let mut slots = known.iter().zip(&mut found);
        if let Some((_, slot)) = slots.find(|(it, _)| **it == name) {
            *slot = Some(value);
        } else if let Some(twin) = twin(&name, &known) {
            return Err(RpcError::LookAlike(twin));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests;

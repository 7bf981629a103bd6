//! Several clients over one pipe: each request gets an id of ours, and what comes back the
//! client's own again. All else stays byte for byte.

use bytes::Bytes;

use super::SUBSCRIPTION_KEY;
use crate::json::{Document, Kind, Limits, Node};
use crate::rpc::{Id, Message};
use crate::splice::Splice;

const CANCELLED: &str = "notifications/cancelled";

/// The ids of one request: the client's, and ours, which is its progress token on the pipe too.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Frame {
    ours: Id,
    theirs: Id,
    token: Option<Box<str>>,
}

impl Frame {
    /// Give a request the id `number`, which no other request on the pipe may have. `None` when
    /// the message is no request.
    pub fn around(body: &Bytes, document: &Document<'_>, number: u64) -> Option<(Self, Bytes)> {
        let Ok(Message::Request { id: theirs, params, .. }) = Message::read(document) else {
            return None;
        };
        let ours = Id::from_number(number);
        let mut splice = Splice::new(body);
        splice.replace(document.root().member("id")?.span(), ours.raw().as_bytes().to_vec());
        let token =
            params.and_then(|it| it.member("_meta")).and_then(|it| it.member("progressToken"));
        let token = token.filter(|it| matches!(it.kind(), Kind::String | Kind::Number));
        if let Some(token) = token {
            splice.replace(token.span(), ours.raw().as_bytes().to_vec());
        }
        let framed = splice.finish();
        Some((Self { ours, theirs, token: token.map(|it| it.raw().into()) }, framed))
    }

    /// The id on the pipe.
    pub const fn ours(&self) -> &Id {
        &self.ours
    }
}

/// To which request on a pipe a message of the server belongs: the one that it answers, or that it
/// tells the progress of, or that listens, or that it calls off: so it ends a listener.
pub fn belongs_to(document: &Document<'_>) -> Option<Id> {
    let message = Message::read(document).ok()?;
    match &message {
        Message::Result { id, .. } | Message::Error { id, .. } => Some(id.clone()),
        Message::Request { .. } => None,
        Message::Notification { method, params } => {
            let params = (*params)?;
            let named = match &**method {
                CANCELLED => params.member("requestId"),
                _ => params.member("progressToken").or_else(|| subscription(params)),
            };
            Id::read(named?).ok()
        }
    }
}

/// Whether a notification may belong to the listener whose request has this id: it names that one,
/// or none.
pub fn is_heard_by(document: &Document<'_>, id: &Id) -> bool {
    let named = document.root().member("params").and_then(subscription);
    named.is_none_or(|it| Id::read(it).is_ok_and(|it| it.plain() == id.plain()))
}

fn subscription(object: Node<'_>) -> Option<Node<'_>> {
    object.member("_meta")?.member(SUBSCRIPTION_KEY)
}

/// A message that belongs to a request, with the client's own id and token in it again.
pub fn restored(body: &Bytes, frame: &Frame) -> Bytes {
    let Ok(document) = Document::parse(body, Limits::default()) else { return body.clone() };
    let root = document.root();
    let mut splice = Splice::new(body);
    let mut put = |node: Option<Node<'_>>, text: &str| {
        if let Some(node) = node.filter(|it| it.raw() == frame.ours.raw()) {
            splice.replace(node.span(), text.as_bytes().to_vec());
        }
    };
    put(root.member("id"), frame.theirs.raw());
    for object in [root.member("params"), root.member("result")].into_iter().flatten() {
        put(subscription(object), frame.theirs.raw());
    }
    if let (Some(params), Some(token)) = (root.member("params"), &frame.token) {
        put(params.member("progressToken"), token);
    }
    if root.member("method").is_some_and(|it| it.says(CANCELLED)) {
        put(root.member("params").and_then(|it| it.member("requestId")), frame.theirs.raw());
    }
    splice.finish()
}

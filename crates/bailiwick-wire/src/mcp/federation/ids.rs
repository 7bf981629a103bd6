//! Ids of servers' questions. Two servers may ask the same client something under the same id: the
//! client is shown `"server/id"`, with the id as it was spelled, and the server its own again.

use bytes::Bytes;

use super::{at, replaced};
use crate::json::{Document, Kind, Limits, quote};
use crate::rpc::Id;

const TOKEN: &[&str] = &["params", "_meta", "progressToken"];

/// A server's question as the client is asked it, and its id there. `None` when that cannot be.
pub fn question(server: &str, body: &Bytes) -> Option<(Bytes, Id)> {
    let (id, token) = {
        let document = Document::parse(body, Limits::default()).ok()?;
        let id = scalar(&document, &["id"])?;
        (wrapped(server, &id), scalar(&document, TOKEN).map(|it| wrapped(server, &it)))
    };
    let mut asked = replaced(body, &["id"], &id)?;
    if let Some(token) = token {
        asked = replaced(&asked, TOKEN, &token)?;
    }
    let spelled = Document::parse(id.as_bytes(), Limits::default()).ok()?;
    let id = Id::read(spelled.root()).ok()?;
    drop(spelled);
    Some((asked, id))
}

/// The id under which a client is asked what a server asks under its own.
pub fn question_id(server: &str, own: &Id) -> Option<Id> {
    let raw = wrapped(server, own.raw());
    let spelled = Document::parse(raw.as_bytes(), Limits::default()).ok()?;
    Id::read(spelled.root()).ok()
}

/// The client's answer to a question as its server is told it, and which server that is.
pub fn restored(body: &Bytes) -> Option<(Box<str>, Bytes)> {
    back(body, &["id"])
}

/// The client's word on how far it is with a server's question, and which server that is.
pub fn restored_progress(body: &Bytes) -> Option<(Box<str>, Bytes)> {
    back(body, &["params", "progressToken"])
}

/// A server takes a question back: as the client is told it.
pub fn cancelled_by(server: &str, body: &Bytes) -> Option<Bytes> {
    const REQUEST: &[&str] = &["params", "requestId"];
    let id = {
        let document = Document::parse(body, Limits::default()).ok()?;
        wrapped(server, &scalar(&document, REQUEST)?)
    };
    replaced(body, REQUEST, &id)
}

fn scalar(document: &Document<'_>, path: &[&str]) -> Option<Box<str>> {
    let node = at(document, path)?;
    matches!(node.kind(), Kind::String | Kind::Number).then(|| node.raw().into())
}

fn wrapped(server: &str, raw: &str) -> String {
    quote(&format!("{server}/{raw}"))
}

fn back(body: &Bytes, path: &[&str]) -> Option<(Box<str>, Bytes)> {
    let (server, raw) = {
        let document = Document::parse(body, Limits::default()).ok()?;
        let text = at(&document, path)?.text()?;
        let (server, raw) = text.split_once('/')?;
        // A client may have made it up: what is put into a message must be one value of JSON.
        let inner = Document::parse(raw.as_bytes(), Limits::default()).ok()?;
        matches!(inner.root().kind(), Kind::String | Kind::Number)
            .then(|| (Box::from(server), Box::<str>::from(inner.root().raw())))?
    };
    Some((server, replaced(body, path, &raw)?))
}

//! Names and addresses: `server__tool`, and `bailiwick://server/...` where a bare URI would not say
//! whose it is.

use bytes::Bytes;

use super::{at, replaced};
use crate::json::{Document, Limits, quote};

/// Between a server's name and a tool's or prompt's. No server's name holds or ends in it.
const JOINT: &str = "__";
const SCHEME: &str = "bailiwick://";

/// The server and its own name for what is called so.
pub fn split(name: &str) -> Option<(&str, &str)> {
    name.split_once(JOINT).filter(|(server, own)| !server.is_empty() && !own.is_empty())
}

/// What a server's tool or prompt is called among those of others. The name is taken and given as
/// it is spelled in JSON, without its quotes.
pub fn joined(server: &str, spelled: &str) -> String {
    format!("{server}{JOINT}{spelled}")
}

/// The server and its own URI, of one that says whose it is.
pub fn split_uri(uri: &str) -> Option<(&str, &str)> {
    let (server, own) = uri.strip_prefix(SCHEME)?.split_once('/')?;
    (!server.is_empty() && !own.is_empty()).then_some((server, own))
}

/// A server's URI, or template of URIs, saying whose it is.
pub fn joined_uri(server: &str, spelled: &str) -> String {
    format!("{SCHEME}{server}/{spelled}")
}

/// The request to be told again when this resource changes. Its id is one that no client of ours
/// makes up: such requests are made one by one, before the client's own.
pub fn subscribe(own: &str) -> Bytes {
    let uri = quote(own);
    let params = format!(r#"{{"uri":{uri}}}"#);
    let method = "resources/subscribe";
    Bytes::from(format!(
        r#"{{"jsonrpc":"2.0","id":"bailiwick/again","method":"{method}","params":{params}}}"#
    ))
}

/// The request under the server's own name for what it touches; all else stays byte for byte.
/// `None` when the request names nothing.
pub fn renamed(body: &Bytes, method: &str, own: &str) -> Option<Bytes> {
    let raw = quote(own);
    let places: &[&[&str]] = match method {
        "tools/call" | "prompts/get" => &[&["params", "name"]],
        "resources/read"
        | "resources/subscribe"
        | "resources/unsubscribe"
        | "notifications/resources/updated" => &[&["params", "uri"]],
        method if method.starts_with("tasks/") => &[&["params", "taskId"]],
        // By its type: a reference to a resource may have a name beside its address.
        "completion/complete" if refers_to_resource(body) => &[&["params", "ref", "uri"]],
        "completion/complete" => &[&["params", "ref", "name"]],
        _ => &[],
    };
    places.iter().find_map(|place| replaced(body, place, &raw))
}

fn refers_to_resource(body: &Bytes) -> bool {
    let document = Document::parse(body, Limits::default()).ok();
    let kind = document.as_ref().and_then(|it| at(it, &["params", "ref", "type"]));
    kind.is_some_and(|it| it.says("ref/resource"))
}

/// An error that names what was asked for in vain, with the URI that the client asked for.
pub fn missed(body: &Bytes, called: &str) -> Option<Bytes> {
    replaced(body, &["error", "data", "uri"], &quote(called))
}

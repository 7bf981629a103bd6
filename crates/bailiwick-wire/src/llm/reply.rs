//! What the gateway says itself, as the SDKs of each dialect expect it.

use bytes::Bytes;

use super::operation::Dialect;
use crate::json::{Document, Kind, Limits, Node, looks_like, quote};
use crate::splice::Splice;

/// An error. `status` is that of HTTP, `kind` a word that programs may read.
pub fn error_body(dialect: Dialect, status: u16, kind: &str, message: &str) -> Bytes {
    let (name, kind, message) = (quote(name_of(dialect, status)), quote(kind), quote(message));
    Bytes::from(match dialect {
        Dialect::OpenAi => format!(
            r#"{{"error":{{"message":{message},"type":{name},"param":null,"code":{kind}}}}}"#
        ),
        Dialect::Anthropic => format!(
            r#"{{"type":"error","error":{{"type":{name},"message":{message},"code":{kind}}}}}"#
        ),
    })
}

/// The type of an error that goes with a status.
const fn name_of(dialect: Dialect, status: u16) -> &'static str {
    match (dialect, status) {
        (_, 401) => "authentication_error",
        (_, 403) => "permission_error",
        (_, 429) => "rate_limit_error",
        (Dialect::OpenAi, 402) => "insufficient_quota",
        (Dialect::OpenAi, 400..=499) => "invalid_request_error",
        (Dialect::OpenAi, _) => "server_error",
        (Dialect::Anthropic, 402) => "billing_error",
        (Dialect::Anthropic, 404) => "not_found_error",
        (Dialect::Anthropic, 413) => "request_too_large",
        (Dialect::Anthropic, 400..=499) => "invalid_request_error",
        (Dialect::Anthropic, 504) => "timeout_error",
        (Dialect::Anthropic, 503 | 529) => "overloaded_error",
        (Dialect::Anthropic, _) => "api_error",
    }
}

/// A provider's list of models with only those in it that `keep` keeps; an entry whose name cannot
/// be read is not kept. Nothing when it is no such list.
pub fn models(dialect: Dialect, body: &Bytes, mut keep: impl FnMut(&str) -> bool) -> Option<Bytes> {
    let document = Document::parse(body, Limits::default()).ok()?;
    let root = document.root();
    if root.members().any(|(name, _)| looks_like(&name, "data")) {
        return None;
    }
    let list = root.member("data").filter(|it| it.kind() == Kind::Array)?;
    let names = list.elements().map(|it| name_in(it).filter(|name| keep(name)));
    let kept: Vec<Option<Box<str>>> = names.collect();
    let mut splice = Splice::new(body);
    if kept.contains(&None) {
        let flags: Vec<bool> = kept.iter().map(Option::is_some).collect();
        splice.remove_elements(list, &flags);
        if dialect == Dialect::Anthropic {
            let mut left = kept.iter().flatten();
            let first = left.next();
            let last = left.next_back().or(first);
            for (member, name) in [("first_id", first), ("last_id", last)] {
                let raw = name.map_or_else(|| "null".to_owned(), |it| quote(it));
                splice.set_member(root, member, raw.into_bytes());
            }
        }
    }
    Some(splice.finish())
}

fn name_in(entry: Node<'_>) -> Option<Box<str>> {
    if entry.members().any(|(name, _)| looks_like(&name, "id")) {
        return None;
    }
    entry.member("id").and_then(Node::text).map(Box::from)
}

/// A list of models of our own. When they were made is not known, and said to be 1970.
pub fn list_models(dialect: Dialect, names: &[&str]) -> Bytes {
    let entries: Vec<String> = names.iter().map(|it| entry(dialect, it)).collect();
    let entries = entries.join(",");
    Bytes::from(match dialect {
        Dialect::OpenAi => format!(r#"{{"object":"list","data":[{entries}]}}"#),
        Dialect::Anthropic => {
            let end = |name: Option<&&str>| name.map_or_else(|| "null".to_owned(), |it| quote(it));
            let (first, last) = (end(names.first()), end(names.last()));
            format!(
                r#"{{"data":[{entries}],"has_more":false,"first_id":{first},"last_id":{last}}}"#
            )
        }
    })
}

/// One model, as its list has it.
pub fn one_model(dialect: Dialect, name: &str) -> Bytes {
    entry(dialect, name).into()
}

fn entry(dialect: Dialect, name: &str) -> String {
    let id = quote(name);
    match dialect {
        Dialect::OpenAi => {
            format!(r#"{{"id":{id},"object":"model","created":0,"owned_by":"bailiwick"}}"#)
        }
        Dialect::Anthropic => {
            let made = "1970-01-01T00:00:00Z";
            let rest = format!(r#""type":"model","created_at":"{made}","lifecycle":"active""#);
            format!(r#"{{"id":{id},"display_name":{id},{rest}}}"#)
        }
    }
}

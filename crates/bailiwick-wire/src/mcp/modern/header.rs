//! Headers that repeat a part of the body, for those who route without reading it.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::json::{Kind, Node};

/// How many arguments of one tool may be repeated in headers.
const MARKED_MAX: usize = 64;
/// How deep in a schema an argument may lie.
const DEPTH_MAX: usize = 16;
const ANNOTATION: &str = "x-mcp-header";

/// An argument that a tool's schema wants repeated in a header.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Marked {
    /// The header's name after `mcp-param-`, in lower case.
    pub header: Box<str>,
    /// Where the argument lies.
    pub path: Vec<Box<str>>,
}

/// The arguments that a tool's definition wants repeated in headers. Only those are found that are
/// reached through `properties`.
pub fn marked(tool: Node<'_>) -> Vec<Marked> {
    let mut found = Vec::new();
    // Most tools have none; the name is spelled plainly, or no client would find it either.
    if let (Some(schema), true) = (tool.member("inputSchema"), tool.raw().contains(ANNOTATION)) {
        walk(schema, &mut Vec::new(), &mut found);
    }
    found
}

fn walk(schema: Node<'_>, path: &mut Vec<Box<str>>, found: &mut Vec<Marked>) {
    if path.len() >= DEPTH_MAX {
        return;
    }
    for (name, property) in schema.member("properties").into_iter().flat_map(Node::members) {
        path.push(name.into());
        let header = property.member(ANNOTATION).and_then(Node::text);
        if let Some(header) = header.filter(|_| found.len() < MARKED_MAX) {
            found.push(Marked { header: header.to_ascii_lowercase().into(), path: path.clone() });
        }
        walk(property, path, found);
        path.pop();
    }
}

/// What a header's value says: itself, or what it holds as `=?base64?...?=`. `None` when that
/// cannot be read.
pub fn decoded(value: &[u8]) -> Option<Cow<'_, str>> {
    let text = std::str::from_utf8(value).ok()?;
    let Some(inner) = text.strip_prefix("=?base64?").and_then(|it| it.strip_suffix("?=")) else {
        return Some(Cow::Borrowed(text));
    };
    let bytes = STANDARD.decode(inner).ok()?;
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

/// How a header repeats a part of the body, such that it [`agrees`]; `None` for what cannot be
/// repeated.
pub fn repeated(body: Node<'_>) -> Option<String> {
    let text = match body.kind() {
        Kind::String => body.text()?,
        Kind::Bool | Kind::Number => return Some(body.raw().to_owned()),
        Kind::Null | Kind::Array | Kind::Object => return None,
    };
    let is_plain = text.bytes().all(|it| it.is_ascii_graphic() || it == b' ')
        && text.trim() == text
        && !text.starts_with("=?");
    Some(if is_plain { text.into() } else { format!("=?base64?{}?=", STANDARD.encode(&*text)) })
}

/// Whether a header's value says the same as a part of the body. Numbers agree when they are the
/// same number; an array or object cannot be repeated, and so never agrees.
pub fn agrees(value: &[u8], body: Node<'_>) -> bool {
    let Some(said) = decoded(value) else { return false };
    match body.kind() {
        Kind::String => body.says(&said),
        Kind::Bool => said == body.raw(),
        Kind::Number => said == body.raw() || is_same_number(&said, body.raw()),
        Kind::Null | Kind::Array | Kind::Object => false,
    }
}

/// Whether two decimal spellings are one number. No float takes part: digits beyond what one holds
/// count too.
fn is_same_number(left: &str, right: &str) -> bool {
    match (plain(left), plain(right)) {
        (Some(left), Some(right)) => left == right,
        (_, _) => false,
    }
}

/// Sign, whole part and fraction of a decimal, without zeros that say nothing.
fn plain(text: &str) -> Option<(bool, &str, &str)> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let are_digits = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
    if !are_digits(whole) || !are_digits(fraction) {
        return None;
    }
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    Some((negative && !(whole.is_empty() && fraction.is_empty()), whole, fraction))
}

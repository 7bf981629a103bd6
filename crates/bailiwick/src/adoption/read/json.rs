//! Entries of JSON files, comments allowed.

use std::ops::Range;

use bailiwick_wire::json::{Document, JsonError, Kind, Limits, Node};
use bailiwick_wire::jsonc::plain;

use super::{NEITHER, ODD_ARGUMENTS, ODD_HEADERS, line};
use crate::adoption::entry::{Arguments, CommandLine, Entry, Launch, Remote, Said};

const LIMITS: Limits = Limits { depth: 128, nodes: 8_000_000 };

/// The names under which clients write an address.
const ADDRESSES: [&str; 3] = ["url", "serverUrl", "httpUrl"];

pub(super) fn entries(text: &str, paths: &[&[&str]]) -> Result<Vec<Entry>, String> {
    let plain = plain(text);
    if plain.trim().is_empty() {
        return Ok(Vec::new());
    }
    let document = Document::parse(plain.as_bytes(), LIMITS).map_err(|it| said(text, it))?;
    let mut found = Vec::new();
    for path in paths {
        walk(text, document.root(), path, "", &mut found);
    }
    Ok(found)
}

fn said(text: &str, error: JsonError) -> String {
    let at = match error {
        JsonError::End { at }
        | JsonError::Utf8 { at }
        | JsonError::Unexpected { at }
        | JsonError::Trailing { at }
        | JsonError::Number { at }
        | JsonError::Control { at }
        | JsonError::Escape { at }
        | JsonError::Surrogate { at }
        | JsonError::Duplicate { at }
        | JsonError::Depth { at }
        | JsonError::Nodes { at } => at,
        JsonError::TooLong => 0,
    };
    format!("line {}: {error}", line(text, at))
}

/// Follow a path, and read what stands at its end as servers.
fn walk(text: &str, node: Node<'_>, path: &[&str], place: &str, found: &mut Vec<Entry>) {
    let Some((step, rest)) = path.split_first() else {
        let servers = node.members().filter(|(_, it)| it.is_object());
        found.extend(servers.map(|(name, it)| entry(text, it, name.into_owned(), place)));
        return;
    };
    for (name, below) in node.members() {
        if *step == "*" || name == *step {
            let dot = if place.is_empty() { "" } else { "." };
            walk(text, below, rest, &format!("{place}{dot}{name}"), found);
        }
    }
}

fn entry(text: &str, node: Node<'_>, name: String, place: &str) -> Entry {
    let values = ["env", "headers"].map(|it| said_in(node.member(it)));
    let secrets = values.iter().flatten().map(|(_, it)| it.spelled(text).to_owned()).collect();
    let place = format!("{place}.{name}");
    Entry { name, place, launch: launch(text, node), secrets }
}

fn launch(text: &str, node: Node<'_>) -> Launch {
    let address = node.pairs().find(|(name, _)| ADDRESSES.iter().any(|it| name.says(it)));
    if let Some((name, value)) = node.pairs().find(|(name, _)| name.says("command")) {
        return command(text, node, name, value);
    }
    address.map_or(Launch::Other(NEITHER), |(name, value)| remote(text, node, name, value))
}

fn command(text: &str, node: Node<'_>, name: Node<'_>, value: Node<'_>) -> Launch {
    let Some(program) = text_at(value) else { return Launch::Other(NEITHER) };
    let arguments = match node.member("args") {
        None => Arguments::Missing { lead: lead(text, name) },
        Some(list) if list.kind() == Kind::Array => {
            let words: Option<Vec<String>> =
                list.elements().map(|it| it.text().map(Into::into)).collect();
            let Some(says) = words else { return Launch::Other(ODD_ARGUMENTS) };
            let first = list.elements().next().map(|it| it.span().start);
            Arguments::List { open: list.span().start + 1, first, says }
        }
        Some(_) => return Launch::Other(ODD_ARGUMENTS),
    };
    let environment = said_in(node.member("env"));
    Launch::Command(CommandLine { program, arguments, environment })
}

fn remote(text: &str, node: Node<'_>, name: Node<'_>, value: Node<'_>) -> Launch {
    let Some(url) = value.text() else { return Launch::Other(NEITHER) };
    let Some(headers) = texts(node.member("headers")) else { return Launch::Other(ODD_HEADERS) };
    let between = text.get(name.span().end..value.span().start).unwrap_or(": ");
    Launch::Remote(Remote {
        url: url.into_owned(),
        member: name.span().start..value.span().end,
        command: format!("\"command\"{between}"),
        lead: lead(text, name),
        kind: node.member("type").and_then(text_at),
        headers,
        headers_span: removal(node, "headers"),
    })
}

/// What begins the arguments behind the program: a comma, then white space as before `name`.
fn lead(text: &str, name: Node<'_>) -> String {
    let before = text.get(..name.span().start).unwrap_or_default();
    let kept = before.trim_end_matches([' ', '\t', '\r', '\n']).len();
    format!(",{}\"args\": ", before.get(kept..).unwrap_or_default())
}

/// The bytes that go with a member: up to the next one, or from the end of the one before.
fn removal(node: Node<'_>, name: &str) -> Option<Range<usize>> {
    let pairs: Vec<_> = node.pairs().collect();
    let at = pairs.iter().position(|(it, _)| it.says(name))?;
    let (start, value) = pairs.get(at)?;
    if let Some((next, _)) = pairs.get(at + 1) {
        return Some(start.span().start..next.span().start);
    }
    let (_, before) = pairs.get(at.checked_sub(1)?)?;
    Some(before.span().end..value.span().end)
}

fn text_at(node: Node<'_>) -> Option<Said> {
    Some(Said { span: node.span(), says: node.text()?.into_owned() })
}

/// The members of an object that are texts.
fn said_in(node: Option<Node<'_>>) -> Vec<(String, Said)> {
    let members = node.into_iter().flat_map(|it| it.members());
    members.filter_map(|(name, it)| Some((name.into_owned(), text_at(it)?))).collect()
}

/// The members of an object that all are texts; none when there is no object.
fn texts(node: Option<Node<'_>>) -> Option<Vec<(String, String)>> {
    let Some(node) = node else { return Some(Vec::new()) };
    let members = node.members();
    members.map(|(name, it)| Some((name.into_owned(), it.text()?.into_owned()))).collect()
}

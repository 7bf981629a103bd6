//! Shaking hands for several servers at once.

use std::fmt::Write as _;

use bytes::Bytes;

use crate::json::{Document, Limits, Node, quote};
use crate::mcp::REVISIONS;
use crate::mcp::initialize::initialize_result;
use crate::mcp::modern::TASKS;
use crate::rpc::Id;

/// What one server said of itself, as far as it matters to many.
#[derive(Clone, Debug, Default)]
pub struct Hello {
    /// The revision that it speaks.
    pub revision: Box<str>,
    /// Whether it has tools.
    pub tools: bool,
    /// Whether it has prompts.
    pub prompts: bool,
    /// Whether it has resources.
    pub resources: bool,
    /// Whether it says when one of its resources changed.
    pub subscribe: bool,
    /// Whether it completes arguments.
    pub completions: bool,
    /// Whether it logs to the client.
    pub logging: bool,
    /// Whether it says when its lists of tools, prompts and resources change.
    pub tells: [bool; 3],
    /// Whether its calls may go on as tasks, as the extension of that name has it.
    pub tasks: bool,
    /// What it wants a model to read.
    pub instructions: Option<Box<str>>,
}

/// What an answer to `initialize` says; `None` when it is no such answer.
pub fn hello(body: &Bytes) -> Option<Hello> {
    let document = Document::parse(body, Limits::default()).ok()?;
    let said = initialize_result(&document)?;
    let hello = Hello::of(said.capabilities, said.instructions);
    Some(Hello { revision: said.protocol_version, ..hello })
}

impl Hello {
    /// What a server says of itself, whatever the revision.
    pub(super) fn of(capabilities: Option<Node<'_>>, instructions: Option<Node<'_>>) -> Self {
        let member = |name: &str| capabilities.and_then(|it| it.member(name));
        let has = |name| member(name).is_some_and(|it| !it.is_null());
        let flag = |of: &str, name: &str| {
            member(of).and_then(|it| it.member(name)).and_then(Node::as_bool) == Some(true)
        };
        let tasks = member("extensions").and_then(|it| it.member(TASKS));
        Self {
            revision: Box::default(),
            tools: has("tools"),
            prompts: has("prompts"),
            resources: has("resources"),
            subscribe: flag("resources", "subscribe"),
            completions: has("completions"),
            logging: has("logging"),
            tells: ["tools", "prompts", "resources"].map(|it| flag(it, "listChanged")),
            tasks: tasks.is_some_and(|it| !it.is_null()),
            instructions: instructions.and_then(Node::text).map(Box::from),
        }
    }
}

/// The revision that is spoken with a client that asks for this one: the latest, when it asks for
/// one that nobody knows.
pub fn agreed_revision(initialize: &Bytes) -> &'static str {
    let document = Document::parse(initialize, Limits::default()).ok();
    let asked = document.as_ref().and_then(|it| super::at(it, &["params", "protocolVersion"]));
    let [latest, ..] = REVISIONS;
    let known = asked.and_then(|asked| REVISIONS.into_iter().find(|it| asked.says(it)));
    known.unwrap_or(latest)
}

/// The lines of a text, as whoever reads it may break them.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let ends = ['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}'];
    text.split("\r\n").flat_map(move |it| it.split(ends))
}

/// The answer to a client's `initialize` that speaks for all: what one of them offers is offered.
/// Of a server that is `missing` nobody knows what it offers: the lists are offered for it.
/// That lists change is always told, because servers come and go.
pub fn merged_hello(
    id: &Id,
    revision: &str,
    version: &str,
    hellos: &[(&str, &Hello)],
    missing: bool,
) -> Bytes {
    let offers = offers(hellos, missing);
    let instructions = match instructions(hellos).as_str() {
        "" => String::new(),
        said => format!(r#","instructions":{}"#, quote(said)),
    };
    let version = quote(version);
    let server = format!(r#"{{"name":"bailiwick","version":{version}}}"#);
    let agreed = format!(r#""protocolVersion":"{revision}","capabilities":{{{offers}}}"#);
    let result = format!(r#"{{{agreed},"serverInfo":{server}{instructions}}}"#);
    Bytes::from(format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#))
}

/// What one of them offers, as members of an object.
pub(super) fn offers(hellos: &[(&str, &Hello)], missing: bool) -> String {
    let any = |has: fn(&Hello) -> bool| hellos.iter().any(|(_, it)| has(it));
    let mut offers = Vec::new();
    for (name, offered) in [("tools", any(|it| it.tools)), ("prompts", any(|it| it.prompts))] {
        if offered || missing {
            offers.push(format!(r#""{name}":{{"listChanged":true}}"#));
        }
    }
    if any(|it| it.resources) || missing {
        let subscribe = any(|it| it.subscribe);
        offers.push(format!(r#""resources":{{"subscribe":{subscribe},"listChanged":true}}"#));
    }
    for (name, offered) in
        [("completions", any(|it| it.completions)), ("logging", any(|it| it.logging))]
    {
        if offered {
            offers.push(format!(r#""{name}":{{}}"#));
        }
    }
    offers.join(",")
}

/// What they want a model to read, one after the other.
pub(super) fn instructions(hellos: &[(&str, &Hello)]) -> String {
    let mut said = String::new();
    for (server, hello) in hellos {
        if let Some(text) = &hello.instructions {
            let _ = writeln!(said, "{}{server}:", if said.is_empty() { "" } else { "\n" });
            // Set in, so that no line of it can be taken for the head of another server's part.
            for line in lines(text) {
                let _ = writeln!(said, "  {line}");
            }
        }
    }
    said
}

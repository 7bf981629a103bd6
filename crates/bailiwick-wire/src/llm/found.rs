//! What stands in an answer: its texts, its calls, and what tools of the provider gave.

use super::delta::{Channel, Delta, channel, outer_of};
use super::item::{ItemKind, Items, Role};
use super::operation::Operation;
use crate::json::{Kind, Node};

/// One thing that stands in an answer.
#[derive(Clone, Copy, Debug)]
pub(super) enum Found<'d> {
    /// A text.
    Text(u64, Node<'d>),
    /// The arguments of a call, written as a text.
    Call(u64, Node<'d>),
    /// What a tool is given, where it is no text: the model chose the names in it too.
    Input(u64, Node<'d>),
    /// Anything else whose strings are texts: what belongs to which choice, item or block.
    Other(u64, ItemKind, Node<'d>),
}

/// What a whole answer holds.
pub(super) fn in_answer<'d>(operation: Operation, root: Node<'d>) -> Vec<Found<'d>> {
    let mut found = Vec::new();
    let list = |name: &str| root.member(name).into_iter().flat_map(Node::elements).zip(0..);
    match operation {
        Operation::Chat => {
            for (choice, at) in list("choices") {
                if let Some(message) = choice.member("message") {
                    in_message(at, message, &mut found);
                }
            }
        }
        Operation::Responses => list("output").for_each(|(it, at)| in_item(at, it, &mut found)),
        Operation::Messages => list("content").for_each(|(it, at)| in_block(at, it, &mut found)),
        Operation::Embeddings | Operation::CountTokens => {}
    }
    found.extend(in_error(root));
    found
}

/// What an error says: providers have been known to quote keys in it.
pub(super) fn in_error(root: Node<'_>) -> Option<Found<'_>> {
    let error = root.member("error").filter(|it| !it.is_null())?;
    Some(Found::Other(0, ItemKind::Text, error))
}

type List<'d> = Vec<Found<'d>>;

fn text<'d>(object: Node<'d>, name: &str) -> Option<Node<'d>> {
    object.member(name).filter(|it| it.kind() == Kind::String)
}

/// A choice's message, or what a chunk adds to it.
pub(super) fn in_message<'d>(at: u64, message: Node<'d>, found: &mut List<'d>) {
    for (name, kind) in [
        ("content", Channel::Text),
        ("refusal", Channel::Refusal),
        ("reasoning_content", Channel::Reasoning),
        ("reasoning", Channel::Summary),
    ] {
        match message.member(name) {
            Some(node) if node.kind() == Kind::String => {
                found.push(Found::Text(channel(at, 0, kind), node));
            }
            // Some servers write parts.
            Some(node) if node.kind() == Kind::Array => {
                found.push(Found::Other(at, ItemKind::Text, node));
            }
            Some(_) | None => {}
        }
    }
    if let Some(node) = message.member("audio").and_then(|it| text(it, "transcript")) {
        found.push(Found::Text(channel(at, 0, Channel::Transcript), node));
    }
    let calls = message.member("tool_calls").into_iter().flat_map(Node::elements);
    for (call, place) in calls.zip(1..) {
        let place = call.member("index").and_then(super::fields::whole).map_or(place, |it| it + 1);
        in_call(channel(at, place, Channel::Arguments), call, found);
    }
    in_notes(at, message, "annotations", found);
    if message.member("function_call").is_some() {
        in_call(channel(at, 0, Channel::Arguments), message, found);
    }
}

fn in_call<'d>(channel: u64, call: Node<'d>, found: &mut List<'d>) {
    let holders = ["function", "custom", "function_call"].into_iter();
    for holder in holders.filter_map(|it| call.member(it)) {
        let said = ["arguments", "input"].iter().find_map(|it| holder.member(it));
        found.extend(said.filter(|it| !it.is_null()).map(|it| match it.kind() {
            Kind::String => Found::Call(channel, it),
            Kind::Null | Kind::Bool | Kind::Number | Kind::Array | Kind::Object => {
                Found::Input(outer_of(channel), it)
            }
        }));
    }
}

/// An item of a response's output.
pub(super) fn in_item<'d>(at: u64, item: Node<'d>, found: &mut List<'d>) {
    let kind = item.member("type").and_then(Node::text).unwrap_or_default();
    match &*kind {
        "message" => in_parts(at, item, "content", Channel::Text, found),
        "reasoning" => {
            in_parts(at, item, "summary", Channel::Summary, found);
            in_parts(at, item, "content", Channel::Reasoning, found);
        }
        "function_call" | "custom_tool_call" | "mcp_call" | "code_interpreter_call" => {
            let mut said = ["arguments", "input", "code"].iter().filter_map(|it| text(item, it));
            let call = said.next();
            found.extend(call.map(|it| Found::Call(channel(at, 0, Channel::Arguments), it)));
            let given = ["output", "outputs", "error"].iter().filter_map(|it| item.member(it));
            let given = given.filter(|it| !it.is_null());
            found.extend(given.map(|it| Found::Other(at, ItemKind::ToolResult, it)));
        }
        _ => found.push(Found::Other(at, ItemKind::Call, item)),
    }
}

fn in_parts<'d>(at: u64, item: Node<'d>, name: &str, kind: Channel, found: &mut List<'d>) {
    let parts = item.member(name).into_iter().flat_map(Node::elements);
    for (part, place) in parts.zip(0..) {
        in_part(at, place, kind, part, found);
    }
}

/// A part of a message or of reasoning.
pub(super) fn in_part<'d>(
    at: u64,
    place: u64,
    kind: Channel,
    part: Node<'d>,
    found: &mut List<'d>,
) {
    if let Some(node) = text(part, "text") {
        found.push(Found::Text(channel(at, place, kind), node));
    }
    if let Some(node) = text(part, "refusal") {
        found.push(Found::Text(channel(at, place, Channel::Refusal), node));
    }
    in_notes(at, part, "annotations", found);
}

/// What stands beside a text to say where it is from.
fn in_notes<'d>(at: u64, holder: Node<'d>, name: &str, found: &mut List<'d>) {
    let notes = holder.member(name).into_iter().flat_map(Node::elements);
    found.extend(notes.map(|it| Found::Other(at, ItemKind::Text, it)));
}

/// A block of a message of Anthropic's.
pub(super) fn in_block<'d>(at: u64, block: Node<'d>, found: &mut List<'d>) {
    let kind = block.member("type").and_then(Node::text).unwrap_or_default();
    let said = match &*kind {
        "text" => text(block, "text").map(|it| (Channel::Text, it)),
        "thinking" => text(block, "thinking").map(|it| (Channel::Reasoning, it)),
        "redacted_thinking" => return,
        "tool_use" | "server_tool_use" | "mcp_tool_use" => {
            let input = block.member("input");
            found.extend(input.map(|it| Found::Input(at, it)));
            return;
        }
        _ => {
            found.push(Found::Other(at, ItemKind::ToolResult, block));
            return;
        }
    };
    found.extend(said.map(|(kind, it)| Found::Text(channel(at, 0, kind), it)));
    in_notes(at, block, "citations", found);
}

impl Found<'_> {
    /// The choice, item or block that it belongs to.
    pub(super) const fn outer(self) -> u64 {
        match self {
            Self::Text(channel, _) | Self::Call(channel, _) => outer_of(channel),
            Self::Input(outer, _) | Self::Other(outer, ..) => outer,
        }
    }

    /// Put it down as an item of the answer.
    pub(super) fn put(self, items: &mut Items) {
        let role = Role::Assistant;
        match self {
            Self::Text(_, node) => {
                let text = node.text().unwrap_or_default();
                if !text.is_empty() {
                    items.text(role, ItemKind::Text, &text);
                }
            }
            Self::Call(_, node) => items.call(role, &node.text().unwrap_or_default()),
            Self::Input(_, node) | Self::Other(_, ItemKind::Call, node) => {
                items.call(role, node.raw());
            }
            Self::Other(_, kind @ ItemKind::ToolResult, node) => match node.text() {
                Some(text) => items.text(Role::Tool, kind, &text),
                None => items.raw(Role::Tool, kind, node),
            },
            // Citations are no content, and of parts the exact JSON is what can be known.
            Self::Other(_, ItemKind::Text | ItemKind::Image | ItemKind::File, _) => {}
        }
    }

    /// Its texts.
    pub(super) fn texts(self, into: &mut Vec<Delta>) {
        match self {
            Self::Text(channel, node) | Self::Call(channel, node) => {
                into.extend(Delta::of(channel, node, true));
            }
            Self::Input(at, node) => leaves(at, node, true, into),
            Self::Other(at, _, node) => leaves(at, node, false, into),
        }
    }
}

/// Members whose strings are names and data, not texts.
const MUTE: &[&str] = &[
    "id",
    "type",
    "status",
    "call_id",
    "tool_use_id",
    "encrypted_content",
    "encrypted_index",
    "encrypted_stdout",
    "signature",
    "data",
    "result",
    "b64_json",
];

/// Members that hold what a tool is given, below which no name is an API's.
const INPUTS: &[&str] = &["input", "arguments", "action", "operation"];

/// Whether a member holds what a tool is given.
pub(super) fn is_input(name: &str) -> bool {
    INPUTS.contains(&name)
}

/// Whether a member says nothing that is a text.
pub(super) fn is_mute(name: &str, value: Node<'_>) -> bool {
    value.kind() == Kind::String && MUTE.contains(&name)
}

/// Every string below a value, each a text of its own; of what a tool is given, the names too. It
/// recurses as deep as the document, which is limited.
fn leaves(at: u64, node: Node<'_>, is_given: bool, into: &mut Vec<Delta>) {
    let leaf = |into: &Vec<Delta>| channel(at, into.len() as u64, Channel::Leaf);
    match node.kind() {
        Kind::String => into.extend(Delta::of(leaf(into), node, true)),
        Kind::Array => node.elements().for_each(|it| leaves(at, it, is_given, into)),
        Kind::Object => {
            for (spelled, value) in node.pairs() {
                let name = spelled.text().unwrap_or_default();
                if is_given {
                    into.extend(Delta::name(leaf(into), spelled));
                }
                if is_given || !is_mute(&name, value) {
                    leaves(at, value, is_given || is_input(&name), into);
                }
            }
        }
        Kind::Null | Kind::Bool | Kind::Number => {}
    }
}

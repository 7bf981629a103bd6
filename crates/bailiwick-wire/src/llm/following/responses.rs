//! The events of a response.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;

use super::notes::Notes;
use super::{Ending, Step, named};
use crate::json::{Document, Kind, Limits, Node, quote};
use crate::llm::delta::{Channel, channel, outer_of};
use crate::llm::fields::whole;
use crate::llm::found::{Found, in_answer, in_item, in_part};
use crate::llm::item::ItemKind;
use crate::llm::operation::Operation;
use crate::llm::service::Uses;
use crate::llm::state;
use crate::splice::Splice;

/// What the stream said of the response at its start is kept up to this length, to be said again
/// at its end.
const KEPT_MAX_BYTES: usize = 256 * 1024;

/// Items of which it is noted whether they came; of more, what is told twice may count twice.
const HEARD_MAX: usize = 512;

#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Responses {
    has_started: bool,
    /// The number that the next event would have.
    next: u64,
    /// The response as the stream began with it, and its id as it was spelled.
    response: Option<Bytes>,
    id: Option<Arc<str>>,
    /// The items of which pieces came, and those that were told whole.
    heard: BTreeSet<u64>,
    told: BTreeSet<u64>,
    uses: Uses,
}

impl Responses {
    pub(super) fn event(&mut self, root: Node<'_>, notes: &mut Notes, step: &mut Step) {
        if let Some(number) = root.member("sequence_number").and_then(whole) {
            self.next = number.saturating_add(1);
        }
        let kind = root.member("type").and_then(Node::text).unwrap_or_default();
        match &*kind {
            "response.created" | "response.in_progress" | "response.queued" => {
                self.has_started = true;
                if let Some(response) = root.member("response") {
                    notes.told.head(Operation::Responses, response);
                    let id = response.member("id").filter(|it| it.kind() == Kind::String);
                    self.id = id.map(|it| it.raw().into());
                    let is_short = response.raw().len() <= KEPT_MAX_BYTES;
                    self.response =
                        is_short.then(|| Bytes::copy_from_slice(response.raw().as_bytes()));
                }
            }
            "response.completed"
            | "response.incomplete"
            | "response.failed"
            | "response.cancelled" => {
                if let Some(response) = root.member("response") {
                    notes.told.head(Operation::Responses, response);
                    let found = in_answer(Operation::Responses, response);
                    self.told_whole(found, notes, step);
                }
                notes.told.is_error |= kind == "response.failed";
                notes.end(step);
            }
            "error" => notes.fail(root.member("error").unwrap_or(root), step),
            "response.output_item.added" => self.item(root, false, notes, step),
            "response.output_item.done" => self.item(root, true, notes, step),
            "response.content_part.added"
            | "response.content_part.done"
            | "response.reasoning_summary_part.added"
            | "response.reasoning_summary_part.done" => Self::part(root, step),
            // Sound and images are no text.
            "response.audio.delta" | "response.image_generation_call.partial_image" => {}
            kind if kind.ends_with(".delta") => self.delta(kind, root, notes, step),
            kind if kind.ends_with(".done") => Self::done(kind, root, notes, step),
            "response.output_text.annotation.added" => {
                if let Some(annotation) = root.member("annotation") {
                    let mut made = Vec::new();
                    state::made(annotation, &mut made);
                    notes.told.made(made);
                    Notes::repeated(&[Found::Other(at(root), ItemKind::Text, annotation)], step);
                }
            }
            _ => {}
        }
    }

    fn item(&mut self, root: Node<'_>, is_done: bool, notes: &mut Notes, step: &mut Step) {
        let Some(item) = root.member("item") else { return };
        let at = at(root);
        let mut made = Vec::new();
        item.member("id").into_iter().for_each(|it| state::push(it, &mut made));
        state::made(item, &mut made);
        notes.told.made(made);
        let mut found = Vec::new();
        in_item(at, item, &mut found);
        if is_done {
            self.uses.item(item);
            notes.told.uses.clone_from(&self.uses.counts);
            self.told_whole(found, notes, step);
            notes.close(&mut step.ended, |it| outer_of(it) == at);
        } else {
            Notes::repeated(&found, step);
        }
    }

    /// What is told whole at its end mostly came in pieces before; from servers that send none, and
    /// for what never comes in pieces, it is new.
    fn told_whole(&mut self, found: Vec<Found<'_>>, notes: &mut Notes, step: &mut Step) {
        let is_result = |it: &Found<'_>| matches!(it, Found::Other(_, ItemKind::ToolResult, _));
        let is_new = |it: &Found<'_>| {
            // What stands beside the content is no content.
            !matches!(it, Found::Other(_, ItemKind::Text, _))
                && !self.told.contains(&it.outer())
                && (is_result(it) || !self.heard.contains(&it.outer()))
        };
        let (new, old): (Vec<_>, Vec<_>) = found.into_iter().partition(is_new);
        for found in new.iter().chain(&old).map(|it| it.outer()) {
            if self.told.len() < HEARD_MAX {
                self.told.insert(found);
            }
        }
        new.into_iter().for_each(|it| notes.other(it, step));
        Notes::repeated(&old, step);
    }

    fn part(root: Node<'_>, step: &mut Step) {
        let mut found = Vec::new();
        if let Some(part) = root.member("part") {
            in_part(at(root), 0, Channel::Text, part, &mut found);
        }
        Notes::repeated(&found, step);
    }

    fn delta(&mut self, kind: &str, root: Node<'_>, notes: &mut Notes, step: &mut Step) {
        let Some(delta) = root.member("delta") else { return };
        let channel = place(kind, root);
        if self.heard.len() < HEARD_MAX {
            self.heard.insert(outer_of(channel));
        }
        match delta.kind() {
            Kind::String if kind_of(kind) == Channel::Arguments => {
                notes.piece(Found::Call(channel, delta), step);
            }
            Kind::String => notes.piece(Found::Text(channel, delta), step),
            Kind::Object => {
                for (name, inner) in [("stdout", 0), ("stderr", 1)] {
                    if let Some(text) = delta.member(name) {
                        notes.piece(Found::Text(channel + (inner << 8), text), step);
                    }
                }
            }
            Kind::Null | Kind::Bool | Kind::Number | Kind::Array => {}
        }
    }

    /// A text is complete, and said once more as a whole.
    fn done(kind: &str, root: Node<'_>, notes: &mut Notes, step: &mut Step) {
        let channel = place(kind, root);
        let mut found = Vec::new();
        for name in ["text", "refusal", "arguments", "input", "code", "command", "transcript"] {
            let text = root.member(name).filter(|it| it.kind() == Kind::String);
            found.extend(text.map(|it| Found::Text(channel, it)));
        }
        if let Some(output) = root.member("output").filter(|it| it.kind() == Kind::Array) {
            found.push(Found::Other(at(root), ItemKind::Text, output));
        }
        Notes::repeated(&found, step);
        notes.close(&mut step.ended, |it| it == channel);
    }

    pub(super) fn ending(&self, why: Ending, model: &str) -> Bytes {
        let reason = match why {
            Ending::Length => "max_output_tokens",
            Ending::Filter => "content_filter",
        };
        let mut out = String::new();
        let mut next = self.next;
        if !self.has_started {
            let response = self.response(model, "in_progress", "null");
            let data = format!(
                r#"{{"type":"response.created","sequence_number":{next},"response":{response}}}"#
            );
            out.push_str(&named("response.created", &data));
            next = next.saturating_add(1);
        }
        let details = format!(r#"{{"reason":"{reason}"}}"#);
        let response = self.response(model, "incomplete", &details);
        let data = format!(
            r#"{{"type":"response.incomplete","sequence_number":{next},"response":{response}}}"#
        );
        out.push_str(&named("response.incomplete", &data));
        Bytes::from(out)
    }

    /// The response as it began, with another status. It repeats nothing of the output: what was
    /// read here is not what was passed on, where something in it was masked.
    fn response(&self, model: &str, status: &str, details: &str) -> String {
        let id = self.id.as_deref().unwrap_or(r#""resp_0""#);
        let head = r#""object":"response","created_at":0,"error":null,"output":[],"usage":null"#;
        let tools = r#""parallel_tool_calls":true,"tool_choice":"auto","tools":[]"#;
        let bare = Bytes::from(format!(r#"{{"id":{id},"model":{model},{head},{tools}}}"#));
        let began = self.response.as_ref().unwrap_or(&bare);
        let Ok(document) = Document::parse(began, Limits::default()) else {
            return String::from_utf8_lossy(&bare).into_owned();
        };
        let mut splice = Splice::new(began);
        splice.set_member(document.root(), "status", quote(status).into_bytes());
        splice.set_member(document.root(), "incomplete_details", details.as_bytes().to_vec());
        String::from_utf8_lossy(&splice.finish()).into_owned()
    }
}

fn at(root: Node<'_>) -> u64 {
    root.member("output_index").and_then(whole).unwrap_or(0)
}

/// The channel of an event that tells of one text.
fn place(kind: &str, root: Node<'_>) -> u64 {
    const PARTS: [&str; 3] = ["content_index", "summary_index", "command_index"];
    let part = PARTS.iter().find_map(|it| root.member(it).and_then(whole)).unwrap_or(0);
    channel(at(root), part, kind_of(kind))
}

fn kind_of(event: &str) -> Channel {
    if event.starts_with("response.output_text.") {
        Channel::Text
    } else if event.starts_with("response.refusal.") {
        Channel::Refusal
    } else if event.starts_with("response.reasoning_summary") {
        Channel::Summary
    } else if event.starts_with("response.reasoning") {
        Channel::Reasoning
    } else if event.starts_with("response.audio.transcript.") {
        Channel::Transcript
    } else if event.starts_with("response.shell_call_output") {
        Channel::Text
    } else {
        Channel::Arguments
    }
}

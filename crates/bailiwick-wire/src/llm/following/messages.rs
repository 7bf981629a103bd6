//! The events of a message of Anthropic's.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::notes::Notes;
use super::{Ending, Step, named};
use crate::json::{Kind, Node};
use crate::llm::delta::{Channel, channel, outer_of};
use crate::llm::fields::{given, whole};
use crate::llm::found::{Found, in_block};
use crate::llm::item::ItemKind;
use crate::llm::operation::Operation;
use crate::llm::state;
use crate::llm::usage::Tally;

/// Blocks that are open at once: providers open one.
const OPEN_MAX: usize = 64;

#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Messages {
    has_started: bool,
    has_stopped: bool,
    open: BTreeSet<u64>,
    tally: Tally,
}

impl Messages {
    pub(super) fn event(&mut self, root: Node<'_>, notes: &mut Notes, step: &mut Step) {
        let kind = root.member("type").and_then(Node::text).unwrap_or_default();
        let at = root.member("index").and_then(whole).unwrap_or(0);
        match &*kind {
            "message_start" => {
                self.has_started = true;
                if let Some(message) = root.member("message") {
                    notes.told.head(Operation::Messages, message);
                    self.count(message, notes);
                    let mut found = Vec::new();
                    let content = message.member("content").into_iter().flat_map(Node::elements);
                    content.zip(0..).for_each(|(it, at)| in_block(at, it, &mut found));
                    found.into_iter().for_each(|it| notes.other(it, step));
                }
            }
            "content_block_start" => {
                if self.open.len() < OPEN_MAX {
                    self.open.insert(at);
                }
                if let Some(block) = root.member("content_block") {
                    Self::begin(at, block, notes, step);
                }
            }
            "content_block_delta" => {
                if let Some(delta) = root.member("delta") {
                    Self::delta(at, delta, notes, step);
                }
            }
            "content_block_stop" => {
                self.open.remove(&at);
                notes.close(&mut step.ended, |it| outer_of(it) == at);
            }
            "message_delta" => {
                self.has_stopped = true;
                if let Some(delta) = root.member("delta") {
                    notes.told.head(Operation::Messages, delta);
                }
                self.count(root, notes);
                notes.close(&mut step.ended, |_| true);
            }
            "message_stop" => notes.end(step),
            "error" => notes.fail(root.member("error").unwrap_or(root), step),
            _ => {}
        }
    }

    /// Usage is told in parts, and later parts stand for earlier ones.
    fn count(&mut self, holder: Node<'_>, notes: &mut Notes) {
        if let Some(usage) = given(holder, "usage") {
            self.tally.take(usage);
            notes.told.usage = self.tally.usage();
        }
        notes.told.serve(Operation::Messages, holder);
    }

    /// A block begins: mostly empty, but what a tool of the provider gave comes here as a whole.
    fn begin(at: u64, block: Node<'_>, notes: &mut Notes, step: &mut Step) {
        let mut made = Vec::new();
        state::made(block, &mut made);
        notes.told.made(made);
        let mut found = Vec::new();
        in_block(at, block, &mut found);
        for found in found {
            match found {
                // The input of a call comes in pieces, unless the provider has it already.
                Found::Input(_, input) if input.pairs().next().is_none() => {}
                Found::Text(..) | Found::Call(..) | Found::Input(..) | Found::Other(..) => {
                    notes.piece(found, step);
                }
            }
        }
    }

    fn delta(at: u64, delta: Node<'_>, notes: &mut Notes, step: &mut Step) {
        let kind = delta.member("type").and_then(Node::text).unwrap_or_default();
        let said = |name: &str| delta.member(name).filter(|it| it.kind() == Kind::String);
        let found = match &*kind {
            "text_delta" => said("text").map(|it| Found::Text(channel(at, 0, Channel::Text), it)),
            "thinking_delta" => {
                said("thinking").map(|it| Found::Text(channel(at, 0, Channel::Reasoning), it))
            }
            "input_json_delta" => {
                said("partial_json").map(|it| Found::Call(channel(at, 0, Channel::Arguments), it))
            }
            "signature_delta" => None,
            _ => Some(Found::Other(at, ItemKind::Text, delta)),
        };
        found.into_iter().for_each(|it| notes.piece(it, step));
    }

    pub(super) fn ending(&self, why: Ending, model: &str, written: u64) -> Bytes {
        let mut out = String::new();
        if !self.has_started {
            let head = r#""id":"msg_0","type":"message","role":"assistant","content":[]"#;
            let stop = r#""stop_reason":null,"stop_sequence":null"#;
            let usage = r#""usage":{"input_tokens":0,"output_tokens":0}"#;
            let message = format!(r#"{{{head},"model":{model},{stop},{usage}}}"#);
            let data = format!(r#"{{"type":"message_start","message":{message}}}"#);
            out.push_str(&named("message_start", &data));
        }
        for at in &self.open {
            let data = format!(r#"{{"type":"content_block_stop","index":{at}}}"#);
            out.push_str(&named("content_block_stop", &data));
        }
        if !self.has_stopped {
            let reason = match why {
                Ending::Length => "max_tokens",
                Ending::Filter => "refusal",
            };
            let delta = format!(r#"{{"stop_reason":"{reason}","stop_sequence":null}}"#);
            let usage = format!(r#"{{"output_tokens":{written}}}"#);
            let data = format!(r#"{{"type":"message_delta","delta":{delta},"usage":{usage}}}"#);
            out.push_str(&named("message_delta", &data));
        }
        out.push_str(&named("message_stop", r#"{"type":"message_stop"}"#));
        Bytes::from(out)
    }
}

//! The chunks of a chat as the events of a message.

use super::answer::{error, message_usage};
use super::words::stop_of_message;
use super::write::{Object, event};
use super::{Done, Untranslatable};
use crate::json::{Node, quote};
use crate::llm::fields::{given, text, whole};
use crate::llm::operation::{Dialect, Operation};
use crate::llm::usage::{self, Usage};
use crate::sse::Event;

#[derive(Debug, Default)]
pub(super) struct IntoMessages {
    has_started: bool,
    /// The block that is open, and how many were opened.
    open: Option<Block>,
    blocks: u64,
    /// The calls that were begun: a chat numbers them, and never goes back.
    calls: u64,
    reason: Option<&'static str>,
    is_refused: bool,
    usage: Usage,
    has_ended: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Block {
    Text,
    Call(u64),
}

impl IntoMessages {
    pub(super) fn event(&mut self, root: Node<'_>, out: &mut Vec<Event>) -> Done<()> {
        if given(root, "error").is_some() {
            self.has_ended = true;
            out.push(event(Some("error"), &error(Dialect::Anthropic, root)));
            return Ok(());
        }
        self.start(root, out)?;
        if let Some(told) = given(root, "usage").and_then(|it| usage::read(Operation::Chat, it)) {
            self.usage = told;
        }
        for choice in root.member("choices").into_iter().flat_map(Node::elements) {
            if choice.member("index").and_then(whole).unwrap_or(0) > 0 {
                return Err(Untranslatable::member("choices[1]"));
            }
            if let Some(delta) = given(choice, "delta") {
                self.delta(delta, out)?;
            }
            if let Some(reason) = text(choice, "finish_reason")? {
                self.reason = Some(stop_of_message(&reason));
                self.close(out);
            }
        }
        Ok(())
    }

    fn start(&mut self, root: Node<'_>, out: &mut Vec<Event>) -> Done<()> {
        if std::mem::replace(&mut self.has_started, true) {
            return Ok(());
        }
        let message = Object::new()
            .text("id", &text(root, "id")?.unwrap_or_default())
            .text("type", "message")
            .text("role", "assistant")
            .text("model", &text(root, "model")?.unwrap_or_default())
            .raw("content", "[]")
            .raw("stop_reason", "null")
            .raw("stop_sequence", "null")
            .raw("usage", r#"{"input_tokens":0,"output_tokens":0}"#)
            .done();
        let data = Object::new().text("type", "message_start").raw("message", &message);
        out.push(event(Some("message_start"), &data.done()));
        Ok(())
    }

    fn delta(&mut self, delta: Node<'_>, out: &mut Vec<Event>) -> Done<()> {
        if given(delta, "audio").is_some() {
            return Err(Untranslatable::member("audio"));
        }
        for name in ["content", "refusal"] {
            let Some(said) = text(delta, name)?.filter(|it| !it.is_empty()) else { continue };
            self.is_refused |= name == "refusal";
            if self.open != Some(Block::Text) {
                self.begin(Block::Text, r#"{"type":"text","text":""}"#, out);
            }
            self.add("text_delta", "text", &said, out);
        }
        let calls = given(delta, "tool_calls").into_iter().flat_map(Node::elements);
        calls.zip(0..).try_for_each(|(call, at)| self.call(call, at, out))
    }

    fn call(&mut self, call: Node<'_>, at: u64, out: &mut Vec<Event>) -> Done<()> {
        let at = call.member("index").and_then(whole).unwrap_or(at);
        let function = given(call, "function");
        let said = |name| function.map_or(Ok(None), |it| text(it, name));
        if self.open != Some(Block::Call(at)) {
            // Blocks follow one another: what was closed cannot be gone on with.
            if at < self.calls {
                return Err(Untranslatable::member("tool_calls"));
            }
            self.calls = at.saturating_add(1);
            let block = Object::new()
                .text("type", "tool_use")
                .text("id", &text(call, "id")?.unwrap_or_default())
                .text("name", &said("name")?.unwrap_or_default())
                .raw("input", "{}");
            self.begin(Block::Call(at), &block.done(), out);
        }
        if let Some(arguments) = said("arguments")?.filter(|it| !it.is_empty()) {
            self.add("input_json_delta", "partial_json", &arguments, out);
        }
        Ok(())
    }

    fn begin(&mut self, block: Block, content: &str, out: &mut Vec<Event>) {
        self.close(out);
        let data = Object::new()
            .text("type", "content_block_start")
            .number("index", self.blocks)
            .raw("content_block", content);
        out.push(event(Some("content_block_start"), &data.done()));
        self.open = Some(block);
        self.blocks += 1;
    }

    fn add(&self, kind: &str, name: &str, said: &str, out: &mut Vec<Event>) {
        let delta = Object::new().text("type", kind).raw(name, &quote(said)).done();
        let data = Object::new()
            .text("type", "content_block_delta")
            .number("index", self.blocks.saturating_sub(1))
            .raw("delta", &delta);
        out.push(event(Some("content_block_delta"), &data.done()));
    }

    fn close(&mut self, out: &mut Vec<Event>) {
        if self.open.take().is_some() {
            let at = self.blocks.saturating_sub(1);
            let data = Object::new().text("type", "content_block_stop").number("index", at);
            out.push(event(Some("content_block_stop"), &data.done()));
        }
    }

    /// The chat has said that it is done.
    pub(super) fn end(&mut self, out: &mut Vec<Event>) {
        if std::mem::replace(&mut self.has_ended, true) {
            return;
        }
        self.close(out);
        let reason = if self.is_refused { "refusal" } else { self.reason.unwrap_or("end_turn") };
        let delta = Object::new().text("stop_reason", reason).raw("stop_sequence", "null").done();
        let data = Object::new()
            .text("type", "message_delta")
            .raw("delta", &delta)
            .raw("usage", &message_usage(self.usage));
        out.push(event(Some("message_delta"), &data.done()));
        out.push(event(Some("message_stop"), r#"{"type":"message_stop"}"#));
    }
}

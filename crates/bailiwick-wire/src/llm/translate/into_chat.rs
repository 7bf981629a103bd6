//! The events of a message as the chunks of a chat.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::answer::{chat_usage, error};
use super::words::stop_of_chat;
use super::write::{Object, array, event};
use super::{Done, Untranslatable};
use crate::json::Node;
use crate::llm::fields::{given, needed, text, whole};
use crate::llm::operation::Dialect;
use crate::llm::usage::Tally;
use crate::sse::Event;

/// Calls that one answer may hold.
const CALLS_MAX: usize = 4096;

#[derive(Debug)]
pub(super) struct IntoChat {
    tells_usage: bool,
    created: u64,
    id: Box<str>,
    model: Box<str>,
    /// The calls, by the numbers of their blocks.
    calls: BTreeMap<u64, Call>,
    tally: Tally,
    has_ended: bool,
}

#[derive(Clone, Copy, Debug)]
struct Call {
    /// Its number among the calls.
    number: u64,
    has_arguments: bool,
}

impl IntoChat {
    pub(super) fn new(tells_usage: bool, created: u64) -> Self {
        Self {
            tells_usage,
            created,
            id: Box::default(),
            model: Box::default(),
            calls: BTreeMap::new(),
            tally: Tally::default(),
            has_ended: false,
        }
    }

    pub(super) fn event(&mut self, root: Node<'_>, out: &mut Vec<Event>) -> Done<()> {
        let at = root.member("index").and_then(whole).unwrap_or(0);
        match &*needed(root, "type")? {
            "message_start" => self.start(root, out)?,
            "content_block_start" => {
                if let Some(block) = given(root, "content_block") {
                    self.begin(at, block, out)?;
                }
            }
            "content_block_delta" => {
                if let Some(delta) = given(root, "delta") {
                    self.delta(at, delta, out)?;
                }
            }
            // A call without arguments is one with an empty object.
            "content_block_stop" if self.calls.get(&at).is_some_and(|it| !it.has_arguments) => {
                self.arguments(at, "{}", out);
            }
            "message_delta" => self.stop(root, out)?,
            "message_stop" => self.end(out),
            "error" => {
                self.has_ended = true;
                out.push(event(None, &error(Dialect::OpenAi, root)));
            }
            "ping" => {
                let raw = Bytes::from_static(b": ping\n\n");
                out.push(Event { raw, event: None, id: None, retry: None, data: Bytes::new() });
            }
            // Kinds of events that came later change nothing that is.
            _ => {}
        }
        Ok(())
    }

    fn start(&mut self, root: Node<'_>, out: &mut Vec<Event>) -> Done<()> {
        if let Some(message) = given(root, "message") {
            self.id = text(message, "id")?.unwrap_or_default().into();
            self.model = text(message, "model")?.unwrap_or_default().into();
            if let Some(usage) = given(message, "usage") {
                self.tally.take(usage);
            }
        }
        self.chunk(r#"{"role":"assistant","content":""}"#, None, out);
        Ok(())
    }

    fn begin(&mut self, at: u64, block: Node<'_>, out: &mut Vec<Event>) -> Done<()> {
        match &*needed(block, "type")? {
            "text" => {
                if let Some(said) = text(block, "text")?.filter(|it| !it.is_empty()) {
                    self.chunk(&Object::new().text("content", &said).done(), None, out);
                }
            }
            "tool_use" if self.calls.len() < CALLS_MAX => {
                let number = self.calls.len() as u64;
                self.calls.insert(at, Call { number, has_arguments: false });
                let name = needed(block, "name")?;
                let function = Object::new().text("name", &name).text("arguments", "").done();
                let call = Object::new()
                    .number("index", number)
                    .text("id", &needed(block, "id")?)
                    .text("type", "function")
                    .raw("function", &function);
                let delta = Object::new().list("tool_calls", &[call.done()]);
                self.chunk(&delta.done(), None, out);
                if let Some(input) = given(block, "input").filter(|it| it.pairs().next().is_some())
                {
                    self.arguments(at, input.raw(), out);
                }
            }
            "thinking" | "redacted_thinking" => {}
            kind => return Err(Untranslatable::member(kind).within("content_block")),
        }
        Ok(())
    }

    fn delta(&mut self, at: u64, delta: Node<'_>, out: &mut Vec<Event>) -> Done<()> {
        match &*needed(delta, "type")? {
            "text_delta" => {
                let said = needed(delta, "text")?;
                self.chunk(&Object::new().text("content", &said).done(), None, out);
            }
            "input_json_delta" => {
                let said = needed(delta, "partial_json")?;
                if !said.is_empty() {
                    self.arguments(at, &said, out);
                }
            }
            // Without a signature thinking cannot be said again, and chats have none.
            "thinking_delta" | "signature_delta" | "citations_delta" => {}
            kind => return Err(Untranslatable::member(kind).within("delta")),
        }
        Ok(())
    }

    fn arguments(&mut self, at: u64, said: &str, out: &mut Vec<Event>) {
        let Some(call) = self.calls.get_mut(&at) else { return };
        call.has_arguments = true;
        let number = call.number;
        let function = Object::new().text("arguments", said).done();
        let call = Object::new().number("index", number).raw("function", &function).done();
        self.chunk(&Object::new().list("tool_calls", &[call]).done(), None, out);
    }

    fn stop(&mut self, root: Node<'_>, out: &mut Vec<Event>) -> Done<()> {
        if let Some(usage) = given(root, "usage") {
            self.tally.take(usage);
        }
        let reason = match given(root, "delta") {
            Some(delta) => text(delta, "stop_reason")?,
            None => None,
        };
        if let Some(reason) = reason {
            self.chunk("{}", Some(stop_of_chat(&reason)), out);
        }
        Ok(())
    }

    /// The message has said that it is done.
    pub(super) fn end(&mut self, out: &mut Vec<Event>) {
        if std::mem::replace(&mut self.has_ended, true) {
            return;
        }
        if self.tells_usage {
            let usage = chat_usage(self.tally.usage().unwrap_or_default());
            out.push(event(None, &self.head().raw("choices", "[]").raw("usage", &usage).done()));
        }
        out.push(event(None, "[DONE]"));
    }

    fn chunk(&self, delta: &str, reason: Option<&str>, out: &mut Vec<Event>) {
        let choice = Object::new().number("index", 0).raw("delta", delta).raw("logprobs", "null");
        let choice = match reason {
            Some(reason) => choice.text("finish_reason", reason),
            None => choice.raw("finish_reason", "null"),
        };
        out.push(event(None, &self.head().raw("choices", &array(&[choice.done()])).done()));
    }

    fn head(&self) -> Object {
        Object::new()
            .text("id", &self.id)
            .text("object", "chat.completion.chunk")
            .number("created", self.created)
            .text("model", &self.model)
    }
}

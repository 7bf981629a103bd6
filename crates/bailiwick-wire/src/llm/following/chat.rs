//! The chunks of a chat.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;

use super::notes::Notes;
use super::{Ending, Step};
use crate::json::{Kind, Node};
use crate::llm::beside;
use crate::llm::delta::outer_of;
use crate::llm::fields::{given, whole};
use crate::llm::found::in_message;
use crate::llm::operation::Operation;
use crate::llm::state;
use crate::sse;

/// Choices that are followed; the SDKs ask for 128 at most.
const CHOICES_MAX: usize = 128;
/// Texts beside the API's of which it is noted that they end; others end with the stream.
const BESIDE_MAX: usize = 512;

#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Chat {
    /// The id and time of the chunks, as they were spelled.
    id: Option<Arc<str>>,
    created: Option<Arc<str>>,
    /// The choices seen, and whether each is finished.
    choices: BTreeMap<u64, bool>,
    /// The texts that no API has, as long as they may go on.
    beside: BTreeSet<u64>,
}

impl Chat {
    pub(super) fn event(&mut self, root: Node<'_>, notes: &mut Notes, step: &mut Step) {
        if let Some(error) = given(root, "error") {
            return notes.fail(error, step);
        }
        for (name, kind, empty, place) in [
            ("id", Kind::String, r#""""#, &mut self.id),
            ("created", Kind::Number, "0", &mut self.created),
        ] {
            // Azure's first chunk tells of the prompt, and is of no answer yet.
            let said = root.member(name).filter(|it| it.kind() == kind && it.raw() != empty);
            if let (None, Some(node)) = (&place, said) {
                *place = Some(node.raw().into());
            }
        }
        notes.told.measure(Operation::Chat, root);
        let choices = root.member("choices").filter(|it| it.kind() == Kind::Array);
        let mut is_empty = choices.is_some();
        for choice in choices.into_iter().flat_map(Node::elements) {
            is_empty = false;
            self.choice(choice, notes, step);
        }
        step.is_usage_only = is_empty && given(root, "usage").is_some();
    }

    fn choice(&mut self, choice: Node<'_>, notes: &mut Notes, step: &mut Step) {
        let at = choice.member("index").and_then(whole).unwrap_or(0);
        let mut found = Vec::new();
        if let Some(delta) = choice.member("delta") {
            in_message(at, delta, &mut found);
            if let Some(id) = delta.member("audio").and_then(|it| it.member("id")) {
                let mut made = Vec::new();
                state::push(id, &mut made);
                notes.told.made(made);
            }
        }
        found.into_iter().for_each(|it| notes.piece(it, step));
        // It mostly repeats what was counted.
        let before = step.deltas.len();
        beside::in_choice(at, choice, &mut step.deltas);
        if self.beside.len() < BESIDE_MAX {
            self.beside.extend(step.deltas.iter().skip(before).map(|it| it.channel));
        }
        let is_finished = given(choice, "finish_reason").is_some();
        if is_finished {
            notes.close(&mut step.ended, |it| outer_of(it) == at);
            step.ended.extend(self.beside.extract_if(.., |it| outer_of(*it) == at));
        }
        if self.choices.len() < CHOICES_MAX || self.choices.contains_key(&at) {
            *self.choices.entry(at).or_default() |= is_finished;
        }
    }

    pub(super) fn ending(&self, why: Ending, model: &str) -> Bytes {
        let reason = match why {
            Ending::Length => "length",
            Ending::Filter => "content_filter",
        };
        let id = self.id.as_deref().unwrap_or(r#""chatcmpl-0""#);
        let created = self.created.as_deref().unwrap_or("0");
        let object = r#""object":"chat.completion.chunk""#;
        let head = format!(r#""id":{id},{object},"created":{created},"model":{model}"#);
        let mut out = Vec::new();
        let mut finish = |at: u64, delta: &str| {
            let choice = format!(
                r#"{{"index":{at},"delta":{delta},"logprobs":null,"finish_reason":"{reason}"}}"#
            );
            let chunk = format!(r#"{{{head},"choices":[{choice}]}}"#);
            out.extend_from_slice(&sse::encode(chunk.as_bytes(), None));
        };
        if self.choices.is_empty() {
            finish(0, r#"{"role":"assistant","content":""}"#);
        }
        for (at, _) in self.choices.iter().filter(|(_, is_finished)| !**is_finished) {
            finish(*at, "{}");
        }
        out.extend_from_slice(b"data: [DONE]\n\n");
        Bytes::from(out)
    }
}

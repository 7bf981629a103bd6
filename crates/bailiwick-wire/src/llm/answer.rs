//! What a whole answer tells: who answered, what it took, why it ended, and what stands in it.

use std::collections::BTreeMap;

use super::delta::Delta;
use super::fields::given;
use super::found::{Found, in_answer};
use super::item::{Item, Items};
use super::operation::Operation;
use super::service::{Class, uses};
use super::state::{self, STATE_MAX};
use super::usage::{self, Usage};
use crate::json::{Document, Limits, Node};

/// What an answer tells. What cannot be read is not told.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Told {
    /// The model that answered, as the provider names it.
    pub model: Option<Box<str>>,
    /// What the call took.
    pub usage: Option<Usage>,
    /// In which class it was served.
    pub class: Class,
    /// How often the provider ran tools of its own, by kind.
    pub uses: BTreeMap<Box<str>, u64>,
    /// Why it ended, in the dialect's word.
    pub stop: Option<Box<str>>,
    /// The items of the answer, at most [`super::ITEMS_MAX`].
    pub items: Vec<Item>,
    /// How many more items there are.
    pub items_dropped: u64,
    /// Ids of what the provider keeps now, at most [`super::STATE_MAX`]: of a response or message,
    /// of its items, and of the sounds, containers and files that were made for it.
    pub state: Vec<Box<str>>,
    /// Whether it is an error.
    pub is_error: bool,
}

/// What a whole answer tells.
pub fn told(operation: Operation, body: &[u8]) -> Told {
    let Ok(document) = Document::parse(body, Limits::default()) else { return Told::default() };
    let root = document.root();
    let mut told = Told::default();
    told.head(operation, root);
    let mut items = Items::default();
    in_answer(operation, root).into_iter().for_each(|it| it.put(&mut items));
    (told.items, told.items_dropped) = (items.kept, items.dropped);
    told.is_error = given(root, "error").is_some();
    // Counting is free, and says so.
    if operation == Operation::CountTokens && root.member("input_tokens").is_some() {
        told.usage = Some(Usage::default());
    }
    told
}

impl Told {
    /// What stands beside the content: of a whole answer, or of the object that a stream tells of.
    pub(super) fn head(&mut self, operation: Operation, root: Node<'_>) {
        self.measure(operation, root);
        let mut made = Vec::new();
        let mut put =
            |it: Option<Node<'_>>| it.into_iter().for_each(|it| state::push(it, &mut made));
        match operation {
            Operation::Responses => {
                put(root.member("id"));
                let items = root.member("output").into_iter().flat_map(Node::elements);
                items.for_each(|it| put(it.member("id")));
            }
            Operation::Messages => {
                put(root.member("id"));
                put(root.member("container").and_then(|it| it.member("id")));
            }
            Operation::Chat => {
                let choices = root.member("choices").into_iter().flat_map(Node::elements);
                let messages = choices.filter_map(|it| it.member("message"));
                let sounds = messages.filter_map(|it| it.member("audio"));
                sounds.for_each(|it| put(it.member("id")));
            }
            Operation::Embeddings | Operation::CountTokens => {}
        }
        for name in ["output", "content", "choices"] {
            root.member(name).into_iter().for_each(|it| state::made(it, &mut made));
        }
        self.made(made);
    }

    /// Of what stands beside the content, what changes while a stream goes on.
    pub(super) fn measure(&mut self, operation: Operation, root: Node<'_>) {
        let model = root.member("model").and_then(Node::text);
        if let Some(model) = model.filter(|it| self.model.as_deref() != Some(it)) {
            self.model = Some(model.into());
        }
        if let Some(read) = given(root, "usage").and_then(|it| usage::read(operation, it)) {
            self.usage = Some(read);
        }
        self.serve(operation, root);
        self.stop = stop(operation, root).or(self.stop.take());
    }

    /// How the call was served: what is told later stands for what was told before.
    pub(super) fn serve(&mut self, operation: Operation, root: Node<'_>) {
        self.class.hear(operation, root);
        if let Some(told) = uses(operation, root).filter(|it| !it.is_empty()) {
            self.uses = told;
        }
    }

    /// Put down ids that were not told yet.
    pub(super) fn made(&mut self, ids: Vec<Box<str>>) {
        for id in ids {
            if self.state.len() < STATE_MAX && !self.state.contains(&id) {
                self.state.push(id);
            }
        }
    }
}

fn stop(operation: Operation, root: Node<'_>) -> Option<Box<str>> {
    let word = |it: Node<'_>| it.text().map(Box::from);
    match operation {
        Operation::Chat => {
            let mut choices = root.member("choices")?.elements();
            choices.find_map(|it| it.member("finish_reason").and_then(word))
        }
        Operation::Responses => {
            let why = given(root, "incomplete_details").and_then(|it| it.member("reason"));
            let failed = given(root, "error").and_then(|it| it.member("code"));
            let ended = |it: &Node<'_>| !it.says("in_progress") && !it.says("queued");
            why.or(failed).or(root.member("status").filter(ended)).and_then(word)
        }
        Operation::Messages => root.member("stop_reason").and_then(word),
        Operation::Embeddings | Operation::CountTokens => None,
    }
}

/// The texts of a whole answer, each with its place in the body.
pub fn texts(operation: Operation, body: &[u8]) -> Vec<Delta> {
    let mut texts = Vec::new();
    if let Ok(document) = Document::parse(body, Limits::default()) {
        let found: Vec<Found<'_>> = in_answer(operation, document.root());
        found.into_iter().for_each(|it| it.texts(&mut texts));
    }
    texts
}

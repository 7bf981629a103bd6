//! What has a price beside the tokens: the class in which a call is served, and the tools of its
//! own that a provider ran.

use std::collections::{BTreeMap, BTreeSet};

use bailiwick_core::Value;

use super::fields::{given, whole};
use super::operation::Operation;
use super::tools::family;
use crate::json::Node;

/// The class of a call in the provider's words, as far as it is asked for or told.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Class {
    /// `service_tier`: such as `priority`, `flex` or `batch`.
    pub tier: Option<Box<str>>,
    /// `speed`: such as `fast`.
    pub speed: Option<Box<str>>,
    /// `inference_geo`: where it is served, such as `us`.
    pub place: Option<Box<str>>,
}

/// Words for what is usual, and for whatever the provider chooses by itself.
const USUAL: [&str; 6] =
    ["auto", "default", "standard", "standard_only", "global", "not_available"];

/// More kinds of tools are not told of.
const KINDS_MAX: usize = 16;
const WORD_CHARS_MAX: usize = 64;

impl Class {
    /// The class that parameters ask for, as policy may read them.
    pub fn asked(parameters: &Value) -> Self {
        let Value::Record(members) = parameters else { return Self::default() };
        let said = |name: &str| match members.iter().find(|(it, _)| &**it == name) {
            Some((_, Value::Text(word))) => Some(word.clone()),
            Some(_) | None => None,
        };
        Self { tier: said("service_tier"), speed: said("speed"), place: said("inference_geo") }
    }

    /// What an answer tells of it now stands for what it told before.
    pub(super) fn hear(&mut self, operation: Operation, root: Node<'_>) {
        let holder = match operation {
            Operation::Messages => given(root, "usage"),
            Operation::Chat | Operation::Responses => Some(root),
            Operation::Embeddings | Operation::CountTokens => None,
        };
        let said = |name: &str| holder?.member(name)?.text().map(Box::from);
        self.tier = said("service_tier").or(self.tier.take());
        self.speed = said("speed").or(self.speed.take());
        self.place = said("inference_geo").or(self.place.take());
    }

    /// This class, and where it is silent the other one.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        let one = |own: &Option<Box<str>>, other: &Option<Box<str>>| own.clone().or(other.clone());
        Self {
            tier: one(&self.tier, &other.tier),
            speed: one(&self.speed, &other.speed),
            place: one(&self.place, &other.place),
        }
    }

    /// The words that are not the usual ones, joined by `+`, such as `fast+us`; `None` when all
    /// are. What else stands in a word than letters, digits and `._-` becomes `?`: a provider must
    /// not join words itself.
    pub fn word(&self) -> Option<Box<str>> {
        let said = [&self.tier, &self.speed, &self.place].into_iter().flatten();
        let unusual = said.filter(|it| !it.is_empty() && !USUAL.contains(&&***it));
        let words: Vec<String> =
            unusual.map(|it| it.chars().take(WORD_CHARS_MAX).map(plain).collect()).collect();
        (!words.is_empty()).then(|| words.join("+").into())
    }
}

const fn plain(it: char) -> char {
    if it.is_ascii_alphanumeric() || matches!(it, '.' | '_' | '-') { it } else { '?' }
}

/// How often the provider ran tools of its own, by kind; nothing where the answer does not tell.
pub(super) fn uses(operation: Operation, root: Node<'_>) -> Option<BTreeMap<Box<str>, u64>> {
    match operation {
        Operation::Messages => {
            let told = given(given(root, "usage")?, "server_tool_use")?;
            let counts = told.members().filter_map(|(name, count)| {
                let kind = name.strip_suffix("_requests")?;
                Some((Box::from(kind), whole(count).filter(|it| *it > 0)?))
            });
            Some(counts.take(KINDS_MAX).collect())
        }
        Operation::Responses => {
            let mut uses = Uses::default();
            root.member("output")?.elements().for_each(|it| uses.item(it));
            Some(uses.counts)
        }
        Operation::Chat | Operation::Embeddings | Operation::CountTokens => None,
    }
}

/// The tools of a response, counted item by item.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Uses {
    pub(super) counts: BTreeMap<Box<str>, u64>,
    /// A container is paid for once, however often code runs in it.
    containers: BTreeSet<Box<str>>,
}

/// Items that are calls of tools which the client runs.
const RUN_BY_CLIENT: [&str; 6] =
    ["function", "custom_tool", "computer", "local_shell", "shell", "apply_patch"];

impl Uses {
    /// One item of a response, when it is complete.
    pub(super) fn item(&mut self, item: Node<'_>) {
        let kind = item.member("type").and_then(Node::text).unwrap_or_default();
        let Some(kind) = kind.strip_suffix("_call").filter(|it| !RUN_BY_CLIENT.contains(it)) else {
            return;
        };
        // Pages that are opened and searched within are not searched for.
        let action = item.member("action").and_then(|it| it.member("type"));
        if kind == "web_search" && action.is_some_and(|it| !it.says("search")) {
            return;
        }
        let container = item.member("container_id").and_then(Node::text);
        let has_room = self.containers.len() < KINDS_MAX;
        if let Some(id) = container.filter(|_| has_room)
            && !self.containers.insert(id.into())
        {
            return;
        }
        let kind = family(kind);
        if self.counts.len() < KINDS_MAX || self.counts.contains_key(kind) {
            let count = self.counts.entry(kind.into()).or_default();
            *count = count.saturating_add(1);
        }
    }
}

//! What is noted of a stream in any dialect.

use std::collections::BTreeMap;

use super::Step;
use crate::json::Node;
use crate::llm::answer::Told;
use crate::llm::delta::{Channel, Delta, channel, outer_of};
use crate::llm::found::Found;
use crate::llm::item::{Hash, ITEMS_MAX, Item, ItemKind, Items, Role};

/// Texts that are open at once; of more, no items are told.
const OPEN_MAX: usize = 512;

#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) told: Told,
    pub(super) output_bytes: u64,
    pub(super) has_ended: bool,
    open: BTreeMap<u64, Open>,
}

/// A text of which more may come.
#[derive(Debug)]
struct Open {
    kind: ItemKind,
    hash: Hash,
}

impl Notes {
    /// A piece of a text.
    pub(super) fn piece(&mut self, found: Found<'_>, step: &mut Step) {
        let (channel, kind, node) = match found {
            Found::Text(channel, node) => (channel, ItemKind::Text, node),
            Found::Call(channel, node) => (channel, ItemKind::Call, node),
            Found::Input(..) | Found::Other(..) => return self.other(found, step),
        };
        let Some(delta) = Delta::of(channel, node, false) else { return };
        if delta.text.is_empty() {
            return;
        }
        self.output_bytes += delta.text.len() as u64;
        if self.open.len() < OPEN_MAX || self.open.contains_key(&channel) {
            let open = || Open { kind, hash: Hash::of(kind) };
            self.open.entry(channel).or_insert_with(open).hash.update(&delta.text);
        } else if !step.deltas.iter().any(|it| it.channel == channel) {
            self.told.items_dropped += 1;
        }
        step.deltas.push(delta);
    }

    /// What stands there as a whole and did not come in pieces. What tools of the provider gave is
    /// not the model's own.
    pub(super) fn other(&mut self, found: Found<'_>, step: &mut Step) {
        let mut items = Items::default();
        found.put(&mut items);
        items.kept.into_iter().for_each(|it| self.item(it));
        let before = step.deltas.len();
        found.texts(&mut step.deltas);
        if !matches!(found, Found::Other(_, ItemKind::ToolResult, _)) {
            let added = step.deltas.iter().skip(before).map(|it| it.text.len() as u64);
            self.output_bytes += added.sum::<u64>();
        }
    }

    /// What repeats that which came in pieces: texts, and nothing else. Each is a text of its own.
    pub(super) fn repeated(found: &[Found<'_>], step: &mut Step) {
        let before = step.deltas.len();
        found.iter().for_each(|it| it.texts(&mut step.deltas));
        for (number, delta) in (0..).zip(step.deltas.iter_mut().skip(before)) {
            delta.channel = channel(outer_of(delta.channel), number, Channel::Leaf);
        }
    }

    /// The texts whose channel is meant get no more pieces.
    pub(super) fn close(&mut self, ended: &mut Vec<u64>, is_meant: impl Fn(u64) -> bool) {
        let over: Vec<u64> = self.open.keys().copied().filter(|it| is_meant(*it)).collect();
        for channel in over {
            if let Some(Open { kind, hash }) = self.open.remove(&channel) {
                self.item(Item { role: Role::Assistant, kind, digest: hash.digest() });
                ended.push(channel);
            }
        }
    }

    /// The stream has ended.
    pub(super) fn end(&mut self, step: &mut Step) {
        self.close(&mut step.ended, |_| true);
        self.has_ended = true;
        step.is_last = true;
    }

    /// The stream tells of an error, and nothing follows.
    pub(super) fn fail(&mut self, error: Node<'_>, step: &mut Step) {
        self.told.is_error = true;
        let word = ["code", "type"].iter().find_map(|it| error.member(it).and_then(Node::text));
        self.told.stop = word.map(Box::from).or(self.told.stop.take());
        Self::repeated(&[Found::Other(0, ItemKind::Text, error)], step);
        self.end(step);
    }

    fn item(&mut self, item: Item) {
        if self.told.items.len() < ITEMS_MAX {
            self.told.items.push(item);
        } else {
            self.told.items_dropped += 1;
        }
    }
}

//! Which constraints each entity satisfies, worked out when a set loads.

use cedar_policy_core::ast::{EntityType, EntityUID};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use super::store::Named;

/// The key of a constraint that everything satisfies.
pub(super) const ANY: u32 = 0;
/// The key of a constraint that nothing satisfies.
pub(super) const NEVER: u32 = u32::MAX;

/// The keys of all entities, by the number of their type. What a question touches lies close
/// together: with ten thousand policies the memory is what takes the time.
#[derive(Debug, Default)]
pub(super) struct Satisfied {
    kinds: Vec<OfKind>,
    /// The keys of every entity, one after the other.
    keys: Vec<u32>,
}

/// Where some keys or entries lie: from, and how many.
pub(super) type Span = (usize, usize);

/// The keys of the entities of one type.
#[derive(Debug, Default)]
struct OfKind {
    /// Of those with keys of their own.
    named: FxHashMap<SmolStr, Span>,
    /// Of all others.
    others: Vec<u32>,
}

impl Satisfied {
    /// For every type its common keys, and for every entity its own where they are more.
    pub(super) fn new<'a>(
        uids: &FxHashSet<&'a EntityUID>,
        numbers: &FxHashMap<EntityType, u32>,
        common: impl Fn(&EntityType) -> Vec<u32>,
        own: impl Fn(&'a EntityUID) -> Vec<u32>,
    ) -> Self {
        let mut all = Self::of_types(numbers.len());
        for (of_type, number) in numbers {
            if let Some(of_kind) = all.kinds.get_mut(*number as usize) {
                of_kind.others = common(of_type);
            }
        }
        for uid in uids {
            let number = numbers.get(uid.entity_type()).copied().unwrap_or(NEVER);
            let keys = own(uid);
            if all.kinds.get(number as usize).is_some_and(|it| it.others != keys) {
                all.add(number, uid, &keys);
            }
        }
        all
    }

    pub(super) fn of_types(count: usize) -> Self {
        let mut kinds = Vec::new();
        kinds.resize_with(count, OfKind::default);
        Self { kinds, keys: Vec::new() }
    }

    pub(super) fn add(&mut self, number: u32, uid: &EntityUID, keys: &[u32]) {
        let Some(of_kind) = self.kinds.get_mut(number as usize) else { return };
        let id: &str = uid.eid().as_ref();
        of_kind.named.insert(SmolStr::from(id), (self.keys.len(), keys.len()));
        self.keys.extend_from_slice(keys);
    }

    /// The keys of an entity that has its own.
    pub(super) fn named(&self, number: u32, id: &str) -> Option<&[u32]> {
        let span = self.kinds.get(number as usize)?.named.get(id)?;
        Some(stretch(&self.keys, *span))
    }

    pub(super) fn keys(&self, named: &Named) -> &[u32] {
        let others = self.kinds.get(named.kind as usize).map_or(&[ANY][..], |it| &it.others);
        self.named(named.kind, named.id()).unwrap_or(others)
    }
}

pub(super) fn stretch<T>(all: &[T], (from, count): Span) -> &[T] {
    all.get(from..from + count).unwrap_or_default()
}

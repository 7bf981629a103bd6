//! The scope index: from a question to the policies whose scope matches it, and no others.
//!
//! Each distinct constraint of a scope is a key. Which keys an entity satisfies is computed
//! exactly (`==` is another key than `in`), so that a policy is found if and only if its scope
//! holds; its condition is all that is left to evaluate. For every entity that is listed or named
//! the keys are worked out at load; any other has those of its type. Policies lie in buckets by
//! their action's key, because that constraint divides a set best, and a bucket that is large is
//! a map by the keys of principal and resource. So the cost follows the number of policies that
//! match, not the number that are loaded.

use cedar_policy_core::ast::{EntityType, EntityUID};
use rustc_hash::{FxHashMap, FxHashSet};

use super::constraints::{ActionConstraints, EntityConstraints};
use super::names::kind;
use super::parse::ParsedPolicy;
use super::satisfied::{NEVER, Satisfied, Span, stretch};
use super::store::{Named, Store};

/// The keys that one entity satisfies: its own, and those by its computed parent. A key may stand
/// in both.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keys<'a> {
    own: &'a [u32],
    inherited: &'a [u32],
}

impl Keys<'_> {
    fn iter(&self) -> impl Iterator<Item = u32> + Clone {
        self.own.iter().chain(self.inherited).copied()
    }

    fn has(&self, key: u32) -> bool {
        self.own.contains(&key) || self.inherited.contains(&key)
    }
}

/// A bucket with more policies than this is a map.
const BUCKET_LIST_MAX: usize = 24;

/// A policy of one action key: principal key, resource key, number.
type Entry = (u32, u32, u32);

/// The policies with one action constraint.
#[derive(Clone, Copy, Debug)]
enum Bucket {
    /// A stretch of the entries.
    List(Span),
    /// The number of a map.
    Map(usize),
}

/// From questions to candidates.
#[derive(Debug)]
pub(crate) struct Index {
    principals: Satisfied,
    actions: Satisfied,
    resources: Satisfied,
    /// What something in a server satisfies by that, by the number of its type and by server.
    in_server: Satisfied,
    /// By action key.
    buckets: Vec<Bucket>,
    entries: Vec<Entry>,
    maps: Vec<FxHashMap<(u32, u32), Vec<u32>>>,
    #[cfg(test)]
    numbers: FxHashMap<EntityType, u32>,
}

/// An index to which policies are added, in order.
#[derive(Debug, Default)]
pub(crate) struct IndexBuilder {
    principals: EntityConstraints,
    actions: ActionConstraints,
    resources: EntityConstraints,
    entries: FxHashMap<u32, Vec<Entry>>,
}

impl IndexBuilder {
    /// Add the scope of the policy with this number.
    pub(crate) fn add(&mut self, number: u32, policy: &ParsedPolicy) {
        let principal = self.principals.key(&policy.principal);
        let action = self.actions.key(&policy.action);
        let resource = self.resources.key(&policy.resource);
        self.entries.entry(action).or_default().push((principal, resource, number));
    }

    /// The index, for questions about the entities of this store and any others.
    pub(crate) fn build(self, store: &Store) -> Index {
        let Self { principals, actions, resources, mut entries } = self;
        let uids: FxHashSet<&EntityUID> = principals
            .uids()
            .chain(resources.uids())
            .chain(actions.uids())
            .chain(store.uids())
            .collect();
        let mut numbers: FxHashMap<EntityType, u32> = FxHashMap::default();
        // The model's types come first and in order: their numbers are known.
        let model = store.types().in_order().into_iter();
        let others = principals.types().chain(resources.types());
        for of_type in model.chain(others).chain(uids.iter().map(|uid| uid.entity_type())) {
            let next = u32::try_from(numbers.len()).unwrap_or(NEVER);
            numbers.entry(of_type.clone()).or_insert(next);
        }
        let mut index = Index {
            in_server: resources.by_server(&uids, &numbers, store),
            principals: principals.satisfied(&uids, &numbers, store),
            resources: resources.satisfied(&uids, &numbers, store),
            actions: actions.satisfied(&uids, &numbers, store),
            buckets: Vec::new(),
            entries: Vec::new(),
            maps: Vec::new(),
            #[cfg(test)]
            numbers,
        };
        for key in 0..=actions.next {
            index.bucket(entries.remove(&key).unwrap_or_default());
        }
        index
    }
}

impl Index {
    /// Add the bucket of the next action key.
    fn bucket(&mut self, entries: Vec<Entry>) {
        if entries.len() <= BUCKET_LIST_MAX {
            self.buckets.push(Bucket::List((self.entries.len(), entries.len())));
            self.entries.extend(entries);
            return;
        }
        let mut map: FxHashMap<_, Vec<u32>> = FxHashMap::default();
        for (principal, resource, number) in entries {
            map.entry((principal, resource)).or_default().push(number);
        }
        self.buckets.push(Bucket::Map(self.maps.len()));
        self.maps.push(map);
    }

    /// The keys of a principal.
    pub(crate) fn principal(&self, named: &Named) -> Keys<'_> {
        Keys { own: self.principals.keys(named), inherited: &[] }
    }

    /// The keys of a resource in a server. The server may be the resource itself.
    pub(crate) fn resource(&self, named: &Named, server: &Named) -> Keys<'_> {
        let inherited = self.in_server.named(named.kind, server.id()).unwrap_or_default();
        Keys { own: self.resources.keys(named), inherited }
    }

    /// The keys of an action with its class. The class may be the action itself.
    pub(crate) fn action(&self, named: &Named, class: &Named) -> Keys<'_> {
        let inherited = match class.kind {
            kind::CLASS => self.actions.keys(class).get(1..).unwrap_or_default(),
            _ => &[],
        };
        Keys { own: self.actions.keys(named), inherited }
    }

    /// The numbers of the policies whose scope holds, rising.
    pub(crate) fn candidates(&self, p: Keys<'_>, action: Keys<'_>, r: Keys<'_>) -> Vec<u32> {
        let mut found = Vec::new();
        for bucket in action.iter().filter_map(|key| self.buckets.get(key as usize)) {
            match *bucket {
                Bucket::List(span) => {
                    let entries = stretch(&self.entries, span).iter();
                    found.extend(entries.filter(|it| p.has(it.0) && r.has(it.1)).map(|it| it.2));
                }
                Bucket::Map(number) => {
                    let Some(map) = self.maps.get(number) else { continue };
                    let pairs = p.iter().flat_map(|p| r.iter().map(move |r| (p, r)));
                    found.extend(pairs.filter_map(|pair| map.get(&pair)).flatten());
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Any entity as part of a question.
    #[cfg(test)]
    pub(super) fn named(&self, uid: super::store::Uid) -> Named {
        let kind = self.numbers.get(uid.entity_type()).copied().unwrap_or(NEVER);
        Named { uid, kind }
    }
}

//! The scope index: from a question to the policies whose scope matches it, and no others.
//!
//! Each distinct constraint of a scope is a key. Which keys an entity satisfies is computed
//! exactly (`==` is another key than `in`), so that a policy is found if and only if its scope
//! holds; its condition is all that is left to evaluate. For every entity that is listed or named
//! the keys are worked out at load; any other has those of its type. Policies lie in buckets by
//! their action's key, because that constraint divides a set best, and a bucket that is large is
//! a map by the keys of principal and resource. So the cost follows the number of policies that
//! match, not the number that are loaded.

use cedar_policy_core::ast::{
    ActionConstraint, EntityType, EntityUID, PrincipalOrResourceConstraint as Constraint,
};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use super::names::kind;
use super::parse::ParsedPolicy;
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

/// The key of a constraint that everything satisfies.
const ANY: u32 = 0;
/// The key of a constraint that nothing satisfies.
const NEVER: u32 = u32::MAX;
/// A bucket with more policies than this is a map.
const BUCKET_LIST_MAX: usize = 24;

/// The constraints on principals, or those on resources.
#[derive(Debug, Default)]
struct EntityConstraints {
    of_type: FxHashMap<EntityType, u32>,
    of_uid: FxHashMap<EntityUID, UidKeys>,
    next: u32,
}

/// The constraints that name one entity.
#[derive(Debug, Default)]
struct UidKeys {
    equal: Option<u32>,
    within: Option<u32>,
    typed: Vec<(EntityType, u32)>,
}

/// The constraints on actions.
#[derive(Debug, Default)]
struct ActionConstraints {
    equal: FxHashMap<EntityUID, u32>,
    /// For each entity, the lists that it stands in.
    within: FxHashMap<EntityUID, Vec<u32>>,
    lists: FxHashMap<Vec<EntityUID>, u32>,
    next: u32,
}

/// The keys of all entities, by the number of their type.
#[derive(Debug, Default)]
struct Satisfied(Vec<OfKind>);

/// The keys of the entities of one type.
#[derive(Debug, Default)]
struct OfKind {
    /// Of those with keys of their own.
    named: FxHashMap<SmolStr, Box<[u32]>>,
    /// Of all others.
    others: Vec<u32>,
}

/// The policies with one action constraint: principal key, resource key, number.
#[derive(Debug)]
enum Bucket {
    List(Vec<(u32, u32, u32)>),
    Map(FxHashMap<(u32, u32), Vec<u32>>),
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
    buckets: FxHashMap<u32, Bucket>,
    #[cfg(test)]
    numbers: FxHashMap<EntityType, u32>,
}

/// An index to which policies are added, in order.
#[derive(Debug, Default)]
pub(crate) struct IndexBuilder {
    principals: EntityConstraints,
    actions: ActionConstraints,
    resources: EntityConstraints,
    entries: FxHashMap<u32, Vec<(u32, u32, u32)>>,
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
        let Self { principals, actions, resources, entries } = self;
        let constraints =
            [&principals.of_uid, &resources.of_uid].into_iter().flat_map(|it| it.keys());
        let uids: FxHashSet<&EntityUID> = constraints
            .chain(actions.equal.keys())
            .chain(actions.within.keys())
            .chain(store.uids())
            .collect();
        let mut numbers: FxHashMap<EntityType, u32> = FxHashMap::default();
        let types = store.types().in_order().into_iter();
        let typed = [&principals.of_type, &resources.of_type].into_iter().flat_map(|it| it.keys());
        for of_type in types.chain(typed).chain(uids.iter().map(|uid| uid.entity_type())) {
            let next = u32::try_from(numbers.len()).unwrap_or(NEVER);
            numbers.entry(of_type.clone()).or_insert(next);
        }
        Index {
            in_server: resources.by_server(&uids, &numbers, store),
            principals: principals.satisfied(&uids, &numbers, store),
            resources: resources.satisfied(&uids, &numbers, store),
            actions: actions.satisfied(&uids, &numbers, store),
            buckets: entries.into_iter().map(|(key, it)| (key, Bucket::new(it))).collect(),
            #[cfg(test)]
            numbers,
        }
    }
}

impl Bucket {
    fn new(entries: Vec<(u32, u32, u32)>) -> Self {
        if entries.len() <= BUCKET_LIST_MAX {
            return Self::List(entries);
        }
        let mut map: FxHashMap<_, Vec<u32>> = FxHashMap::default();
        for (principal, resource, number) in entries {
            map.entry((principal, resource)).or_default().push(number);
        }
        Self::Map(map)
    }
}

impl Index {
    /// The keys of a principal.
    pub(crate) fn principal(&self, named: &Named) -> Keys<'_> {
        Keys { own: self.principals.keys(named), inherited: &[] }
    }

    /// The keys of a resource in a server. The server may be the resource itself.
    pub(crate) fn resource(&self, named: &Named, server: &Named) -> Keys<'_> {
        let inherited = self.in_server.0.get(named.kind as usize);
        let inherited = inherited.and_then(|it| it.named.get(server.id()));
        Keys { own: self.resources.keys(named), inherited: inherited.map_or(&[], |it| it) }
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
        for bucket in action.iter().filter_map(|key| self.buckets.get(&key)) {
            match bucket {
                Bucket::List(entries) => {
                    let matching = entries.iter().filter(|it| p.has(it.0) && r.has(it.1));
                    found.extend(matching.map(|it| it.2));
                }
                Bucket::Map(map) => {
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

impl Satisfied {
    /// For every type its common keys, and for every entity its own where they are more.
    fn new<'a>(
        uids: &FxHashSet<&'a EntityUID>,
        numbers: &FxHashMap<EntityType, u32>,
        common: impl Fn(&EntityType) -> Vec<u32>,
        own: impl Fn(&'a EntityUID) -> Vec<u32>,
    ) -> Self {
        let mut by_kind: Vec<OfKind> = Vec::new();
        by_kind.resize_with(numbers.len(), OfKind::default);
        for (of_type, number) in numbers {
            if let Some(of_kind) = by_kind.get_mut(*number as usize) {
                of_kind.others = common(of_type);
            }
        }
        for uid in uids {
            let number = numbers.get(uid.entity_type()).copied().unwrap_or(NEVER);
            let Some(of_kind) = by_kind.get_mut(number as usize) else { continue };
            let keys = own(uid);
            if keys != of_kind.others {
                let id: &str = uid.eid().as_ref();
                of_kind.named.insert(SmolStr::from(id), keys.into());
            }
        }
        Self(by_kind)
    }

    fn keys(&self, named: &Named) -> &[u32] {
        let Some(of_kind) = self.0.get(named.kind as usize) else { return &[ANY] };
        of_kind.named.get(named.id()).map_or(&of_kind.others, |keys| keys)
    }
}

impl EntityConstraints {
    fn key(&mut self, constraint: &Constraint) -> u32 {
        let fresh = self.next + 1;
        let uid = constraint.get_euid().map(|uid| EntityUID::clone(uid));
        let key = match (constraint, uid) {
            (Constraint::Any, _) => return ANY,
            (Constraint::Is(kind), _) => {
                *self.of_type.entry(EntityType::clone(kind)).or_insert(fresh)
            }
            (Constraint::Eq(_), Some(uid)) => {
                *self.of_uid.entry(uid).or_default().equal.get_or_insert(fresh)
            }
            (Constraint::In(_), Some(uid)) => {
                *self.of_uid.entry(uid).or_default().within.get_or_insert(fresh)
            }
            (Constraint::IsIn(kind, _), Some(uid)) => {
                let typed = &mut self.of_uid.entry(uid).or_default().typed;
                let known = typed.iter().find(|(it, _)| *it == **kind).map(|(_, key)| *key);
                known.unwrap_or_else(|| {
                    typed.push((EntityType::clone(kind), fresh));
                    fresh
                })
            }
            // A slot: templates are refused before this.
            (Constraint::Eq(_) | Constraint::In(_) | Constraint::IsIn(..), None) => return NEVER,
        };
        self.next = self.next.max(key);
        key
    }

    fn satisfied(
        &self,
        uids: &FxHashSet<&EntityUID>,
        numbers: &FxHashMap<EntityType, u32>,
        store: &Store,
    ) -> Satisfied {
        let common = |kind: &EntityType| {
            let mut keys = vec![ANY];
            keys.extend(self.of_type.get(kind));
            keys
        };
        Satisfied::new(uids, numbers, common, |uid| {
            let mut keys = common(uid.entity_type());
            keys.extend(self.of_uid.get(uid).and_then(|it| it.equal));
            keys.extend(self.grouped(uid, uid.entity_type(), store));
            keys
        })
    }

    /// What the things in each server satisfy because they are in it.
    fn by_server(
        &self,
        uids: &FxHashSet<&EntityUID>,
        numbers: &FxHashMap<EntityType, u32>,
        store: &Store,
    ) -> Satisfied {
        let server = &store.types().server;
        let mut by_kind: Vec<OfKind> = Vec::new();
        by_kind.resize_with(numbers.len(), OfKind::default);
        let kinds = store.types().in_order();
        let within = kind::TOOL..=kind::METHOD;
        for (number, of_type) in (0u32..).zip(kinds).filter(|(it, _)| within.contains(it)) {
            let Some(of_kind) = by_kind.get_mut(number as usize) else { continue };
            for uid in uids.iter().filter(|uid| uid.entity_type() == server) {
                let keys = self.grouped(uid, of_type, store);
                let id: &str = uid.eid().as_ref();
                of_kind.named.insert(SmolStr::from(id), keys.into());
            }
        }
        Satisfied(by_kind)
    }

    /// The keys that an entity of a type satisfies for being, or being in, this one.
    fn grouped(&self, uid: &EntityUID, of_type: &EntityType, store: &Store) -> Vec<u32> {
        let mut keys = Vec::new();
        let groups = std::iter::once(uid).chain(store.ancestors(uid));
        for named in groups.filter_map(|group| self.of_uid.get(group)) {
            keys.extend(named.within);
            keys.extend(named.typed.iter().filter(|(it, _)| it == of_type).map(|(_, key)| *key));
        }
        keys
    }
}

impl ActionConstraints {
    fn key(&mut self, constraint: &ActionConstraint) -> u32 {
        let fresh = self.next + 1;
        let key = match constraint {
            ActionConstraint::Any => return ANY,
            ActionConstraint::Eq(uid) => *self.equal.entry(EntityUID::clone(uid)).or_insert(fresh),
            ActionConstraint::In(uids) => {
                let mut list: Vec<_> = uids.iter().map(|uid| EntityUID::clone(uid)).collect();
                list.sort_unstable();
                list.dedup();
                let key = *self.lists.entry(list.clone()).or_insert(fresh);
                if key == fresh {
                    for uid in list {
                        self.within.entry(uid).or_default().push(fresh);
                    }
                }
                key
            }
        };
        self.next = self.next.max(key);
        key
    }

    fn satisfied(
        &self,
        uids: &FxHashSet<&EntityUID>,
        numbers: &FxHashMap<EntityType, u32>,
        store: &Store,
    ) -> Satisfied {
        Satisfied::new(
            uids,
            numbers,
            |_| vec![ANY],
            |uid| {
                let mut keys: Vec<u32> = self.equal.get(uid).copied().into_iter().collect();
                let groups = std::iter::once(uid).chain(store.ancestors(uid));
                keys.extend(groups.filter_map(|group| self.within.get(group)).flatten());
                keys.sort_unstable();
                keys.dedup();
                // `ANY` comes first, where those who want the rest leave it out.
                keys.insert(0, ANY);
                keys
            },
        )
    }
}

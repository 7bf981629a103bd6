//! The constraints of scopes: each distinct one is a key.

use cedar_policy_core::ast::{
    ActionConstraint, EntityType, EntityUID, PrincipalOrResourceConstraint as Constraint,
};
use rustc_hash::{FxHashMap, FxHashSet};

use super::names::kind;
use super::satisfied::{ANY, NEVER, Satisfied};
use super::store::Store;

/// The constraints on principals, or those on resources.
#[derive(Debug, Default)]
pub(super) struct EntityConstraints {
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
pub(super) struct ActionConstraints {
    equal: FxHashMap<EntityUID, u32>,
    /// For each entity, the lists that it stands in.
    within: FxHashMap<EntityUID, Vec<u32>>,
    lists: FxHashMap<Vec<EntityUID>, u32>,
    /// The last key given out.
    pub(super) next: u32,
}

impl EntityConstraints {
    /// The entities that are named.
    pub(super) fn uids(&self) -> impl Iterator<Item = &EntityUID> {
        self.of_uid.keys()
    }

    /// The types that are named.
    pub(super) fn types(&self) -> impl Iterator<Item = &EntityType> {
        self.of_type.keys()
    }

    /// The key of a constraint, the same for equal ones.
    pub(super) fn key(&mut self, constraint: &Constraint) -> u32 {
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

    /// What every entity satisfies.
    pub(super) fn satisfied(
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
    pub(super) fn by_server(
        &self,
        uids: &FxHashSet<&EntityUID>,
        numbers: &FxHashMap<EntityType, u32>,
        store: &Store,
    ) -> Satisfied {
        let server = &store.types().server;
        let mut all = Satisfied::of_types(numbers.len());
        let within = kind::TOOL..=kind::MODEL;
        let kinds = (0u32..).zip(store.types().in_order());
        for (number, of_type) in kinds.filter(|(number, _)| within.contains(number)) {
            for uid in uids.iter().filter(|uid| uid.entity_type() == server) {
                all.add(number, uid, &self.grouped(uid, of_type, store));
            }
        }
        all
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
    /// The actions and groups that are named.
    pub(super) fn uids(&self) -> impl Iterator<Item = &EntityUID> {
        self.equal.keys().chain(self.within.keys())
    }

    /// The key of a constraint, the same for equal ones.
    pub(super) fn key(&mut self, constraint: &ActionConstraint) -> u32 {
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

    /// What every entity satisfies.
    pub(super) fn satisfied(
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

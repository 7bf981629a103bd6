//! The scope index: from a question to the policies whose scope matches it, and no others.
//!
//! Each distinct constraint of a scope is a key. For an entity the keys that it satisfies are
//! computed exactly (`==` is another key than `in`), so that a policy is found if and only if its
//! scope holds; its condition is all that is left to evaluate. Policies lie in buckets by their
//! action's key, because that constraint divides a set best, and a bucket that is large is a map
//! by the keys of principal and resource. So the cost follows the number of policies that match,
//! not the number that are loaded.

use cedar_policy_core::ast::{
    ActionConstraint, EntityType, EntityUID, PrincipalOrResourceConstraint as Constraint,
};
use rustc_hash::FxHashMap;

use super::parse::ParsedPolicy;
use super::store::Store;

/// The keys that one entity satisfies.
#[derive(Debug, Default)]
pub(crate) struct Keys(Vec<u32>);

/// The key of a constraint that everything satisfies.
const ANY: u32 = 0;
/// The key of a constraint that nothing satisfies.
const NEVER: u32 = u32::MAX;
/// A bucket with more policies than this is a map.
const BUCKET_LIST_MAX: usize = 24;

/// The constraints on principals, or those on resources.
#[derive(Debug, Default)]
struct EntityKeys {
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
struct ActionKeys {
    equal: FxHashMap<EntityUID, u32>,
    /// For each entity, the lists that it stands in.
    within: FxHashMap<EntityUID, Vec<u32>>,
    lists: FxHashMap<Vec<EntityUID>, u32>,
    next: u32,
}

/// The policies with one action constraint.
#[derive(Debug)]
enum Bucket {
    List(Vec<(u32, u32, u32)>),
    Map(FxHashMap<(u32, u32), Vec<u32>>),
}

/// From questions to candidates.
#[derive(Debug)]
pub(crate) struct Index {
    principals: EntityKeys,
    actions: ActionKeys,
    resources: EntityKeys,
    /// By action key.
    buckets: FxHashMap<u32, Bucket>,
}

/// An index to which policies are added, in order.
#[derive(Debug, Default)]
pub(crate) struct IndexBuilder {
    principals: EntityKeys,
    actions: ActionKeys,
    resources: EntityKeys,
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

    /// The index.
    pub(crate) fn build(self) -> Index {
        let bucket = |entries: Vec<(u32, u32, u32)>| {
            if entries.len() <= BUCKET_LIST_MAX {
                return Bucket::List(entries);
            }
            let mut map: FxHashMap<_, Vec<u32>> = FxHashMap::default();
            for (principal, resource, number) in entries {
                map.entry((principal, resource)).or_default().push(number);
            }
            Bucket::Map(map)
        };
        Index {
            principals: self.principals,
            actions: self.actions,
            resources: self.resources,
            buckets: self.entries.into_iter().map(|(key, it)| (key, bucket(it))).collect(),
        }
    }
}

impl Index {
    /// The keys of a principal.
    pub(crate) fn principal(&self, uid: &EntityUID, store: &Store) -> Keys {
        self.principals.satisfied(uid, None, store)
    }

    /// The keys of a resource in a server. The server may be the resource itself.
    pub(crate) fn resource(&self, uid: &EntityUID, server: &EntityUID, store: &Store) -> Keys {
        self.resources.satisfied(uid, Some(server), store)
    }

    /// The keys of an action with its class.
    pub(crate) fn action(&self, uid: &EntityUID, class: &EntityUID, store: &Store) -> Keys {
        self.actions.satisfied(uid, class, store)
    }

    /// The numbers of the policies whose scope holds, rising.
    pub(crate) fn candidates(&self, principal: &Keys, action: &Keys, resource: &Keys) -> Vec<u32> {
        let mut found = Vec::new();
        for bucket in action.0.iter().filter_map(|key| self.buckets.get(key)) {
            match bucket {
                Bucket::List(entries) => found.extend(
                    entries
                        .iter()
                        .filter(|(p, r, _)| principal.0.contains(p) && resource.0.contains(r))
                        .map(|(_, _, number)| *number),
                ),
                Bucket::Map(map) => {
                    let pairs =
                        principal.0.iter().flat_map(|p| resource.0.iter().map(move |r| (*p, *r)));
                    found.extend(pairs.filter_map(|pair| map.get(&pair)).flatten());
                }
            }
        }
        found.sort_unstable();
        found
    }
}

impl EntityKeys {
    fn key(&mut self, constraint: &Constraint) -> u32 {
        let fresh = self.next + 1;
        let uid = constraint.get_euid().map(|uid| EntityUID::clone(uid));
        let slot = match (constraint, uid) {
            (Constraint::Any, _) => return ANY,
            (Constraint::Is(kind), _) => {
                self.of_type.entry(EntityType::clone(kind)).or_insert(fresh)
            }
            (Constraint::Eq(_), Some(uid)) => {
                self.of_uid.entry(uid).or_default().equal.get_or_insert(fresh)
            }
            (Constraint::In(_), Some(uid)) => {
                self.of_uid.entry(uid).or_default().within.get_or_insert(fresh)
            }
            (Constraint::IsIn(kind, _), Some(uid)) => {
                let typed = &mut self.of_uid.entry(uid).or_default().typed;
                match typed.iter().find(|(it, _)| *it == **kind) {
                    Some((_, key)) => return *key,
                    None => typed.push((EntityType::clone(kind), fresh)),
                }
                self.next = fresh;
                return fresh;
            }
            // A slot: templates are refused before this.
            (Constraint::Eq(_) | Constraint::In(_) | Constraint::IsIn(..), None) => return NEVER,
        };
        let key = *slot;
        self.next = self.next.max(key);
        key
    }

    fn satisfied(&self, uid: &EntityUID, parent: Option<&EntityUID>, store: &Store) -> Keys {
        let kind = uid.entity_type();
        let mut keys = vec![ANY];
        keys.extend(self.of_type.get(kind));
        if let Some(named) = self.of_uid.get(uid) {
            keys.extend(named.equal);
        }
        let groups = std::iter::once(uid)
            .chain(store.ancestors(uid))
            .chain(parent)
            .chain(parent.into_iter().flat_map(|parent| store.ancestors(parent)));
        for named in groups.filter_map(|group| self.of_uid.get(group)) {
            keys.extend(named.within);
            keys.extend(named.typed.iter().filter(|(it, _)| it == kind).map(|(_, key)| *key));
        }
        // The same group may be reached twice.
        keys.sort_unstable();
        keys.dedup();
        Keys(keys)
    }
}

impl ActionKeys {
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

    fn satisfied(&self, uid: &EntityUID, class: &EntityUID, store: &Store) -> Keys {
        let mut keys = vec![ANY];
        keys.extend(self.equal.get(uid));
        let groups = std::iter::once(uid).chain(store.ancestors(uid)).chain(store.ancestors(class));
        keys.extend(groups.filter_map(|group| self.within.get(group)).flatten());
        keys.sort_unstable();
        keys.dedup();
        Keys(keys)
    }
}

//! The roles and groups that policies gate things with: what people and agents may be in.

use std::collections::{BTreeSet, HashSet};

use bailiwick_core::Link;
use cedar_policy_core::ast::EntityUID;

use super::parse::ParsedPolicy;
use super::store::Store;

/// What policies name that people or agents may be in.
#[derive(Debug, Default)]
pub(crate) struct Roles {
    /// What somebody of the operator's file is in.
    groups: HashSet<EntityUID>,
    named: BTreeSet<EntityUID>,
}

impl Roles {
    /// Where nothing is named yet.
    pub(crate) fn new(store: &Store) -> Self {
        let types = store.types();
        let is_caller =
            |it: &&EntityUID| *it.entity_type() == types.person || *it.entity_type() == types.agent;
        let callers = store.uids().filter(is_caller);
        let groups = callers.flat_map(|it| store.ancestors(it)).cloned().collect();
        Self { groups, named: BTreeSet::new() }
    }

    /// Those that a policy names: in the place of the principal, or anywhere when somebody is in
    /// it. What is of the model (a person, a tool) is no role.
    pub(crate) fn add(&mut self, policy: &ParsedPolicy, store: &Store) {
        let types = store.types();
        let place = policy.principal.get_euid().map(AsRef::as_ref);
        let within = policy.uids().filter(|it| self.groups.contains(it));
        let of_operator = |it: &&EntityUID| !types.in_order().contains(&it.entity_type());
        self.named.extend(place.into_iter().chain(within).filter(of_operator).cloned());
    }

    /// The names of those that no link of the chain is in.
    pub(crate) fn beyond<'a>(
        &'a self,
        chain: &[Link],
        store: &Store,
    ) -> impl Iterator<Item = &'a str> {
        let links: Vec<_> = chain.iter().map(|it| store.link(it)).collect();
        let own: HashSet<EntityUID> =
            links.iter().flat_map(|it| store.ancestors(&it.uid)).cloned().collect();
        self.named.iter().filter(move |it| !own.contains(it)).map(|it| it.eid().as_ref())
    }
}

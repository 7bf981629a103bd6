//! What providers keep for their callers: answers, containers, files. Each belongs to whoever it
//! was made for; to all others it is not there, although the provider knows all callers by one key.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use bailiwick_core::{Identified, Inspected, Link, ServerId, TenantId};
use bailiwick_wire::llm::Told;

use super::Models;
use crate::upstream::ProviderCall;

/// How many ids are remembered; of more, the oldest are forgotten and then are nobody's.
const OWNED_MAX: usize = 65_536;

/// Whose something is: tenant and chain. A key that is rotated keeps what its owner has.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Owner(TenantId, Vec<Link>);

impl Owner {
    fn of(who: &Identified) -> Self {
        let principal = who.principal();
        Self(principal.tenant.clone(), principal.chain.clone())
    }
}

/// Who owns what.
#[derive(Default)]
pub(crate) struct Owned(Mutex<Table>);

#[derive(Default)]
struct Table {
    owners: HashMap<(ServerId, Box<str>), Owner>,
    oldest_first: VecDeque<(ServerId, Box<str>)>,
}

impl Owned {
    fn note(&self, provider: &ServerId, id: &str, who: &Identified) {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (provider.clone(), Box::from(id));
        // Who was first keeps it: a provider that repeats an id gives it to nobody else.
        if table.owners.contains_key(&key) {
            return;
        }
        table.owners.insert(key.clone(), Owner::of(who));
        table.oldest_first.push_back(key);
        if table.oldest_first.len() > OWNED_MAX
            && let Some(oldest) = table.oldest_first.pop_front()
        {
            table.owners.remove(&oldest);
        }
    }

    fn is_of(&self, provider: &ServerId, id: &str, who: &Identified) -> bool {
        let table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (provider.clone(), Box::from(id));
        table.owners.get(&key).is_some_and(|it| *it == Owner::of(who))
    }
}

impl Models {
    /// Whether all of these are the caller's.
    pub(crate) fn owns_all(&self, provider: &ServerId, ids: &[Box<str>], who: &Identified) -> bool {
        ids.iter().all(|it| self.owned.is_of(provider, it, who))
    }

    /// What an answer made is its caller's from now on.
    pub(crate) fn owe(&self, provider: &ProviderCall, inspected: &Inspected, told: &Told) {
        let name = &provider.route.provider.name;
        told.state.iter().for_each(|it| self.owned.note(name, it, inspected.call().who()));
    }
}

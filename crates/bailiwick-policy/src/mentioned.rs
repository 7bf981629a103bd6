//! Names in policies of which it depends on the surroundings whether there is such a thing.

use std::collections::BTreeMap;

use crate::cedar::{ParsedPolicy, Store};
use crate::near::near;
use crate::problem::{Place, Warning};

/// The names, each with the place where it stands first.
#[derive(Debug, Default)]
pub(crate) struct Mentioned {
    types: BTreeMap<Box<str>, Place>,
    servers: BTreeMap<Box<str>, Place>,
}

/// What a policy set is used with.
#[derive(Clone, Debug, Default)]
pub struct Surroundings<'a> {
    /// The types of what arguments name, by contract.
    pub types: Vec<&'a str>,
    /// The servers. None at all: nobody knows which there will be.
    pub servers: Vec<&'a str>,
}

impl Mentioned {
    /// Add what a policy mentions.
    pub(crate) fn add(&mut self, policy: &ParsedPolicy, place: &Place, store: &Store) {
        let mentions = store.mentions(policy);
        for name in mentions.strange_types {
            self.types.entry(name.into()).or_insert_with(|| place.clone());
        }
        for name in mentions.servers {
            if !self.servers.contains_key(name) {
                self.servers.insert(name.into(), place.clone());
            }
        }
    }

    /// Those that nothing has.
    pub(crate) fn strangers(&self, store: &Store, around: &Surroundings<'_>) -> Vec<Warning> {
        let strange = self.types.iter().filter(|(name, _)| !around.types.contains(&&***name));
        let types = strange.map(|(name, place)| {
            let known = store.type_names().chain(around.types.iter().copied());
            let hint = near(name, known).unwrap_or_else(|| {
                "it is not of the model, in no contract and not in entities.json".to_owned()
            });
            (place, format!("nothing has the type `{name}`, so this never matches: {hint}"))
        });
        let missing = self
            .servers
            .iter()
            .filter(|(name, _)| !around.servers.is_empty() && !around.servers.contains(&&***name));
        let servers = missing.map(|(name, place)| {
            let hint = near(name, around.servers.iter().copied());
            let hint = hint.map(|it| format!(": {it}")).unwrap_or_default();
            (place, format!("[servers] has no `{name}`{hint}"))
        });
        let all = types.chain(servers);
        let mut warnings: Vec<_> =
            all.map(|(place, message)| Warning { place: place.clone(), message }).collect();
        warnings.sort_by(|a, b| a.place.cmp(&b.place));
        warnings
    }
}

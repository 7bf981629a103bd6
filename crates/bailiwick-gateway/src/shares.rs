//! What is remembered for callers, so much in all. When it is full, whoever has the most loses its
//! oldest: one caller's haste costs the others nothing.

use std::cmp::Ordering;
use std::collections::{HashMap, VecDeque};
use std::hash::{Hash, Hasher};

use bailiwick_core::Identified;

/// A caller, whatever its sessions.
#[derive(Clone, Debug)]
pub(crate) struct Caller(pub(crate) Identified);

impl PartialEq for Caller {
    fn eq(&self, other: &Self) -> bool {
        self.0.is_same_caller(&other.0)
    }
}

impl Eq for Caller {}

impl Hash for Caller {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let principal = self.0.principal();
        (&principal.chain, &principal.tenant, &principal.credential).hash(state);
    }
}

/// What each caller has, the oldest first.
#[derive(Debug)]
pub(crate) struct Shares<K, T> {
    most: usize,
    all: usize,
    of: HashMap<K, VecDeque<T>>,
}

impl<K: Clone + Eq + Hash, T> Shares<K, T> {
    /// So much in all, and never nothing.
    pub(crate) fn new(most: usize) -> Self {
        Self { most: most.max(1), all: 0, of: HashMap::new() }
    }

    /// The caller has one thing more. What is forgotten for it, and whose that was.
    pub(crate) fn add(&mut self, caller: K, thing: T) -> Option<(K, T)> {
        let lost = if self.all < self.most { None } else { self.lose() };
        self.all += 1;
        self.of.entry(caller).or_default().push_back(thing);
        lost
    }

    /// What the caller has, the oldest first.
    pub(crate) fn of(&self, caller: &K) -> impl DoubleEndedIterator<Item = &T> {
        self.of.get(caller).into_iter().flatten()
    }

    /// The caller has it no more: that which is equal. Older things are less, newer ones greater.
    pub(crate) fn remove(&mut self, caller: &K, which: impl FnMut(&T) -> Ordering) {
        let Some(things) = self.of.get_mut(caller) else { return };
        let Ok(at) = things.binary_search_by(which) else { return };
        things.remove(at);
        if things.is_empty() {
            self.of.remove(caller);
        }
        self.all = self.all.saturating_sub(1);
    }

    fn lose(&mut self) -> Option<(K, T)> {
        let (caller, things) = self.of.iter_mut().max_by_key(|(_, things)| things.len())?;
        let caller = caller.clone();
        let oldest = things.pop_front();
        if things.is_empty() {
            self.of.remove(&caller);
        }
        self.all = self.all.saturating_sub(1);
        oldest.map(|it| (caller, it))
    }
}

#[cfg(test)]
mod tests {
    use bailiwick_core::{
        AgentId, Authenticator, Evidence, Link, Principal, TenantId, Timestamp, Unproved, identify,
    };

    use super::*;

    struct Named;

    impl Authenticator for Named {
        fn name(&self) -> &'static str {
            "named"
        }

        fn authenticate(
            &self,
            evidence: &Evidence<'_>,
            _: Timestamp,
        ) -> Option<Result<Principal, Unproved>> {
            let Evidence::Bearer(name) = evidence else { return None };
            Some(Ok(Principal {
                chain: vec![Link::Agent(AgentId::from(*name))],
                tenant: TenantId::from("acme"),
                credential: None,
                task: None,
                session: None,
            }))
        }
    }

    fn caller(name: &str) -> Caller {
        Caller(identify(&[&Named], &Evidence::Bearer(name), Timestamp::from_ns(0)).unwrap())
    }

    #[test]
    fn whoever_has_the_most_loses_its_oldest() {
        let mut shares = Shares::new(4);
        assert!(shares.add(caller("ada"), 0).is_none());
        for it in 1..4 {
            assert!(shares.add(caller("hasty"), it).is_none());
        }
        for it in 1..9 {
            assert_eq!(shares.add(caller("hasty"), it + 3), Some((caller("hasty"), it)));
        }
        assert_eq!(shares.add(caller("ada"), 99), Some((caller("hasty"), 9)));
        shares.remove(&caller("hasty"), |it| it.cmp(&10));
        shares.remove(&caller("hasty"), |it| it.cmp(&5));
        assert_eq!(shares.of(&caller("hasty")).copied().collect::<Vec<_>>(), [11]);
        assert!(shares.add(caller("ada"), 100).is_none(), "what was removed left room");
    }
}

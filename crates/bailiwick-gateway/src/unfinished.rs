//! Calls that go on in a next leg: which call it is that a server's `requestState` continues, and
//! whose. What was given to one caller is of no use to another.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use bailiwick_core::{Digest, ExchangeId, Identified};

use crate::shares::{Caller, Shares};

/// How many states of one server are remembered. Of more, whoever has the most loses its oldest.
const STATES_MAX: usize = 16_384;

/// The calls of one server that are not finished.
#[derive(Default)]
pub(crate) struct Unfinished(Mutex<Given>);

/// In which call first a state was given to a caller. A server may give the same one to several.
struct Given {
    to: HashMap<(Caller, Digest), ExchangeId>,
    shares: Shares<Caller, Digest>,
}

impl Default for Given {
    fn default() -> Self {
        Self { to: HashMap::new(), shares: Shares::new(STATES_MAX) }
    }
}

/// What a leg goes on with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Continues {
    /// A call of the caller's own, which began with this leg.
    Own(ExchangeId),
    /// Nothing that was given to the caller, as far as is remembered.
    Nothing,
}

impl Unfinished {
    /// The call that began with this leg goes on for this caller.
    pub(crate) fn goes_on(&self, state: &str, who: &Identified, first: ExchangeId) {
        let state = Digest::of(state.as_bytes());
        let mut given = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Given { to, shares } = &mut *given;
        let caller = Caller(who.clone());
        if to.insert((caller.clone(), state), first).is_none()
            && let Some(lost) = shares.add(caller, state)
        {
            to.remove(&lost);
        }
    }

    /// What the caller goes on with by bringing this state back.
    pub(crate) fn continues(&self, state: &str, who: &Identified) -> Continues {
        let given = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let first = given.to.get(&(Caller(who.clone()), Digest::of(state.as_bytes())));
        first.map_or(Continues::Nothing, |it| Continues::Own(*it))
    }
}

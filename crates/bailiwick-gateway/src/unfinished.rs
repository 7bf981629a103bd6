//! Calls that go on in a next leg: which call it is that a server's `requestState` continues, and
//! whose. What was given to one caller is of no use to another.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use bailiwick_core::{Digest, ExchangeId, Identified};

/// How many states of one server are remembered. The oldest goes first.
const STATES_MAX: usize = 16_384;

/// The calls of one server that are not finished.
#[derive(Default)]
pub(crate) struct Unfinished(Mutex<Given>);

/// To whom each state was given, and in which call first. A server may give the same one to several
/// callers.
#[derive(Default)]
struct Given {
    to: HashMap<Digest, VecDeque<(Identified, ExchangeId)>>,
    order: VecDeque<Digest>,
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
        let Given { to, order } = &mut *given;
        let callers = to.entry(state).or_default();
        if let Some((_, known)) = callers.iter_mut().find(|(it, _)| it.is_same_caller(who)) {
            *known = first;
            return;
        }
        callers.push_back((who.clone(), first));
        order.push_back(state);
        if order.len() > STATES_MAX
            && let Some(oldest) = order.pop_front()
            && let Some(callers) = to.get_mut(&oldest)
        {
            callers.pop_front();
            if callers.is_empty() {
                to.remove(&oldest);
            }
        }
    }

    /// What the caller goes on with by bringing this state back.
    pub(crate) fn continues(&self, state: &str, who: &Identified) -> Continues {
        let given = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let callers = given.to.get(&Digest::of(state.as_bytes()));
        let own = callers.into_iter().flatten().find(|(it, _)| it.is_same_caller(who));
        own.map_or(Continues::Nothing, |(_, first)| Continues::Own(*first))
    }
}

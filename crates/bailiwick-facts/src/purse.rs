//! The purse: what may still be spent. Money is reserved before a call goes out and settled when it
//! has ended, in every scope at once, so that calls side by side cannot spend the same dollar.
//!
//! It is a fold over decisions and outcomes: what [`Purse::apply`] makes of the log is what the
//! gateway had that wrote it.

mod account;
mod books;
mod snapshot;

use std::sync::{Mutex, MutexGuard, PoisonError};

use bailiwick_core::{DecisionRecord, ExchangeId, OutcomeRecord, Record, Timestamp};

use crate::money::MicroDollars;
use crate::scope::{Limit, Period, Scope};
use bailiwick_core::Day;

use books::Books;

pub use snapshot::SnapshotError;

/// The money of everybody. It may be shared between threads.
///
/// A reservation and what is spent of it belong to the day and month in which it was made. Periods
/// begin anew when a call comes in them, without a timer. A clock that goes back frees nothing: an
/// account stays in the latest day that it has seen. So a clock that ran ahead by mistake leaves
/// the accounts that were used meanwhile in that later day until it comes.
#[derive(Debug, Default)]
pub struct Purse(Mutex<Books>);

/// What a call may cost before anybody knows what it will.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Claim {
    /// The call.
    pub exchange: ExchangeId,
    /// When its decision was recorded.
    pub at: Timestamp,
    /// On whose account it goes.
    pub scopes: Vec<Scope>,
    /// The most that it can cost.
    pub amount: MicroDollars,
}

/// Why nothing was reserved.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Unreserved {
    /// A limit has less left.
    #[error("{} of {} are left for this {}", .0.left, .0.limit, .0.period.as_str())]
    Short(Box<Short>),
    /// There are as many accounts or open reservations as there may be.
    #[error("there are too many accounts or calls at once")]
    Full,
    /// The exchange has a reservation.
    #[error("the exchange has a reservation")]
    Twice,
}

/// What counts on an account in a period.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Standing {
    /// What was spent.
    pub spent: MicroDollars,
    /// What is reserved for calls that have not ended.
    pub reserved: MicroDollars,
}

/// The limit that has too little left.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Short {
    /// Whose.
    pub scope: Scope,
    /// In which period.
    pub period: Period,
    /// The limit.
    pub limit: MicroDollars,
    /// What is left of it.
    pub left: MicroDollars,
    /// When the period begins anew; never for what counts for ever.
    pub resets: Option<Timestamp>,
}

/// What a settlement did.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use = "an overdraft is to be told"]
pub enum Settled {
    /// The reservation is gone and what was spent is booked.
    Booked {
        /// How much more was spent than had been reserved.
        overdraft: Option<MicroDollars>,
    },
    /// The exchange has no reservation: it never had one, or is settled. Nothing was changed.
    Unknown,
}

impl Standing {
    /// What is left of a limit.
    #[must_use]
    pub const fn left(self, most: MicroDollars) -> MicroDollars {
        most.less(self.spent).less(self.reserved)
    }
}

impl Claim {
    /// What a decision that was recorded at this time claims, when it permits and has a bound.
    pub fn of(at: Timestamp, decision: &DecisionRecord) -> Option<Self> {
        let amount = decision.bound.filter(|_| decision.permitted)?;
        Some(Self {
            exchange: decision.exchange,
            at,
            scopes: Scope::of(decision),
            amount: MicroDollars::from_micro(amount),
        })
    }
}

impl Purse {
    /// The most accounts that there may be; beyond them nothing is reserved for new ones.
    pub const MOST_SCOPES: usize = 100_000;

    /// The most reservations that may be open at once.
    pub const MOST_OPEN: usize = 100_000;

    /// Reserve what a call claims, on every account or on none. The limits are of its scopes.
    ///
    /// # Errors
    /// [`Unreserved`]: nothing was reserved, and the call must not go out.
    pub fn reserve(&self, claim: Claim, limits: &[Limit]) -> Result<(), Unreserved> {
        self.books().reserve(claim, limits)
    }

    /// Free what was reserved and book what was spent, in the period of the decision. Where nobody
    /// knows what was spent, it is what was reserved: see [`Purse::charge`].
    pub fn settle(&self, exchange: ExchangeId, spent: MicroDollars) -> Settled {
        self.books().settle(exchange, spent)
    }

    /// Count a record of the log. A permitted call with a bound reserves, whatever the limits are;
    /// its outcome settles. Without an outcome its bound stays counted.
    pub fn apply(&self, at: Timestamp, record: &Record) {
        match record {
            Record::Decision(decision) => {
                if let Some(claim) = Claim::of(at, decision) {
                    self.books().book(claim);
                }
            }
            Record::Outcome(outcome) => {
                let mut books = self.books();
                if let Some(bound) = books.reserved(&outcome.exchange) {
                    // An overdraft was told when it came about.
                    let _ = books.settle(outcome.exchange, Self::charge(outcome, bound));
                }
            }
            Record::Refusal(_)
            | Record::Admin(_)
            | Record::Noticed(_)
            | Record::Started { .. }
            | Record::Stopped
            | Record::Heartbeat => {}
        }
    }

    /// What an outcome charges a call for that had reserved `bound`: what its meter says; nothing
    /// when the call was not sent; and the bound where nobody knows.
    pub fn charge(outcome: &OutcomeRecord, bound: MicroDollars) -> MicroDollars {
        match &outcome.meter {
            Some(meter) => meter.cost.map_or(bound, MicroDollars::from_micro),
            None if &*outcome.disposition == "unmet" => MicroDollars::ZERO,
            None => bound,
        }
    }

    /// What is left of a limit: neither spent nor reserved.
    pub fn left(&self, limit: &Limit, at: Timestamp) -> MicroDollars {
        self.books().left(limit, Day::of(at))
    }

    /// What counts on an account in the period in which `at` falls.
    pub fn standing(&self, scope: &Scope, period: Period, at: Timestamp) -> Standing {
        self.books().standing(scope, period, Day::of(at))
    }

    /// At most so many accounts, those first on which most counts in the month of `at` (of tasks,
    /// in all); and on how many others anything counts.
    pub fn dearest(&self, at: Timestamp, most: usize) -> (Vec<Scope>, usize) {
        self.books().dearest(Day::of(at), most)
    }

    /// How many accounts and open reservations there are.
    pub fn size(&self) -> (usize, usize) {
        self.books().size()
    }

    /// All of it as bytes, from which [`Purse::restored`] makes an equal one.
    pub fn snapshot(&self) -> Vec<u8> {
        self.books().encoded()
    }

    /// The purse of a snapshot.
    ///
    /// # Errors
    /// [`SnapshotError`] when the bytes are anything but a snapshot of a version that is known.
    pub fn restored(bytes: &[u8]) -> Result<Self, SnapshotError> {
        Books::decoded(bytes).map(|books| Self(Mutex::new(books)))
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        // Nothing panics between two of its writes, and a poisoned purse would stop every call.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;

//! What one call of a model is to reserve out of the purse, and why it could not.

use std::fmt::Display;
use std::sync::OnceLock;

use bailiwick_core::{ExchangeId, Timestamp};
use bailiwick_facts::{Claim, Limit, MicroDollars, Period, Purse, Scope, Unreserved};

/// What one call is to reserve, and why it could not.
#[derive(Debug)]
pub(crate) struct Reserving {
    scopes: Vec<Scope>,
    limits: Vec<Limit>,
    amount: MicroDollars,
    /// Why it is so much, where the caller can change that.
    advice: Option<String>,
    short: OnceLock<Short>,
}

/// Why a call was not paid for.
#[derive(Clone, Debug)]
pub(crate) struct Short {
    /// In words for its caller.
    pub(crate) words: String,
    /// Which budget does not suffice, as it stands on record.
    pub(crate) budget: String,
    /// In how many seconds it may be tried again; absent: no time helps.
    pub(crate) resets_in_seconds: Option<u64>,
}

impl Reserving {
    pub(crate) const fn new(scopes: Vec<Scope>, limits: Vec<Limit>, amount: MicroDollars) -> Self {
        Self { scopes, limits, amount, advice: None, short: OnceLock::new() }
    }

    /// The same, with what its caller is told beside the amount.
    pub(crate) fn advised(self, advice: Option<String>) -> Self {
        Self { advice, ..self }
    }

    /// What nobody can say the cost of: it is never paid for.
    pub(crate) fn unpriced(why: &dyn Display) -> Self {
        let reserving = Self::new(Vec::new(), Vec::new(), MicroDollars::MAX);
        let words = format!(
            "{why}, so nobody can say what the call would cost: whoever runs this gateway gives it \
             one in the files that `prices` names in [spending]"
        );
        let short = Short { words, budget: "unpriced".to_owned(), resets_in_seconds: None };
        let _ = reserving.short.set(short);
        reserving
    }

    /// Take it out of the purse. False: it does not suffice.
    pub(crate) fn take(&self, purse: &Purse, call: ExchangeId, now: Timestamp) -> bool {
        if self.short.get().is_some() {
            return false;
        }
        let Self { scopes, limits, amount, advice, short } = self;
        let (scopes, amount) = (scopes.clone(), *amount);
        match purse.reserve(Claim { exchange: call, at: now, scopes, amount }, limits) {
            Ok(()) => true,
            Err(why) => {
                let mut why = Short::of(&why, amount, now);
                if let Some(advice) = advice {
                    why.words = format!("{}. {advice}", why.words);
                }
                let _ = short.set(why);
                false
            }
        }
    }

    /// Why it could not be reserved.
    pub(crate) fn short(&self) -> Option<&Short> {
        self.short.get()
    }
}

impl Short {
    fn of(why: &Unreserved, amount: MicroDollars, now: Timestamp) -> Self {
        let Unreserved::Short(short) = why else {
            let words = "The budget cannot be kept for more callers just now".to_owned();
            let budget = "budget:full".to_owned();
            return Self { words, budget, resets_in_seconds: Some(60) };
        };
        let whose = match short.scope {
            Scope::Tenant(_) => "tenant",
            Scope::Person(..) => "person",
            Scope::Agent(..) => "agent",
            Scope::Key(_) => "key",
            Scope::Task(..) => "task",
        };
        let when = match short.period {
            Period::Day => "a day",
            Period::Month => "a month",
            Period::Total => "in all",
        };
        let resets = short.resets.map(|it| it.since_ns(now).div_ceil(1_000_000_000));
        let anew = resets.map_or_else(
            || "It does not begin anew".to_owned(),
            |it| format!("It begins anew in {it} seconds"),
        );
        let (left, limit) = (short.left, short.limit);
        let words = format!(
            "The budget of the {whose} does not suffice: the call may cost {amount}, and {left} of \
             {limit} {when} are left. {anew}"
        );
        let period = short.period.as_str();
        let budget = format!("budget:{whose}:{period}, {left} left of {limit}");
        Self { words, budget, resets_in_seconds: resets }
    }
}

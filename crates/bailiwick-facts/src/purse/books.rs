//! All accounts and what is reserved on them. Every change here is whole or not at all.

use bailiwick_core::ExchangeId;
use rustc_hash::FxHashMap;

use super::account::Account;
use super::{Claim, Purse, Settled, Short, Standing, Unreserved};
use crate::money::MicroDollars;
use crate::scope::{Limit, Period, Scope};
use bailiwick_core::Day;

#[derive(Debug, Default, Eq, PartialEq)]
pub(super) struct Books {
    // Quick to hash: nobody who asks chooses a scope's name or an exchange's number.
    pub(super) accounts: FxHashMap<Scope, Account>,
    pub(super) open: FxHashMap<ExchangeId, Reservation>,
    /// The day on which they were last looked through for what has been left lying.
    pub(super) swept: Day,
}

/// What is held for one call.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Reservation {
    pub(super) made: Day,
    pub(super) amount: MicroDollars,
    /// On which accounts, and in which day of each: it is later than `made` where the clock went
    /// back.
    pub(super) held: Box<[(Scope, Day)]>,
}

/// No call goes on for longer. What is reserved then was left by a process that died: nobody knows
/// what it spent, so all of it counts as spent.
const CALL_MOST_DAYS: u32 = 2;

/// A task in which nothing was asked for so long is over.
const TASK_IDLE_DAYS: u32 = 40;

impl Books {
    pub(super) fn reserve(&mut self, mut claim: Claim, limits: &[Limit]) -> Result<(), Unreserved> {
        if self.open.contains_key(&claim.exchange) {
            return Err(Unreserved::Twice);
        }
        for Limit { scope, .. } in limits {
            if !claim.scopes.contains(scope) {
                claim.scopes.push(scope.clone());
            }
        }
        // Before the limits, so that a refused call leaves what its records leave.
        let today = self.begin(&mut claim);
        match limits.iter().find(|limit| self.left(limit, today) < claim.amount) {
            Some(limit) => Err(Unreserved::Short(Box::new(self.short(limit, today)))),
            None if !self.has_room(&claim.scopes) => Err(Unreserved::Full),
            None => {
                self.hold(claim, today);
                Ok(())
            }
        }
    }

    /// Reserve without asking: it has been permitted and done.
    pub(super) fn book(&mut self, mut claim: Claim) {
        if !self.open.contains_key(&claim.exchange) {
            let today = self.begin(&mut claim);
            self.hold(claim, today);
        }
    }

    pub(super) fn settle(&mut self, exchange: ExchangeId, spent: MicroDollars) -> Settled {
        let Some(reservation) = self.open.remove(&exchange) else { return Settled::Unknown };
        let Reservation { amount, held, .. } = reservation;
        for (scope, made) in held {
            let Some(account) = self.accounts.get_mut(&scope) else { continue };
            account.settle(made, amount, spent);
            if account.is_empty() {
                self.accounts.remove(&scope);
            }
        }
        Settled::Booked { overdraft: (spent > amount).then(|| spent.less(amount)) }
    }

    pub(super) fn reserved(&self, exchange: &ExchangeId) -> Option<MicroDollars> {
        self.open.get(exchange).map(|it| it.amount)
    }

    pub(super) fn left(&self, limit: &Limit, today: Day) -> MicroDollars {
        let account = self.accounts.get(&limit.scope);
        account.map_or(limit.most, |it| it.left(limit.period, today, limit.most))
    }

    pub(super) fn standing(&self, scope: &Scope, period: Period, today: Day) -> Standing {
        self.accounts.get(scope).map(|it| it.standing(period, today)).unwrap_or_default()
    }

    /// The accounts on which most counts this month (of tasks, in all), and how many others have
    /// anything on them.
    pub(super) fn dearest(&self, today: Day, most: usize) -> (Vec<Scope>, usize) {
        let counts = |(scope, account): (&Scope, &Account)| {
            let period = match scope {
                Scope::Task(..) => Period::Total,
                Scope::Tenant(_) | Scope::Person(..) | Scope::Agent(..) | Scope::Key(_) => {
                    Period::Month
                }
            };
            let Standing { spent, reserved } = account.standing(period, today);
            spent.plus(reserved)
        };
        let accounts = self.accounts.iter();
        let mut all: Vec<_> = accounts.map(|it| (counts(it), it.0)).collect();
        all.retain(|(amount, _)| *amount > MicroDollars::ZERO);
        all.sort_unstable_by(|(a, one), (b, other)| b.cmp(a).then_with(|| one.cmp(other)));
        let others = all.len().saturating_sub(most);
        (all.into_iter().take(most).map(|(_, scope)| scope.clone()).collect(), others)
    }

    pub(super) fn size(&self) -> (usize, usize) {
        (self.accounts.len(), self.open.len())
    }

    fn short(&self, limit: &Limit, today: Day) -> Short {
        let Limit { scope, period, most } = limit;
        let seen = self.accounts.get(scope).map_or(today, |it| it.day.max(today));
        Short {
            scope: scope.clone(),
            period: *period,
            limit: *most,
            left: self.left(limit, today),
            resets: period.ends(seen),
        }
    }

    fn has_room(&self, scopes: &[Scope]) -> bool {
        let most_new = Purse::MOST_SCOPES.saturating_sub(self.accounts.len());
        let new = || scopes.iter().filter(|it| !self.accounts.contains_key(it)).count();
        self.open.len() < Purse::MOST_OPEN && (scopes.len() <= most_new || new() <= most_new)
    }

    /// Let the accounts of a call come to its day. Who stands twice in a chain pays once.
    fn begin(&mut self, claim: &mut Claim) -> Day {
        let today = Day::of(claim.at);
        self.sweep(today);
        claim.scopes.sort_unstable();
        claim.scopes.dedup();
        for scope in &claim.scopes {
            if let Some(account) = self.accounts.get_mut(scope) {
                account.turn(today);
            }
        }
        today
    }

    fn hold(&mut self, claim: Claim, made: Day) {
        let Claim { exchange, scopes, amount, .. } = claim;
        let hold = |scope: Scope| {
            let day = match self.accounts.get_mut(&scope) {
                Some(account) => account.reserve(amount),
                None => {
                    let account = self.accounts.entry(scope.clone());
                    account.or_insert(Account::new(made)).reserve(amount)
                }
            };
            (scope, day)
        };
        let held = scopes.into_iter().map(hold).collect();
        self.open.insert(exchange, Reservation { made, amount, held });
    }

    /// Once a day: settle what was left open, and drop tasks that are over.
    fn sweep(&mut self, today: Day) {
        if today <= self.swept {
            return;
        }
        self.swept = today;
        let is_over = |since: Day, days: u32| since.number().saturating_add(days) < today.number();
        let left: Vec<_> = self
            .open
            .iter()
            .filter(|(_, it)| is_over(it.made, CALL_MOST_DAYS))
            .map(|(exchange, it)| (*exchange, it.amount))
            .collect();
        for (exchange, amount) in left {
            // It is all of the reservation, so there is no overdraft to tell.
            let _ = self.settle(exchange, amount);
        }
        self.accounts.retain(|scope, account| {
            let is_task = matches!(scope, Scope::Task(..));
            !is_task || account.has_open() || !is_over(account.day, TASK_IDLE_DAYS)
        });
    }
}

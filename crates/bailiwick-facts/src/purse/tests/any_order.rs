//! Any order of calls, limits and clocks, against a ledger that forgets nothing and adds up by hand.

use std::collections::BTreeMap;

use bailiwick_core::{DecisionRecord, Meter, OutcomeRecord, Record, Subject, Token};
use proptest::prelude::*;

use super::{exchange, micro, noon};
use bailiwick_core::Day;

use crate::month::Month;
use crate::records::{decision, outcome};
use crate::scope::{Limit, Period, Scope};
use crate::{Claim, MicroDollars, Purse, Settled, Unreserved};

#[derive(Clone, Debug)]
enum Step {
    /// Somebody asks on some accounts; the clock shows one of three days, of two months.
    Reserve { day: u64, who: usize, amount: u64 },
    /// One of the exchanges ends, perhaps for the second time.
    Settle { which: usize, spent: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0u64..3, 0usize..4, 0u64..60)
            .prop_map(|(day, who, amount)| Step::Reserve { day, who, amount }),
        2 => (0usize..40, 0u64..70).prop_map(|(which, spent)| Step::Settle { which, spent }),
    ]
}

/// The decisions of four callers: of two agents, one key, one person and one task.
fn asked(who: usize, number: usize, amount: u64) -> DecisionRecord {
    let agent = |name: &str| Subject::Agent(name.into());
    let person = Subject::Person(Token::from_bytes([7; 16]));
    let chain = match who {
        0 => vec![agent("a")],
        1 => vec![person, agent("a")],
        2 => vec![agent("a"), agent("b"), agent("b")],
        _ => vec![agent("b")],
    };
    let task = (who > 1).then(|| Token::from_bytes([8; 16]));
    let credential = (who > 0).then(|| "k".into());
    DecisionRecord { chain, task, credential, ..decision(exchange(number as u64), amount) }
}

fn limits() -> Vec<Limit> {
    let limit = |scope, period, most| Limit { scope, period, most: micro(most) };
    let agent = |name: &str| Scope::Agent("t".into(), name.into());
    let (person, task) = (Token::from_bytes([7; 16]), Token::from_bytes([8; 16]));
    vec![
        limit(agent("a"), Period::Day, 100),
        limit(agent("b"), Period::Month, 120),
        limit(Scope::Person("t".into(), person), Period::Total, 150),
        limit(Scope::Task("t".into(), task), Period::Total, 130),
        limit(Scope::Key("k".into()), Period::Day, 90),
        limit(Scope::Tenant("t".into()), Period::Month, 400),
    ]
}

/// Every reservation on one account with the day of the account in which it was made, and what was
/// spent when it was settled.
#[derive(Default)]
struct Account {
    day: u64,
    calls: BTreeMap<usize, (u64, u64, Option<u64>)>,
}

impl Account {
    fn in_period(&self, period: Period) -> impl Iterator<Item = &(u64, u64, Option<u64>)> {
        let now = Day::of(noon(self.day));
        self.calls.values().filter(move |(day, ..)| match period {
            Period::Day => Day::of(noon(*day)) == now,
            Period::Month => Month::of(Day::of(noon(*day))) == Month::of(now),
            Period::Total => true,
        })
    }

    fn taken(&self, period: Period) -> u64 {
        self.in_period(period).map(|&(_, amount, spent)| spent.unwrap_or(amount)).sum()
    }

    fn overdrawn(&self, period: Period) -> u64 {
        let over = |&(_, amount, spent): &(u64, u64, Option<u64>)| {
            spent.unwrap_or_default().saturating_sub(amount)
        };
        self.in_period(period).map(over).sum()
    }

    fn is_empty(&self) -> bool {
        self.calls.values().all(|&(_, _, spent)| spent == Some(0))
    }
}

#[derive(Default)]
struct ByHand(BTreeMap<Scope, Account>);

impl ByHand {
    fn turn(&mut self, scopes: &[Scope], day: u64) {
        for scope in scopes {
            if let Some(account) = self.0.get_mut(scope) {
                account.day = account.day.max(day);
            }
        }
    }

    fn fits(&self, limits: &[Limit], amount: u64) -> bool {
        limits.iter().all(|limit| self.left(limit) >= amount)
    }

    fn left(&self, limit: &Limit) -> u64 {
        let taken = self.0.get(&limit.scope).map_or(0, |it| it.taken(limit.period));
        limit.most.micro().saturating_sub(taken)
    }

    fn reserve(&mut self, scopes: &[Scope], day: u64, number: usize, amount: u64) {
        for scope in scopes {
            let account = self.0.entry(scope.clone()).or_default();
            account.day = account.day.max(day);
            account.calls.insert(number, (account.day, amount, None));
        }
    }

    fn settle(&mut self, number: usize, paid: u64) {
        for account in self.0.values_mut() {
            if let Some((_, _, spent)) = account.calls.get_mut(&number) {
                *spent = Some(paid);
            }
        }
        self.0.retain(|_, account| !account.is_empty());
    }
}

/// One run: what the gateway does, what it writes down, and what a careful person notes.
#[derive(Default)]
struct Run {
    purse: Purse,
    by_hand: ByHand,
    records: Vec<(u64, Record)>,
    /// The reservation of each exchange while it is open.
    asked: Vec<Option<MicroDollars>>,
    day: u64,
}

impl Run {
    fn step(&mut self, step: &Step) -> Result<(), TestCaseError> {
        match *step {
            Step::Reserve { day, who, amount } => self.reserve(day, who, amount)?,
            Step::Settle { which, spent } => self.settle(which, spent)?,
        }
        self.check()
    }

    fn reserve(&mut self, day: u64, who: usize, amount: u64) -> Result<(), TestCaseError> {
        self.day = day;
        let number = self.asked.len();
        let decision = asked(who, number, amount);
        let scopes = Scope::of(&decision);
        let limits: Vec<_> = limits().into_iter().filter(|it| scopes.contains(&it.scope)).collect();
        self.by_hand.turn(&scopes, day);
        let id = exchange(number as u64);
        let result = self.purse.reserve(Claim::of(noon(day), &decision).unwrap(), &limits);
        prop_assert_eq!(result.is_ok(), self.by_hand.fits(&limits, amount));
        self.records.push((day, Record::Decision(Box::new(decision))));
        if result.is_ok() {
            self.by_hand.reserve(&scopes, day, number, amount);
        } else {
            prop_assert!(matches!(result, Err(Unreserved::Short(_))));
            self.records.push((day, Record::Outcome(outcome(id, "unmet"))));
        }
        self.asked.push(result.ok().map(|()| micro(amount)));
        Ok(())
    }

    fn settle(&mut self, which: usize, spent: u64) -> Result<(), TestCaseError> {
        let id = exchange(which as u64);
        let before = self.purse.snapshot();
        let settled = self.purse.settle(id, micro(spent));
        match self.asked.get_mut(which).and_then(Option::take) {
            Some(reserved) => {
                let overdraft = (spent > reserved.micro()).then(|| micro(spent).less(reserved));
                prop_assert_eq!(settled, Settled::Booked { overdraft });
                self.by_hand.settle(which, spent);
            }
            None => {
                prop_assert_eq!(settled, Settled::Unknown);
                prop_assert_eq!(self.purse.snapshot(), before);
            }
        }
        let meter = Some(Box::new(Meter { cost: Some(spent), ..Meter::default() }));
        let record = OutcomeRecord { meter, ..outcome(id, "answered") };
        self.records.push((self.day, Record::Outcome(record)));
        Ok(())
    }

    /// What must hold after every step.
    fn check(&self) -> Result<(), TestCaseError> {
        for limit in limits() {
            let Some(account) = self.by_hand.0.get(&limit.scope) else { continue };
            let taken = account.taken(limit.period);
            prop_assert!(taken <= limit.most.micro() + account.overdrawn(limit.period));
            let then = noon(account.day);
            prop_assert_eq!(self.purse.left(&limit, then).micro(), self.by_hand.left(&limit));
            // The clock may show any earlier time.
            prop_assert_eq!(self.purse.left(&limit, noon(0)).micro(), self.by_hand.left(&limit));
        }
        let open = self.asked.iter().flatten().count();
        prop_assert_eq!(self.purse.size(), (self.by_hand.0.len(), open));
        Ok(())
    }

    /// At the end: the log makes the same purse, and so do its bytes. Other bytes make another
    /// purse or none.
    fn end(&self, (place, byte): (prop::sample::Index, u8)) -> Result<(), TestCaseError> {
        let folded = Purse::default();
        for (day, record) in &self.records {
            folded.apply(noon(*day), record);
        }
        let bytes = self.purse.snapshot();
        prop_assert_eq!(folded.snapshot(), bytes.clone());
        prop_assert_eq!(Purse::restored(&bytes).unwrap().snapshot(), bytes.clone());
        let mut other = bytes;
        let place = place.index(other.len());
        other[place] = byte;
        if let Ok(purse) = Purse::restored(&other) {
            prop_assert_eq!(purse.snapshot(), other);
        }
        Ok(())
    }
}

proptest! {
    #[test]
    fn money_adds_up_in_any_order(
        steps in prop::collection::vec(step(), 1..60),
        change in (any::<prop::sample::Index>(), any::<u8>()),
    ) {
        let mut run = Run::default();
        for step in &steps {
            run.step(step)?;
        }
        run.end(change)?;
    }
}

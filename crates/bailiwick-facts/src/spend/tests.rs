//! What a log comes to.

use bailiwick_core::{RefusalReason, RefusalRecord, Token};

use super::*;
use crate::records::{decision, outcome};

const DAY_NS: u64 = 86_400_000_000_000;

fn at(day: u64) -> Timestamp {
    Timestamp::from_ns((20_779 + day) * DAY_NS + 5)
}

fn exchange(number: u64) -> ExchangeId {
    ExchangeId::from_bytes(u128::from(number).to_be_bytes())
}

fn asked(number: u64, bound: u64) -> DecisionRecord {
    DecisionRecord { credential: Some("k".into()), ..decision(exchange(number), bound) }
}

fn metered(number: u64, model: &str, cost: Option<u64>) -> OutcomeRecord {
    let meter = Meter {
        model: (!model.is_empty()).then(|| model.into()),
        input: 100,
        cached: 30,
        cache_write: 20,
        output: 10,
        reasoning: 4,
        cost,
        ..Meter::default()
    };
    OutcomeRecord { meter: Some(Box::new(meter)), ..outcome(exchange(number), "answered") }
}

/// A log of two days: what five calls cost, what was not known, and what was never sent.
/// What the gateway writes of a call that was not sent.
fn nothing() -> Option<Box<Meter>> {
    Some(Box::new(Meter { cost: Some(0), ..Meter::default() }))
}

fn log() -> Vec<(Timestamp, Record)> {
    let person = Subject::Person(Token::from_bytes([1; 16]));
    let agent = |name: &str| Subject::Agent(name.into());
    let delegated = vec![person, agent("a"), agent("helper")];
    let decided = |day, it: DecisionRecord| (at(day), Record::Decision(Box::new(it)));
    let ended = |day, it: OutcomeRecord| (at(day), Record::Outcome(it));
    let refusal = RefusalRecord {
        exchange: exchange(90),
        reason: RefusalReason::Limit,
        listener: "agents".into(),
        who: None,
        count: 1,
    };
    vec![
        decided(0, asked(1, 50)),
        decided(0, asked(2, 50)),
        decided(0, DecisionRecord { chain: delegated, credential: None, ..asked(3, 50) }),
        ended(0, metered(2, "model-2026", Some(70))),
        ended(1, metered(1, "model-2026", Some(40))),
        ended(1, metered(1, "model-2026", Some(40))),
        ended(1, metered(3, "", None)),
        // Neither of these was sent.
        decided(1, DecisionRecord { permitted: false, ..asked(4, 50) }),
        decided(1, asked(5, 50)),
        ended(1, OutcomeRecord { meter: nothing(), ..outcome(exchange(5), "unmet") }),
        // This one has no bound, and this one no outcome.
        decided(1, DecisionRecord { bound: None, ..asked(6, 0) }),
        ended(1, outcome(exchange(6), "unreachable")),
        decided(1, asked(7, 9)),
        // No calls of models.
        decided(1, DecisionRecord { resource_kind: "Tool".into(), ..asked(8, 50) }),
        ended(1, metered(8, "model-2026", Some(999))),
        (at(1), Record::Refusal(refusal)),
        (at(1), Record::Stopped),
    ]
}

fn fold(by: By, since: u64) -> (Vec<(Row, Tally)>, Tally) {
    let mut spend = Spend::new(by, Day::of(at(since)));
    log().iter().for_each(|(at, record)| spend.apply(*at, record));
    spend.finish()
}

/// Names, calls and cost of the rows.
fn rows(by: By, since: u64) -> Vec<(String, u64, u64)> {
    let name = |row: Row| {
        let tenant = row.tenant.map_or_else(String::new, |it| format!("{it}/"));
        tenant + row.name.as_deref().unwrap_or("-")
    };
    let (rows, _) = fold(by, since);
    rows.into_iter().map(|(row, it)| (name(row), it.calls, it.cost.micro())).collect()
}

#[test]
fn calls_are_added_up_by_what_is_asked() {
    let check = |by, since, expected: &[(&str, u64, u64)]| {
        let expected: Vec<_> =
            expected.iter().map(|&(name, calls, cost)| (name.to_owned(), calls, cost)).collect();
        assert_eq!(rows(by, since), expected, "{by:?}");
    };
    check(By::Agent, 0, &[("t/a", 4, 110), ("t/helper", 1, 0)]);
    check(By::Key, 0, &[("k", 4, 110), ("-", 1, 0)]);
    let person = format!("t/{}", "01".repeat(16));
    check(By::Person, 0, &[("t/-", 4, 110), (&person, 1, 0)]);
    // The provider named the model that answered; where it did not, it is the one that was asked.
    check(By::Model, 0, &[("provider/model-2026", 2, 110), ("provider/model", 3, 0)]);
    check(By::Day, 0, &[("2026-11-22", 3, 110), ("2026-11-23", 2, 0)]);
    check(By::Day, 1, &[("2026-11-23", 2, 0)]);
    check(By::Day, 2, &[]);
}

#[test]
fn what_nobody_knows_is_said() {
    let (_, total) = fold(By::Agent, 0);
    let expected = Tally {
        calls: 5,
        refused: 2,
        estimated: 0,
        unpriced: 2,
        unfinished: 1,
        input: 300,
        cached: 90,
        cache_write: 60,
        output: 30,
        reasoning: 12,
        cost: MicroDollars::from_micro(110),
        at_most: MicroDollars::from_micro(59),
        overdraft: MicroDollars::from_micro(20),
    };
    assert_eq!(total, expected);
}

#[test]
fn a_provider_that_tells_too_much_ends_at_the_largest_number() {
    let mut spend = Spend::new(By::Day, Day::default());
    for number in 0..2 {
        spend.apply(at(0), &Record::Decision(Box::new(asked(number, 1))));
        let meter = Meter { input: u64::MAX, cost: Some(u64::MAX), ..Meter::default() };
        let outcome =
            OutcomeRecord { meter: Some(Box::new(meter)), ..outcome(exchange(number), "answered") };
        spend.apply(at(0), &Record::Outcome(outcome));
    }
    let (_, total) = spend.finish();
    assert_eq!((total.calls, total.input, total.cost), (2, u64::MAX, MicroDollars::MAX));
}

#[test]
fn what_is_held_in_memory_has_an_end() {
    let mut spend = Spend::new(By::Key, Day::default());
    let calls = (MOST_OPEN + 5) as u64;
    for number in 0..calls {
        let key = Some(number.to_string().as_str().into());
        let decision = DecisionRecord { credential: key, ..asked(number, 1) };
        spend.apply(at(0), &Record::Decision(Box::new(decision)));
    }
    assert_eq!(spend.open.len(), MOST_OPEN);
    // Too late: it counts as one without an outcome.
    spend.apply(at(0), &Record::Outcome(metered(0, "", Some(3))));
    let (rows, total) = spend.finish();
    assert_eq!(rows.len(), MOST_ROWS + 1);
    assert_eq!((total.calls, total.unfinished, total.at_most.micro()), (calls, calls, calls));
}

//! What holds of money: in single steps, in any order, and when two hundred ask at once.

mod any_order;

use std::sync::{Arc, Barrier};
use std::thread;

use bailiwick_core::cbor::CborError;
use bailiwick_core::{DecisionRecord, Meter, Subject, Token};

use super::*;
use crate::records::{decision, outcome};

const DAY: u64 = 86_400_000_000_000;
const HOUR: u64 = DAY / 24;

fn exchange(number: u64) -> ExchangeId {
    ExchangeId::from_bytes(u128::from(number).to_be_bytes())
}

/// So many days after 2026-11-29, at noon.
fn noon(days: u64) -> Timestamp {
    Timestamp::from_ns((20_786 + days) * DAY + 12 * HOUR)
}

const fn micro(amount: u64) -> MicroDollars {
    MicroDollars::from_micro(amount)
}

fn agent() -> Scope {
    Scope::Agent("t".into(), "a".into())
}

fn task(byte: u8) -> Scope {
    Scope::Task("t".into(), Token::from_bytes([byte; 16]))
}

fn limit(scope: Scope, period: Period, most: u64) -> Limit {
    Limit { scope, period, most: micro(most) }
}

fn claim(number: u64, at: Timestamp, scopes: &[Scope], amount: u64) -> Claim {
    Claim { exchange: exchange(number), at, scopes: scopes.to_vec(), amount: micro(amount) }
}

fn short(result: Result<(), Unreserved>) -> (u64, Option<Timestamp>) {
    match result {
        Err(Unreserved::Short(short)) => (short.left.micro(), short.resets),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_reserved_or_spent_is_not_left() {
    let purse = Purse::default();
    let limits = [limit(agent(), Period::Day, 100)];
    let reserve = |n, amount| purse.reserve(claim(n, noon(0), &[agent()], amount), &limits);
    let left = || purse.left(&limits[0], noon(0)).micro();
    assert_eq!((reserve(1, 60), left()), (Ok(()), 40));
    assert_eq!(short(reserve(2, 41)), (40, Day::of(noon(1)).begins()));
    assert_eq!((reserve(2, 40), left()), (Ok(()), 0));
    assert_eq!(purse.settle(exchange(1), micro(10)), Settled::Booked { overdraft: None });
    assert_eq!((left(), purse.standing(&agent(), Period::Day, noon(0)).spent), (50, micro(10)));
    assert_eq!(reserve(2, 1), Err(Unreserved::Twice));
    let overdraft = Some(micro(20));
    assert_eq!(purse.settle(exchange(2), micro(60)), Settled::Booked { overdraft });
    assert_eq!((left(), purse.standing(&agent(), Period::Total, noon(9)).spent), (30, micro(70)));
}

#[test]
fn the_dearest_accounts_of_the_month_come_first() {
    let purse = Purse::default();
    let [a, b, c] = ["a", "b", "c"].map(|it| Scope::Agent("t".into(), it.into()));
    purse.reserve(claim(1, noon(0), std::slice::from_ref(&a), 9), &[]).unwrap();
    let _ = purse.settle(exchange(1), micro(5));
    purse.reserve(claim(2, noon(0), std::slice::from_ref(&b), 4), &[]).unwrap();
    purse.reserve(claim(3, noon(0), std::slice::from_ref(&b), 3), &[]).unwrap();
    let _ = purse.settle(exchange(3), micro(2));
    purse.reserve(claim(4, noon(0), &[c, task(1)], 1), &[]).unwrap();
    let standing = purse.standing(&b, Period::Day, noon(0));
    assert_eq!((standing.spent, standing.reserved), (micro(2), micro(4)));
    assert_eq!((standing.left(micro(10)), standing.left(micro(5))), (micro(4), micro(0)));
    assert_eq!(purse.dearest(noon(0), 2), (vec![b, a], 2));
    // In the next month nothing counts on them but a task's, which counts for ever.
    assert_eq!(purse.dearest(noon(2), 9), (vec![task(1)], 0));
}

#[test]
fn settling_twice_or_the_unknown_changes_nothing() {
    let purse = Purse::default();
    purse.reserve(claim(1, noon(0), &[agent()], 5), &[]).unwrap();
    let _ = purse.settle(exchange(1), micro(5));
    let before = purse.snapshot();
    assert_eq!(purse.settle(exchange(1), micro(5)), Settled::Unknown);
    assert_eq!(purse.settle(exchange(2), micro(5)), Settled::Unknown);
    assert_eq!(purse.snapshot(), before);
}

#[test]
fn one_account_that_is_short_keeps_all_others_free() {
    let purse = Purse::default();
    let scopes = [agent(), Scope::Tenant("t".into()), Scope::Key("k".into())];
    let limits = [limit(agent(), Period::Day, 100), limit(scopes[1].clone(), Period::Month, 10)];
    let result = purse.reserve(claim(1, noon(0), &scopes, 11), &limits);
    let december = Day::of_date(2026, 12, 1).unwrap().begins();
    assert_eq!(short(result.clone()), (10, december));
    assert_eq!(result.unwrap_err().to_string(), "$0.000010 of $0.000010 are left for this month");
    assert_eq!(purse.size(), (0, 0));
}

#[test]
fn who_stands_twice_in_a_chain_pays_once() {
    let purse = Purse::default();
    purse.reserve(claim(1, noon(0), &[agent(), agent()], 7), &[]).unwrap();
    let _ = purse.settle(exchange(1), micro(7));
    assert_eq!(purse.standing(&agent(), Period::Total, noon(0)).spent, micro(7));
}

#[test]
fn a_call_over_midnight_belongs_to_the_day_of_its_decision() {
    let purse = Purse::default();
    let of = |period| limit(agent(), period, 100);
    let limits = [of(Period::Day), of(Period::Month), of(Period::Total)];
    let left = |days| limits.each_ref().map(|it| purse.left(it, noon(days)).micro());
    let reserve =
        |n, days, amount| purse.reserve(claim(n, noon(days), &[agent()], amount), &limits);
    reserve(1, 0, 30).unwrap();
    assert_eq!((left(0), left(1), left(2)), ([70, 70, 70], [100, 70, 70], [100, 100, 70]));
    reserve(2, 1, 5).unwrap();
    let _ = purse.settle(exchange(1), micro(20));
    assert_eq!((left(1), left(2)), ([95, 75, 75], [100, 100, 75]));
    reserve(3, 2, 1).unwrap();
    let _ = purse.settle(exchange(2), micro(5));
    assert_eq!(left(2), [99, 99, 74]);
}

#[test]
fn a_clock_that_steps_back_frees_nothing() {
    let purse = Purse::default();
    let limits = [limit(agent(), Period::Day, 10), limit(agent(), Period::Month, 15)];
    purse.reserve(claim(1, noon(0), &[agent()], 10), &limits).unwrap();
    purse.reserve(claim(2, noon(2), &[agent()], 10), &limits).unwrap();
    for back in [noon(1), noon(0), Timestamp::from_ns(0)] {
        let tomorrow = Day::of(noon(3)).begins();
        let again = purse.reserve(claim(3, back, &[agent()], 1), &limits);
        assert_eq!(short(again), (0, tomorrow));
    }
    // What was reserved while the clock was wrong belongs to the day that the account is in.
    let _ = purse.settle(exchange(2), micro(3));
    purse.reserve(claim(4, noon(0), &[agent()], 7), &limits).unwrap();
    assert_eq!(purse.left(&limits[0], noon(2)), micro(0));
}

#[test]
fn what_holds_nothing_is_not_kept() {
    let purse = Purse::default();
    purse.reserve(claim(1, noon(0), &[agent()], 0), &[]).unwrap();
    purse.reserve(claim(2, noon(0), &[agent()], 9), &[]).unwrap();
    let _ = purse.settle(exchange(2), micro(0));
    assert_eq!(purse.size(), (1, 1));
    assert_eq!(Purse::restored(&purse.snapshot()).unwrap().snapshot(), purse.snapshot());
    // A reservation of nothing keeps its account, or its overdraft would be lost.
    let overdraft = Some(micro(4));
    assert_eq!(purse.settle(exchange(1), micro(4)), Settled::Booked { overdraft });
    assert_eq!(purse.standing(&agent(), Period::Day, noon(0)).spent, micro(4));
}

#[test]
fn what_a_dead_process_left_open_counts_as_spent_in_the_end() {
    let purse = Purse::default();
    purse.reserve(claim(1, noon(0), &[agent()], 9), &[]).unwrap();
    purse.reserve(claim(2, noon(2), &[agent()], 1), &[]).unwrap();
    assert_eq!(purse.size(), (1, 2));
    purse.reserve(claim(3, noon(3), &[agent()], 1), &[]).unwrap();
    assert_eq!(purse.size(), (1, 2));
    assert_eq!(purse.standing(&agent(), Period::Total, noon(3)).spent, micro(9));
    assert_eq!(purse.settle(exchange(1), micro(2)), Settled::Unknown);
}

#[test]
fn tasks_that_are_over_make_room() {
    let purse = Purse::default();
    let spend = |n, days, scope: Scope| {
        purse.reserve(claim(n, noon(days), &[scope], 1), &[]).unwrap();
        let _ = purse.settle(exchange(n), micro(1));
    };
    spend(1, 0, task(1));
    spend(2, 0, agent());
    spend(3, 40, task(2));
    assert_eq!(purse.size(), (3, 0));
    spend(4, 41, task(2));
    assert_eq!(purse.size(), (2, 0));
    assert_eq!(purse.standing(&task(1), Period::Total, noon(41)).spent, micro(0));
    assert_eq!(purse.standing(&agent(), Period::Total, noon(41)).spent, micro(1));
}

#[test]
fn beyond_the_last_place_nothing_new_is_reserved() {
    let purse = Purse::default();
    let key = |n: usize| Scope::Key(n.to_string().as_str().into());
    for n in 0..Purse::MOST_SCOPES {
        purse.reserve(claim(n as u64, noon(0), &[key(n)], 1), &[]).unwrap();
    }
    let reserve = |n: usize| purse.reserve(claim(1 << 40, noon(0), &[key(n)], 1), &[]);
    assert_eq!(reserve(0), Err(Unreserved::Full));
    let _ = purse.settle(exchange(5), micro(1));
    assert_eq!(reserve(Purse::MOST_SCOPES), Err(Unreserved::Full));
    assert_eq!(reserve(0), Ok(()));
}

#[test]
fn records_say_on_whose_account_a_call_goes() {
    let person = Token::from_bytes([1; 16]);
    let decision = DecisionRecord {
        chain: vec![
            Subject::Person(person),
            Subject::System("catalogue".into()),
            Subject::Agent("a".into()),
            Subject::Agent("helper".into()),
            Subject::Server("s".into()),
        ],
        credential: Some("k".into()),
        task: Some(Token::from_bytes([2; 16])),
        ..decision(exchange(1), 5)
    };
    let scopes = [
        Scope::Tenant("t".into()),
        Scope::Person("t".into(), person),
        agent(),
        Scope::Agent("t".into(), "helper".into()),
        Scope::Key("k".into()),
        task(2),
    ];
    assert_eq!(Scope::of(&decision), scopes);
}

#[test]
fn an_outcome_charges_what_is_known_and_the_bound_where_nothing_is() {
    let check = |disposition: &str, meter: Option<Option<u64>>, charged| {
        let meter = meter.map(|cost| Box::new(Meter { cost, ..Meter::default() }));
        let outcome = OutcomeRecord { meter, ..outcome(exchange(1), disposition) };
        assert_eq!(Purse::charge(&outcome, micro(50)), micro(charged), "{disposition}");
    };
    check("answered", Some(Some(7)), 7);
    check("answered", Some(Some(70)), 70);
    check("answered", Some(None), 50);
    check("answered", None, 50);
    check("unreachable", None, 50);
    check("unreachable", Some(Some(0)), 0);
    check("unmet", None, 0);
}

#[test]
fn the_log_makes_the_purse_again() {
    let purse = Purse::default();
    let apply = |record| purse.apply(noon(0), &record);
    let denied = DecisionRecord { permitted: false, ..decision(exchange(1), 5) };
    let unbounded = DecisionRecord { bound: None, ..decision(exchange(2), 5) };
    for record in [denied, unbounded] {
        apply(Record::Decision(Box::new(record)));
    }
    assert_eq!(purse.size(), (0, 0));
    apply(Record::Decision(Box::new(decision(exchange(3), 5))));
    apply(Record::Decision(Box::new(decision(exchange(4), 8))));
    let meter = Some(Box::new(Meter { cost: Some(3), ..Meter::default() }));
    apply(Record::Outcome(OutcomeRecord { meter, ..outcome(exchange(3), "answered") }));
    // The other one was never heard of again.
    let limit = limit(agent(), Period::Day, 100);
    assert_eq!(purse.left(&limit, noon(0)), micro(89));
    assert_eq!(purse.standing(&agent(), Period::Day, noon(0)).spent, micro(3));
}

#[test]
fn two_hundred_at_once_never_overdraw() {
    let purse = Arc::new(Purse::default());
    let limits = [limit(agent(), Period::Day, 1000), limit(task(1), Period::Total, 700)];
    let start = Arc::new(Barrier::new(200));
    let ask = |n: u64| {
        let (purse, start, limits) = (Arc::clone(&purse), Arc::clone(&start), limits.clone());
        move || {
            start.wait();
            let scopes = [agent(), task(1)];
            let mut spent = 0;
            for call in 0..50 {
                let claim = claim(n * 1000 + call, noon(0), &scopes, 10);
                let id = claim.exchange;
                if purse.reserve(claim, &limits).is_ok() {
                    let left = purse.left(&limits[1], noon(0));
                    assert!(left <= micro(690), "{left}");
                    let cost = (n + call) % 11;
                    assert_eq!(purse.settle(id, micro(cost)), Settled::Booked { overdraft: None });
                    spent += cost;
                }
            }
            spent
        }
    };
    let threads: Vec<_> = (0..200).map(|n| thread::spawn(ask(n))).collect();
    let spent: u64 = threads.into_iter().map(|it| it.join().unwrap()).sum();
    assert!((691..=700).contains(&spent), "{spent}");
    for scope in [agent(), task(1)] {
        assert_eq!(purse.standing(&scope, Period::Total, noon(0)).spent, micro(spent));
    }
    assert_eq!(purse.left(&limits[1], noon(0)), micro(700 - spent));
    assert_eq!(purse.size(), (2, 0));
}

/// A snapshot that an older build has written must stay readable.
#[test]
fn a_snapshot_keeps_its_form() {
    let purse = Purse::default();
    let tenant = || Scope::Tenant("t".into());
    let person = Scope::Person("t".into(), Token::from_bytes([9; 16]));
    let scopes = [tenant(), person, agent(), Scope::Key("k".into()), task(3)];
    purse.reserve(claim(1, noon(0), &scopes, 70_000), &[]).unwrap();
    purse.reserve(claim(2, noon(0), &[agent()], 5), &[]).unwrap();
    purse.reserve(claim(3, noon(2), &[tenant(), agent()], u64::MAX), &[]).unwrap();
    let _ = purse.settle(exchange(1), micro(300));
    let kept = include_bytes!("../../corpus/purse/three_calls.cbor");
    assert_eq!(purse.snapshot(), kept);
    assert_eq!(Purse::restored(kept).unwrap().snapshot(), kept);
}

#[test]
fn other_bytes_are_no_snapshot() {
    let purse = Purse::default();
    purse.reserve(claim(1, noon(0), &[agent(), task(3)], 9), &[]).unwrap();
    purse.reserve(claim(2, noon(0), &[agent()], 9), &[]).unwrap();
    let _ = purse.settle(exchange(2), micro(4));
    let bytes = purse.snapshot();
    assert_eq!(Purse::restored(&bytes).unwrap().snapshot(), bytes);
    let refused = |bytes: &[u8]| Purse::restored(bytes).unwrap_err();
    for end in 0..bytes.len() {
        assert_eq!(refused(&bytes[..end]), SnapshotError::Cbor(CborError::Short));
    }
    let mut longer = bytes.clone();
    longer.push(0);
    assert_eq!(refused(&longer), SnapshotError::Cbor(CborError::Trailing));
    let mut later = bytes.clone();
    later[1] = 3;
    assert_eq!(refused(&later), SnapshotError::Version(3));
    // The agent spent more today than ever.
    let day = bytes.windows(3).position(|it| it == [4, 4, 4]).unwrap();
    let mut more = bytes;
    more[day] = 5;
    assert_eq!(refused(&more), SnapshotError::Disagrees);
}

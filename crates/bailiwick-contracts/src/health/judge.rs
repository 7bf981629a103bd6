//! Judging: from signals, contract and calendar to a state, with everything that led to it.

use std::collections::BTreeSet;

use bailiwick_core::Day;
use serde::Serialize;

use super::merged::NEVER;
use super::record;
use super::signals::{Signals, is_past};
use super::terms::{Reason, Terms};
use crate::cell::{Cell, Date};
use crate::contract::Contract;
use crate::exception::Exception;
use crate::state::State;

/// What is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Looked<'a> {
    /// The server's contract.
    pub contract: Option<&'a Contract>,
    /// What feeds tell of it.
    pub signals: Option<&'a Signals>,
    /// Whether any feed is read at all: a server of which none tells is unknown then.
    pub is_watched: bool,
    /// Who can answer for a server, where that is known.
    pub people: Option<&'a BTreeSet<String>>,
    /// After how many days what comes about.
    pub terms: &'a Terms,
}

/// How a server stands on one day.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Verdict {
    /// The worst that it is.
    pub state: State,
    /// The worst that it is treated as: exceptions let the rest pass.
    pub acts: State,
    /// 100 for a server of which there is nothing to say, less with every reason and every day
    /// without a change of its source. `None` where no feed tells of it.
    pub score: Option<u32>,
    /// What led to it, the worst first.
    pub reasons: Vec<Reason>,
    /// What is missing of its record.
    pub record_gaps: Vec<&'static str>,
}

/// The most points that a source can lose by not moving.
const AGE_POINTS: u32 = 60;

impl Looked<'_> {
    /// How the server stands on a day.
    pub fn judge(&self, today: Day) -> Verdict {
        let mut reasons = Vec::new();
        match self.signals {
            Some(signals) => self.of_signals(signals, today, &mut reasons),
            None if self.is_watched => {
                reasons.push(reason(State::Unknown, 0, "no feed tells of it".into()));
            }
            None => {}
        }
        self.of_contract(today, &mut reasons);
        reasons.sort_by_key(|it| std::cmp::Reverse((it.state, it.points)));
        let lost = reasons.iter().map(|it| it.points).sum();
        let worst = |it: &mut dyn Iterator<Item = State>| it.max().unwrap_or(State::Active);
        let states = || reasons.iter().map(|it| it.state);
        Verdict {
            state: worst(&mut states()),
            acts: worst(&mut states().filter(|it| !self.excuses(*it, today))),
            score: self.signals.map(|_| 100_u32.saturating_sub(lost)),
            reasons,
            record_gaps: record::gaps(self.contract, today),
        }
    }

    /// The exceptions of its contract.
    pub fn exceptions(&self) -> &[Exception] {
        let standing = self.contract.and_then(|it| it.standing.as_ref());
        standing.map_or(&[], |it| &it.exceptions)
    }

    fn excuses(&self, state: State, today: Day) -> bool {
        let mut all = self.exceptions().iter();
        all.any(|it| it.state == state && it.holds(self.people, today))
    }

    fn of_signals(&self, it: &Signals, today: Day, reasons: &mut Vec<Reason>) {
        reasons.extend(self.freshness(it, today));
        if it.archived == Some(true) {
            reasons.push(reason(State::Abandoned, AGE_POINTS, "its source is archived".into()));
        } else {
            reasons.push(self.age(it, today));
        }
        reasons.extend(self.vulnerabilities(it, today));
        if let Some(open) = it.open_security_issues.filter(|it| *it > 0) {
            let all = it.open_issues.map_or_else(String::new, |all| format!(" of {all}"));
            let what = format!("{open}{all} open issues are about security");
            reasons.push(reason(State::Active, 10, what));
        }
        if it.security_policy == Some(false) {
            let what = "it does not say how to report a vulnerability";
            reasons.push(reason(State::Active, 5, what.into()));
        }
        if let Some(seen) = it.maintainer_active
            && since(seen, today) > self.terms.abandoned_days
        {
            let what = format!("nobody who maintains it was seen since {}", seen.0);
            reasons.push(reason(State::Stale, 10, what));
        }
        for (changed, what) in [(it.owner_changed, "owner"), (it.licence_changed, "licence")] {
            let lately = |it: &Date| it.0 <= today && since(*it, today) < self.terms.stale_days;
            if let Some(day) = changed.filter(lately) {
                let what = format!("it came to another {what} on {}", day.0);
                reasons.push(reason(State::Stale, 10, what));
            }
        }
        for it in &it.deprecated {
            if it.from.0 <= today {
                let what = format!("{} has ended on {}", it.what, it.from.0);
                reasons.push(reason(State::Stale, 15, what));
            } else if until(it.from, today) <= self.terms.stale_days {
                let what = format!("{} ends on {}", it.what, it.from.0);
                reasons.push(reason(State::Stale, 5, what));
            }
        }
    }

    /// Old signals say nothing good any more; what they say that is bad stays.
    fn freshness(&self, it: &Signals, today: Day) -> Option<Reason> {
        let day = it.as_of.0;
        if !is_past(it.as_of, today) {
            let what = format!("its signals are of {day}, which is still to come");
            return Some(reason(State::Unknown, 10, what));
        }
        let is_old = since(it.as_of, today) > self.terms.signals_days;
        let never = "what is to be known of it was never had whole";
        let what = || {
            if it.as_of == NEVER {
                never.to_owned()
            } else {
                format!("nobody has looked since {day}")
            }
        };
        is_old.then(|| reason(State::Unknown, 10, what()))
    }

    fn age(&self, it: &Signals, today: Day) -> Reason {
        let Some(day) = it.moved(today) else {
            let what = "nobody says when its source last changed";
            return reason(State::Unknown, AGE_POINTS / 2, what.into());
        };
        let age = since(day, today);
        let state = match age {
            it if it > self.terms.abandoned_days => State::Abandoned,
            it if it >= self.terms.stale_days => State::Stale,
            _ => State::Active,
        };
        let lost = age.saturating_mul(AGE_POINTS) / self.terms.abandoned_days.max(1);
        let what = format!("its source has not changed since {}", day.0);
        reason(state, lost.min(AGE_POINTS), what)
    }

    fn vulnerabilities(&self, it: &Signals, today: Day) -> Vec<Reason> {
        let serious = it.vulnerabilities.iter().filter(|it| it.severity.is_serious());
        let Some(first) = serious.clone().min_by_key(|it| it.since) else {
            let few = it.vulnerabilities.len();
            let what = || format!("it has {few} known vulnerabilities, none of them serious");
            return (few > 0).then(|| reason(State::Active, 5, what())).into_iter().collect();
        };
        let more = serious.count() - 1;
        let more = if more > 0 { format!(", and {more} more like it") } else { String::new() };
        let known = format!("{}, known since {}{more}", first.id, first.since.0);
        let mut reasons =
            vec![reason(State::Stale, 25, format!("it has the vulnerability {known}"))];
        let is_abandoned = self.abandoned(it, today).is_some_and(|it| it <= today);
        if is_abandoned && self.quarantined(it, today).is_some_and(|it| it <= today) {
            let what = format!("nobody will mend {}", first.id);
            reasons.push(reason(State::Quarantined, 0, what));
        }
        reasons
    }

    /// The day from which on it is abandoned. Nobody knows since when a source is archived: long
    /// ago.
    fn abandoned(&self, it: &Signals, today: Day) -> Option<Day> {
        if it.archived == Some(true) {
            return Some(Day::from_number(0));
        }
        it.moved(today).map(|it| after(it.0, self.terms.abandoned_days.saturating_add(1)))
    }

    /// The day from which on it is quarantined.
    fn quarantined(&self, it: &Signals, today: Day) -> Option<Day> {
        let serious = it.vulnerabilities.iter().filter(|it| it.severity.is_serious());
        let known = serious.map(|it| it.since.0).min()?;
        Some(after(known.max(self.abandoned(it, today)?), self.terms.grace_days))
    }

    fn of_contract(&self, today: Day, reasons: &mut Vec<Reason>) {
        let Some(contract) = self.contract else { return };
        let standing = contract.standing.as_ref();
        if let Some(day) = standing.and_then(|it| it.review_by).filter(|it| it.0 <= today) {
            let what = format!("somebody was to look again by {}", day.0);
            reasons.push(reason(State::Stale, 5, what));
        }
        let Some(people) = self.people else { return };
        let gone = |cell: Option<&Cell<String>>| {
            cell.map(Cell::said).filter(|it| !people.contains(*it)).cloned()
        };
        if let Some(name) = gone(standing.and_then(|it| it.owner.as_ref())) {
            let what = "its owner is not among the people of the feeds".into();
            reasons.push(of_person(name, reason(State::Orphaned, 20, what)));
        }
        if let Some(name) = gone(standing.and_then(|it| it.on_call.as_ref())) {
            let what = "its on-call is not among the people of the feeds".into();
            reasons.push(of_person(name, reason(State::Stale, 5, what)));
        }
        for (tool, it) in &contract.tools {
            for (cell, named) in [("owner", &it.owner), ("on-call", &it.on_call)] {
                if let Some(name) = gone(named.as_ref()) {
                    let what = format!("the {cell} of `{tool}` is not among the people");
                    reasons.push(of_person(name, reason(State::Stale, 5, what)));
                }
            }
        }
    }

    /// The days on which anything of this may change.
    pub(super) fn days(&self) -> Vec<Day> {
        let terms = self.terms;
        let mut days = record::days(self.contract);
        days.extend(self.exceptions().iter().map(|it| it.until.0));
        let standing = self.contract.and_then(|it| it.standing.as_ref());
        days.extend(standing.and_then(|it| it.review_by).map(|it| it.0));
        let Some(it) = self.signals else { return days };
        // What is dated in the future is believed from the day before it on.
        let dated = [Some(it.as_of), it.last_commit, it.last_release];
        for Date(day) in dated.into_iter().flatten() {
            days.push(Day::from_number(day.number().saturating_sub(1)));
            days.push(after(day, terms.stale_days));
            days.push(after(day, terms.abandoned_days.saturating_add(1)));
        }
        days.push(after(it.as_of.0, terms.signals_days.saturating_add(1)));
        for looked in [it.as_of.0, Day::from_number(u32::MAX)] {
            days.extend(self.quarantined(it, looked));
        }
        let seen = it.maintainer_active.map(|it| it.0);
        days.extend(seen.map(|it| after(it, terms.abandoned_days.saturating_add(1))));
        for Date(day) in [it.owner_changed, it.licence_changed].into_iter().flatten() {
            days.extend([day, after(day, terms.stale_days)]);
        }
        for it in &it.deprecated {
            let warned = it.from.0.number().saturating_sub(terms.stale_days);
            days.extend([it.from.0, Day::from_number(warned)]);
        }
        days
    }
}

fn since(day: Date, today: Day) -> u32 {
    today.number().saturating_sub(day.0.number())
}

fn until(day: Date, today: Day) -> u32 {
    day.0.number().saturating_sub(today.number())
}

fn after(day: Day, days: u32) -> Day {
    Day::from_number(day.number().saturating_add(days))
}

const fn reason(state: State, points: u32, what: String) -> Reason {
    Reason { state, points, what, who: None }
}

fn of_person(name: String, it: Reason) -> Reason {
    Reason { who: Some(name), ..it }
}

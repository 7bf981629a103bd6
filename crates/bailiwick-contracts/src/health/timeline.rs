//! How a server will stand from which day on, if nothing is heard of it: worked out once, so that
//! each call only looks up its day.

use bailiwick_core::Day;

use super::judge::Looked;
use super::terms::Reason;
use crate::state::State;

/// How a server stands for a while.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Stage {
    /// From this day on.
    pub from: Day,
    /// The worst that it is.
    pub state: State,
    /// The worst that it is treated as.
    pub acts: State,
    /// Whether its record is whole.
    pub is_recorded: bool,
    /// What led to it, the worst first: at most eight.
    pub why: Vec<Reason>,
    /// How many more there are.
    pub more: usize,
}

/// The most reasons that a stage holds.
const WHY_MAX: usize = 8;

/// All stages, oldest first. There is always one.
#[derive(Clone, Debug)]
pub struct Timeline {
    first: Stage,
    later: Vec<Stage>,
}

impl Timeline {
    /// The stages of a server.
    pub fn of(looked: &Looked<'_>) -> Self {
        let mut days = looked.days();
        days.sort_unstable();
        days.dedup();
        let stage = |from: Day| {
            let verdict = looked.judge(from);
            let mut why = verdict.reasons;
            why.retain(|it| it.state > State::Active);
            let more = why.len().saturating_sub(WHY_MAX);
            why.truncate(WHY_MAX);
            // A stage is held for long, and there may be many.
            why.shrink_to_fit();
            Stage {
                from,
                state: verdict.state,
                acts: verdict.acts,
                is_recorded: verdict.record_gaps.is_empty(),
                why,
                more,
            }
        };
        let mut all = Self { first: stage(Day::from_number(0)), later: Vec::new() };
        for next in days.into_iter().filter(|it| it.number() > 0).map(stage) {
            let last = all.later.last().unwrap_or(&all.first);
            if next != (Stage { from: next.from, ..last.clone() }) {
                all.later.push(next);
            }
        }
        all
    }

    /// All stages, oldest first.
    pub fn stages(&self) -> impl Iterator<Item = &Stage> {
        std::iter::once(&self.first).chain(&self.later)
    }

    /// How it stands on a day.
    pub fn on(&self, day: Day) -> &Stage {
        let past = self.later.partition_point(|it| it.from <= day);
        past.checked_sub(1).and_then(|it| self.later.get(it)).unwrap_or(&self.first)
    }

    /// How it will stand next, when that is not how it stands on this day.
    pub fn after(&self, day: Day) -> Option<&Stage> {
        let now = self.on(day);
        let is_other = |it: &&Stage| {
            (it.state, it.acts, it.is_recorded) != (now.state, now.acts, now.is_recorded)
        };
        self.later.iter().filter(|it| it.from > day).find(is_other)
    }
}

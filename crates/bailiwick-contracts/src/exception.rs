//! Exceptions: somebody answers for it that a state is let pass, until a day.

use std::collections::BTreeSet;

use bailiwick_core::Day;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cell::Date;
use crate::state::State;

/// One state that is let pass.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// The state. What else the server is, it stays.
    pub state: State,
    /// The day from which on it is not let pass any more.
    pub until: Date,
    /// Who answers for it.
    pub approver: String,
    /// Why.
    pub why: String,
}

impl Exception {
    /// What is wrong with it, if anything is.
    pub(crate) fn fault(&self) -> Option<String> {
        let empty = |it: &String| it.trim().is_empty();
        match self.state {
            State::Active | State::Unknown => {
                Some(format!("an exception for `{}` excuses nothing", self.state.as_str()))
            }
            State::Stale | State::Orphaned | State::Abandoned | State::Quarantined => {
                let nameless = empty(&self.approver) || empty(&self.why);
                nameless.then(|| "an exception names its `approver` and says `why`".to_owned())
            }
        }
    }

    /// Whether it holds: until its day, and while whoever approved it is there.
    pub fn holds(&self, people: Option<&BTreeSet<String>>, today: Day) -> bool {
        self.lapsed(people, today).is_none()
    }

    /// Why it does not hold on a day.
    pub fn lapsed(&self, people: Option<&BTreeSet<String>>, today: Day) -> Option<&'static str> {
        if today >= self.until.0 {
            return Some("its day is over");
        }
        let is_there = people.is_none_or(|it| it.contains(&self.approver));
        (!is_there).then_some("its approver is not among the people of the feeds")
    }
}

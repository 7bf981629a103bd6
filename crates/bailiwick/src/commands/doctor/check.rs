//! One line of what the doctor says: how something is, and what to do.

use bailiwick_core::Timestamp;
use serde::Serialize;

use crate::output::instant;

/// How something is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    Good,
    /// It is meant to be so, for a while.
    Note,
    /// It works, and is not as it should be.
    Warning,
    /// It does not work, or does not protect.
    Bad,
}

/// One thing that was looked at.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Check {
    pub(super) state: State,
    /// What it is about.
    subject: &'static str,
    /// How it is.
    what: String,
    /// What to do; nothing where all is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

impl Check {
    pub(super) fn good(subject: &'static str, what: impl Into<String>) -> Self {
        Self { state: State::Good, subject, what: what.into(), advice: None }
    }

    pub(super) fn note(
        subject: &'static str,
        what: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self { state: State::Note, ..Self::warning(subject, what, advice) }
    }

    pub(super) fn warning(
        subject: &'static str,
        what: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self { advice: Some(advice.into()), state: State::Warning, ..Self::good(subject, what) }
    }

    pub(super) fn bad(
        subject: &'static str,
        what: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self { state: State::Bad, ..Self::warning(subject, what, advice) }
    }

    /// How it is, in words.
    pub(super) fn what(&self) -> &str {
        &self.what
    }

    /// The line for people, and below it what to do.
    pub(super) fn lines(&self) -> Vec<String> {
        let mark = match self.state {
            State::Good => "ok",
            State::Note => "note",
            State::Warning => "warn",
            State::Bad => "BAD",
        };
        let line = format!("{mark:<5} {:<14} {}", self.subject, self.what);
        let advice = self.advice.iter().map(|it| format!("      {:<14} -> {it}", ""));
        std::iter::once(line).chain(advice).collect()
    }
}

/// How many there are of each.
pub(super) fn summary(checks: &[Check]) -> String {
    let count = |state| checks.iter().filter(|it| it.state == state).count();
    match (count(State::Bad), count(State::Warning)) {
        (0, 0) => "All is well.".to_owned(),
        (0, 1) => "It works; 1 thing is not as it should be.".to_owned(),
        (0, warnings) => format!("It works; {warnings} things are not as they should be."),
        (1, warnings) => format!("1 thing is wrong, {warnings} more could be better."),
        (bad, warnings) => format!("{bad} things are wrong, {warnings} more could be better."),
    }
}

/// The day on which this was written: no machine's clock is right that is behind it.
const BUILT: Timestamp = Timestamp::from_ns(1_793_000_000_000_000_000);

/// Records, keys' ends and observing's end go by the clock.
pub(super) fn clock(now: Timestamp) -> Check {
    let says = format!("it says {}", instant(now));
    if now < BUILT {
        return Check::bad("clock", says, "set it: records would carry that time for ever");
    }
    Check::good("clock", says)
}

/// Observe mode is named at every look, because it protects nothing.
pub(super) fn observing(until: Option<Timestamp>, now: Timestamp) -> Option<Check> {
    let day = instant(until?).get(..10).unwrap_or_default().to_owned();
    let advice = "before then, read `bailiwick policy suggest` and write policies";
    Some(if until? > now {
        Check::warning("observe mode", format!("nothing is refused until {day}"), advice)
    } else {
        let what = format!("it ended on {day}: policies refuse");
        Check::warning("observe mode", what, "take `mode` and `shadow_until` out of the file")
    })
}

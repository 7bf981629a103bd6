//! How one tool answers, and what of it is told.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::answers::{Answers, Observed};
use super::drift::Drift;

/// How a tool answers.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Behaviour {
    pub(super) answers: Answers,
    raised: BTreeMap<Drift, Raised>,
    /// How many answers came since they were compared.
    #[serde(default)]
    since: u8,
}

/// One in so many answers is compared, once the last ones are as many as are held.
const EACH: u8 = 5;

/// A drift that is told of.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Raised {
    /// What was seen, in counts and without contents.
    pub detail: String,
    /// Since when, in nanoseconds since the epoch.
    pub since_ns: u64,
}

/// A drift began, or is over.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Change {
    /// Which.
    pub drift: Drift,
    /// What was seen, where it began.
    pub raised: Option<String>,
}

impl Behaviour {
    /// Learn from an answer. What comes back is news: whoever is told is told once.
    ///
    /// The baseline is of the first `learn` answers. Answers that were compared with it and found
    /// usual make it finer, up to 1,000 of them.
    pub fn observe(&mut self, answer: Observed, learn: u32) -> Vec<Change> {
        let at = answer.at;
        let mut news = Vec::new();
        // Another definition is another tool: nothing is known of it.
        if self.answers.pin != answer.pin {
            let over = std::mem::take(&mut self.raised).into_keys();
            news.extend(over.map(|drift| Change { drift, raised: None }));
            self.answers = Answers { pin: answer.pin, ..Answers::default() };
        }
        if !self.answers.add(answer, learn, self.raised.is_empty()) || !self.is_time() {
            return news;
        }
        for drift in Drift::ALL {
            let is_raised = self.raised.contains_key(&drift);
            match drift.seen(&self.answers, is_raised) {
                Some(detail) if !is_raised => {
                    news.push(Change { drift, raised: Some(detail.clone()) });
                    self.raised.insert(drift, Raised { detail, since_ns: at.ns() });
                }
                None if is_raised => {
                    self.raised.remove(&drift);
                    news.push(Change { drift, raised: None });
                }
                Some(_) | None => {}
            }
        }
        news
    }

    /// Whether this answer is one of those at which all are compared: each of the first, and one in
    /// a few once there are many, since callers wait meanwhile.
    fn is_time(&mut self) -> bool {
        self.since = self.since.saturating_add(1);
        let is_time = self.since >= EACH || !self.answers.is_full();
        if is_time {
            self.since = 0;
        }
        is_time
    }

    /// What comes now is what is usual from now on. Where that is too little to go by, it is
    /// learned from what comes next.
    pub fn relearn(&mut self) {
        self.raised.clear();
        self.answers.relearn();
    }

    /// What was read from where it was kept, fit to go on.
    pub fn restored(self) -> Self {
        Self { answers: self.answers.restored(), ..self }
    }

    /// What is told of at present.
    pub fn raised(&self) -> impl Iterator<Item = (Drift, &Raised)> {
        self.raised.iter().map(|(drift, raised)| (*drift, raised))
    }
}

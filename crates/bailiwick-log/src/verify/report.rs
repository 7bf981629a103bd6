//! What a verification found, for people and for programs.

use std::fmt;

use bailiwick_core::Record;

use crate::tree::Hash;

/// So many problems are told one by one; the rest are counted.
const PROBLEMS_MAX: usize = 1000;

/// One thing that is wrong with a log.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    /// Where.
    pub place: Box<str>,
    /// What.
    pub what: Box<str>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// What stands in the journal beyond the published checkpoint.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TailReport {
    /// How many entries.
    pub entries: u64,
    /// Up to which size the journal's own signed checkpoints cover them.
    pub signed: u64,
}

/// What a verification found. Times are in nanoseconds since the Unix epoch, as the writer's
/// clock said.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Report {
    /// The log's name.
    pub origin: Box<str>,
    /// How many entries the published checkpoint covers.
    pub size: u64,
    /// Their root, as the checkpoint says.
    pub root: Hash,
    /// How many entries were read, those of the journal included.
    pub entries: u64,
    /// How many of them are decisions.
    pub decisions: u64,
    /// How many decisions permitted the call.
    pub permitted: u64,
    /// How many are outcomes.
    pub outcomes: u64,
    /// How many permitted calls have no outcome: nobody knows whether they took effect.
    pub in_doubt: u64,
    /// How many callers were turned away before there was a call.
    pub refusals: u64,
    /// How many administrative acts there were.
    pub admin_acts: u64,
    /// How many runs of the writer there were.
    pub boots: u64,
    /// When the first entry was written.
    pub first_ns: Option<u64>,
    /// When the last one was.
    pub last_ns: Option<u64>,
    /// By how much the writer's clock ever went back.
    pub clock_back_ns: u64,
    /// How many seals are there and are what the entries commit to.
    pub seals: u64,
    /// How many seals are committed to and are not there: erased, or not copied.
    pub seals_missing: u64,
    /// The journal's part; `None` when it was not there to be read.
    pub tail: Option<TailReport>,
    /// The keys that were believed, as verifier keys, in the order in which they vouched.
    pub keys: Vec<String>,
    /// The size of the checkpoint that was kept elsewhere, if one was given.
    pub since_size: Option<u64>,
    /// Whether the log had that root at that size; `None` when it never had that size.
    pub since_holds: Option<bool>,
    /// What is wrong, up to a thousand.
    pub problems: Vec<Problem>,
    /// How many problems there are in all.
    pub problem_count: u64,
}

impl Report {
    /// Whether nothing is wrong.
    pub const fn is_good(&self) -> bool {
        self.problem_count == 0
    }

    /// What this verification cannot know.
    pub fn unknown(&self) -> Vec<&'static str> {
        let mut unknown = vec![
            "whether a gateway recorded everything that it did: the log proves what is in it",
            "whether the writer's clock was right",
        ];
        if self.since_size.is_none() {
            unknown.push(
                "whether the newest entries were cut off, or the log was rolled back or forked: \
                 that takes a checkpoint that was kept elsewhere",
            );
        }
        if self.tail.is_none() {
            unknown.push("what the journal held beyond the checkpoint: it is not there");
        }
        if self.seals_missing > 0 {
            unknown.push("whether missing seals were erased on purpose or lost");
        }
        unknown
    }

    pub(super) fn problem(&mut self, place: &str, what: &str) {
        self.problem_count += 1;
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(Problem { place: place.into(), what: what.into() });
        }
    }

    pub(super) fn count(&mut self, record: &Record) {
        match record {
            Record::Decision(it) => {
                self.decisions += 1;
                self.permitted += u64::from(it.permitted);
            }
            Record::Outcome(_) => self.outcomes += 1,
            Record::Refusal(it) => self.refusals += it.count,
            Record::Admin(_) => self.admin_acts += 1,
            Record::Noticed(_) | Record::Started { .. } | Record::Stopped | Record::Heartbeat => {}
        }
    }
}

//! What growth was seen lately: a bounded row of samples.

use std::collections::VecDeque;

use bailiwick_core::Timestamp;

/// Samples kept, and how far apart they are at least, in nanoseconds.
const SAMPLES: usize = 64;
const APART_NS: u64 = 60_000_000_000;
/// How often the stored bytes are written down, in publications.
const SAVE_EVERY: u64 = 64;

/// How large the log was at some time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub(crate) at: Timestamp,
    pub(crate) size: u64,
    pub(crate) bytes: u64,
}

/// What growth was seen lately.
#[derive(Debug, Default)]
pub(crate) struct Growth {
    samples: VecDeque<Sample>,
    publications: u64,
}

impl Growth {
    /// Take a sample. Gives whether it is time to write down how much is stored.
    pub(crate) fn push(&mut self, sample: Sample) -> bool {
        // The newest sample moves along until it is far enough from the one before it.
        let before = self.samples.len().checked_sub(2).and_then(|it| self.samples.get(it));
        if before.is_some_and(|it| sample.at.since_ns(it.at) < APART_NS) {
            self.samples.pop_back();
        }
        if self.samples.len() >= SAMPLES {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
        self.publications += 1;
        self.publications.is_multiple_of(SAVE_EVERY)
    }

    /// The oldest sample and the newest.
    pub(crate) fn ends(&self) -> Option<(&Sample, &Sample)> {
        self.samples.front().zip(self.samples.back())
    }
}

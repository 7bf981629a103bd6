//! Who was turned away, counted, so that a flood of bad requests cannot fill the log.
//!
//! The first refusals of each second are recorded one by one; the rest of that second are counted
//! and recorded as one, when the next second's first comes or when the gateway looks.

use std::sync::{Mutex, PoisonError};

use bailiwick_core::Timestamp;

/// How many refusals of one second are recorded one by one.
const SINGLE_MAX: u32 = 20;
const SECOND_NS: u64 = 1_000_000_000;

/// What to do about one more refusal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Counted {
    /// Record it, and so many more that were only counted.
    Record {
        /// How many were only counted since the last record.
        with: u64,
    },
    /// It was counted.
    Only,
}

/// The refusals of the current second.
#[derive(Debug, Default)]
pub(crate) struct Tally(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    second: u64,
    single: u32,
    counted: u64,
}

impl Tally {
    /// One more refusal.
    pub(crate) fn count(&self, now: Timestamp) -> Counted {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let second = now.ns() / SECOND_NS;
        if state.second != second {
            state.second = second;
            state.single = 0;
        }
        if state.single < SINGLE_MAX {
            state.single += 1;
            return Counted::Record { with: std::mem::take(&mut state.counted) };
        }
        state.counted += 1;
        Counted::Only
    }

    /// Those that were counted and are not on record.
    pub(crate) fn left(&self) -> u64 {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).counted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_counted_and_none_is_lost() {
        let tally = Tally::default();
        let (mut recorded, now) = (0, Timestamp::from_ns(5 * SECOND_NS));
        for _ in 0..1000 {
            if let Counted::Record { with } = tally.count(now) {
                recorded += 1 + with;
            }
        }
        assert_eq!(recorded, u64::from(SINGLE_MAX));
        let later = Timestamp::from_ns(6 * SECOND_NS);
        let Counted::Record { with } = tally.count(later) else { panic!("it was only counted") };
        assert_eq!(recorded + with + 1, 1001);
        assert_eq!(tally.left(), 0);
    }
}

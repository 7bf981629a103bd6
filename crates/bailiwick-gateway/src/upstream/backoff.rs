//! Back-off: how long to wait before a server's process is started again.

use bailiwick_core::Timestamp;

/// A process that lived this long was not a failure to start.
const HEALTHY_NS: u64 = 10_000_000_000;
const FIRST_NS: u64 = 200_000_000;
const LONGEST_NS: u64 = 30_000_000_000;

/// How a server's processes have fared.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Backoff {
    /// The last one fared well, or there was none.
    #[default]
    Ready,
    /// Several in a row died early.
    Waiting {
        /// How many.
        failures: u32,
        /// When the next may start.
        until: Timestamp,
    },
}

/// What happened to a process.
#[derive(Clone, Copy, Debug)]
pub(super) enum Event {
    /// It could not be started.
    FailedToStart,
    /// It ended by itself after so many nanoseconds.
    Died { lived_ns: u64 },
}

impl Backoff {
    pub(super) fn on(self, event: Event, now: Timestamp) -> Self {
        match event {
            Event::Died { lived_ns } if lived_ns >= HEALTHY_NS => Self::Ready,
            Event::Died { .. } | Event::FailedToStart => {
                let failures = match self {
                    Self::Ready => 1,
                    Self::Waiting { failures, .. } => failures.saturating_add(1),
                };
                let doubled = FIRST_NS.saturating_mul(1u64 << (failures - 1).min(16));
                let until = Timestamp::from_ns(now.ns().saturating_add(doubled.min(LONGEST_NS)));
                Self::Waiting { failures, until }
            }
        }
    }

    /// Whether a process may be started now.
    pub(super) fn may_start(self, now: Timestamp) -> bool {
        match self {
            Self::Ready => true,
            Self::Waiting { until, .. } => now >= until,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_meets_every_event() {
        let now = Timestamp::from_ns(1_000);
        let waiting = |failures, ns| Backoff::Waiting { failures, until: Timestamp::from_ns(ns) };
        let early = Event::Died { lived_ns: 5 };
        let late = Event::Died { lived_ns: HEALTHY_NS };
        assert_eq!(Backoff::Ready.on(early, now), waiting(1, FIRST_NS + 1_000));
        assert_eq!(Backoff::Ready.on(Event::FailedToStart, now), waiting(1, FIRST_NS + 1_000));
        assert_eq!(Backoff::Ready.on(late, now), Backoff::Ready);
        assert_eq!(waiting(1, 0).on(early, now), waiting(2, 2 * FIRST_NS + 1_000));
        assert_eq!(waiting(40, 0).on(early, now), waiting(41, LONGEST_NS + 1_000));
        assert_eq!(waiting(3, 0).on(late, now), Backoff::Ready);
        assert!(!waiting(1, 1_001).may_start(now));
        assert!(waiting(1, 1_000).may_start(now));
    }
}

//! When a server is listened to again whose stream ended, or that gave none.

use std::time::Duration;

/// How long after its stream ended a server is listened to again; and where that fails again and
/// again, how long at most.
const SOON: Duration = Duration::from_secs(1);
const AT_MOST: Duration = Duration::from_secs(64);

/// How long is waited next. Each time that it is asked to listen is on record: who lets a stream
/// end at once must not fill the log.
#[derive(Debug, Default)]
pub(crate) struct Again(Duration);

impl Again {
    /// There was a stream, and it lived for so long.
    pub(crate) fn after(&mut self, lived: Duration) -> Duration {
        if lived > self.0 {
            self.0 = SOON;
            return SOON;
        }
        self.longer()
    }

    /// There was no stream.
    pub(crate) fn longer(&mut self) -> Duration {
        self.0 = self.0.saturating_mul(2).clamp(SOON, AT_MOST);
        self.0
    }

    /// It said that there is none, and may think otherwise.
    pub(crate) const fn longest(&mut self) -> Duration {
        self.0 = AT_MOST;
        AT_MOST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_was_heard_for_longer_than_was_waited_is_soon_listened_to_again() {
        let mut again = Again::default();
        let at_once = Duration::from_millis(1);
        for seconds in [1, 2, 4, 8, 16, 32, 64, 64] {
            assert_eq!(again.after(at_once), Duration::from_secs(seconds));
        }
        assert_eq!(again.after(AT_MOST), AT_MOST);
        assert_eq!(again.after(AT_MOST + at_once), SOON);
        assert_eq!(
            (again.longer(), again.longest(), again.after(SOON)),
            (SOON * 2, AT_MOST, AT_MOST)
        );
    }
}

//! The pace of keys: how many requests in a minute, and how many calls at a time.
//!
//! Rotated keys keep pace as one. Only keys with a limit are remembered, and only while they are in
//! use, so memory is bounded by their number.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bailiwick_core::{Identified, KeyId, Timestamp};

use crate::store::{Store, Terms};

const MINUTE_NS: u64 = 60_000_000_000;
const SECOND_NS: u64 = 1_000_000_000;
/// After how many seconds to try again when calls under way are too many: nobody knows when they
/// end.
const TRY_AGAIN_SECONDS: u64 = 1;

/// A key is too fast. In so many seconds it may try again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct TooFast {
    pub(crate) retry_seconds: u64,
    pub(crate) limit: PaceLimit,
}

/// The limit that was reached.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum PaceLimit {
    PerMinute(u32),
    AtOnce(u32),
}

impl fmt::Display for PaceLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PerMinute(most) => write!(f, "requests a minute: {most}"),
            Self::AtOnce(most) => write!(f, "calls at a time: {most}"),
        }
    }
}

/// The pace of every key that has a limit and is in use.
#[derive(Debug, Default)]
pub(crate) struct Pace(Mutex<HashMap<KeyId, Line>>);

#[derive(Debug, Default)]
struct Line {
    /// When all that was taken will have come in again.
    full_ns: u64,
    under_way: u32,
}

/// A place for a call under way, given up when it is over.
#[derive(Debug)]
pub(crate) struct Place {
    pace: Arc<Pace>,
    line: KeyId,
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(line) = self.pace.lines().get_mut(&self.line) {
            line.under_way = line.under_way.saturating_sub(1);
        }
    }
}

/// The limit that the terms of a caller's key set, and the line that the key is of.
fn limit(
    store: &Store,
    who: &Identified,
    of: impl Fn(&Terms) -> Option<u32>,
) -> Option<(u32, KeyId)> {
    let key = who.principal().credential.as_ref()?;
    let most = of(&*store.terms(key)?)?;
    Some((most, store.line(key)?))
}

impl Pace {
    fn lines(&self) -> MutexGuard<'_, HashMap<KeyId, Line>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Take so many requests out of a caller's minute, or none of them.
    ///
    /// # Errors
    /// [`TooFast`] when there are not so many left.
    pub(crate) fn take(
        &self,
        store: &Store,
        who: &Identified,
        requests: u64,
        now: Timestamp,
    ) -> Result<(), TooFast> {
        let Some((per_minute, line)) = limit(store, who, |it| it.per_minute) else {
            return Ok(());
        };
        self.lines().entry(line).or_default().take(per_minute, requests, now)
    }

    /// A place for one more call under way; `None` where nothing limits them.
    ///
    /// # Errors
    /// [`TooFast`] when there are too many.
    pub(crate) fn enter(
        self: &Arc<Self>,
        store: &Store,
        who: &Identified,
    ) -> Result<Option<Place>, TooFast> {
        let Some((at_once, line)) = limit(store, who, |it| it.at_once) else { return Ok(None) };
        let mut lines = self.lines();
        let state = lines.entry(line.clone()).or_default();
        if state.under_way >= at_once {
            let limit = PaceLimit::AtOnce(at_once);
            return Err(TooFast { retry_seconds: TRY_AGAIN_SECONDS, limit });
        }
        state.under_way += 1;
        drop(lines);
        Ok(Some(Place { pace: Arc::clone(self), line }))
    }

    /// Forget the keys that are not in use.
    pub(crate) fn sweep(&self, now: Timestamp) {
        self.lines().retain(|_, line| line.under_way > 0 || line.full_ns > now.ns());
    }
}

impl Line {
    /// A whole minute's requests may come at once; then they come in again one by one.
    fn take(&mut self, per_minute: u32, requests: u64, now: Timestamp) -> Result<(), TooFast> {
        let each_ns = MINUTE_NS / u64::from(per_minute.max(1));
        let full_ns = self.full_ns.max(now.ns()).saturating_add(each_ns.saturating_mul(requests));
        let wait_ns = full_ns.saturating_sub(now.ns()).saturating_sub(MINUTE_NS);
        if wait_ns > 0 {
            let limit = PaceLimit::PerMinute(per_minute);
            return Err(TooFast { retry_seconds: wait_ns.div_ceil(SECOND_NS), limit });
        }
        self.full_ns = full_ns;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_ns(1_000 * MINUTE_NS + seconds * SECOND_NS)
    }

    const fn too_fast(retry_seconds: u64) -> TooFast {
        TooFast { retry_seconds, limit: PaceLimit::PerMinute(6) }
    }

    #[test]
    fn a_minutes_requests_may_come_at_once_and_then_one_by_one() {
        let mut line = Line::default();
        for _ in 0..6 {
            assert_eq!(line.take(6, 1, at(0)), Ok(()));
        }
        assert_eq!(line.take(6, 1, at(0)), Err(too_fast(10)));
        assert_eq!(line.take(6, 1, at(9)), Err(too_fast(1)));
        assert_eq!(line.take(6, 1, at(10)), Ok(()));
        assert_eq!(line.take(6, 2, at(20)), Err(too_fast(10)));
        assert_eq!(line.take(6, 1, at(20)), Ok(()));
        // A clock that goes back gives nothing away.
        assert!(line.take(6, 1, at(0)).is_err());
    }

    #[test]
    fn in_no_time_comes_more_than_what_is_allowed() {
        for per_minute in [1, 7, 60, 1000] {
            let (mut line, mut taken) = (Line::default(), 0);
            for tick in 0..6_000 {
                let now = Timestamp::from_ns(at(0).ns() + tick * MINUTE_NS / 1000);
                taken += u64::from(line.take(per_minute, 1, now).is_ok());
            }
            // Six minutes, and the first minute's at once.
            assert!(taken <= u64::from(per_minute) * 7, "{per_minute}: {taken}");
            assert!(taken >= u64::from(per_minute) * 6, "{per_minute}: {taken}");
        }
    }

    #[test]
    fn what_is_not_in_use_is_forgotten() {
        let pace = Arc::new(Pace::default());
        pace.lines().entry("k".into()).or_default().take(60, 1, at(0)).unwrap();
        pace.lines().insert("busy".into(), Line { under_way: 1, full_ns: 0 });
        pace.sweep(at(0));
        assert_eq!(pace.lines().len(), 2);
        drop(Place { pace: Arc::clone(&pace), line: "busy".into() });
        pace.sweep(at(2));
        assert!(pace.lines().is_empty());
    }
}

//! Which eras of the protocol a server speaks, as far as that was found out.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use bailiwick_core::Timestamp;
use bailiwick_wire::mcp::REVISIONS;

/// The revisions that are named to a client of the modern era. The one before them has no
/// streamable HTTP, so no such client falls back to it.
pub(crate) const LEGACY: [&str; 3] = {
    let [latest, second, third, _] = REVISIONS;
    [latest, second, third]
};

/// What is known of one server.
#[derive(Default)]
pub(crate) struct Eras {
    found: Mutex<Option<Found>>,
    asking: tokio::sync::Mutex<()>,
    /// How many times nothing could be found out.
    silences: AtomicU64,
    shakes_hands: AtomicBool,
}

/// What was found out.
#[derive(Clone, Copy)]
pub(crate) struct Found {
    pub(crate) modern: bool,
    /// Until when it holds; when not said, for as long as the process lives.
    pub(crate) until: Option<Timestamp>,
}

impl Eras {
    /// Whether it speaks the modern era, where that is known.
    pub(crate) fn is_modern(&self, now: Timestamp) -> Option<bool> {
        let found = (*self.found.lock().unwrap_or_else(PoisonError::into_inner))?;
        let holds = found.until.is_none_or(|it| now < it);
        holds.then_some(found.modern)
    }

    /// Whether it has said itself that it speaks older revisions only.
    pub(crate) fn is_older_for_good(&self, now: Timestamp) -> bool {
        let found = *self.found.lock().unwrap_or_else(PoisonError::into_inner);
        self.is_modern(now) == Some(false) && found.is_some_and(|it| it.until.is_none())
    }

    /// Whether it does, found out now where that is not known; `None` when that cannot be. One
    /// finds out at a time, and whoever waits for that has its outcome.
    pub(crate) async fn find_out(
        &self,
        now: impl Fn() -> Timestamp,
        probe: impl Future<Output = Option<Found>>,
    ) -> Option<bool> {
        if let Some(modern) = self.is_modern(now()) {
            return Some(modern);
        }
        let before = self.silences.load(Ordering::Acquire);
        let _turn = self.asking.lock().await;
        if let Some(modern) = self.is_modern(now()) {
            return Some(modern);
        }
        if self.silences.load(Ordering::Acquire) > before {
            return None;
        }
        let Some(found) = probe.await else {
            self.silences.fetch_add(1, Ordering::AcqRel);
            return None;
        };
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
        Some(found.modern)
    }

    /// The server answered `initialize`.
    pub(crate) fn shook_hands(&self) {
        self.shakes_hands.store(true, Ordering::Relaxed);
    }

    /// The revisions of the older era that are served here.
    pub(crate) fn legacy(&self) -> &'static [&'static str] {
        if self.shakes_hands.load(Ordering::Relaxed) { &LEGACY } else { &[] }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;

    use super::*;

    async fn ask(eras: &Eras, probes: &AtomicUsize, found: Option<Found>) -> Option<bool> {
        let probe = async {
            probes.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            found
        };
        eras.find_out(|| Timestamp::from_ns(0), probe).await
    }

    #[tokio::test]
    async fn who_waits_for_a_probe_has_its_outcome() {
        let modern = Found { modern: true, until: None };
        for (found, probed) in [(None, [1, 2]), (Some(modern), [1, 1])] {
            let (eras, probes) = (Arc::new(Eras::default()), Arc::new(AtomicUsize::new(0)));
            let all: Vec<_> = (0..5)
                .map(|_| {
                    let (eras, probes) = (Arc::clone(&eras), Arc::clone(&probes));
                    tokio::spawn(async move { ask(&eras, &probes, found).await })
                })
                .collect();
            for one in all {
                assert_eq!(one.await.unwrap(), found.map(|it| it.modern));
            }
            assert_eq!(probes.load(Ordering::Relaxed), probed[0], "one for all who wait");
            ask(&eras, &probes, found).await;
            assert_eq!(probes.load(Ordering::Relaxed), probed[1]);
        }
    }
}

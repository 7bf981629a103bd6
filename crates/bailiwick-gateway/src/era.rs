//! Which eras of the protocol a server speaks, as far as that was found out.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use bailiwick_core::Timestamp;

/// The revisions that are relayed in sessions.
pub(crate) const LEGACY: [&str; 3] = ["2025-11-25", "2025-06-18", "2025-03-26"];
/// What is known of one server.
#[derive(Default)]
pub(crate) struct Eras {
    found: Mutex<Option<Found>>,
    asking: tokio::sync::Mutex<()>,
    shakes_hands: AtomicBool,
}

#[derive(Clone, Copy)]
struct Found {
    modern: bool,
    until: Option<Timestamp>,
}

impl Eras {
    /// Whether it speaks the modern era, where that is known.
    pub(crate) fn is_modern(&self, now: Timestamp) -> Option<bool> {
        let found = (*self.found.lock().unwrap_or_else(PoisonError::into_inner))?;
        let holds = found.until.is_none_or(|it| now < it);
        holds.then_some(found.modern)
    }

    /// It does, or does not; `until` then, or as long as the process lives.
    pub(crate) fn found(&self, modern: bool, until: Option<Timestamp>) {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        *found = Some(Found { modern, until });
    }

    /// The turn of whoever finds out: one at a time.
    pub(crate) async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.asking.lock().await
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

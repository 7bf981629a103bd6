//! The clock that measures.

use std::time::Instant;

/// The time now.
#[expect(clippy::disallowed_methods, reason = "measuring time is what a benchmark is for")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

//! The clock: one of the four doors to the world. Time is an argument everywhere else.

use std::time::{SystemTime, UNIX_EPOCH};

use bailiwick_core::Timestamp;

/// The time now.
#[expect(clippy::disallowed_methods, reason = "this is the door through which time comes in")]
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_ns(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

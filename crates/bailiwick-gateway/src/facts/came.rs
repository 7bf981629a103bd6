//! What came of asking a source.

use std::time::Duration;

use bailiwick_core::Thing;
use bailiwick_core::Timestamp;
use hyper::header::HeaderValue;

use crate::clock;

/// How an address names what it answered.
pub(crate) type Tag = HeaderValue;

/// What a source said.
pub(crate) enum Said {
    /// The same as before.
    Same,
    /// These things.
    Things(Vec<Thing>),
}

/// What came of asking.
pub(crate) struct Came {
    pub(crate) said: Said,
    /// As of when it holds.
    pub(crate) as_of: Timestamp,
    /// How long it says that it need not be asked again.
    pub(crate) holds: Duration,
    /// By what the next asking names what is known.
    pub(crate) tag: Option<Tag>,
}

impl Came {
    pub(crate) fn now(said: Said) -> Self {
        Self { said, as_of: clock::now(), holds: Duration::ZERO, tag: None }
    }
}

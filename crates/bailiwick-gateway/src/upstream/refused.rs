//! Whether a provider refuses the key that it is sent. Its clients are not told of it: it is the
//! gateway's key and its operators' business.

use std::sync::{Mutex, PoisonError};

use bailiwick_core::Timestamp;
use hyper::StatusCode;

/// What a provider thinks of its key, as far as it said.
#[derive(Debug, Default)]
pub(crate) struct Refused(Mutex<Option<Refusal>>);

/// That it refuses it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Refusal {
    /// The status that it said last.
    pub(crate) status: u16,
    /// Since when it has accepted nothing.
    pub(crate) since: Timestamp,
}

impl Refused {
    /// An answer began so.
    pub(super) fn hear(&self, status: StatusCode, at: Timestamp) {
        let mut refusal = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match status.as_u16() {
            status @ (401 | 403) => {
                let since = refusal.map_or(at, |it| it.since);
                *refusal = Some(Refusal { status, since });
            }
            200..=299 => *refusal = None,
            // What is wrong with an ask says nothing of the key.
            _ => {}
        }
    }

    /// Whether it refuses it now.
    pub(crate) fn now(&self) -> Option<Refusal> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_refused_from_the_first_refusal_to_the_next_answer() {
        let refused = Refused::default();
        let hear = |status, at| {
            refused.hear(StatusCode::from_u16(status).unwrap(), Timestamp::from_ns(at));
            refused.now().map(|it| (it.status, it.since.ns()))
        };
        assert_eq!(hear(200, 1), None);
        assert_eq!(hear(401, 2), Some((401, 2)));
        assert_eq!(hear(429, 3), Some((401, 2)));
        assert_eq!(hear(403, 4), Some((403, 2)));
        assert_eq!(hear(200, 5), None);
        assert_eq!(hear(500, 6), None);
    }
}

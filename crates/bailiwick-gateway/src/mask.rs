//! The duty to mask: secrets in an answer, and names hidden from its caller, are replaced by words
//! for their kind. What was there is found and recorded all the same.

use bailiwick_core::Pending;
use bailiwick_guard::{credentials, masked};
use bailiwick_wire::texts::{self, Part};
use bytes::Bytes;

use crate::gate::Gate;
use crate::hidden::{Hidden, maskable};

/// The message as it may leave; `None` when nothing of the answer may any more.
pub(crate) fn duly(
    gate: &Gate,
    hidden: Option<&Hidden>,
    owed: &mut Pending,
    message: Bytes,
) -> Option<Bytes> {
    if !owed.masks() || message.is_empty() {
        return Some(message);
    }
    owed.glance(gate.watching(hidden).inspectors(), &message).then_some(())?;
    // What cannot be read cannot be masked.
    texts::replaced(&message, |part| {
        let (text, found) = match part {
            // A tool may be called as a member is: what is hidden is hidden in what is said.
            Part::Name(name) => (name, credentials(name)?),
            Part::Text(text) => (text, maskable(text, hidden)?),
        };
        (!found.is_empty()).then(|| masked(text, found))
    })
}

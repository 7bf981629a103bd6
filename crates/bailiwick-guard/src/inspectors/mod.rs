//! The table of inspectors, in the order of running.

pub(crate) mod hidden;
mod hidden_text;
mod own_key;
mod secret;
mod word;

use std::ops::Range;

use bailiwick_core::{Inspector, Inspectors};

pub use hidden::{HIDDEN_ROLE, HIDDEN_TOOL, Names};
pub use secret::{CONTEXT_BYTES, Growing, HELD_BYTES_MAX, open_end};

/// What can stop an answer runs first.
static TABLE: [&dyn Inspector; 3] = [&own_key::OwnKey, &secret::Secret, &hidden_text::HiddenText];

/// Every inspector, in the order of running. Never empty.
pub static INSPECTORS: &[&dyn Inspector] = &TABLE;

/// The inspectors with their own severities: our own keys are withheld from answers, all else is
/// noted. [`Guard`](crate::Guard) withholds more.
pub fn inspectors() -> Inspectors<'static> {
    // The pattern does not compile for an empty table.
    let [first, rest @ ..] = &TABLE;
    Inspectors::of(*first, rest)
}

/// Every credential in the text, our own keys among them, with its kind: all that may be masked.
/// `None` when the text could not be looked at, and must not pass.
///
/// The text is looked at as it is: one that stands in JSON must have its escapes undone first.
pub fn credentials(text: &str) -> Option<Vec<(&'static str, Range<usize>)>> {
    let mut found = Vec::new();
    own_key::each(text.as_bytes(), |kind, range| found.push((kind, range)));
    secret::each(text.as_bytes(), |kind, range| found.push((kind, range)))?;
    found.sort_by_key(|(_, range)| range.start);
    Some(found)
}

//! The table of inspectors, in the order of running.

mod hidden_text;
mod own_key;
mod secret;
mod word;

use bailiwick_core::{Inspector, Inspectors};

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

//! Inspectors: what to notice in asks and answers, and what must not pass.
//!
//! An inspector is one file under `inspectors`, one line in the table there and one folder under
//! `corpus`. It only reads bytes: no I/O, no clock, and no copy of what it finds, because a
//! [`Finding`](bailiwick_core::Finding) says where and what kind, never the value.
//!
//! Inspectors see a body in the pieces in which it arrives, such as the events of a stream, and
//! look at each piece by itself. Whoever joins pieces asks [`open_end`] what must wait, so that no
//! credential is split over two of them. One that is encoded again (base64, encryption) is not
//! found: a finding proves that something is there, and its absence proves nothing.

mod guard;
mod inspectors;
mod masked;
mod plain;

pub use guard::{Guard, UnknownKind};
pub use inspectors::{
    CONTEXT_BYTES, Growing, HELD_BYTES_MAX, HIDDEN_ROLE, HIDDEN_TOOL, INSPECTORS, Names,
    credentials, inspectors, open_end,
};
pub use masked::masked;

#[cfg(test)]
mod tests;

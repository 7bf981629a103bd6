//! Adoption: MCP clients that are on this machine already are made to go through Bailiwick, and
//! put back as they were.
//!
//! ```text
//! machine -> clients -> read -> plan (rewrite, secrecy) -> carry_out -> journal
//!                                            undo <----------------------+
//! ```
//!
//! A client's file is somebody else's: it is never written anew from a tree. What changes are the
//! few bytes that say how a server is started; comments, order, unknown keys and line ends stay.
//! `docs/decisions/0010-adoption.md` tells why it is done so.

mod carry_out;
mod clients;
mod disk;
mod edit;
mod entry;
mod journal;
mod machine;
mod names;
mod ours;
mod plan;
mod read;
mod rewrite;
mod secrecy;
mod show;
mod undo;
mod wrapping;

pub(crate) use carry_out::carry_out;
pub(crate) use clients::{Found, find};
pub(crate) use disk::RealDisk;
pub(crate) use entry::Entry;
pub(crate) use journal::Journal;
pub(crate) use machine::{Machine, System};
pub(crate) use ours::{Doubt, Ours};
pub(crate) use plan::{FilePlan, Plan, Standing};
pub(crate) use show::diff;
pub(crate) use undo::{Undone, undo};
pub(crate) use wrapping::{Inner, Wrapped, Wrapping};

#[cfg(test)]
mod tests;

//! How a tool answers: what is learned of it, and when what comes now is not like that any more.
//!
//! A server that nobody keeps still answers, with status 200 and JSON that looks right. So the
//! first answers of a tool are its baseline: which parts they have and of which kind, how many
//! fail, how long they take, how large they are. The last ones are compared with that.
//!
//! Memory is bounded: of one tool at most 128 parts with paths of at most 120 bytes, 50 answers and
//! two histograms are held, which is less than 32 KiB. No value of an answer is held.

mod answers;
mod behaviour;
mod drift;
mod histogram;
mod shape;
mod told;

#[cfg(test)]
mod tests;

pub use answers::Observed;
pub use behaviour::{Behaviour, Change, Raised};
pub use drift::Drift;
pub use shape::{Kind, Shape};
pub use told::{Part, Quantiles, Share, Told};

//! Health: is anybody looking after a server, and after what it is made of? Judged from signals
//! that came in as files, from the contract, and from the calendar: a server grows old though
//! nothing of it changes.

mod feed;
mod judge;
mod merged;
mod record;
pub mod registry;
mod signals;
mod source;
mod terms;
mod timeline;

pub use feed::{FEED_BYTES_MAX, Feed};
pub use judge::{Looked, Verdict};
pub use merged::Heard;
pub use record::gaps as record_gaps;
pub use signals::{Deprecated, Severity, Signals, Vulnerability};
pub use source::github;
pub use terms::{Reason, Terms};
pub use timeline::{Stage, Timeline};

pub use crate::exception::Exception;
pub use crate::state::State;

#[cfg(test)]
mod tests;

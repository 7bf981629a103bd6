//! What can go wrong with a log as a whole.

use std::io;
use std::path::{Path, PathBuf};

use bailiwick_core::Unrecorded;

use crate::entry::EntryError;
use crate::note::NoteError;
use crate::seal::KeyUnavailable;
use crate::tile::NotATile;

/// What is wrong with the bytes of a log.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Corruption {
    /// Entries that were promised are missing or damaged.
    #[error("entry {0} was known to be durable and is missing or damaged in the journal")]
    Lost(u64),
    /// A resource that the checkpoint needs is missing.
    #[error("{0} is missing")]
    Missing(PathBuf),
    /// A resource has not the form that it should have.
    #[error("{path}: {source}")]
    Tile {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        source: NotATile,
    },
    /// An entry cannot be read.
    #[error("entry {index}: {source}")]
    Entry {
        /// Which.
        index: u64,
        /// What is wrong.
        source: EntryError,
    },
    /// An entry stands at another index than it says.
    #[error("entry {0} says that it stands at another index")]
    Misplaced(u64),
    /// The tiles do not have the root that the checkpoint says.
    #[error("the tree of {0} entries has not the root that its checkpoint says")]
    Root(u64),
    /// The published checkpoint is not good.
    #[error("the checkpoint: {0}")]
    Checkpoint(NoteError),
    /// The list of keys is not good.
    #[error("keys.txt: {0}")]
    Keys(&'static str),
}

/// Why the log could not do something.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The file system said no.
    #[error("cannot {what} {path}: {source}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// With what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another process writes to this log.
    #[error("another process has the log at {0} open for writing")]
    Locked(PathBuf),
    /// There is a log already.
    #[error("there is a log at {0} already")]
    Exists(PathBuf),
    /// There is no log.
    #[error("there is no log at {0}; it has to be created first")]
    NotALog(PathBuf),
    /// The signing key is missing or is another log's.
    #[error("the signing key at {0} is missing, or is not the log's newest key")]
    SigningKey(PathBuf),
    /// The origin is not fit to name a log.
    #[error("the origin has to be one word without a plus sign")]
    Origin,
    /// The options contradict each other.
    #[error("the options: {0}")]
    Options(&'static str),
    /// Bytes of the log are not what they should be.
    #[error("the log is damaged: {0}")]
    Corrupt(#[from] Corruption),
    /// A record could not be written.
    #[error(transparent)]
    Unrecorded(#[from] Unrecorded),
    /// A key or randomness could not be had.
    #[error(transparent)]
    Key(#[from] KeyUnavailable),
    /// There is no such entry, or it is not under the published checkpoint yet.
    #[error("entry {0} is not under the published checkpoint")]
    NoEntry(u64),
    /// A log that was to be restored does not verify.
    #[error("the copy does not verify: {0}")]
    Unverified(String),
}

/// Adds what was tried, and with what, to the system's word.
pub(crate) trait Tried<T> {
    fn tried(self, what: &'static str, path: &Path) -> Result<T, LogError>;
}

impl<T> Tried<T> for io::Result<T> {
    fn tried(self, what: &'static str, path: &Path) -> Result<T, LogError> {
        self.map_err(|source| LogError::Io { what, path: path.to_owned(), source })
    }
}

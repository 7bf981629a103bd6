//! Why some bytes are not a record.

use crate::cbor::CborError;

/// Why some bytes are not a record.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RecordError {
    /// They are not deterministic CBOR.
    #[error("the bytes are not a record: {0}")]
    Cbor(#[from] CborError),
    /// They were written by a later build.
    #[error("the record has version {0}, which this build does not know")]
    Version(u64),
    /// The kind is not known.
    #[error("the record has kind {0}, which this build does not know")]
    Kind(u64),
    /// A word is not of its list.
    #[error("a word of the record is not of its list")]
    Word,
}

//! Entries: the bytes that a leaf's hash is over. A stamp, which says where and when, and the
//! record's canonical bytes.

use bailiwick_core::{Record, RecordError, Timestamp};

/// The format of the stamp that this build writes.
pub const ENTRY_FORMAT: u8 = 1;

/// The bytes of a stamp: format, boot, index, time.
pub const STAMP_BYTES: usize = 1 + 8 + 8 + 8;

/// An entry may have at most so many bytes: tlog-tiles writes lengths in sixteen bits.
pub const ENTRY_BYTES_MAX: usize = u16::MAX as usize;

/// Where and when an entry was written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Stamp {
    /// Which run of the writer wrote it, counted from one.
    pub boot: u64,
    /// The leaf's index.
    pub index: u64,
    /// When, as the writer's clock said.
    pub at: Timestamp,
}

impl Stamp {
    /// The stamp's bytes.
    pub fn encode(&self) -> [u8; STAMP_BYTES] {
        let mut out = [0; STAMP_BYTES];
        let fields: [&[u8]; 4] = [
            &[ENTRY_FORMAT],
            &self.boot.to_be_bytes(),
            &self.index.to_be_bytes(),
            &self.at.ns().to_be_bytes(),
        ];
        let mut rest = out.as_mut_slice();
        for field in fields {
            let Some((slot, after)) = rest.split_at_mut_checked(field.len()) else { break };
            slot.copy_from_slice(field);
            rest = after;
        }
        out
    }

    /// The stamp at the beginning of an entry, and the record's bytes after it.
    ///
    /// # Errors
    /// [`EntryError`] when the bytes are too few or of another format.
    pub fn split(entry: &[u8]) -> Result<(Self, &[u8]), EntryError> {
        let (&format, rest) = entry.split_first().ok_or(EntryError::Short)?;
        if format != ENTRY_FORMAT {
            return Err(EntryError::Format(format));
        }
        let (boot, rest) = rest.split_first_chunk().ok_or(EntryError::Short)?;
        let (index, rest) = rest.split_first_chunk().ok_or(EntryError::Short)?;
        let (at, rest) = rest.split_first_chunk().ok_or(EntryError::Short)?;
        let stamp = Self {
            boot: u64::from_be_bytes(*boot),
            index: u64::from_be_bytes(*index),
            at: Timestamp::from_ns(u64::from_be_bytes(*at)),
        };
        Ok((stamp, rest))
    }
}

/// Why some bytes are not an entry.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum EntryError {
    /// They end too early.
    #[error("the entry ends too early")]
    Short,
    /// The stamp has a format that this build does not know.
    #[error("the entry has format {0}, which this build does not know")]
    Format(u8),
    /// What follows the stamp is no record.
    #[error(transparent)]
    Record(#[from] RecordError),
}

/// One entry, read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// The leaf's index.
    pub index: u64,
    /// When it was written, as the writer's clock said.
    pub at: Timestamp,
    /// Which run of the writer wrote it.
    pub boot: u64,
    /// What it says.
    pub record: Record,
}

impl Entry {
    /// Read an entry.
    ///
    /// # Errors
    /// [`EntryError`] when the bytes are anything but a stamp and one canonical record.
    pub fn parse(bytes: &[u8]) -> Result<Self, EntryError> {
        let (stamp, record) = Stamp::split(bytes)?;
        let record = Record::decode(record)?;
        Ok(Self { index: stamp.index, at: stamp.at, boot: stamp.boot, record })
    }
}

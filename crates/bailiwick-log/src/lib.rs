//! The tamper-evident log: what the gateway decided and what came of it, so that nobody can
//! change, drop or reorder it afterwards without being found out.
//!
//! Records are appended to a journal, flushed in groups, signed over every tenth of a second, and
//! made into [tlog-tiles](https://c2sp.org/tlog-tiles) under a published checkpoint once a second.
//! `docs/log-format.md` tells every byte; `docs/decisions/0002-log.md` tells why.
//!
//! [`Log`] writes, [`Reader`] reads (also beside a running writer), [`verify()`] judges a directory
//! against a key, and [`verify_proof`] one entry against a proof. Nothing here waits on a clock or
//! knows a socket: the disk, the clock, randomness and keys are arguments.

mod assemble;
mod backup;
mod checkpoint;
mod classed;
mod commit;
mod cursor;
mod disk;
mod edge;
mod entry;
mod error;
mod filter;
mod forecast;
mod frame;
mod growth;
mod handover;
mod journal;
mod keep;
mod keyring;
mod keys;
mod layout;
mod log;
#[cfg(feature = "measure")]
pub mod measure;
mod note;
mod options;
mod publish;
mod query;
mod reader;
mod recover;
mod seal;
mod shared;
mod store;
mod tile;
mod tree;
mod verify;

#[cfg(test)]
mod tests;

pub use assemble::hold;
pub use backup::{backup, restore};
pub use checkpoint::{Checkpoint, Proof, ProofError, verify_proof, verify_proof_by};
pub use classed::{Certainty, Sought};
pub use disk::{Disk, DiskFile, RealDisk};
pub use entry::{ENTRY_BYTES_MAX, ENTRY_FORMAT, Entry, EntryError, STAMP_BYTES, Stamp};
pub use error::{Corruption, LogError};
pub use filter::{Filter, Kind};
pub use forecast::{Forecast, Health};
pub use frame::{
    Frame, FrameKind, NoFrame, Parsed, Place, SEALED_BYTES_MAX, SegmentHeader, parse_frame,
};
pub use handover::{HANDED_BYTES_MAX, Handed, Taken};
pub use keyring::FileKeyRing;
pub use keys::{KeyChain, ROTATION_ACT, Succession};
pub use log::Log;
pub use note::{Note, NoteError, Signed, SigningKey, VerifierKey, sign_note};
pub use options::{Clock, Options, World};
pub use query::{Order, Query};
pub use reader::Reader;
pub use recover::Recovery;
pub use seal::{Entropy, KeyRing, KeyUnavailable, Sealer, SubjectKey, SystemEntropy, commitment};
pub use shared::Room;
pub use tile::{
    NotATile, Seal, Shelf, TILE_WIDTH, TileName, parse_entries, parse_hashes, parse_seals,
};
pub use tree::{
    CompactRange, Hash, HashSource, Head, check_consistency, check_inclusion, consistency_proof,
    empty_root, inclusion_proof, leaf_hash, node_hash, root_at,
};
pub use verify::{Problem, Report, TailReport, Verification, verify};

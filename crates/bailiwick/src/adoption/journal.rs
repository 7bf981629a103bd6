//! The journal of adoption: what was changed, written down before it is.

use std::io;
use std::path::{Path, PathBuf};

use bailiwick_core::Digest;
use serde::{Deserialize, Serialize};

use super::disk::{Disk, PRIVATE, content, replace};
use super::edit::Hunk;

/// The form of the journal that is written here.
const VERSION: u32 = 1;

/// One file that was rewritten.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Change {
    pub(crate) client: String,
    pub(crate) file: PathBuf,
    /// Who may read and write the file.
    pub(crate) mode: u32,
    /// The SHA-256 of its bytes before, under which the backup lies, and after.
    pub(crate) before: String,
    pub(crate) after: String,
    pub(crate) hunks: Vec<Hunk>,
    /// The files that its secrets were moved to.
    pub(crate) secrets: Vec<PathBuf>,
}

#[derive(Deserialize, Serialize)]
struct Manifest {
    version: u32,
    changes: Vec<Change>,
}

/// The changes that were made, in their order, and the folder that tells of them.
#[derive(Clone, Debug)]
pub(crate) struct Journal {
    folder: PathBuf,
    pub(crate) changes: Vec<Change>,
}

impl Journal {
    /// Read the journal in a folder; without one nothing was changed.
    ///
    /// # Errors
    /// When there is one that cannot be read.
    pub(crate) fn read(folder: &Path) -> io::Result<Self> {
        let mut journal = Self { folder: folder.to_owned(), changes: Vec::new() };
        let file = journal.manifest();
        if let Some(bytes) = content(&file)? {
            let bad = |why: String| {
                io::Error::new(io::ErrorKind::InvalidData, format!("{}: {why}", file.display()))
            };
            let read: Manifest =
                serde_json::from_slice(&bytes).map_err(|it| bad(it.to_string()))?;
            if read.version != VERSION {
                return Err(bad(format!("its version {} is not known here", read.version)));
            }
            journal.changes = read.changes;
        }
        Ok(journal)
    }

    /// Write the journal, or take it away when it tells of nothing.
    pub(super) fn write(&self, disk: &dyn Disk) -> io::Result<()> {
        let file = self.manifest();
        if self.changes.is_empty() {
            disk.remove(&file)?;
            return disk.settle(&self.folder);
        }
        let manifest = Manifest { version: VERSION, changes: self.changes.clone() };
        replace(disk, &file, &serde_json::to_vec_pretty(&manifest)?, PRIVATE)
    }

    pub(super) fn manifest(&self) -> PathBuf {
        self.folder.join("manifest.json")
    }

    /// The folder of the files as they were.
    pub(super) fn backups(&self) -> PathBuf {
        self.folder.join("before")
    }

    /// Where the bytes with this digest are kept.
    pub(super) fn backup(&self, digest: &str) -> PathBuf {
        self.backups().join(digest)
    }

    /// The folder of secrets that were moved out of clients' files.
    pub(crate) fn secrets(folder: &Path) -> PathBuf {
        folder.join("secrets")
    }
}

/// The name of some bytes.
pub(super) fn digest(bytes: &[u8]) -> String {
    Digest::of(bytes).to_string()
}

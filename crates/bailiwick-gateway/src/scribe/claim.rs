//! A claim on the log: made by a gateway that starts while a wrap writes, so that of all who find
//! the log free it is the one that takes it. A claim ends with its process, however that ends.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

use crate::disk;

/// A claim that is ours, until it is dropped.
pub(super) struct Claim {
    _file: File,
}

impl Claim {
    /// Claim the log; `None` when another process has done so, or looks just now.
    ///
    /// # Errors
    /// What the file system says.
    pub(super) fn make(file: &Path) -> io::Result<Option<Self>> {
        Ok(disk::lock(file)?.map(|it| Self { _file: it }))
    }

    /// Whether another process claims the log.
    pub(super) fn is_made(file: &Path) -> bool {
        let opened = File::open(file).ok();
        let looked = opened.map(|it| it.try_lock_shared());
        matches!(looked, Some(Err(TryLockError::WouldBlock)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_claims_and_all_see_it_until_it_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("log.claim");
        assert!(!Claim::is_made(&file));
        let claim = Claim::make(&file).unwrap().unwrap();
        assert!(Claim::is_made(&file));
        assert!(Claim::make(&file).unwrap().is_none());
        drop(claim);
        assert!(!Claim::is_made(&file));
        assert!(Claim::make(&file).unwrap().is_some());
    }
}

//! A claim on the log: made by a gateway that starts while a wrap writes, so that of all who find
//! the log free it is the one that takes it. A claim ends with its process, however that ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

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
        let mut options = OpenOptions::new();
        let opened = options.write(true).create(true).truncate(false).mode(0o600).open(file)?;
        match opened.try_lock() {
            Ok(()) => Ok(Some(Self { _file: opened })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(problem)) => Err(problem),
        }
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

//! Copies of a log: a consistent one while it runs, and back again.

use std::path::Path;
use std::sync::Arc;

use bailiwick_core::Unrecorded;

use crate::disk::{Disk, RealDisk};
use crate::error::{LogError, Tried as _};
use crate::journal::first_segment;
use crate::layout::{Layout, replace_durably};
use crate::log::Log;
use crate::note::VerifierKey;
use crate::options::Options;
use crate::recover::body_root;
use crate::store::{Store, width_at};
use crate::tile::{Shelf, TILE_WIDTH, TileName};
use crate::verify::{Report, Verification, verify};

/// Copy a running log to an empty directory, all that was appended before: checkpoint, tiles,
/// seals and the public keys. The copy can be read, verified and, with the signing key, opened.
/// seals and the public keys. The copy can be read, verified and, with the signing key, opened.
/// The signing key and the subjects' keys are not in it; keep those elsewhere. Gives how many
/// entries it has.
/// # Errors
/// [`LogError`] when something cannot be read or written.
pub fn backup(log: &Log, target: &Path) -> Result<u64, LogError> {
    log.publish_all()?;
    let shared = &log.shared;
    let store = Store { disk: Arc::clone(&shared.disk), layout: shared.layout.clone() };
    let copy = Copy::new(&store, target)?;
    let (note, size) = {
        // Partial tiles go away with the next publication: hold it off until they are copied.
        let _still = shared.publisher.lock().map_err(|_| Unrecorded::Stopped)?;
        let note = store.note()?;
        let size = body_root(&note).map_or(0, |(size, _)| size);
        copy.partials(size)?;
        (note, size)
    };
    copy.fulls(size)?;
    copy.finish(&note, size, shared.options.segment_bytes)?;
    Ok(size)
}

/// Verify a copy against the key, then make a log of it in an empty directory. The signing key
/// has to be put there before it is opened.
///
/// # Errors
/// [`LogError::Unverified`] when the copy does not verify, and others when the disk says no.
pub fn restore(
    from: &Path,
    target: &Path,
    key: &VerifierKey,
    options: &Options,
) -> Result<Report, LogError> {
    let report = verify(from, &Verification { key, since: None })?;
    if let Some(problem) = report.problems.first() {
        return Err(LogError::Unverified(problem.to_string()));
    }
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let store = Store { disk, layout: Layout::new(from) };
    let copy = Copy::new(&store, target)?;
    copy.partials(report.size)?;
    copy.fulls(report.size)?;
    copy.finish(&store.note()?, report.size, options.segment_bytes)?;
    Ok(report)
}

struct Copy<'a> {
    store: &'a Store,
    target: Layout,
}

impl<'a> Copy<'a> {
    fn new(store: &'a Store, target: &Path) -> Result<Self, LogError> {
        let disk = &*store.disk;
        disk.create_dir(target).tried("create", target)?;
        let names = disk.list(target).tried("list", target)?;
        // The signing key may have been put there already.
        if names.iter().any(|it| it != "key") {
            return Err(LogError::Exists(target.to_owned()));
        }
        Ok(Self { store, target: Layout::new(target) })
    }

    fn partials(&self, size: u64) -> Result<(), LogError> {
        for (shelf, count) in shelves(size) {
            let number = count / TILE_WIDTH;
            let width = width_at(number, count);
            if width > 0 {
                self.one(TileName { shelf, number, width })?;
            }
        }
        Ok(())
    }

    fn fulls(&self, size: u64) -> Result<(), LogError> {
        for (shelf, count) in shelves(size) {
            for number in 0..count / TILE_WIDTH {
                self.one(TileName { shelf, number, width: 256 })?;
            }
        }
        Ok(())
    }

    fn one(&self, name: TileName) -> Result<(), LogError> {
        let bytes = match name.shelf {
            Shelf::Hashes(_) | Shelf::Entries => self.store.need(name)?,
            Shelf::Seals => match self.store.read(name)? {
                Some(bytes) => bytes,
                None => return Ok(()),
            },
        };
        let disk = &*self.store.disk;
        let path = self.target.dir.join(name.path());
        let dir = path.parent().unwrap_or(Path::new("."));
        disk.create_dir(dir).tried("create", dir)?;
        disk.write(&path, &bytes).tried("write", &path)
    }

    fn finish(&self, note: &[u8], size: u64, segment_bytes: u64) -> Result<(), LogError> {
        let (disk, source) = (&*self.store.disk, &self.store.layout);
        disk.sync_all(&self.target.dir).tried("flush", &self.target.dir)?;
        first_segment(disk, &self.target, size, segment_bytes)?;
        replace_durably(disk, &self.target.checkpoint(), note)?;
        let keys = disk.read(&source.keys()).tried("read", &source.keys())?;
        replace_durably(disk, &self.target.keys(), &keys)
    }
}

/// Every shelf of a tree of that size, with how many items it has.
fn shelves(size: u64) -> Vec<(Shelf, u64)> {
    let mut shelves = vec![(Shelf::Entries, size), (Shelf::Seals, size)];
    let mut count = size;
    for level in 0u8.. {
        if count == 0 {
            break;
        }
        shelves.push((Shelf::Hashes(level), count));
        count /= TILE_WIDTH;
    }
    shelves
}

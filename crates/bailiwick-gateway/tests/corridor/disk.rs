//! The machine's disk, which fails or holds still when told to.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use bailiwick_log::{Disk, DiskFile, RealDisk};

#[derive(Debug, Default)]
struct Switches {
    fail_writes: AtomicBool,
    fail_flushes: AtomicBool,
    fail_reads: AtomicBool,
    held: Mutex<bool>,
    freed: Condvar,
}

/// The disk. Clones are the same disk.
#[derive(Clone, Debug, Default)]
pub(crate) struct FaultyDisk(Arc<Switches>);

impl FaultyDisk {
    /// From now on nothing is written into the journal.
    pub(crate) fn fail_writes(&self) {
        self.0.fail_writes.store(true, Ordering::SeqCst);
    }

    /// From now on nothing is flushed.
    pub(crate) fn fail_flushes(&self) {
        self.0.fail_flushes.store(true, Ordering::SeqCst);
    }

    /// From now on, or no longer, nobody can open what is to be read.
    pub(crate) fn fail_reads(&self, fails: bool) {
        self.0.fail_reads.store(fails, Ordering::SeqCst);
    }

    /// Writes into the journal wait until [`FaultyDisk::release`].
    pub(crate) fn hold(&self) {
        *self.0.held.lock().unwrap() = true;
    }

    pub(crate) fn release(&self) {
        *self.0.held.lock().unwrap() = false;
        self.0.freed.notify_all();
    }
}

struct FaultyFile(Arc<dyn DiskFile>, Arc<Switches>);

impl DiskFile for FaultyFile {
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let held = self.1.held.lock().unwrap();
        drop(self.1.freed.wait_while(held, |held| *held).unwrap());
        if self.1.fail_writes.load(Ordering::SeqCst) {
            return Err(io::Error::other("the test says no"));
        }
        self.0.write_at(offset, bytes)
    }

    fn sync_data(&self) -> io::Result<()> {
        if self.1.fail_flushes.load(Ordering::SeqCst) {
            return Err(io::Error::other("the test says no"));
        }
        self.0.sync_data()
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        self.0.read_at(offset, into)
    }

    fn size(&self) -> io::Result<u64> {
        self.0.size()
    }
}

impl Disk for FaultyDisk {
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        RealDisk.create_dir(path)
    }

    fn preallocate(&self, path: &Path, len: u64) -> io::Result<()> {
        RealDisk.preallocate(path, len)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        RealDisk.write(path, bytes)
    }

    fn open(&self, path: &Path, writable: bool) -> io::Result<Arc<dyn DiskFile>> {
        if !writable && self.0.fail_reads.load(Ordering::SeqCst) {
            return Err(io::Error::other("the test says no"));
        }
        Ok(Arc::new(FaultyFile(RealDisk.open(path, writable)?, Arc::clone(&self.0))))
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        RealDisk.read(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        RealDisk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        RealDisk.remove(path)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        RealDisk.sync_dir(path)
    }

    fn sync_all(&self, path: &Path) -> io::Result<()> {
        RealDisk.sync_all(path)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        RealDisk.list(path)
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn Send + Sync>> {
        RealDisk.lock(path)
    }

    fn free(&self, path: &Path) -> io::Result<u64> {
        RealDisk.free(path)
    }
}

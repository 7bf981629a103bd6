//! Where things lie in a log's directory, and how a file there is replaced at once.

use std::path::{Path, PathBuf};

use crate::disk::Disk;
use crate::error::{LogError, Tried as _};

/// A log's directory.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) dir: PathBuf,
}

impl Layout {
    pub(crate) fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    pub(crate) fn checkpoint(&self) -> PathBuf {
        self.dir.join("checkpoint")
    }

    pub(crate) fn keys(&self) -> PathBuf {
        self.dir.join("keys.txt")
    }

    pub(crate) fn lock(&self) -> PathBuf {
        self.dir.join("lock")
    }

    pub(crate) fn usage(&self) -> PathBuf {
        self.dir.join("usage")
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.dir.join("journal")
    }

    pub(crate) fn segment(&self, number: u64) -> PathBuf {
        self.journal().join(format!("{number:016x}.seg"))
    }

    pub(crate) fn spare(&self, number: u64) -> PathBuf {
        self.journal().join(format!("spare-{number:016x}"))
    }
}

/// The number of a segment's file name.
pub(crate) fn segment_number(name: &str) -> Option<u64> {
    hex16(name.strip_suffix(".seg")?)
}

/// The number of a spare's file name.
pub(crate) fn spare_number(name: &str) -> Option<u64> {
    hex16(name.strip_prefix("spare-")?)
}

fn hex16(digits: &str) -> Option<u64> {
    let fit = digits.len() == 16 && digits.bytes().all(|it| it.is_ascii_hexdigit());
    if fit { u64::from_str_radix(digits, 16).ok() } else { None }
}

/// The numbers of the segments that are there, in order.
pub(crate) fn segments(disk: &dyn Disk, layout: &Layout) -> Result<Vec<u64>, LogError> {
    let dir = layout.journal();
    let names = disk.list(&dir).tried("list", &dir)?;
    let mut numbers: Vec<u64> = names.iter().filter_map(|it| segment_number(it)).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// Replace a whole file, so that after a loss of power too there is the old or the new.
pub(crate) fn replace_durably(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> Result<(), LogError> {
    let temporary = beside(path);
    disk.write(&temporary, bytes).tried("write", &temporary)?;
    flush_file(disk, &temporary)?;
    disk.rename(&temporary, path).tried("rename", path)?;
    let parent = path.parent().unwrap_or(Path::new("."));
    disk.sync_dir(parent).tried("flush", parent)
}

/// Flush one file.
pub(crate) fn flush_file(disk: &dyn Disk, path: &Path) -> Result<(), LogError> {
    disk.open(path, true).and_then(|it| it.sync_data()).tried("flush", path)
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".tmp");
    name.into()
}

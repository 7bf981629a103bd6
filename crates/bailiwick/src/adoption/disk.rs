//! The disk, as adoption needs it: a file is replaced whole or not at all, and stays replaced.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// The steps that change something. A test stops after each of them.
pub(crate) trait Disk {
    /// Make a folder that only its owner can enter.
    fn make_folder(&self, folder: &Path) -> io::Result<()>;
    /// Write a new file with these permissions, and wait until it is on the disk.
    fn write(&self, file: &Path, bytes: &[u8], mode: u32) -> io::Result<()>;
    /// Put one file in the place of another.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Wait until a folder's names are on the disk.
    fn settle(&self, folder: &Path) -> io::Result<()>;
    /// Take a file away; it may be gone already.
    fn remove(&self, file: &Path) -> io::Result<()>;
}

pub(crate) struct RealDisk;

impl Disk for RealDisk {
    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        bailiwick_gateway::private_folder(folder)
    }

    fn write(&self, file: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
        // What a process left behind that was killed here is nobody's.
        self.remove(file)?;
        let mut made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
        made.set_permissions(Permissions::from_mode(mode))?;
        made.write_all(bytes)?;
        made.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }

    fn settle(&self, folder: &Path) -> io::Result<()> {
        File::open(folder)?.sync_all()
    }

    fn remove(&self, file: &Path) -> io::Result<()> {
        match std::fs::remove_file(file) {
            Err(problem) if problem.kind() != ErrorKind::NotFound => Err(problem),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

/// Who may read what adoption keeps for itself.
pub(super) const PRIVATE: u32 = 0o600;

/// Put bytes in the place of a file: whoever looks sees the old ones or the new.
///
/// # Errors
/// What the disk says, with the file's name.
pub(super) fn replace(disk: &dyn Disk, file: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let told = |it: io::Error| io::Error::new(it.kind(), format!("{}: {it}", file.display()));
    let folder = file.parent().unwrap_or(Path::new("/"));
    let aside = aside(file);
    disk.write(&aside, bytes, mode).map_err(told)?;
    disk.rename(&aside, file).map_err(told)?;
    disk.settle(folder).map_err(told)
}

/// Where the new content of a file is written before it takes the file's place.
pub(super) fn aside(file: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(file.file_name().unwrap_or_default());
    name.push(".bailiwick");
    file.with_file_name(name)
}

/// What a file holds; `None` when there is none.
pub(super) fn content(file: &Path) -> io::Result<Option<Vec<u8>>> {
    match std::fs::read(file) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(problem) if problem.kind() == ErrorKind::NotFound => Ok(None),
        Err(problem) => {
            Err(io::Error::new(problem.kind(), format!("{}: {problem}", file.display())))
        }
    }
}

/// The permissions of a file.
pub(super) fn mode(file: &Path) -> io::Result<u32> {
    Ok(std::fs::metadata(file)?.permissions().mode() & 0o777)
}

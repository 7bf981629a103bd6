//! The file system: one of the four doors to the world (the log has its own).

use std::io::{Read as _, Write as _};
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::entropy;

/// The files of a folder with this ending, by name. A folder that is not there is an error.
///
/// # Errors
/// What the file system says.
pub(crate) fn files(folder: &Path, ending: &str) -> std::io::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    let paths = entries.into_iter().map(|it| it.path());
    let mut files: Vec<_> =
        paths.filter(|it| it.extension().is_some_and(|it| it == ending) && it.is_file()).collect();
    files.sort();
    Ok(files)
}

/// The names of what is in a folder.
///
/// # Errors
/// What the file system says.
pub(crate) fn names(folder: &Path) -> std::io::Result<Vec<String>> {
    let entries = std::fs::read_dir(folder)?;
    Ok(entries.filter_map(|it| it.ok()?.file_name().into_string().ok()).collect())
}

/// What changes when a folder's files do: names, sizes and times of change.
pub(crate) fn fingerprint(
    folder: &Path,
    endings: &[&str],
) -> Vec<(PathBuf, u64, Option<SystemTime>)> {
    let listed = endings.iter().flat_map(|it| files(folder, it).unwrap_or_default());
    fingerprints(&listed.collect::<Vec<_>>())
}

/// The same of these files, of which some may not be there.
pub(crate) fn fingerprints(files: &[PathBuf]) -> Vec<(PathBuf, u64, Option<SystemTime>)> {
    let stamped = files.iter().filter_map(|file| {
        let meta = std::fs::metadata(file).ok()?;
        Some((file.clone(), meta.len(), meta.modified().ok()))
    });
    stamped.collect()
}

/// What changes when a file does, or when its name leads to another file.
pub(crate) fn stamp(file: &Path) -> Option<(u64, u64, SystemTime)> {
    let meta = std::fs::metadata(file).ok()?;
    Some((meta.ino(), meta.len(), meta.modified().ok()?))
}

/// What changes when a file's contents do; nobody but root sets its time of change.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    pub(crate) bytes: u64,
    /// Nanoseconds since 1970.
    pub(crate) changed_ns: i128,
    #[expect(dead_code, reason = "it is compared as text, with the others")]
    place: (u64, u64),
    #[expect(dead_code, reason = "it is compared as text, with the others")]
    modified: (i64, i64),
}

/// The mark of a file, or of the link itself.
///
/// # Errors
/// What the file system says.
pub(crate) fn mark(file: &Path, follows: bool) -> std::io::Result<Mark> {
    let meta = if follows { std::fs::metadata(file) } else { std::fs::symlink_metadata(file) }?;
    Ok(Mark {
        bytes: meta.len(),
        changed_ns: i128::from(meta.ctime()) * 1_000_000_000 + i128::from(meta.ctime_nsec()),
        place: (meta.dev(), meta.ino()),
        modified: (meta.mtime(), meta.mtime_nsec()),
    })
}

/// Read a file, if it has no more than so many bytes.
///
/// # Errors
/// What the file system says.
pub(crate) fn read_up_to(file: &Path, bytes_max: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(file)?.take(bytes_max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max {
        return Err(std::io::ErrorKind::FileTooLarge.into());
    }
    Ok(bytes)
}

/// Read a file piece by piece, if it has no more than so many bytes.
///
/// # Errors
/// What the file system says.
pub(crate) fn each_piece(
    file: &Path,
    bytes_max: u64,
    mut hear: impl FnMut(&[u8]),
) -> std::io::Result<()> {
    let mut file = std::fs::File::open(file)?;
    let (mut piece, mut left) = (vec![0; 64 << 10], bytes_max);
    loop {
        let read = file.read(&mut piece)?;
        if read == 0 {
            return Ok(());
        }
        left = left.checked_sub(read as u64).ok_or(std::io::ErrorKind::FileTooLarge)?;
        hear(piece.get(..read).unwrap_or_default());
    }
}

/// What an entry of a folder is.
pub(crate) enum Kind {
    File,
    Folder,
    /// A link, and where it leads.
    Link(PathBuf),
    Other,
}

/// What is in a folder, by name; links are not followed.
///
/// # Errors
/// What the file system says.
pub(crate) fn entries(folder: &Path) -> std::io::Result<Vec<(std::ffi::OsString, Kind)>> {
    let entries = std::fs::read_dir(folder)?.map(|entry| {
        let entry = entry?;
        let kind = entry.file_type()?;
        let kind = if kind.is_symlink() {
            Kind::Link(std::fs::read_link(entry.path())?)
        } else if kind.is_dir() {
            Kind::Folder
        } else if kind.is_file() {
            Kind::File
        } else {
            Kind::Other
        };
        Ok((entry.file_name(), kind))
    });
    entries.collect()
}

/// A file's place once all links are followed.
///
/// # Errors
/// What the file system says.
pub(crate) fn real(file: &Path) -> std::io::Result<PathBuf> {
    std::fs::canonicalize(file)
}

/// Whether a file is there and may be run.
pub(crate) fn is_program(file: &Path) -> bool {
    let meta = std::fs::metadata(file);
    meta.is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0)
}

/// Whether others than a file's owner may read it.
///
/// # Errors
/// What the file system says.
pub(crate) fn others_can_read(file: &Path) -> std::io::Result<bool> {
    Ok(std::fs::metadata(file)?.permissions().mode() & 0o044 != 0)
}

/// Make a folder that only its owner can enter, with those above it.
///
/// # Errors
/// What the file system says.
pub fn private_folder(folder: &Path) -> std::io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    // It may have been there before, open to others.
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
}

/// Make a file that only its owner can read; one that is there already is kept, and made so.
///
/// # Errors
/// What the file system says.
pub(crate) fn make_private(file: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600).open(file)?;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600))
}

/// Put a file in the place of one, whole or not at all, and stay so. One that is there keeps its
/// permissions; a new one only its owner can read.
///
/// # Errors
/// What the file system says; then nothing has changed.
pub(crate) fn replace(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    put(file, bytes, 0o600)
}

/// The same of a file for others too: who can read a new one is as the user's shell has it.
///
/// # Errors
/// What the file system says; then nothing has changed.
pub fn replace_shared(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    put(file, bytes, 0o666)
}

fn put(file: &Path, bytes: &[u8], mode: u32) -> std::io::Result<()> {
    // Of a link, what it leads to is replaced.
    let file = std::fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let new = aside(&file)?;
    let former = std::fs::metadata(&file).ok().map(|it| it.permissions());
    let written = write_new(&new, bytes, (mode, former)).and_then(|()| {
        std::fs::rename(&new, &file)?;
        let folder = file.parent().filter(|it| !it.as_os_str().is_empty());
        // Some file systems settle no folders; the file itself is there by now.
        let _ = std::fs::File::open(folder.unwrap_or(Path::new("."))).and_then(|it| it.sync_all());
        Ok(())
    });
    if written.is_err() {
        let _ = std::fs::remove_file(&new);
    }
    written
}

/// Where a file's new content is written. Several processes write the same file: each has a name of
/// its own, or one would put half of another's in its place.
fn aside(file: &Path) -> std::io::Result<PathBuf> {
    let own: [u8; 8] = entropy::random().map_err(std::io::Error::other)?;
    let mut name = std::ffi::OsString::from(".");
    name.push(file.file_name().ok_or(std::io::ErrorKind::InvalidFilename)?);
    name.push(format!(".{:016x}.new", u64::from_be_bytes(own)));
    Ok(file.with_file_name(name))
}

fn write_new(
    file: &Path,
    bytes: &[u8],
    (mode, former): (u32, Option<std::fs::Permissions>),
) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    let mut out = options.write(true).create_new(true).mode(mode).open(file)?;
    if let Some(former) = former {
        out.set_permissions(former)?;
    }
    out.write_all(bytes)?;
    out.sync_all()
}

/// Hold a lock against all other processes until what comes of this is dropped. `None` when
/// another holds it.
///
/// # Errors
/// What the file system says.
pub(crate) fn lock(file: &Path) -> std::io::Result<Option<std::fs::File>> {
    let mut options = std::fs::OpenOptions::new();
    let opened = options.write(true).create(true).truncate(false).mode(0o600).open(file)?;
    match opened.try_lock() {
        Ok(()) => Ok(Some(opened)),
        Err(std::fs::TryLockError::WouldBlock) => Ok(None),
        Err(std::fs::TryLockError::Error(problem)) => Err(problem),
    }
}

/// Write a new file that only its owner can read. A file that is there already is an error.
///
/// # Errors
/// What the file system says.
pub fn private_file(file: &Path, text: &str) -> std::io::Result<()> {
    let mut file =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_put_a_file_in_the_place_of_one_and_it_is_one_of_theirs() {
        let folder = tempfile::tempdir().unwrap();
        let texts: Vec<_> = (0..8).map(|it| format!("{it}").repeat(1 << 16)).collect();
        // The second has its own name up to the ending.
        let files = ["health.feeds", "health.told"].map(|it| folder.path().join(it));
        std::thread::scope(|all| {
            for (n, text) in texts.iter().enumerate() {
                let file = &files[n % 2];
                all.spawn(move || (0..20).for_each(|_| replace(file, text.as_bytes()).unwrap()));
            }
        });
        for (n, file) in files.iter().enumerate() {
            let text = std::fs::read_to_string(file).unwrap();
            assert!(texts.iter().skip(n).step_by(2).any(|it| *it == text), "{}", file.display());
        }
        assert_eq!(names(folder.path()).unwrap().len(), 2, "nothing is left behind");
    }

    #[test]
    fn what_is_replaced_keeps_its_permissions_and_links_lead_where_they_led() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let mode = |name: &str| std::fs::metadata(at(name)).unwrap().permissions().mode() & 0o777;
        replace(&at("new"), b"a").unwrap();
        assert_eq!(mode("new"), 0o600);
        std::fs::set_permissions(at("new"), std::fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink(at("new"), at("link")).unwrap();
        replace_shared(&at("link"), b"b").unwrap();
        assert_eq!((mode("new"), std::fs::read(at("new")).unwrap()), (0o640, b"b".to_vec()));
        assert!(std::fs::symlink_metadata(at("link")).unwrap().is_symlink());
    }
}

//! The folder of a demo: a marker says that it is one, and whoever plays in it holds the marker's
//! lock.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::path::Path;

use bailiwick_gateway::paths;
use bailiwick_log::{LogError, hold};

use crate::files;
use crate::output::Failure;

const MARKER: &str = "demo";

/// An empty folder for a demo. What a former one left is removed, unless somebody still uses it.
/// It is ours while what is given back lives.
///
/// # Errors
/// [`Failure`] when it is not a demo's, or in use.
pub(super) fn clear(folder: &Path) -> Result<File, Failure> {
    let told = |problem: std::io::Error| files::told(folder, &problem);
    let marker = folder.join(MARKER);
    if folder.exists() && !marker.exists() {
        let what = "exists and is not a demo's: name another with --directory";
        return Err(Failure(format!("{} {what}", folder.display())));
    }
    fs::create_dir_all(folder).map_err(told)?;
    let mut options = OpenOptions::new();
    let mut ours = options.append(true).create(true).open(&marker).map_err(told)?;
    match ours.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(in_use(folder)),
        Err(TryLockError::Error(problem)) => return Err(told(problem)),
    }
    // A gateway may serve here that `bailiwick up` started.
    let log = paths::log(&folder.join("data"));
    let _nobody_writes = match log.exists().then(|| hold(&log)).transpose() {
        Ok(held) => held,
        Err(LogError::Locked(_)) => return Err(in_use(folder)),
        Err(problem) => return Err(problem.into()),
    };
    // All but the marker: another file of that name would have another lock.
    for entry in fs::read_dir(folder).map_err(told)? {
        let entry = entry.map_err(told)?;
        if entry.file_name() == MARKER {
            continue;
        }
        let is_folder = entry.file_type().map_err(told)?.is_dir();
        let path = entry.path();
        if is_folder { fs::remove_dir_all(path) } else { fs::remove_file(path) }.map_err(told)?;
    }
    ours.set_len(0).map_err(told)?;
    writeln!(ours, "Made by `bailiwick demo`, and made anew by the next.").map_err(told)?;
    Ok(ours)
}

fn in_use(folder: &Path) -> Failure {
    let what = "a demo runs there: stop it, or name another folder with --directory";
    Failure(format!("{}: {what}", folder.display()))
}

//! Carrying a plan out. Whenever the machine stops, each client's file is as it was or as it will
//! be, and the journal knows the way back.

use std::io;
use std::path::Path;

use super::disk::{Disk, PRIVATE, content, mode, replace};
use super::journal::{Change, Journal, digest};
use super::plan::{FilePlan, Plan};

/// Rewrite the files of a plan, with the journal in that folder.
///
/// # Errors
/// What the disk says; what was done until then is in the journal.
pub(crate) fn carry_out(disk: &dyn Disk, folder: &Path, plan: &Plan) -> io::Result<()> {
    let mut journal = Journal::read(folder)?;
    let changes: Vec<&FilePlan> = plan.changes().collect();
    for file in &changes {
        still(file)?;
    }
    disk.make_folder(folder)?;
    disk.make_folder(&journal.backups())?;
    disk.make_folder(&Journal::secrets(folder))?;
    disk.settle(folder)?;
    for file in &changes {
        let bytes = file.before.as_bytes();
        replace(disk, &journal.backup(&digest(bytes)), bytes, PRIVATE)?;
    }
    for (file, secret) in changes.iter().flat_map(|it| &it.secrets) {
        replace(disk, file, whole(secret).as_bytes(), PRIVATE)?;
    }
    for file in &changes {
        let change = change(file)?;
        // What is said of a file that is as it was before was never done, or was put back.
        journal.changes.retain(|it| it.file != change.file || it.before != change.before);
        journal.changes.push(change);
    }
    // INVARIANT: the journal, backups and secrets are on the disk before a client's file changes.
    journal.write(disk)?;
    for file in &changes {
        still(file)?;
        replace(disk, &file.found.file, file.after.as_bytes(), mode(&file.found.file)?)?;
    }
    Ok(())
}

/// Whoever reads a secret's file cuts off its last line break: one that is the secret's own needs
/// another.
fn whole(secret: &str) -> String {
    let end = if secret.ends_with('\n') { "\n" } else { "" };
    format!("{secret}{end}")
}

fn change(file: &FilePlan) -> io::Result<Change> {
    Ok(Change {
        client: file.found.client.to_owned(),
        file: file.found.file.clone(),
        mode: mode(&file.found.file)?,
        before: digest(file.before.as_bytes()),
        after: digest(file.after.as_bytes()),
        hunks: file.hunks.clone(),
        secrets: file.secrets.iter().map(|(it, _)| it.clone()).collect(),
    })
}

/// Whether a file is still what the plan was made from: its client may have written it since.
fn still(file: &FilePlan) -> io::Result<()> {
    let path = &file.found.file;
    if content(path)?.as_deref() == Some(file.before.as_bytes()) {
        return Ok(());
    }
    let why = format!("{} has changed meanwhile: try again", path.display());
    Err(io::Error::new(io::ErrorKind::ResourceBusy, why))
}

//! Putting everything back. A file that nobody edited since gets its former bytes; one that
//! somebody edited keeps the edits, and only on request are our entries taken out of it.

use std::io;
use std::path::{Path, PathBuf};

use super::disk::{Disk, PRIVATE, aside, content, replace};
use super::edit::{apply, take_back};
use super::journal::{Change, Journal, digest};

/// What became of one file.
#[derive(Clone, Debug)]
pub(crate) enum Undone {
    /// It is byte for byte what it was.
    Restored(PathBuf),
    /// Our entries are gone from it, later edits are kept, and so is a copy of what it was. The
    /// entries that could not be found are named.
    TakenBack { file: PathBuf, copy: PathBuf, lost: Vec<String> },
    /// It was left alone, and why.
    Refused { file: PathBuf, why: String },
}

/// Undo every change that the journal in a folder tells of, the last one first.
///
/// # Errors
/// What the disk says; trying again goes on from there.
pub(crate) fn undo(disk: &dyn Disk, folder: &Path, force: bool) -> io::Result<Vec<Undone>> {
    let mut journal = Journal::read(folder)?;
    let (mut told, mut left) = (Vec::new(), Vec::new());
    // What a killed process had written aside is no part of anything.
    disk.remove(&aside(&journal.manifest()))?;
    for change in journal.changes.iter().rev() {
        disk.remove(&aside(&change.file))?;
        let undone = one(disk, folder, &journal, change, force)?;
        left.extend(what_is_left(change, &undone));
        told.push(undone);
    }
    left.reverse();
    if journal.changes != left {
        journal.changes = left;
        journal.write(disk)?;
    }
    sweep(disk, folder, &journal)?;
    Ok(told)
}

/// What still has to be undone of a change. An entry that was not found may still be somewhere, and
/// need its secrets.
fn what_is_left(change: &Change, undone: &Undone) -> Option<Change> {
    match undone {
        Undone::Restored(_) => None,
        Undone::Refused { .. } => Some(change.clone()),
        Undone::TakenBack { lost, .. } => {
            let hunks = change.hunks.iter().filter(|it| lost.contains(&it.entry));
            let left = Change { hunks: hunks.cloned().collect(), ..change.clone() };
            (!lost.is_empty()).then_some(left)
        }
    }
}

/// Take away backups and secrets of which no journal tells, also those of a run that was killed
/// before it wrote one.
///
/// INVARIANT: the journal was written first.
fn sweep(disk: &dyn Disk, folder: &Path, journal: &Journal) -> io::Result<()> {
    let changes = || journal.changes.iter();
    let backups = changes().map(|it| journal.backup(&it.before));
    let wanted: Vec<PathBuf> = backups.chain(changes().flat_map(|it| it.secrets.clone())).collect();
    for kept in [journal.backups(), Journal::secrets(folder)] {
        for file in std::fs::read_dir(kept).into_iter().flatten() {
            let file = file?.path();
            if !wanted.contains(&file) {
                disk.remove(&file)?;
            }
        }
    }
    Ok(())
}

fn one(
    disk: &dyn Disk,
    folder: &Path,
    journal: &Journal,
    change: &Change,
    force: bool,
) -> io::Result<Undone> {
    let file = &change.file;
    let now = content(file)?;
    let name = now.as_deref().map(digest);
    if name.as_ref() == Some(&change.before) {
        return Ok(Undone::Restored(file.clone()));
    }
    let refused = |why: String| Ok(Undone::Refused { file: file.clone(), why });
    let copy = journal.backup(&change.before);
    let Some(before) = content(&copy)?.filter(|it| digest(it) == change.before) else {
        return refused(format!("its backup {} is gone or was changed", copy.display()));
    };
    match (now, name) {
        (Some(_), Some(name)) if name == change.after => {
            replace(disk, file, &before, change.mode)?;
            Ok(Undone::Restored(file.clone()))
        }
        (None, _) if force => {
            replace(disk, file, &before, change.mode)?;
            Ok(Undone::Restored(file.clone()))
        }
        (None, _) => refused("it is gone; --force brings it back as it was".to_owned()),
        (Some(now), _) => {
            let Ok(now) = String::from_utf8(now) else {
                return refused("it is no text any more".to_owned());
            };
            if force {
                return force_back(disk, folder, change, &now);
            }
            refused(since(&String::from_utf8_lossy(&before), change, &now))
        }
    }
}

/// Take our entries out of an edited file, and keep a copy of what it was.
fn force_back(disk: &dyn Disk, folder: &Path, change: &Change, now: &str) -> io::Result<Undone> {
    let (text, lost) = take_back(now, &change.hunks);
    let lost = lost.into_iter().map(str::to_owned).collect();
    let kept = folder.join("edited");
    disk.make_folder(&kept)?;
    let copy = kept.join(digest(now.as_bytes()));
    replace(disk, &copy, now.as_bytes(), PRIVATE)?;
    replace(disk, &change.file, text.as_bytes(), change.mode)?;
    Ok(Undone::TakenBack { file: change.file.clone(), copy, lost })
}

/// What is different from what we wrote, by line: a line itself may hold a key.
fn since(before: &str, change: &Change, now: &str) -> String {
    let ours = apply(before, &change.hunks).unwrap_or_default();
    let (ours, now): (Vec<&str>, Vec<&str>) = (ours.lines().collect(), now.lines().collect());
    let same = |(a, b): &(&&str, &&str)| a == b;
    let head = ours.iter().zip(&now).take_while(same).count();
    let rest = ours.len().min(now.len()).saturating_sub(head);
    let tail = ours.iter().rev().zip(now.iter().rev()).take_while(same).count().min(rest);
    let (first, last) = (head + 1, now.len().saturating_sub(tail));
    let place = if last <= head {
        format!("lines are gone after line {head}")
    } else {
        format!("lines {first} to {last} are not as Bailiwick wrote them")
    };
    format!(
        "it was edited since: {place}. --force takes our entries out and keeps the edits, with a \
         copy beside the journal"
    )
}

//! The fault table: the process ends at every step that changes the disk, in three ways, while it
//! adopts and while it undoes. Whatever happens, no client's file is ever half one thing.

use std::cell::Cell;
use std::io;
use std::path::Path;

use super::super::disk::Disk;
use super::super::{RealDisk, carry_out, undo};
use super::{FILES, Home};

/// How the step at which everything ends goes wrong.
#[derive(Clone, Copy, Debug)]
enum End {
    /// It is not done.
    Before,
    /// It is done by half, where that is possible.
    Torn,
    /// It is done, and nobody hears of it.
    After,
}

/// A disk that is gone after so many steps.
struct Dying {
    left: Cell<usize>,
    end: End,
}

impl Dying {
    fn step(
        &self,
        torn: impl FnOnce() -> io::Result<()>,
        whole: impl FnOnce() -> io::Result<()>,
    ) -> io::Result<()> {
        let killed = || Err(io::Error::other("killed"));
        match self.left.get() {
            0 => killed(),
            1 => {
                self.left.set(0);
                match self.end {
                    End::Before => {}
                    End::Torn => torn()?,
                    End::After => whole()?,
                }
                killed()
            }
            left => {
                self.left.set(left - 1);
                whole()
            }
        }
    }
}

impl Disk for Dying {
    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        self.step(|| Ok(()), || RealDisk.make_folder(folder))
    }

    fn write(&self, file: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
        let half = &bytes[..bytes.len() / 2];
        self.step(|| RealDisk.write(file, half, mode), || RealDisk.write(file, bytes, mode))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step(|| Ok(()), || RealDisk.rename(from, to))
    }

    fn settle(&self, folder: &Path) -> io::Result<()> {
        self.step(|| Ok(()), || RealDisk.settle(folder))
    }

    fn remove(&self, file: &Path) -> io::Result<()> {
        self.step(|| Ok(()), || RealDisk.remove(file))
    }
}

/// Let the process end at each step in turn, until it gets through; gives the number of steps.
fn at_each_step(end: End, mut attempt: impl FnMut(&Dying, usize) -> bool) -> usize {
    (1..)
        .find(|step| attempt(&Dying { left: Cell::new(*step), end }, *step))
        .expect("it gets through at last")
}

/// Both what the files were and what they become.
fn before_and_after() -> (Vec<Vec<u8>>, Vec<Vec<u8>>, Home) {
    let home = Home::new();
    let before = home.files();
    home.adopt();
    let after = home.files();
    (before, after, home)
}

/// No backup, no secret and no journal, wherever it stopped. What was written aside of a file that
/// no journal tells of holds nothing of it yet.
#[track_caller]
fn nothing_is_left(home: &Home, step: usize) {
    let below = home.all().into_iter().filter(|it| it.starts_with(&home.machine.journal));
    let left: Vec<_> = below.collect();
    assert!(left.is_empty(), "step {step}: {left:?}");
}

#[test]
fn adopting_may_stop_anywhere() {
    for end in [End::Before, End::Torn, End::After] {
        let steps = at_each_step(end, |dying, step| {
            let home = Home::new();
            let before = home.files();
            let plan = home.plan();
            let done = carry_out(dying, &home.machine.journal, &plan).is_ok();
            for ((place, _), (now, before)) in FILES.iter().zip(home.files().iter().zip(&before)) {
                let planned = plan.files.iter().find(|it| it.found.file == home.file(place));
                let whole = now == before || *now == planned.unwrap().after.as_bytes();
                assert!(whole, "{end:?} at step {step}: {place} is torn");
            }
            // On from there, to the end; or back, to the first byte.
            if step % 2 == 0 {
                home.adopt();
                assert_eq!(home.plan().changes().count(), 0, "{end:?} at step {step}");
            }
            let undone = undo(&RealDisk, &home.machine.journal, false);
            undone.unwrap_or_else(|it| panic!("{end:?} at step {step}: {it}"));
            assert_eq!(home.files(), before, "{end:?} at step {step}");
            nothing_is_left(&home, step);
            done
        });
        assert!(steps > 6 * FILES.len(), "{steps} steps only");
    }
}

#[test]
fn undoing_may_stop_anywhere() {
    for end in [End::Before, End::Torn, End::After] {
        let steps = at_each_step(end, |dying, step| {
            let (before, after, home) = before_and_after();
            let done = undo(dying, &home.machine.journal, false).is_ok();
            for (at, now) in home.files().iter().enumerate() {
                let whole = *now == before[at] || *now == after[at];
                assert!(whole, "{end:?} at step {step}: {} is torn", FILES[at].0);
            }
            undo(&RealDisk, &home.machine.journal, false).unwrap();
            assert_eq!(home.files(), before, "{end:?} at step {step}");
            nothing_is_left(&home, step);
            done
        });
        assert!(steps > 4 * FILES.len(), "{steps} steps only");
    }
}

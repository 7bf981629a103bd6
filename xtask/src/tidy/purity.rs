//! Pure crates touch nothing: no file, socket, process, thread, clock or environment.

use super::arrows::ARROWS;
use super::{Fault, Repository, reach};

/// The parts of `std` that touch the world.
const WORLD: &[&str] = &[
    "std::env",
    "std::fs",
    "std::io::stdin",
    "std::net",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
];

/// What one file of a pure crate may touch nevertheless, behind arguments that tests replace.
const DOORS: &[(&str, &str)] = &[
    // The log promises what a disk holds after a crash, so it owns the order of writes and syncs.
    ("crates/bailiwick-log/src/disk.rs", "std::fs"),
    // One writer, whoever asks: the disk, clock and randomness that it uses are arguments.
    ("crates/bailiwick-log/src/log.rs", "std::thread"),
    // Measuring takes a clock and producers; it is compiled for benchmarks only.
    ("crates/bailiwick-log/src/measure.rs", "std::thread"),
    ("crates/bailiwick-log/src/measure.rs", "std::time::Instant"),
    ("crates/bailiwick-log/src/measure.rs", "std::time::SystemTime"),
];

pub(super) fn check(repository: &Repository<'_>) -> Vec<Fault> {
    let for_tests = reach::for_tests(repository);
    let mut faults = Vec::new();
    for (path, source) in &repository.sources {
        let is_pure = ARROWS.iter().filter(|arrows| arrows.pure).any(|arrows| {
            path.strip_prefix("crates/")
                .and_then(|path| path.strip_prefix(arrows.from))
                .is_some_and(|path| path.starts_with("/src/"))
        });
        if !is_pure || for_tests.contains(*path) {
            continue;
        }
        for (line, used) in &source.std {
            let touches = |world: &&&str| {
                used.strip_prefix(**world)
                    .is_some_and(|rest| matches!(rest.get(..2), None | Some("::")))
            };
            let touched = WORLD.iter().find(touches);
            if let Some(world) = touched.filter(|world| !DOORS.contains(&(path, world))) {
                let why = format!(
                    "`{world}` in a crate that is pure: take it as an argument, or return what \
                     should be done and let one of the gateway's doors do it"
                );
                faults.push(Fault::new("purity", *path, why).at(*line));
            }
        }
    }
    faults
}

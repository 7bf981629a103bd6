//! Words that must not be committed: unfinished work, paths of one machine, hosts of registries.

use super::{Fault, Repository};

/// A word, and what to do instead. The words are spelt in halves, since this file is checked, too.
struct Ban {
    check: &'static str,
    word: &'static str,
    /// Whether it must stand alone, between characters that are not part of a word.
    alone: bool,
    instead: &'static str,
}

const UNFINISHED: &str = "finish it now, or open an issue and leave no trace of it here";
const MACHINE: &str = "this path exists on one machine: start from CARGO_MANIFEST_DIR, a \
                       temporary directory, or an environment variable";
const REGISTRY: &str = "a mirror or an air gap has another host: leave it to the client's \
                        configuration and name the package only";

const fn unfinished(word: &'static str) -> Ban {
    Ban { check: "unfinished", word, alone: true, instead: UNFINISHED }
}

const fn machine(word: &'static str) -> Ban {
    Ban { check: "machine-path", word, alone: true, instead: MACHINE }
}

const fn registry(word: &'static str) -> Ban {
    Ban { check: "registry-host", word, alone: false, instead: REGISTRY }
}

const BANS: &[Ban] = &[
    unfinished(concat!("FIX", "ME")),
    unfinished(concat!("TO", "DO")),
    unfinished(concat!("XX", "X")),
    unfinished(concat!("todo", "!")),
    unfinished(concat!("unimplemented", "!")),
    machine(concat!("/wo", "rk/")),
    machine(concat!("/ro", "ot/")),
    machine(concat!("/ho", "me/")),
    machine(concat!("/Us", "ers/")),
    machine(concat!("/tm", "p/")),
    registry(concat!("registry.npm", "js.org")),
    registry(concat!("pypi", ".org")),
    registry(concat!("pythonhosted", ".org")),
    registry(concat!("index.crates", ".io")),
    registry(concat!("static.crates", ".io")),
    registry(concat!("deb.debian", ".org")),
];

/// Data of attacks and of real sessions may say anything.
const FREE_FOLDERS: &[&str] = &["/corpus/", "/testdata/", "/snapshots/"];

pub(super) fn check(repository: &Repository<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (path, text) in repository.tree.all() {
        let is_free = FREE_FOLDERS.iter().any(|folder| path.contains(folder))
            || path.ends_with(".lock")
            || path == "LICENSE";
        if is_free {
            continue;
        }
        for (index, line) in text.lines().enumerate() {
            for ban in BANS.iter().filter(|ban| says(line, ban)) {
                let why = format!("`{}`: {}", ban.word, ban.instead);
                faults.push(Fault::new(ban.check, path, why).at(index + 1));
            }
        }
    }
    faults
}

fn says(line: &str, ban: &Ban) -> bool {
    line.match_indices(ban.word).any(|(start, word)| {
        let before = line.get(..start).and_then(|text| text.chars().next_back());
        let after = line.get(start + word.len()..).and_then(|text| text.chars().next());
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '}' | '~');
        let ends_itself = !word.ends_with(char::is_alphanumeric);
        !ban.alone
            || (!before.is_some_and(is_part)
                && (ends_itself || !after.is_some_and(|c| c.is_alphanumeric() || c == '_')))
    })
}

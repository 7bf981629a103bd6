//! What a reader meets first: the file's name and its first line.

use super::{Fault, Repository};

/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] =
    &["util", "utils", "manager", "managers", "helper", "helpers", "misc", "common"];

/// The name of a file without its folder and its ending.
pub(crate) fn stem(path: &str) -> &str {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    name.split_once('.').map_or(name, |(stem, _)| stem)
}

pub(super) fn check(repository: &Repository<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (path, text) in repository.tree.with_ending(".rs") {
        if !text.starts_with("//! ") {
            let why = "a file opens by saying what it is for: begin it with `//! ` and a sentence";
            faults.push(Fault::new("opening", path, why).at(1));
        }
    }
    for (path, _) in repository.tree.all() {
        let parts = path.split('/').map(stem).flat_map(|part| part.split(['_', '-']));
        if let Some(name) = parts.into_iter().find(|part| EMPTY_NAMES.contains(part)) {
            let why = format!("`{name}` says nothing: name the file after what it holds");
            faults.push(Fault::new("name", path, why));
        }
    }
    faults
}

//! Every Rust file is compiled: it is a root, or some file's `mod` line names it.

use std::collections::BTreeSet;

use super::manifests::members;
use super::{Fault, Repository};

/// A file as a module of one crate.
#[derive(Debug)]
pub(crate) struct FileModule {
    /// The path of the file in the repository.
    pub(crate) file: String,
    /// The path of the module in the crate, without `crate`; empty for the root.
    pub(crate) path: Vec<String>,
    pub(crate) for_tests: bool,
}

/// The modules that lie in files of their own, from one root on.
pub(crate) fn modules(repository: &Repository<'_>, root: &str, for_tests: bool) -> Vec<FileModule> {
    let mut found = vec![FileModule { file: root.to_owned(), path: Vec::new(), for_tests }];
    let mut next = 0;
    while let Some(parent) = found.get(next) {
        let children = named_by(repository, parent);
        // A file that names an ancestor by `#[path]` must not keep this going for ever.
        let fresh: Vec<_> = children
            .into_iter()
            .filter(|child| !found.iter().any(|known| known.file == child.file))
            .collect();
        found.extend(fresh);
        next += 1;
    }
    found
}

fn named_by(repository: &Repository<'_>, parent: &FileModule) -> Vec<FileModule> {
    let Some(source) = repository.sources.get(parent.file.as_str()) else { return Vec::new() };
    let folder = parent.file.rsplit_once('/').map_or("", |(folder, _)| folder);
    let stem = super::openings::stem(&parent.file);
    // Children of a root or of `mod.rs` lie beside it, those of `name.rs` below `name/`.
    let beside = parent.path.is_empty() || stem == "mod";
    let base = if beside { folder.to_owned() } else { format!("{folder}/{stem}") };
    let mut found = Vec::new();
    for module in &source.modules {
        let place = module.within.iter().fold(base.clone(), |place, part| place + "/" + part);
        let name = &module.name;
        let candidates = match &module.path {
            Some(path) => vec![format!("{folder}/{path}")],
            None => vec![format!("{place}/{name}.rs"), format!("{place}/{name}/mod.rs")],
        };
        let Some(file) = candidates.into_iter().find(|f| repository.tree.text(f).is_some()) else {
            continue;
        };
        let mut path = parent.path.clone();
        path.extend(module.within.iter().cloned());
        path.push(name.clone());
        found.push(FileModule { file, path, for_tests: parent.for_tests || module.for_tests });
    }
    found
}

/// The roots of one member: its library, its binaries, and what only tests build.
pub(crate) fn roots(repository: &Repository<'_>, folder: &str) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    for (path, _) in repository.tree.below(folder).filter(|(path, _)| path.ends_with(".rs")) {
        let inside = path.strip_prefix(folder).unwrap_or(path);
        let parts: Vec<_> = inside.split('/').skip(1).collect();
        match *parts.as_slice() {
            ["src", "lib.rs" | "main.rs"] | ["src", "bin", _] | ["build.rs"] => {
                found.push((path.to_owned(), false));
            }
            ["tests" | "benches" | "examples", _]
            | ["tests" | "benches" | "examples", _, "main.rs"] => {
                found.push((path.to_owned(), true));
            }
            _ => {}
        }
    }
    found
}

/// All files that only tests build, to which the limits on length do not apply.
pub(crate) fn for_tests(repository: &Repository<'_>) -> BTreeSet<String> {
    all(repository).into_iter().filter(|m| m.for_tests).map(|m| m.file).collect()
}

fn all(repository: &Repository<'_>) -> Vec<FileModule> {
    let mut found = Vec::new();
    for member in members(repository.tree) {
        for (root, for_tests) in roots(repository, &member.folder) {
            found.extend(modules(repository, &root, for_tests));
        }
    }
    found
}

pub(super) fn check(repository: &Repository<'_>) -> Vec<Fault> {
    let named: BTreeSet<_> = all(repository).into_iter().map(|module| module.file).collect();
    let dead = repository.sources.keys().filter(|path| {
        let is_ours = path.starts_with("crates/") || path.starts_with("xtask/");
        is_ours && !named.contains(**path) && !is_case(repository, path)
    });
    let why = "no `mod` line names this file, so nobody compiles it: add one, or delete the file";
    dead.map(|path| Fault::new("dead-file", *path, why)).collect()
}

/// A case of a compile-fail test is named by a glob in the test and has its error beside it.
fn is_case(repository: &Repository<'_>, path: &str) -> bool {
    let told = path.strip_suffix(".rs").map(|stem| format!("{stem}.stderr"));
    let in_folder = ["/compile_fail/", "/compile_pass/"].iter().any(|name| path.contains(name));
    path.contains("/tests/")
        && (in_folder || told.is_some_and(|t| repository.tree.text(&t).is_some()))
}

//! The manifests: every member has the workspace's lints, every fuzz target is built.

use toml::{Table, Value};

use super::{Fault, Repository, Tree};

/// One package of this repository.
#[derive(Debug)]
pub(crate) struct Member {
    /// Where it lies, without a closing slash.
    pub(crate) folder: String,
    pub(crate) name: String,
    pub(crate) manifest: Table,
}

/// The packages of the workspace, without the fuzz package, which is a workspace of its own.
pub(crate) fn members(tree: &Tree) -> Vec<Member> {
    let folders = tree.with_ending("/Cargo.toml").filter_map(|(path, text)| {
        let folder = path.strip_suffix("/Cargo.toml")?;
        let is_member = folder == "xtask"
            || folder.strip_prefix("crates/").is_some_and(|name| !name.contains('/'));
        is_member.then_some((folder, text))
    });
    folders
        .filter_map(|(folder, text)| {
            let manifest: Table = text.parse().ok()?;
            let name = manifest.get("package")?.get("name")?.as_str()?.to_owned();
            Some(Member { folder: folder.to_owned(), name, manifest })
        })
        .collect()
}

pub(super) fn check(repository: &Repository<'_>) -> Vec<Fault> {
    let tree = repository.tree;
    let mut faults = Vec::new();
    for (path, text) in tree.with_ending("Cargo.toml") {
        if let Err(error) = text.parse::<Table>() {
            faults.push(Fault::new("manifest", path, format!("this is not TOML: {error}")));
        }
    }
    for member in members(tree) {
        let path = format!("{}/Cargo.toml", member.folder);
        let lints = member.manifest.get("lints").and_then(|lints| lints.get("workspace"));
        if lints.and_then(Value::as_bool) != Some(true) {
            let why = "the house lints do not hold here: add `[lints] workspace = true`";
            faults.push(Fault::new("lints", path, why));
        }
    }
    faults.extend(fuzz_targets(tree));
    faults
}

fn fuzz_targets(tree: &Tree) -> Vec<Fault> {
    let Some(text) = tree.text("fuzz/Cargo.toml") else { return Vec::new() };
    let manifest: Table = text.parse().unwrap_or_default();
    let bins = manifest.get("bin").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut faults = Vec::new();
    for (path, _) in tree.below("fuzz/fuzz_targets").filter(|(path, _)| path.ends_with(".rs")) {
        let stem = super::openings::stem(path);
        let inside = path.strip_prefix("fuzz/").unwrap_or(path);
        let is_built = |bin: &Value| {
            bin.get("name").and_then(Value::as_str) == Some(stem)
                && bin.get("path").and_then(Value::as_str) == Some(inside)
        };
        if !bins.iter().any(is_built) {
            let why = format!(
                "nothing builds this target: add a [[bin]] with name = \"{stem}\" and \
                 path = \"{inside}\" to fuzz/Cargo.toml"
            );
            faults.push(Fault::new("fuzz-target", path, why));
        }
    }
    faults
}

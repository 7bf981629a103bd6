//! Which version of a package lies on this machine, by what its installer wrote beside it.

use std::path::{Path, PathBuf};

/// The folder of a package of npm that a file belongs to, links followed.
pub(super) fn npm(file: &Path, package: &str) -> Option<PathBuf> {
    let file = file.canonicalize().unwrap_or_else(|_| file.to_owned());
    let is_it = |folder: &&Path| {
        let within = folder.ancestors().find(|it| it.ends_with("node_modules"));
        within.is_some_and(|it| folder.strip_prefix(it) == Ok(Path::new(package)))
    };
    file.ancestors().find(is_it).map(Path::to_owned)
}

/// What `package.json` in a package's folder says.
pub(super) fn npm_version(folder: &Path) -> Option<String> {
    let text = std::fs::read_to_string(folder.join("package.json")).ok()?;
    let said: serde_json::Value = serde_json::from_str(&text).ok()?;
    Some(said.get("version")?.as_str()?.to_owned())
}

/// What the environment says in which a program of Python lies: `bin/` beside `lib/`.
pub(super) fn pypi(program: &Path, package: &str) -> Option<String> {
    let environment = program.parent()?.parent()?;
    let begin = format!("{}-", package.replace('-', "_"));
    let mut pythons: Vec<_> = entries(&environment.join("lib")).collect();
    pythons.sort();
    let mut packages = pythons.iter().flat_map(|it| entries(&it.join("site-packages")));
    packages.find_map(|it| {
        let name = it.file_name()?.to_str()?;
        Some(name.strip_prefix(&begin)?.strip_suffix(".dist-info")?.to_owned())
    })
}

/// Ours, where the program is this one.
pub(super) fn ours(program: &Path) -> Option<String> {
    let this = std::env::current_exe().ok()?.canonicalize().ok()?;
    let is_this = program.canonicalize().is_ok_and(|it| it == this);
    is_this.then(|| env!("CARGO_PKG_VERSION").to_owned())
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    std::fs::read_dir(folder).into_iter().flatten().filter_map(|it| Some(it.ok()?.path()))
}

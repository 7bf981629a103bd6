//! The repository as a map from path to text, read once, so that checks are pure.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// Folders that are never part of the repository, for copies that have no git.
const FOREIGN: &[&str] = &["target", ".git", "node_modules", "venv", "artifacts"];

/// Larger files are data; nothing in them is held to a house rule.
const TEXT_BYTES_MAX: u64 = 2 << 20;

/// Paths from the root, with `/`, and their texts. Files that are not UTF-8 are left out.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    texts: BTreeMap<String, String>,
}

impl Tree {
    /// Reads what is committed or could be: git's list, or the folders when git is not there.
    pub(crate) fn read(root: &Path) -> Result<Self, String> {
        let paths = match listed_by_git(root) {
            Some(paths) => paths,
            None => {
                let mut paths = Vec::new();
                walk(root, "", &mut paths)?;
                paths
            }
        };
        let mut texts = BTreeMap::new();
        for path in paths {
            let file = root.join(&path);
            let small = file.metadata().is_ok_and(|m| m.is_file() && m.len() <= TEXT_BYTES_MAX);
            // A file that git lists may be deleted in the work tree: then it has no text.
            if let (true, Ok(text)) = (small, std::fs::read_to_string(&file)) {
                texts.insert(path, text);
            }
        }
        if texts.is_empty() {
            return Err(format!("{} holds no files to check", root.display()));
        }
        Ok(Self { texts })
    }

    /// A tree written in place, for tests.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let texts = files.iter().map(|(path, text)| ((*path).into(), (*text).into())).collect();
        Self { texts }
    }

    /// The text of one file.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(String::as_str)
    }

    /// The files below a folder (named without a closing slash).
    pub(crate) fn below<'a>(
        &'a self,
        folder: &str,
    ) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let prefix = format!("{folder}/");
        self.all().filter(move |(path, _)| path.starts_with(&prefix))
    }

    /// The files whose path ends in `ending`.
    pub(crate) fn with_ending(&self, ending: &str) -> impl Iterator<Item = (&str, &str)> {
        self.all().filter(move |(path, _)| path.ends_with(ending))
    }

    /// Every file, in order of path.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    pub(crate) fn len(&self) -> usize {
        self.texts.len()
    }
}

fn listed_by_git(root: &Path) -> Option<Vec<String>> {
    let args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let output = Command::new("git").args(args).current_dir(root).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let paths: Vec<_> = text.split('\0').filter(|p| !p.is_empty()).map(String::from).collect();
    (output.status.success() && !paths.is_empty()).then_some(paths)
}

fn walk(root: &Path, folder: &str, paths: &mut Vec<String>) -> Result<(), String> {
    let place = root.join(folder);
    let told = |error| format!("cannot list {}: {error}", place.display());
    for entry in std::fs::read_dir(&place).map_err(told)? {
        let entry = entry.map_err(told)?;
        let kind = entry.file_type().map_err(told)?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        if kind.is_dir() && !FOREIGN.contains(&name.as_str()) {
            walk(root, &path, paths)?;
        } else if kind.is_file() {
            paths.push(path);
        }
    }
    Ok(())
}

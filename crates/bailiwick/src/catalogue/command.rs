//! What a command starts: a package of a registry, a module, a script or a program.

use std::path::{Path, PathBuf};

use bailiwick_contracts::{Fetched, Registry, fetched, single};

use super::about::About;
use super::installed;

/// What a command starts.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Started {
    /// A package that is fetched, with its version where the command names one.
    Package { registry: &'static str, name: String, version: Option<String> },
    /// Something that is fetched, and nobody can say what.
    Unclear,
    /// A module of Python, with the interpreter.
    Module { python: String, name: String },
    /// A file: a program, or what an interpreter runs.
    File(String),
    /// A part of this program.
    Ours { program: String, verb: String },
}

/// What a command starts, where that can be told from its words.
pub(super) fn started(words: &[String]) -> Option<Started> {
    match fetched(words) {
        Some(Fetched::Package(it, is_alone)) => {
            let registry = match it.registry {
                Registry::Npm => "npm",
                Registry::Pypi => "pypi",
            };
            let version = it.version.filter(|_| is_alone);
            return Some(Started::Package { registry, name: it.name, version });
        }
        Some(Fetched::Unclear) => return Some(Started::Unclear),
        None => {}
    }
    let words = single(words)?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (program, rest) = words.split_first()?;
    match (file_name(program), rest) {
        // With options, an interpreter may run other code before the script.
        ("node" | "bun" | "deno" | "tsx", [file, ..]) => script(file),
        (python, ["-m", module, ..]) if python.starts_with("python") => {
            Some(Started::Module { python: (*program).into(), name: (*module).into() })
        }
        (python, [file, ..]) if python.starts_with("python") => script(file),
        ("bailiwick", [verb, ..]) => {
            Some(Started::Ours { program: (*program).into(), verb: (*verb).into() })
        }
        _ => Some(Started::File((*program).into())),
    }
}

impl Started {
    /// Whether it is the package of an entry.
    pub(super) fn is_of(&self, about: &About, directory: &Path) -> bool {
        let (of, package) = about.registry();
        match self {
            Self::Package { registry, name, .. } => *registry == of && name == package,
            Self::Unclear => false,
            Self::Module { name, .. } => about.modules.contains(name),
            Self::Ours { verb, .. } => of == "bailiwick" && verb == package,
            Self::File(file) => {
                let file = whole(file, directory);
                let is_program = file.file_name().and_then(|it| it.to_str());
                is_program.is_some_and(|it| about.programs.iter().any(|known| known == it))
                    || (of == "npm" && installed::npm(&file, package).is_some())
            }
        }
    }

    /// The version that it is, as the command says or as it is installed.
    pub(super) fn version(&self, about: &About, directory: &Path) -> Option<String> {
        let (of, package) = about.registry();
        match self {
            Self::Package { version, .. } => version.clone(),
            Self::Unclear => None,
            Self::Module { python, .. } => installed::pypi(&whole(python, directory), package),
            Self::Ours { program, .. } => installed::ours(&whole(program, directory)),
            Self::File(file) => {
                let file = whole(file, directory);
                if of == "npm" {
                    installed::npm_version(&installed::npm(&file, package)?)
                } else {
                    installed::pypi(&file, package)
                }
            }
        }
    }
}

/// A program's or script's file, in the folder in which it starts. One that is looked for in PATH
/// stays a name: which file that will be is not known here.
fn whole(file: &str, directory: &Path) -> PathBuf {
    if file.contains('/') { directory.join(file) } else { PathBuf::from(file) }
}

fn file_name(program: &str) -> &str {
    let name = program.rsplit(['/', '\\']).next().unwrap_or(program);
    name.strip_suffix(".exe").or(name.strip_suffix(".cmd")).unwrap_or(name)
}

fn script(file: &str) -> Option<Started> {
    (!file.starts_with('-')).then(|| Started::File(file.to_owned()))
}

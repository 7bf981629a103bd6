//! What a command starts: a package of a registry, a module, a script or a program.

use std::path::{Path, PathBuf};

use super::about::About;
use super::installed;

/// What a command starts.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Started {
    /// A package that is fetched, with its version where the command names one.
    Package { registry: &'static str, name: String, version: Option<String> },
    /// A module of Python, with the interpreter.
    Module { python: String, name: String },
    /// A file: a program, or what an interpreter runs.
    File(String),
    /// A part of this program.
    Ours { program: String, verb: String },
}

/// Options that change nothing of what is started. Any other may put another program, or another
/// registry, in the place of what is named: then nobody can say which version it is.
const HARMLESS: [&str; 4] = ["-y", "--yes", "-q", "--quiet"];

/// What a command starts, where that can be told from its words.
pub(super) fn started(words: &[String]) -> Option<Started> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let words = without_shell(&words);
    let (program, rest) = words.split_first()?;
    let file = file_name(program);
    match (file, rest) {
        ("npx" | "bunx", rest)
        | ("npm", ["exec" | "x", rest @ ..])
        | ("pnpm" | "yarn" | "bun", ["dlx" | "x", rest @ ..]) => {
            let (word, is_plain) = named(rest, &["-p", "--package"])?;
            let (name, version) = of_npm(word);
            Some(Started::Package { registry: "npm", name, version: version.filter(|_| is_plain) })
        }
        ("uvx", rest) | ("uv", ["tool", "run", rest @ ..]) | ("pipx", ["run", rest @ ..]) => {
            let (word, is_plain) = named(rest, &["--from", "--spec"])?;
            let (name, version) = of_pypi(word);
            Some(Started::Package { registry: "pypi", name, version: version.filter(|_| is_plain) })
        }
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

/// On Windows, npx is started by a shell; elsewhere `env` sets variables first.
fn without_shell<'w, 's>(words: &'w [&'s str]) -> &'w [&'s str] {
    match words {
        ["cmd" | "cmd.exe", "/c" | "/C", rest @ ..] => rest,
        [env, rest @ ..] if file_name(env) == "env" => {
            let set = rest.iter().take_while(|it| it.contains('=') && !it.starts_with('-'));
            rest.get(set.count()..).unwrap_or_default()
        }
        all => all,
    }
}

fn file_name(program: &str) -> &str {
    let name = program.rsplit(['/', '\\']).next().unwrap_or(program);
    name.strip_suffix(".exe").or(name.strip_suffix(".cmd")).unwrap_or(name)
}

/// The package, as an option says or else the first word that is none, and whether that is what
/// runs, and nothing beside it.
fn named<'w>(words: &[&'w str], options: &[&str]) -> Option<(&'w str, bool)> {
    let harmless = words.iter().take_while(|it| HARMLESS.contains(it)).count();
    match words.get(harmless..).unwrap_or_default() {
        [package, ..] if !package.starts_with('-') => return Some((*package, true)),
        [option, package, program, ..] if options.contains(option) => {
            return Some((*package, of_pypi(package).0 == *program));
        }
        _ => {}
    }
    let by_option = words.windows(2).find_map(|pair| match pair {
        [option, value] if options.contains(option) => Some(*value),
        _ => None,
    });
    let first = || words.iter().copied().find(|it| !it.starts_with('-'));
    by_option.or_else(first).map(|it| (it, false))
}

fn script(file: &str) -> Option<Started> {
    (!file.starts_with('-')).then(|| Started::File(file.to_owned()))
}

/// `@scope/name@1.2.3`: its name, and its version.
fn of_npm(word: &str) -> (String, Option<String>) {
    match word.rsplit_once('@').filter(|(name, _)| !name.is_empty()) {
        Some((name, version)) => (name.to_owned(), Some(version.to_owned())),
        None => (word.to_owned(), None),
    }
}

/// `name==1.2.3` or `name@1.2.3`, and extras in brackets: its name, and its version.
fn of_pypi(word: &str) -> (String, Option<String>) {
    let split = word.split_once("==").or_else(|| word.split_once('@'));
    let (name, version) = match split {
        Some((name, version)) => (name, Some(version.to_owned())),
        None => (word, None),
    };
    let name = name.split('[').next().unwrap_or(name);
    (name.replace('_', "-").to_lowercase(), version)
}

//! Python's registry: uvx, uv, pipx.

use super::Unpinned;
use super::fetched::Fetched;
use super::package::Registry;
use super::words::{Parted, Valued, is_commit, is_local};

const VALUED: Valued = &[
    "--from",
    "--spec",
    "--with",
    "-w",
    "--with-editable",
    "--with-requirements",
    "--python",
    "-p",
    "--index",
    "--index-url",
    "-i",
    "--extra-index-url",
    "--default-index",
    "--directory",
    "--project",
    "--cache-dir",
    "--refresh-package",
    "--constraints",
    "-c",
    "--overrides",
    "--build-constraints",
    "-b",
    "--env-file",
    "--config-file",
    "--color",
    "--exclude-newer",
    "--find-links",
    "-f",
    "--link-mode",
    "--prerelease",
    "--resolution",
    "--keyring-provider",
    "--upgrade-package",
    "-P",
    "--allow-insecure-host",
    "--torch-backend",
    "--index-strategy",
    "--fork-strategy",
    "--reinstall-package",
    "--python-preference",
    "--pip-args",
    "--backend",
    "--config-setting",
    "-C",
    "--no-build-package",
    "--no-binary-package",
    "--extra",
    "--group",
    "--no-group",
    "--only-group",
    "--no-extra",
    "--package",
    "--python-platform",
];

/// Options that take no value, and leave what is fetched as it is.
const SWITCHES: &[&str] = &[
    "-q",
    "--quiet",
    "-v",
    "--verbose",
    "-y",
    "-n",
    "--no-cache",
    "--offline",
    "--isolated",
    "--refresh",
    "-U",
    "--upgrade",
    "--reinstall",
    "--no-config",
    "--no-progress",
    "--no-build",
    "--no-binary",
    "--no-env-file",
    "--native-tls",
    "--managed-python",
    "--no-managed-python",
    "--no-python-downloads",
    "--compile-bytecode",
    "--system-site-packages",
];

pub(super) fn unpinned(name: &str, words: &[&str]) -> Option<Unpinned> {
    let Some(parted) = fetching(name, words) else { return beside(name, words) };
    // What is fetched, and what is put beside it.
    let from = parted.values(FROM);
    let package = from.last().or(parted.rest.first());
    package.and_then(|it| requirement(it)).or_else(|| added(&parted))
}

/// The package that is fetched and run.
pub(super) fn fetched(name: &str, words: &[&str]) -> Option<Fetched> {
    let parted = fetching(name, words)?;
    let named = parted.values(FROM);
    Some(Fetched::of(Registry::Pypi, &parted, &named, (VALUED, SWITCHES)))
}

const FROM: &[&str] = &["--from", "--spec"];

/// The words of a command that fetches, behind its verb.
fn fetching<'w>(name: &str, words: &[&'w str]) -> Option<Parted<'w>> {
    match name {
        "uvx" => Some(Parted::of(words, VALUED)),
        "uv" => {
            let tool = behind(Parted::of(words, VALUED), "tool")?;
            behind(tool, "run")
        }
        "pipx" => behind(Parted::of(words, VALUED), "run"),
        // `python -m uv`
        python if python.starts_with("python") => match words {
            ["-m", module, rest @ ..] if MODULES.contains(module) => fetching(module, rest),
            _ => None,
        },
        _ => None,
    }
}

const MODULES: &[&str] = &["uv", "uvx", "pipx"];

/// A verb, and what stands behind it; options stand before it, too.
fn behind<'w>(mut parted: Parted<'w>, verb: &str) -> Option<Parted<'w>> {
    let (found, rest) = parted.rest.split_first()?;
    let inner = (*found == verb).then(|| Parted::of(rest, VALUED))?;
    parted.options.extend(inner.options);
    Some(Parted { options: parted.options, rest: inner.rest })
}

/// What is fetched beside what runs. That is of the project, whose lock says the versions, unless
/// it is fetched, too.
fn beside(name: &str, words: &[&str]) -> Option<Unpinned> {
    match (name, words) {
        ("uv", words) => {
            let parted = behind(Parted::of(words, VALUED), "run")?;
            let script = parted.rest.first().filter(|it| it.contains("://"));
            added(&parted).or_else(|| requirement(script?))
        }
        (python, ["-m", "uv", rest @ ..]) if python.starts_with("python") => beside("uv", rest),
        _ => None,
    }
}

/// Packages that are put beside what runs.
fn added(parted: &Parted<'_>) -> Option<Unpinned> {
    let given = parted.values(&["--with", "-w"]);
    given.into_iter().flat_map(|it| it.split(',')).find_map(|it| requirement(it.trim()))
}

fn requirement(text: &str) -> Option<Unpinned> {
    if is_local(text) || text.is_empty() {
        return None;
    }
    let found = |pinned: String| Some(Unpinned { package: text.to_owned(), pinned });
    if let Some((_, address)) = text.split_once("://") {
        let is_hashed = address.split_once("#sha256=").is_some_and(|(_, it)| is_commit(it));
        let (place, _) = address.split_once('#').unwrap_or((address, ""));
        let commit = place.rsplit_once('@').map(|(_, it)| it);
        if is_hashed || commit.is_some_and(is_commit) {
            return None;
        }
        let is_git = text.starts_with("git+") || text.contains("@ git+");
        let whole = text.split('#').next().unwrap_or(text);
        return found(format!("{whole}{}", if is_git { "@COMMIT" } else { "#sha256=DIGEST" }));
    }
    let version = text.split_once("===").or_else(|| text.split_once("=="));
    let version = version.or_else(|| text.split_once('@')).map(|(_, it)| it.trim());
    if version.is_some_and(is_release) {
        return None;
    }
    let name = text.split(['=', '@', '<', '>', '~', '!', ' ', ';']).next().unwrap_or(text);
    found(format!("{name}==VERSION"))
}

/// Whether a version is one release: here `1.2` is `1.2.0`, and no range.
fn is_release(version: &str) -> bool {
    version.starts_with(|it: char| it.is_ascii_digit())
        && version.bytes().all(|it| it.is_ascii_alphanumeric() || b".-+!_".contains(&it))
}

//! Python's registry: uvx, uv, pipx.

use super::Unpinned;
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

pub(super) fn unpinned(name: &str, words: &[&str]) -> Option<Unpinned> {
    match name {
        "uvx" => tool(words),
        "uv" => uv(words),
        "pipx" => match Parted::of(words, VALUED).rest.split_first()? {
            (&"run", rest) => tool(rest),
            _ => None,
        },
        // `python -m uv`
        _ => match words {
            ["-m", module, rest @ ..] if ["uv", "uvx", "pipx"].contains(module) => {
                unpinned(module, rest)
            }
            _ => None,
        },
    }
}

fn uv(words: &[&str]) -> Option<Unpinned> {
    let parted = Parted::of(words, VALUED);
    match parted.rest.as_slice() {
        ["tool", rest @ ..] => match Parted::of(rest, VALUED).rest.split_first()? {
            (&"run", rest) => tool(rest),
            _ => None,
        },
        ["run", rest @ ..] => {
            let parted = Parted::of(rest, VALUED);
            // What is run is of the project, whose lock says the versions, unless it is fetched.
            let script = parted.rest.first().filter(|it| it.contains("://"));
            added(&parted).or_else(|| requirement(script?))
        }
        _ => None,
    }
}

/// What `uvx` and `pipx run` fetch: the package, and those beside it.
fn tool(words: &[&str]) -> Option<Unpinned> {
    let parted = Parted::of(words, VALUED);
    let from = parted.values(&["--from", "--spec"]);
    let package = from.last().or(parted.rest.first());
    package.and_then(|it| requirement(it)).or_else(|| added(&parted))
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

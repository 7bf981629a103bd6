//! npm's registry and its like: npx, npm, pnpm, yarn, bun, deno.

use super::Unpinned;
use super::fetched::Fetched;
use super::package::Registry;
use super::words::{Parted, Valued, is_commit, is_exact, is_local, program};

const VALUED: Valued = &[
    "-p",
    "--package",
    "-c",
    "--call",
    "--registry",
    "-w",
    "--workspace",
    "--cache",
    "--prefix",
    "--userconfig",
    "--loglevel",
    "--node-options",
    "--script-shell",
    "-C",
    "--dir",
    "--cwd",
    "--reporter",
    "--allow-build",
    "--node-arg",
    "-n",
];

const DENO_VALUED: Valued = &["-c", "--config", "--import-map", "--lock", "--cert", "-L", "--ext"];

/// Options that take no value, and leave what is fetched as it is.
const SWITCHES: &[&str] = &[
    "-y",
    "--yes",
    "--no",
    "--no-install",
    "-q",
    "--quiet",
    "-s",
    "--silent",
    "-d",
    "--verbose",
    "--offline",
    "--prefer-offline",
    "--prefer-online",
    "--ignore-existing",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--bun",
    "--shell-mode",
];

pub(super) fn unpinned(name: &str, words: &[&str]) -> Option<Unpinned> {
    if name == "deno" {
        return deno(words);
    }
    let parted = fetching(name, words)?;
    let mut packages = parted.values(PACKAGE);
    if packages.is_empty() {
        packages.extend(parted.rest.first());
    }
    packages.into_iter().find_map(package)
}

/// The package that is fetched and run: what options name, else the first word.
pub(super) fn fetched(name: &str, words: &[&str]) -> Option<Fetched> {
    let parted = fetching(name, words)?;
    let named = parted.values(PACKAGE);
    Some(Fetched::of(Registry::Npm, &parted, &named, (VALUED, SWITCHES)))
}

fn deno(words: &[&str]) -> Option<Unpinned> {
    let parted = Parted::of(words, DENO_VALUED);
    let (verb, rest) = parted.rest.split_first()?;
    let runs = ["run", "x", "serve", "install"].contains(verb);
    let inner = Parted::of(rest, DENO_VALUED).rest;
    let script = if runs { inner.first()? } else { verb };
    module(script)
}

/// The words of a command that fetches, behind its verb.
fn fetching<'w>(name: &str, words: &[&'w str]) -> Option<Parted<'w>> {
    match name {
        "npx" | "bunx" | "pnpx" => Some(Parted::of(words, VALUED)),
        "npm" => behind(words, &["exec", "x"]),
        "pnpm" | "yarn" | "yarnpkg" => behind(words, &["dlx", "x"]),
        "bun" => behind(words, &["x"]),
        "corepack" => {
            let (inner, rest) = words.split_first()?;
            let inner = program(inner);
            // `corepack pnpm@9.1.0 dlx`
            let bare = inner.split('@').next().unwrap_or_default();
            (bare != "corepack").then(|| fetching(bare, rest))?
        }
        // Node with npm's own script, as Windows and some clients start it.
        "node" | "nodejs" => {
            let (script, rest) = words.split_first()?;
            match program(script).as_str() {
                "npx-cli.js" => fetching("npx", rest),
                "npm-cli.js" => fetching("npm", rest),
                _ => None,
            }
        }
        _ => None,
    }
}

/// A program whose verb fetches: options stand before it, too.
fn behind<'w>(words: &[&'w str], verbs: &[&str]) -> Option<Parted<'w>> {
    let mut parted = Parted::of(words, VALUED);
    let (verb, rest) = parted.rest.split_first()?;
    let inner = verbs.contains(verb).then(|| Parted::of(rest, VALUED))?;
    parted.options.extend(inner.options);
    Some(Parted { options: parted.options, rest: inner.rest })
}

const PACKAGE: &[&str] = &["-p", "--package"];

fn package(text: &str) -> Option<Unpinned> {
    if is_local(text) {
        return None;
    }
    let found = |pinned: String| Some(Unpinned { package: text.to_owned(), pinned });
    let scope = usize::from(text.starts_with('@'));
    let is_remote = text.contains("://") || (scope == 0 && text.contains(['/', ':']));
    if is_remote && !text.contains("@npm:") {
        let (place, commit) = text.split_once('#').unwrap_or((text, ""));
        return if is_commit(commit) { None } else { found(format!("{place}#COMMIT")) };
    }
    // `name@npm:other@1.2.3`: the last version is that of what is fetched.
    let version = text.get(scope..)?.rsplit_once('@').map(|(_, it)| it);
    let end = text.get(scope..)?.find('@').map_or(text.len(), |at| at + scope);
    if version.is_some_and(is_exact) {
        None
    } else {
        found(format!("{}@VERSION", text.get(..end)?))
    }
}

/// What deno is given to run: `npm:server@1.2.3`, `jsr:@scope/server@1.2.3`, an address.
fn module(text: &str) -> Option<Unpinned> {
    let is_remote = ["npm:", "jsr:", "http://", "https://"].iter().any(|it| text.starts_with(it));
    let exact = text.split('@').skip(1).any(|it| {
        let version = it.split('/').next().unwrap_or_default();
        is_exact(version.strip_prefix('v').unwrap_or(version))
    });
    if !is_remote || exact {
        return None;
    }
    let name = text.split_once(':').map_or("", |(_, it)| it);
    let (begin, at) = (text.len() - name.len(), usize::from(name.starts_with('@')));
    let pinned = match name.get(at..).and_then(|it| it.find('@')) {
        Some(end) => format!("{}@VERSION", text.get(..begin + at + end).unwrap_or(text)),
        None => format!("{text}@VERSION"),
    };
    Some(Unpinned { package: text.to_owned(), pinned })
}

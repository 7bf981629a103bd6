//! npm's registry and its like: npx, npm, pnpm, yarn, bun, deno.

use super::Unpinned;
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

pub(super) fn unpinned(name: &str, words: &[&str]) -> Option<Unpinned> {
    match name {
        "npx" | "bunx" | "pnpx" => fetched(words),
        "npm" => behind(words, &["exec", "x"]),
        "pnpm" | "yarn" | "yarnpkg" => behind(words, &["dlx", "x"]),
        "bun" => behind(words, &["x"]),
        "corepack" => {
            let (inner, rest) = words.split_first()?;
            let inner = program(inner);
            // `corepack pnpm@9.1.0 dlx`
            let bare = inner.split('@').next().unwrap_or_default();
            (bare != "corepack").then(|| unpinned(bare, rest))?
        }
        "deno" => {
            let parted = Parted::of(words, DENO_VALUED);
            let (verb, rest) = parted.rest.split_first()?;
            let runs = ["run", "x", "serve", "install"].contains(verb);
            let inner = Parted::of(rest, DENO_VALUED).rest;
            let script = if runs { inner.first()? } else { verb };
            module(script)
        }
        // Node with npm's own script, as Windows and some clients start it.
        _ => {
            let (script, rest) = words.split_first()?;
            match program(script).as_str() {
                "npx-cli.js" => unpinned("npx", rest),
                "npm-cli.js" => unpinned("npm", rest),
                _ => None,
            }
        }
    }
}

/// A program whose verb fetches.
fn behind(words: &[&str], verbs: &[&str]) -> Option<Unpinned> {
    let parted = Parted::of(words, VALUED);
    let (verb, rest) = parted.rest.split_first()?;
    let all: Vec<&str> = parted.values(PACKAGE).iter().flat_map(|it| ["-p", it]).collect();
    verbs.contains(verb).then(|| fetched(&[&all, rest].concat()))?
}

const PACKAGE: &[&str] = &["-p", "--package"];

/// The packages that options name, else the first word.
fn fetched(words: &[&str]) -> Option<Unpinned> {
    let parted = Parted::of(words, VALUED);
    let mut packages = parted.values(PACKAGE);
    if packages.is_empty() {
        packages.extend(parted.rest.first());
    }
    packages.into_iter().find_map(package)
}

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

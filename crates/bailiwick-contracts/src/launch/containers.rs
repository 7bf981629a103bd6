//! Images: docker, podman, nerdctl.

use super::Unpinned;
use super::words::{Parted, Valued, is_exact};

/// Options of the program itself that take a value.
const GLOBAL_VALUED: Valued = &[
    "-c",
    "--context",
    "--config",
    "-H",
    "--host",
    "-l",
    "--log-level",
    "--url",
    "--connection",
    "--root",
    "--runroot",
    "--namespace",
    "-n",
    "--address",
    "-a",
    "--storage-driver",
];
/// Options of `run` that take none: all others do.
const SWITCHES: &[&str] = &[
    "--interactive",
    "--tty",
    "--rm",
    "--detach",
    "--init",
    "--privileged",
    "--read-only",
    "--publish-all",
    "--no-healthcheck",
    "--oom-kill-disable",
    "--sig-proxy",
    "--quiet",
    "--disable-content-trust",
    "--help",
    "--replace",
    "--rmi",
    "--tls-verify",
    "--http-proxy",
    "--env-host",
    "--no-hosts",
    "--no-hostname",
    "--read-only-tmpfs",
];
const SHORT_SWITCHES: &str = "ditPqh";

pub(super) fn unpinned(words: &[&str]) -> Option<Unpinned> {
    let image = image(words)?;
    let (name, tag, digest) = parts(image);
    let is_fixed = |it: &str| is_exact(it.strip_prefix('v').unwrap_or(it));
    if digest.is_some() || tag.is_some_and(is_fixed) {
        return None;
    }
    Some(Unpinned { package: image.to_owned(), pinned: format!("{name}@sha256:DIGEST") })
}

/// The image that a command runs.
pub(super) fn image<'w>(words: &[&'w str]) -> Option<&'w str> {
    let parted = Parted::of(words, GLOBAL_VALUED);
    let rest = match parted.rest.as_slice() {
        ["run" | "create", rest @ ..] | ["container", "run" | "create", rest @ ..] => rest,
        _ => return None,
    };
    let mut left = rest.iter().copied();
    while let Some(word) = left.next() {
        if word == "--" {
            return left.next();
        }
        if !word.starts_with('-') {
            return Some(word);
        }
        if takes_next(word) {
            left.next();
        }
    }
    None
}

/// Whether what a command runs has a network.
pub(super) fn has_network(words: &[&str]) -> bool {
    let before = words.iter().position(|it| image(words) == Some(*it)).unwrap_or(words.len());
    let options = words.get(..before).unwrap_or_default();
    let is_none = |pair: &[&str]| matches!(pair, ["--network" | "--net", "none"]);
    let is_joined = |it: &&str| ["--network=none", "--net=none"].contains(it);
    !options.windows(2).any(is_none) && !options.iter().any(is_joined)
}

fn takes_next(word: &str) -> bool {
    if word.starts_with("--") {
        return !word.contains('=') && !SWITCHES.contains(&word);
    }
    // `-it` are two switches, `-ie X` is a switch and an option; `-eX` has its value.
    let letters = word.trim_start_matches('-');
    let valued = letters.find(|it| !SHORT_SWITCHES.contains(it));
    valued.is_some_and(|at| at + 1 == letters.len())
}

/// Name, tag and SHA-256 of a reference to an image.
pub(super) fn parts(image: &str) -> (&str, Option<&str>, Option<&str>) {
    let (named, digest) = match image.split_once('@') {
        Some((named, digest)) => (named, digest.strip_prefix("sha256:")),
        None => (image, None),
    };
    let is_whole = |it: &&str| it.len() == 64 && it.bytes().all(|it| it.is_ascii_hexdigit());
    // A `:` before the last `/` is that of a port.
    let begin = named.rfind('/').map_or(0, |at| at + 1);
    let (name, tag) = match named.get(begin..).and_then(|it| it.find(':')) {
        Some(at) => (named.get(..begin + at), named.get(begin + at + 1..)),
        None => (Some(named), None),
    };
    (name.unwrap_or(named), tag, digest.filter(is_whole))
}

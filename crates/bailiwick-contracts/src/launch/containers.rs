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
    run(words)?.1
}

/// Whether what a command runs has a network. Where it is given several, one is enough.
pub(super) fn has_network(words: &[&str]) -> bool {
    let options = run(words).map_or_else(Vec::new, |(options, _)| options);
    let given = options.iter().filter(|(it, _)| ["--network", "--net"].contains(it));
    let networks: Vec<_> = given.map(|(_, value)| *value).collect();
    networks.is_empty() || networks.iter().any(|it| *it != "none")
}

/// An option, and what it was given.
type Given<'w> = (&'w str, &'w str);

/// The options with which a command runs an image, and that image.
fn run<'w>(words: &[&'w str]) -> Option<(Vec<Given<'w>>, Option<&'w str>)> {
    let parted = Parted::of(words, GLOBAL_VALUED);
    let rest = match parted.rest.as_slice() {
        ["run" | "create", rest @ ..] | ["container", "run" | "create", rest @ ..] => rest,
        _ => return None,
    };
    let (mut left, mut options) = (rest.iter().copied(), Vec::new());
    while let Some(word) = left.next() {
        if word == "--" {
            return Some((options, left.next()));
        }
        if !word.starts_with('-') {
            return Some((options, Some(word)));
        }
        options.push(match word.split_once('=') {
            Some(given) => given,
            None if takes_next(word) => (word, left.next().unwrap_or_default()),
            None => (word, ""),
        });
    }
    Some((options, None))
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

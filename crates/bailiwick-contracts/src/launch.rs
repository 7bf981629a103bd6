//! Launches: a command that fetches whatever its registry holds that day starts another program
//! than the one that was approved.
//!
//! A command is read as its shell would read it, as far as that can be known without running it:
//! `env`, `sh -c` and the like are looked through. A script that makes up its words is not.

mod containers;
mod fetched;
mod javascript;
mod package;
mod peel;
mod python;
mod scripts;
mod words;

#[cfg(test)]
mod tests;

pub use fetched::Fetched;
pub use package::{Package, Registry};
pub use scripts::{Launched, launched};

/// A package that a command fetches without saying which version.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unpinned {
    /// As it stands in the command.
    pub package: String,
    /// The same with a place for its version: `@scope/server@VERSION`.
    pub pinned: String,
}

impl Unpinned {
    /// What to do about it.
    pub fn advice(&self) -> String {
        format!(
            "name one version: write `{}`, with the version that you have looked at",
            self.pinned
        )
    }
}

/// What a command fetches without saying which version.
pub fn unpinned(words: &[String]) -> Option<Unpinned> {
    let commands = peel::commands(words);
    commands.iter().find_map(|words| {
        let (program, rest) = words.split_first()?;
        let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
        of_command(&words::program(program), &rest)
    })
}

/// The one command that a command comes to, without what stands around it (`env`, `sh -c`); nothing
/// where it comes to several.
pub fn single(words: &[String]) -> Option<Vec<String>> {
    let mut commands = peel::commands(words).into_iter();
    commands.next().filter(|_| commands.next().is_none())
}

/// Which package a command has fetched, to run it. Nothing where it fetches none.
pub fn fetched(words: &[String]) -> Option<Fetched> {
    let words = single(words)?;
    let (program, rest) = words.split_first()?;
    let (name, rest) = (words::program(program), rest.iter().map(String::as_str));
    let rest: Vec<&str> = rest.collect();
    javascript::fetched(&name, &rest).or_else(|| python::fetched(&name, &rest))
}

/// Whether a command has its server run by a daemon, outside of all that holds the command itself,
/// with a network.
pub fn runs_elsewhere(words: &[String]) -> bool {
    peel::commands(words).iter().any(|words| {
        let Some((program, rest)) = words.split_first() else { return false };
        let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
        is_container(&words::program(program)) && containers::has_network(&rest)
    })
}

fn is_container(program: &str) -> bool {
    ["docker", "podman", "nerdctl"].contains(&program)
}

fn of_command(program: &str, rest: &[&str]) -> Option<Unpinned> {
    match program {
        "npx" | "bunx" | "pnpx" | "npm" | "pnpm" | "yarn" | "yarnpkg" | "bun" | "corepack"
        | "deno" | "node" | "nodejs" => javascript::unpinned(program, rest),
        "uvx" | "uv" | "pipx" => python::unpinned(program, rest),
        other if is_container(other) => containers::unpinned(rest),
        other if other.starts_with("python") => python::unpinned(other, rest),
        _ => None,
    }
}

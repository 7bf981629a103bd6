//! CATALOGUE: ready contracts for servers that were read and run, part of the program so that they
//! are there offline. Each is a folder of `catalogue/`: `about.toml` and `contract.toml`.

mod about;
mod command;
mod installed;
mod parts;
#[cfg(test)]
mod tests;

use std::path::Path;

use bailiwick_contracts::{Definition, Pin};

pub(crate) use about::About;
pub(crate) use parts::{Part, added_to, headed, parts, raised, unconfined, unverified};

/// One entry, as it stands in the repository.
struct Texts {
    about: &'static str,
    contract: &'static str,
}

/// An entry of the catalogue.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) about: About,
    /// The contract's text.
    pub(crate) contract: &'static str,
}

/// How a tool that a server shows compares with the one that was verified.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Shown {
    /// It is the same, to the last letter.
    Same,
    /// It is defined otherwise.
    Other,
    /// The entry knows nothing of it.
    Unknown,
}

macro_rules! texts {
    ($folder:literal) => {
        Texts {
            about: include_str!(concat!("../../../../catalogue/", $folder, "/about.toml")),
            contract: include_str!(concat!("../../../../catalogue/", $folder, "/contract.toml")),
        }
    };
}

const CATALOGUE: &[Texts] = &[
    texts!("bailiwick/helpdesk"),
    texts!("npm/@modelcontextprotocol/server-everything"),
    texts!("npm/@modelcontextprotocol/server-filesystem"),
    texts!("npm/@modelcontextprotocol/server-memory"),
    texts!("npm/@modelcontextprotocol/server-sequential-thinking"),
    texts!("pypi/mcp-server-fetch"),
    texts!("pypi/mcp-server-git"),
    texts!("pypi/mcp-server-sqlite"),
    texts!("pypi/mcp-server-time"),
];

/// Every entry.
///
/// # Errors
/// What is wrong with one that is no entry, which a test keeps from happening.
pub(crate) fn all() -> Result<Vec<Entry>, toml::de::Error> {
    let read = |it: &Texts| Ok(Entry { about: toml::from_str(it.about)?, contract: it.contract });
    CATALOGUE.iter().map(read).collect()
}

/// The entry about what a command starts in this folder.
pub(crate) fn of_command<'e>(
    entries: &'e [Entry],
    words: &[String],
    directory: &Path,
) -> Option<&'e Entry> {
    let started = command::started(words)?;
    entries.iter().find(|it| started.is_of(&it.about, directory))
}

/// Whether a command fetches what it starts.
pub(crate) fn is_fetched(words: &[String]) -> bool {
    bailiwick_contracts::fetched(words).is_some()
}

impl Entry {
    /// The version that a command starts in this folder, as it says itself or as it is installed.
    pub(crate) fn version(&self, words: &[String], directory: &Path) -> Option<String> {
        command::started(words)?.version(&self.about, directory)
    }

    /// How a tool that a server shows compares with the one that was verified.
    pub(crate) fn compare(&self, shown: &Definition) -> Shown {
        match self.about.pins.get(shown.name()) {
            None => Shown::Unknown,
            Some(pin) if *pin == Pin::of(shown) => Shown::Same,
            Some(_) => Shown::Other,
        }
    }
}

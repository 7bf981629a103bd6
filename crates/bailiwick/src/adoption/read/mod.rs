//! Reading a client's file: its entries, each with its place in the text.

mod json;
mod toml;

use super::entry::Entry;

/// What a settings file looks like.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    /// JSON, comments allowed, with servers below any of these paths; `*` is every member.
    Json(&'static [&'static [&'static str]]),
    /// TOML, with servers below this path.
    Toml(&'static [&'static str]),
}

impl Shape {
    /// The entries of a text.
    ///
    /// # Errors
    /// What is wrong with the text, with its line.
    pub(crate) fn entries(self, text: &str) -> Result<Vec<Entry>, String> {
        match self {
            Self::Json(paths) => json::entries(text, paths),
            Self::Toml(path) => toml::entries(text, path),
        }
    }
}

/// The largest settings file that is read. Claude Code keeps its history in one.
pub(crate) const TEXT_BYTES_MAX: u64 = 64 << 20;

/// The line of a place in a text, counted from one.
fn line(text: &str, at: usize) -> usize {
    text.get(..at).map_or(1, |it| it.matches('\n').count() + 1)
}

/// Why an entry is left alone that says nothing that is understood.
const NEITHER: &str = "it names neither a command nor an address";
const ODD_ARGUMENTS: &str = "its arguments are not a list of texts";
const ODD_HEADERS: &str = "its headers are not texts";

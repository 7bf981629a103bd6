//! The configuration: what was said in `bailiwick.toml`, and what it means.
//!
//! Two stages. [`Said`] is the file, unknown words refused. [`Settings`] is what is meant: paths
//! made absolute, defaults filled in, contradictions refused. The second cannot be invalid.

mod api;
mod clouds;
mod date;
mod fallback;
mod health;
mod meant;
mod models;
mod named;
mod said;
mod secret_ref;
mod sources;
mod until;

use std::fmt;
use std::path::{Path, PathBuf};

use bailiwick_core::Digest;

pub use api::Api;
pub use clouds::AwsSettings;
pub use date::{Date, NoDate};
pub(crate) use health::FEEDS_MAX;
pub use health::HealthSettings;
pub use meant::{Keyless, Launch, Pair, ServerSettings, Settings};
pub use models::{ModelSettings, ProviderSettings, Spending};
pub use named::{address_of, is_header, is_server_name};
pub use said::{DriftSection, Egress, Limits, LogSection, Said, Transport};
pub use secret_ref::SecretRef;
pub use sources::FactsSettings;
pub(crate) use sources::{Origin, declare, declared};

/// What is wrong with a configuration, where, and what to do.
#[derive(Clone, Debug)]
pub struct ConfigError {
    /// The file.
    pub file: PathBuf,
    /// The line and column, where they are known, counted from one.
    pub at: Option<(usize, usize)>,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some((line, column)) = self.at {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.what)
    }
}

impl std::error::Error for ConfigError {}

/// Read a configuration file and say what it means.
///
/// # Errors
/// Every [`ConfigError`] that was found; never an empty list.
pub fn load(file: &Path) -> Result<Settings, Vec<ConfigError>> {
    let error = |at, what: String| ConfigError { file: file.to_owned(), at, what };
    let text = std::fs::read_to_string(file)
        .map_err(|problem| vec![error(None, format!("cannot be read: {problem}"))])?;
    let said: Said = toml::from_str(&text).map_err(|problem| {
        let at = problem.span().map(|span| place(&text, span.start));
        vec![error(at, problem.message().to_owned())]
    })?;
    let absolute = std::path::absolute(file)
        .map_err(|problem| vec![error(None, format!("has no absolute path: {problem}"))])?;
    let meant = Settings::meant_by(&said, &absolute);
    meant.map(|it| Settings { said: digest(&text), ..it }).map_err(|problems| {
        let located = problems
            .into_iter()
            .map(|(section, what)| error(find(&text, &section), format!("[{section}] {what}")));
        located.collect()
    })
}

/// The digest of what a text says, whatever its comments and spaces.
fn digest(text: &str) -> Digest {
    let table = toml::from_str::<toml::Table>(text);
    Digest::of(table.map_or_else(|_| text.to_owned(), |it| format!("{it:?}")).as_bytes())
}

/// The JSON Schema of the configuration file, made from the structs that read it.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Said).to_value()
}

/// Line and column of a place in a text, counted from one.
pub(crate) fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |it| it.chars().count()) + 1;
    (line, column)
}

/// Where a section begins, so that an error about its meaning has a line too.
fn find(text: &str, section: &str) -> Option<(usize, usize)> {
    let heading = format!("[{section}]");
    // What stands before the first section is named by its key.
    let is_it = |line: &str| line.starts_with(&heading) || line.starts_with(section);
    let line = text.lines().position(|line| is_it(line.trim_start()))?;
    Some((line + 1, 1))
}

#[cfg(test)]
mod tests;

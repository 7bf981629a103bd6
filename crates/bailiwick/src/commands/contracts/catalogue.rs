//! `bailiwick contracts catalogue`: the ready contracts that are part of this program.

use bailiwick_contracts::Contract;
use serde_json::json;

use crate::catalogue::{self, Entry};
use crate::output::{self, Common, Failure, Outcome, YES, say};

pub(crate) fn run(common: &Common) -> Outcome {
    let entries = catalogue::all()?;
    if common.json {
        let all: Vec<_> = entries.iter().map(|it| json!(it.about)).collect();
        output::json(&all)?;
        return YES;
    }
    let names: Vec<_> = entries.iter().map(|it| it.about.pinned()).collect();
    let width = names.iter().map(String::len).max().unwrap_or_default();
    for (entry, name) in entries.iter().zip(&names) {
        let tools = super::counted(Contract::read(entry.contract)?.tools.len());
        say(format!("{name:<width$}  {tools:<8}  {}", entry.about.summary));
    }
    say("");
    say("bailiwick contracts add SERVER   takes the one that fits the server's command");
    YES
}

/// The entry that people mean by a name.
///
/// # Errors
/// [`Failure`] when there is none.
pub(super) fn named<'e>(entries: &'e [Entry], name: &str) -> Result<&'e Entry, Failure> {
    entries.iter().find(|it| it.about.is_named(name)).ok_or_else(|| {
        let all: Vec<_> = entries.iter().map(|it| it.about.package.as_str()).collect();
        Failure(format!("the catalogue has no `{name}`; it has {}", all.join(", ")))
    })
}

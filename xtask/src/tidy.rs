//! Tidy: the shape of this repository, kept by a test instead of by memory.
//!
//! Each check is a pure function over a [`Tree`] of texts, so its own tests are small trees
//! written in place. Limits are ratcheted by `xtask/tidy-exemptions.txt`.

mod arrows;
mod circles;
mod exemptions;
mod manifests;
mod openings;
mod purity;
mod reach;
mod rooms;
mod sizes;
mod source;
mod tree;
mod words;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

pub(crate) use tree::Tree;

use source::Source;

/// The exemption list, relative to the root.
const EXEMPTIONS: &str = "xtask/tidy-exemptions.txt";

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fault {
    /// The check that found it, as the exemption list names it.
    check: &'static str,
    /// What it found it in: a path, or a path and a function.
    subject: String,
    /// The line, where there is one.
    line: Option<usize>,
    /// How far over the limit, for checks that measure.
    measure: Option<usize>,
    /// The reason, and what to do instead.
    why: String,
}

impl Fault {
    fn new(check: &'static str, subject: impl Into<String>, why: impl Into<String>) -> Self {
        Self { check, subject: subject.into(), line: None, measure: None, why: why.into() }
    }

    fn at(self, line: usize) -> Self {
        Self { line: Some(line), ..self }
    }

    fn measured(self, measure: usize) -> Self {
        Self { measure: Some(measure), ..self }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.subject)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": [{}] {}", self.check, self.why)
    }
}

/// What every check is given.
struct Repository<'a> {
    tree: &'a Tree,
    sources: BTreeMap<&'a str, Source>,
}

/// The checks, in the order in which their faults are shown.
const CHECKS: &[fn(&Repository<'_>) -> Vec<Fault>] = &[
    manifests::check,
    arrows::check,
    purity::check,
    reach::check,
    circles::check,
    openings::check,
    sizes::check,
    words::check,
    rooms::check,
];

/// Every fault of a tree that its exemption list does not cover.
pub(crate) fn faults(tree: &Tree) -> Vec<Fault> {
    let mut found = Vec::new();
    let mut sources = BTreeMap::new();
    for (path, text) in tree.with_ending(".rs") {
        match Source::parse(text) {
            Ok(source) => drop(sources.insert(path, source)),
            Err(error) => found.push(
                Fault::new("parse", path, format!("this is not Rust: {error}")).at(error.line),
            ),
        }
    }
    let repository = Repository { tree, sources };
    found.extend(CHECKS.iter().flat_map(|check| check(&repository)));
    exemptions::apply(found, tree.text(EXEMPTIONS).unwrap_or_default())
}

/// Checks the repository at `root` and prints what it finds; true when it is tidy.
pub(crate) fn run(root: &Path) -> Result<bool, String> {
    let tree = Tree::read(root)?;
    let faults = faults(&tree);
    for fault in &faults {
        println!("{fault}");
    }
    println!("tidy: {} files, {} faults", tree.len(), faults.len());
    Ok(faults.is_empty())
}

/// The root, for the test that holds this repository to its own rules.
#[cfg(test)]
fn root_of_this() -> std::path::PathBuf {
    crate::root().expect("cargo sets CARGO_MANIFEST_DIR for its tests")
}

#[cfg(test)]
mod tests;

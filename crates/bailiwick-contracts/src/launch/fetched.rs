//! Which package a command has fetched, to run it.

use super::package::{Package, Registry};
use super::words::{Parted, Valued};

/// What a command has fetched, to run it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Fetched {
    /// A package of a registry, and whether it is said to be that and nothing else: no other
    /// registry, nothing put beside it, no other program of it.
    Package(Package, bool),
    /// Something, and its words do not tell which package: one is an option that is not known
    /// here, so the word behind it may be its value; or there are several.
    Unclear,
}

/// Options that change nothing of what is started. Any other may put another program, or another
/// registry, in the place of what is named.
const HARMLESS: &[&str] = &["-y", "--yes", "-q", "--quiet"];

impl Fetched {
    /// What is fetched from a registry by these words, of which options name these packages.
    pub(super) fn of(
        registry: Registry,
        parted: &Parted<'_>,
        named: &[&str],
        (valued, switches): (Valued, &[&str]),
    ) -> Self {
        // What has its value in the same word takes no other.
        let is_known = |(option, value): &(&str, &str)| {
            !value.is_empty() || valued.contains(option) || switches.contains(option)
        };
        let (text, options_max) = match (named, parted.rest.first()) {
            _ if !parted.options.iter().all(is_known) => return Self::Unclear,
            ([], Some(first)) => (*first, 0),
            ([one], _) => (*one, 1),
            _ => return Self::Unclear,
        };
        let Some(package) = Package::named(registry, text) else { return Self::Unclear };
        let others = parted.options.iter().filter(|(it, _)| !HARMLESS.contains(it)).count();
        let program = parted.rest.first().copied().unwrap_or_default();
        let is_alone = others == options_max && (named.is_empty() || package.name == program);
        Self::Package(package, is_alone)
    }
}

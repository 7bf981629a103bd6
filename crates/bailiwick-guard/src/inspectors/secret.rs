//! Credentials of well-known services: access keys, tokens, private keys, passwords in addresses.
//!
//! A literal anchor finds the candidates at memory speed; the shape of what stands around it
//! decides. Only credentials that can be recognised are looked for: a password by itself looks
//! like any other word, and a guess would be wrong too often to act upon.

mod address;
mod beginnings;
mod check;
mod cursor;
mod held;
mod jwt;
mod pem;
mod search;
mod shape;
mod shapes;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::LazyLock;

use bailiwick_core::{Finding, Findings, Inspector, Seen, Severity};

pub use self::held::{CONTEXT_BYTES, Growing, HELD_BYTES_MAX, open_end};
use self::search::SEARCH;

/// Set when the searcher could not be built. It withholds: not to look is not to know.
const NOT_SCANNED: &str = "secret.not_scanned";

/// Every kind that the shapes make, and the one that says that nothing could be looked at.
static KINDS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let mut kinds: Vec<_> = shapes::all().map(|it| it.kind).chain([NOT_SCANNED]).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
});

/// Looks for credentials of well-known services.
pub(super) struct Secret;

impl Inspector for Secret {
    fn name(&self) -> &'static str {
        "secret"
    }

    fn purpose(&self) -> &'static str {
        "Credentials: keys and tokens of services, private keys, JWTs, passwords in addresses."
    }

    fn kinds(&self) -> &'static [&'static str] {
        &KINDS
    }

    fn scan(&self, seen: &Seen<'_>, findings: &mut Findings) {
        let looked = each(seen.bytes, |kind, range| {
            findings.push(Finding {
                kind: kind.into(),
                severity: Severity::Alert,
                offset: seen.offset + range.start as u64,
                length: u32::try_from(range.len()).unwrap_or(u32::MAX),
            });
        });
        if looked.is_none() {
            let (kind, severity) = (NOT_SCANNED.into(), Severity::Withhold);
            findings.push(Finding { kind, severity, offset: seen.offset, length: 0 });
        }
    }
}

/// Tell every secret in the text, in order. `None` when it could not be looked at.
pub(super) fn each(text: &[u8], tell: impl FnMut(&'static str, Range<usize>)) -> Option<()> {
    SEARCH.as_ref().map(|it| it.secrets(text, tell))
}

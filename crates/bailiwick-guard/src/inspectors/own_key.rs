//! Bailiwick's own keys: `bwk_<id>_<secret>` of an agent, `bwo_<name>_<secret>` of an operator.
//!
//! They are shown to the gateway in a header. In an answer they have no business: whoever reads
//! one there can act as its owner. They are withheld.

use std::ops::Range;
use std::sync::LazyLock;

use bailiwick_core::{Finding, Findings, Inspector, Seen, Severity, Surface};
use memchr::memmem;

use super::word;

const AGENT_KEY: &str = "own_key.agent_key";
const OPERATOR_KEY: &str = "own_key.operator_key";

/// The longest token that is looked at, and the shortest secret, in bytes.
const TOKEN_MAX: usize = 256;
const SECRET_MIN: usize = 20;

/// The length of `bwk_` and `bwo_`.
const PREFIX_BYTES: usize = 4;

/// What both kinds begin with.
static PREFIX: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new("bw"));

/// Looks for Bailiwick's own keys.
pub(super) struct OwnKey;

impl Inspector for OwnKey {
    fn name(&self) -> &'static str {
        "own_key"
    }

    fn purpose(&self) -> &'static str {
        "Keys of this gateway itself, which never belong in an answer."
    }

    fn kinds(&self) -> &'static [&'static str] {
        &[AGENT_KEY, OPERATOR_KEY]
    }

    fn scan(&self, seen: &Seen<'_>, findings: &mut Findings) {
        let severity = match seen.surface {
            Surface::Ask => Severity::Alert,
            Surface::Answer => Severity::Withhold,
        };
        each(seen.bytes, |kind, range| {
            findings.push(Finding {
                kind: kind.into(),
                severity,
                offset: seen.offset + range.start as u64,
                length: u32::try_from(range.len()).unwrap_or(u32::MAX),
            });
        });
    }
}

/// Tell every key in the text, in order.
pub(super) fn each(text: &[u8], mut tell: impl FnMut(&'static str, Range<usize>)) {
    for start in PREFIX.find_iter(text) {
        let Some((kind, rest)) = text.get(start..).and_then(prefixed) else { continue };
        let Some(body) = body(rest) else { continue };
        tell(kind, start..start + PREFIX_BYTES + body);
    }
}

/// How many bytes at the end of the text may be a key that goes on.
pub(super) fn open_end(text: &[u8]) -> usize {
    let token = word::run(text.iter().rev(), word::url_safe, PREFIX_BYTES + TOKEN_MAX);
    let token = text.get(text.len() - token..).unwrap_or_default();
    let first = PREFIX.find_iter(token).find(|&it| token.get(it..).and_then(prefixed).is_some());
    first.map_or(0, |it| token.len() - it)
}

/// The kind of key that begins here, and what is behind its prefix.
fn prefixed(text: &[u8]) -> Option<(&'static str, &[u8])> {
    match text {
        [b'b', b'w', b'k', b'_', rest @ ..] => Some((AGENT_KEY, rest)),
        [b'b', b'w', b'o', b'_', rest @ ..] => Some((OPERATOR_KEY, rest)),
        _ => None,
    }
}

/// The length of the id, the underscore and the secret. An id may hold underscores itself. What
/// stands before or behind does not matter: a key that is glued to other text still opens doors.
fn body(rest: &[u8]) -> Option<usize> {
    let token = rest.get(..word::run(rest, word::url_safe, TOKEN_MAX))?;
    memchr::memchr_iter(b'_', token).filter(|&id| id > 0).find_map(|id| {
        let after = token.get(id + 1..)?;
        let secret = after.get(..word::run(after, word::alphanumeric, TOKEN_MAX))?;
        let is_secret = secret.len() >= SECRET_MIN && word::is_varied(secret);
        is_secret.then_some(id + 1 + secret.len())
    })
}

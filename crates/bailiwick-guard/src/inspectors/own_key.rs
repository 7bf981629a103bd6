//! Bailiwick's own keys: `bwk_<id>_<secret>` of an agent, `bwo_<name>_<secret>` of an operator.
//!
//! They are shown to the gateway in a header. In an answer they have no business: whoever reads
//! one there can act as its owner. They are withheld.

use std::sync::LazyLock;

use bailiwick_core::{Finding, Findings, Inspector, Seen, Severity, Surface};
use memchr::memmem;

use super::word;

const AGENT_KEY: &str = "own_key.agent_key";
const OPERATOR_KEY: &str = "own_key.operator_key";

/// The longest token that is looked at, and the shortest secret, in bytes.
const TOKEN_MAX: usize = 256;
const SECRET_MIN: usize = 20;

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
        for start in PREFIX.find_iter(seen.bytes) {
            let rest = seen.bytes.get(start + PREFIX.needle().len()..).unwrap_or_default();
            let (kind, rest) = match rest {
                [b'k', b'_', rest @ ..] => (AGENT_KEY, rest),
                [b'o', b'_', rest @ ..] => (OPERATOR_KEY, rest),
                _ => continue,
            };
            let Some(body) = body(rest) else { continue };
            findings.push(Finding {
                kind: kind.into(),
                severity,
                offset: seen.offset + start as u64,
                length: u32::try_from("bwk_".len() + body).unwrap_or(u32::MAX),
            });
        }
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

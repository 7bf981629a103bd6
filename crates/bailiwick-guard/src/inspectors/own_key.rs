//! Bailiwick's own API keys: `bwk_<id>_<secret>`.
//!
//! An agent shows its key to the gateway in a header. In an answer it has no business: whoever
//! reads it there can act as that agent. It is withheld.

use bailiwick_core::{Finding, Findings, Inspector, Seen, Severity, Surface};
use memchr::memmem;

use super::word;

const KIND: &str = "own_key.api_key";
const PREFIX: &[u8] = b"bwk_";

/// The longest public id, in bytes.
const ID_MAX: usize = 64;

/// The shortest and the longest secret half, in bytes.
const SECRET_MIN: usize = 20;
const SECRET_MAX: usize = 128;

/// Looks for Bailiwick's own API keys.
pub(super) struct OwnKey;

impl Inspector for OwnKey {
    fn name(&self) -> &'static str {
        "own_key"
    }

    fn purpose(&self) -> &'static str {
        "API keys of this gateway itself, which never belong in an answer."
    }

    fn kinds(&self) -> &'static [&'static str] {
        &[KIND]
    }

    fn scan(&self, seen: &Seen<'_>, findings: &mut Findings) {
        let severity = match seen.surface {
            Surface::Ask => Severity::Alert,
            Surface::Answer => Severity::Withhold,
        };
        for start in memmem::find_iter(seen.bytes, PREFIX) {
            let rest = seen.bytes.get(start + PREFIX.len()..).unwrap_or_default();
            let Some(body) = body(rest) else { continue };
            findings.push(Finding {
                kind: KIND.into(),
                severity,
                offset: seen.offset + start as u64,
                length: u32::try_from(PREFIX.len() + body).unwrap_or(u32::MAX),
            });
        }
    }
}

/// The length of the id, the underscore and the secret. What stands before the prefix does not
/// matter: a key that is glued to other text still opens the door.
fn body(rest: &[u8]) -> Option<usize> {
    let id = word::run(rest, |byte| word::alphanumeric(byte) || byte == b'-', ID_MAX);
    let after = rest.get(id..)?.strip_prefix(b"_")?;
    let secret = word::run(after, word::url_safe, SECRET_MAX);
    let varied = word::is_varied(after.get(..secret)?);
    (id > 0 && secret >= SECRET_MIN && varied).then_some(id + 1 + secret)
}

//! Credentials of well-known services: access keys, tokens, private keys.
//!
//! A literal anchor finds the candidates at memory speed; the shape of what stands around it
//! decides. Only credentials that their issuers made recognisable are looked for: a password looks
//! like any other word, and a guess would be wrong too often to act upon.

mod shapes;

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, Input, MatchKind};
use bailiwick_core::{Finding, Findings, Inspector, Seen, Severity};
use memchr::memmem;

use self::shapes::{Body, KINDS, SHAPES, Shape};
use super::word;

/// Set when the searcher could not be built. It withholds: not to look is not to know.
const NOT_SCANNED: &str = "secret.not_scanned";

static ANCHORS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let anchors = SHAPES.iter().map(|it| it.anchor);
    AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(anchors).ok()
});

/// Looks for credentials of well-known services.
pub(super) struct Secret;

impl Inspector for Secret {
    fn name(&self) -> &'static str {
        "secret"
    }

    fn purpose(&self) -> &'static str {
        "Credentials: cloud access keys, tokens of well-known services, private keys, JWTs."
    }

    fn kinds(&self) -> &'static [&'static str] {
        KINDS
    }

    fn scan(&self, seen: &Seen<'_>, findings: &mut Findings) {
        let Some(anchors) = &*ANCHORS else {
            let (kind, severity) = (NOT_SCANNED.into(), Severity::Withhold);
            findings.push(Finding { kind, severity, offset: seen.offset, length: 0 });
            return;
        };
        let mut from = 0;
        while let Some(found) = anchors.find(Input::new(seen.bytes).range(from..)) {
            let (before, here) = seen.bytes.split_at(found.start());
            let shape = SHAPES.get(found.pattern().as_usize());
            let Some((shape, extent)) = shape.and_then(|it| Some((it, it.extent(before, here)?)))
            else {
                from = found.start() + 1;
                continue;
            };
            let start = found.start() - extent.before;
            findings.push(Finding {
                kind: shape.kind.into(),
                severity: Severity::Alert,
                offset: seen.offset + start as u64,
                length: u32::try_from(extent.before + extent.from).unwrap_or(u32::MAX),
            });
            from = found.start() + extent.from;
        }
    }
}

/// How far a secret reaches before its anchor, and from the anchor's first byte on.
struct Extent {
    before: usize,
    from: usize,
}

impl Shape {
    /// How far the secret reaches whose anchor is at the start of `here`, when there is one.
    fn extent(&self, before: &[u8], here: &[u8]) -> Option<Extent> {
        let anchor = self.anchor.len();
        let rest = here.get(anchor..)?;
        let behind = |length| Extent { before: 0, from: anchor + length };
        match self.body {
            Body::Run { alphabet, min, max } => {
                let whole = word::begins_word(before, alphabet);
                whole.then(|| run(rest, alphabet, min, max)).flatten().map(behind)
            }
            Body::Parts { min, max } => {
                let whole = word::begins_word(before, word::url_safe);
                let length = whole.then(|| run(rest, word::url_safe, min, max)).flatten()?;
                let number = word::run(rest, |byte| byte.is_ascii_digit(), length);
                (number > 0 && rest.get(number) == Some(&b'-')).then(|| behind(length))
            }
            Body::Value { alphabet, length } => value(rest, alphabet, length).map(behind),
            Body::Middle { prefix, alphabet, length } => {
                let (before, first) = before.split_at_checked(before.len().checked_sub(length)?)?;
                let after = run(rest, alphabet, length, length)?;
                let whole = before.ends_with(prefix) && first.iter().all(|&it| alphabet(it));
                let before = prefix.len() + length;
                whole.then_some(Extent { before, from: anchor + after })
            }
            Body::Jwt => {
                let header = jwt_header(before)?;
                Some(Extent { before: header, from: anchor + jwt_tail(rest)? })
            }
            Body::PrivateKey => private_key(rest).map(behind),
        }
    }
}

/// A run of the alphabet, as a whole between `min` and `max` long, and varied.
fn run(rest: &[u8], alphabet: word::Alphabet, min: usize, max: usize) -> Option<usize> {
    let length = word::run(rest, alphabet, max + 1);
    let varied = word::is_varied(rest.get(..length)?);
    ((min..=max).contains(&length) && varied).then_some(length)
}

/// A value behind its label: quotes, colons and the like, then a run of exactly `length`.
fn value(rest: &[u8], alphabet: word::Alphabet, length: usize) -> Option<usize> {
    const BETWEEN_MAX: usize = 12;
    let between = word::run(rest, |byte| b" \t\"'\\:=>".contains(&byte), BETWEEN_MAX);
    let body = run(rest.get(between..)?, alphabet, length, length)?;
    (between > 0).then_some(between + body)
}

/// The length of the JOSE header that ends here: base64url of an object that names an algorithm.
fn jwt_header(before: &[u8]) -> Option<usize> {
    const HEADER_MAX: usize = 2_048;
    let length = word::run(before.iter().rev(), word::url_safe, HEADER_MAX);
    let run = before.get(before.len() - length..)?;
    // A word may be glued to its front, such as the `n` of an escaped line feed.
    let header = run.get(memmem::find(run, b"eyJ")?..)?;
    memmem::find(&unbase64(header), b"\"alg\"").map(|_| header.len())
}

/// The length of the rest of a payload, a dot and a signature.
fn jwt_tail(rest: &[u8]) -> Option<usize> {
    const PAYLOAD_MAX: usize = 16_384;
    const SIGNATURE_MAX: usize = 2_048;
    const SIGNATURE_MIN: usize = 20;
    let payload = word::run(rest, word::url_safe, PAYLOAD_MAX);
    let signed = rest.get(payload..)?.strip_prefix(b".")?;
    let signature = word::run(signed, word::url_safe, SIGNATURE_MAX);
    (signature >= SIGNATURE_MIN).then_some(payload + 1 + signature)
}

/// What base64url writes; bits that do not fill a byte are dropped.
fn unbase64(text: &[u8]) -> Vec<u8> {
    let (mut bits, mut held) = (0u32, 0u32);
    let mut out = Vec::with_capacity(text.len());
    for &byte in text {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' | b'+' => 62,
            _ => 63,
        };
        bits = (bits << 6 | u32::from(six)) & 0xffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push(u8::try_from(bits >> held & 0xff).unwrap_or_default());
        }
    }
    out
}

/// A private key in PEM: the label, then enough base64 for a key. Its end is the next line of
/// dashes; a key that was cut off goes as far as its first line.
fn private_key(rest: &[u8]) -> Option<usize> {
    const LABEL_MAX: usize = 40;
    const HEADERS_MAX: usize = 256;
    const KEY_LINE_MIN: usize = 32;
    let label = word::run(rest, |byte| byte.is_ascii_uppercase() || byte == b' ', LABEL_MAX);
    let is_private = memmem::find(rest.get(..label)?, b"PRIVATE KEY").is_some();
    let after = rest.get(label..)?.strip_prefix(b"-----")?;
    if !is_private {
        return None;
    }
    let mut start = 0;
    while start < HEADERS_MAX {
        let line = word::run(after.get(start..)?, word::base64, KEY_LINE_MIN);
        if line == KEY_LINE_MIN {
            let key = after.get(start..)?;
            let end = memmem::find(key, b"-----").map_or(line, |end| end + end_line(key, end));
            return Some(label + 5 + start + end);
        }
        start += line + 1;
    }
    None
}

/// The length of `-----END ...-----` at `at`; zero when something else stands there.
fn end_line(key: &[u8], at: usize) -> usize {
    const END_MAX: usize = 64;
    let Some(rest) = key.get(at..).and_then(|it| it.strip_prefix(b"-----END ")) else { return 0 };
    let label = word::run(rest, |byte| byte.is_ascii_uppercase() || byte == b' ', END_MAX);
    let closed = rest.get(label..).is_some_and(|it| it.starts_with(b"-----"));
    9 + label + if closed { 5 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_are_long_enough_to_be_fast_and_none_begins_another() {
        assert!(ANCHORS.is_some());
        for (place, shape) in SHAPES.iter().enumerate() {
            assert!(shape.anchor.len() >= 4, "{}", shape.anchor);
            assert!(KINDS.contains(&shape.kind), "{}", shape.kind);
            let mut others = SHAPES.iter().enumerate().filter(|(other, _)| *other != place);
            assert!(others.all(|(_, other)| !other.anchor.starts_with(shape.anchor)));
        }
    }
}

//! What a credential looks like, and whether one stands at an anchor.

use std::ops::Range;

use super::cursor::Cursor;
use super::{address, jwt, pem};
use crate::inspectors::word::{self, Alphabet};

/// One shape of credential.
#[derive(Debug)]
pub(super) struct Shape {
    /// The kind of finding that it makes.
    pub(super) kind: &'static str,
    /// The bytes by which it is noticed. Long ones are faster than short ones.
    pub(super) anchors: &'static [&'static str],
    /// What must stand around an anchor.
    pub(super) body: Body,
    /// What the secret itself must be like besides: not a placeholder, its checksum right.
    pub(super) check: Check,
}

/// Whether what has the right form can be a secret: its public prefix, when it has one, and the
/// rest.
pub(super) type Check = fn(prefix: &[u8], secret: &[u8]) -> bool;

/// What must stand around an anchor.
#[derive(Debug)]
pub(super) enum Body {
    /// The anchor begins a word, and behind it stand these.
    Behind(&'static [Step]),
    /// The anchor is a label; quotes and separators follow, and then these, which alone are the
    /// secret.
    Labelled(&'static [Step]),
    /// The anchor is in the middle: these before it, and those behind it.
    Around(Before, &'static [Step]),
    /// The anchor begins an address, and the password in it is the secret.
    Address,
    /// The anchor is the seam between the header and the payload of a signed JSON Web Token.
    Jwt,
    /// The anchor begins a private key in PEM.
    PrivateKey,
}

/// The most that is read of a run of no promised length, in bytes.
pub(super) const LONG_MAX: usize = 2_048;

/// A part of what stands behind an anchor.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// A whole run of an alphabet, with its least and greatest length.
    Run(Alphabet, usize, usize),
    /// A run of an alphabet with its least length, where no issuer promised a greatest: of one that
    /// is longer than [`LONG_MAX`] the beginning is taken.
    Long(Alphabet, usize),
    /// Exactly these bytes.
    Text(&'static str),
}

/// What stands before an anchor in the middle: a prefix, and a run of an alphabet with its least
/// and greatest length.
#[derive(Clone, Copy, Debug)]
pub(super) struct Before {
    pub(super) prefix: &'static str,
    pub(super) alphabet: Alphabet,
    pub(super) min: usize,
    pub(super) max: usize,
}

/// What was seen at an anchor.
#[derive(Debug)]
pub(super) struct Look {
    /// Where the secret stands, as far as the text goes.
    pub(super) found: Option<Range<usize>>,
    /// Where a secret begins of which more text must decide whether it is one, or where it ends.
    pub(super) open: Option<usize>,
    /// Whether more text makes no other thing of this. A user's name that goes on is undecided
    /// before any byte of the password is there to wait.
    pub(super) is_decided: bool,
}

impl Shape {
    /// What stands around the anchor at `start`, `length` bytes long.
    pub(super) fn look(&self, text: &[u8], start: usize, length: usize) -> Look {
        let before = text.get(..start).unwrap_or_default();
        let mut cursor = Cursor::new(text, start + length);
        let Some(first) = self.first(before, &mut cursor) else {
            return Look { found: None, open: None, is_decided: !cursor.met_end() };
        };
        let end = self.end(&mut cursor);
        let prefix = first.max(if self.is_prefixed() { start + length } else { 0 });
        let part = |range: Range<usize>| text.get(range).unwrap_or_default();
        let checked = |end: &usize| (self.check)(part(first..prefix), part(prefix..*end));
        let found = end.filter(checked).map(|end| first..end);
        let is_decided = !cursor.met_end();
        Look { found, open: (!is_decided).then_some(first), is_decided }
    }

    const fn is_prefixed(&self) -> bool {
        matches!(self.body, Body::Behind(_))
    }

    /// Where the secret begins, when what stands before it is as it must be.
    fn first(&self, before: &[u8], cursor: &mut Cursor<'_>) -> Option<usize> {
        const BETWEEN_MAX: usize = 12;
        let start = before.len();
        match &self.body {
            Body::Behind(steps) => {
                let first = match steps.first() {
                    Some(Step::Run(alphabet, ..) | Step::Long(alphabet, _)) => *alphabet,
                    Some(Step::Text(_)) | None => word::alphanumeric,
                };
                word::begins_word(before, first).then_some(start)
            }
            Body::Labelled(_) => {
                // `KEY=`, `"KEY": "`, `environ["KEY"] = "`, `setenv("KEY", "`, `<KEY>`, `| KEY | `
                let between = cursor.run(|it| b" \t\"'`\\:=>,[]()|".contains(&it), BETWEEN_MAX);
                (between > 0).then_some(cursor.at())
            }
            Body::Around(it, _) => Some(start - it.reach(before)?),
            Body::Address => address::before_password(cursor),
            Body::Jwt => Some(start - jwt::header(before)?),
            Body::PrivateKey => Some(start),
        }
    }

    /// Where the secret ends, when the rest of it is as it must be.
    fn end(&self, cursor: &mut Cursor<'_>) -> Option<usize> {
        match &self.body {
            Body::Behind(steps) | Body::Labelled(steps) | Body::Around(_, steps) => {
                for step in *steps {
                    match step {
                        Step::Run(alphabet, min, max) => {
                            cursor.whole(*alphabet, *min, *max)?;
                        }
                        Step::Long(alphabet, min) => {
                            (cursor.run(*alphabet, LONG_MAX) >= *min).then_some(())?;
                        }
                        Step::Text(text) => cursor.text(text.as_bytes())?,
                    }
                }
                Some(cursor.at())
            }
            Body::Address => address::password(cursor),
            Body::Jwt => jwt::tail(cursor),
            Body::PrivateKey => pem::key(cursor),
        }
    }
}

impl Before {
    /// How far it reaches back from the end of `before`.
    fn reach(&self, before: &[u8]) -> Option<usize> {
        let run = word::run(before.iter().rev(), self.alphabet, self.max.saturating_add(6));
        let (ahead, body) = before.split_at_checked(before.len().checked_sub(run)?)?;
        // The letter of an escape such as `\n` is not part of it.
        let glued = if ahead.ends_with(b"\\") { word::escape(body) } else { 0 };
        let length = run.checked_sub(glued)?;
        let fits = (self.min..=self.max).contains(&length);
        (fits && ahead.ends_with(self.prefix.as_bytes())).then_some(length + self.prefix.len())
    }
}

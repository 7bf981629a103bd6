//! What must wait at the end of a text that goes on.

use super::search::SEARCH;
use super::{jwt, pem};
use crate::inspectors::{own_key, word};

/// The most bytes that ever wait: what is longer is no secret of any kind, or is one already.
pub const HELD_BYTES_MAX: usize =
    if pem::WHOLE_MAX > jwt::TOKEN_MAX { pem::WHOLE_MAX } else { jwt::TOKEN_MAX };

/// How many bytes before those that wait must be shown again with them: an anchor may have left
/// before it was complete, and what stands before it tells whether it begins a word.
pub const CONTEXT_BYTES: usize = 256;

/// How many bytes at the end of `text` must wait for what comes next: from the first byte of what
/// may be going on to be a secret there. 0 for ordinary text, and never more than
/// [`HELD_BYTES_MAX`].
///
/// `text` is what waits already and what came now, behind at least [`CONTEXT_BYTES`] of what left
/// before (or all of it). What is let go was then scanned with all that decides about it:
///
/// - A prefix such as `sk-` may leave while it is incomplete. Once it is complete and what is
///   behind it reaches the end of the text, all of it waits, prefix and secret.
/// - Behind a label, or in an address, the secret waits; the label and the user's name leave.
/// - Where the mark of a key stands in its middle, what is before the mark waits from its twelfth
///   hexadecimal digit or twentieth letter on. The bytes before those may leave: 11 of 32 digits,
///   19 of 76 letters; what is left is more than anybody guesses. An id before the mark, as in
///   tokens of bots, may leave whole.
/// - A private key and a signed token wait to their end.
///
/// At the end of a stream nothing waits any more: scan what is left as it is.
///
/// ```
/// assert_eq!(bailiwick_guard::open_end(b"Nothing is secret here"), 0);
/// assert_eq!(bailiwick_guard::open_end(b"your key is gsk_4f2A"), "gsk_4f2A".len());
/// assert_eq!(bailiwick_guard::open_end(b"your key is gsk_ and more"), 0);
/// ```
pub fn open_end(text: &[u8]) -> usize {
    Growing::new().open_end(text)
}

/// A text that grows at its end, and is looked at again each time it did.
#[derive(Clone, Copy, Debug, Default)]
pub struct Growing {
    /// No anchor before this byte is of a secret, whatever is added to the text.
    decided: usize,
}

impl Growing {
    /// A text of which nothing is there yet.
    pub const fn new() -> Self {
        Self { decided: 0 }
    }

    /// [`open_end`] of the text, which is the one of before with more behind it.
    pub fn open_end(&mut self, text: &[u8]) -> usize {
        let Some(search) = &*SEARCH else { return 0 };
        let skipped = text.len().saturating_sub(HELD_BYTES_MAX + CONTEXT_BYTES);
        let text = text.get(skipped..).unwrap_or_default();
        let waits = unmarked(text).max(jwt::open_header(text)).max(own_key::open_end(text));
        let from = self.decided.saturating_sub(skipped);
        let (first, is_plain) = search.open(text, from, text.len() - waits);
        // INVARIANT: an anchor that is whole and neither opens nor is a secret stays so. One that
        // begins closer to the end may be the beginning of a longer one.
        if is_plain {
            self.decided = (skipped + text.len() + 1).saturating_sub(search.longest);
        }
        (text.len() - first).min(HELD_BYTES_MAX)
    }

    /// So many bytes at the beginning of the text are gone.
    pub const fn forget(&mut self, bytes: usize) {
        self.decided = self.decided.saturating_sub(bytes);
    }
}

/// A run at the end that may be the first half of a key whose mark stands in its middle.
fn unmarked(text: &[u8]) -> usize {
    const HEX_MIN: usize = 12;
    const HEX_MAX: usize = 36;
    const LETTERS_MIN: usize = 20;
    const LETTERS_MAX: usize = 76;
    // Letters of the mark itself may be there, which belongs to the run or begins with a dash.
    const MARK_MAX: usize = 6;
    let run = |text: &[u8], alphabet, max| word::run(text.iter().rev(), alphabet, max + 1);
    let letters = run(text, word::alphanumeric, LETTERS_MAX + MARK_MAX);
    let (before, mark) = ["-u", "-"]
        .iter()
        .find_map(|it| Some((text.strip_suffix(it.as_bytes())?, it.len())))
        .unwrap_or((text, 0));
    let digits = run(before, word::hex, HEX_MAX);
    if (LETTERS_MIN..=LETTERS_MAX + MARK_MAX).contains(&letters) {
        letters
    } else if (HEX_MIN..=HEX_MAX).contains(&digits) {
        digits + mark
    } else {
        0
    }
}

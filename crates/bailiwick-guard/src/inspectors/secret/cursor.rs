//! Reading on from an anchor, and noticing when the text ended before the answer was known.

use memchr::memmem;

use crate::inspectors::word::Alphabet;

/// A place in a text. It knows whether a longer text could have been read differently: then the
/// end was looked at, and what was read there is not decided.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
    met_end: bool,
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(text: &'a [u8], at: usize) -> Self {
        Self { text, at, met_end: false }
    }

    /// Where it stands, counted from the start of the text.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// Whether more text could change what was read.
    pub(super) const fn met_end(&self) -> bool {
        self.met_end
    }

    /// What is left of the text.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// What was read since `from`.
    pub(super) fn since(&self, from: usize) -> &'a [u8] {
        self.text.get(from..self.at).unwrap_or_default()
    }

    /// Read bytes of the alphabet, at most `max` of them, and say how many there were.
    pub(super) fn run(&mut self, alphabet: Alphabet, max: usize) -> usize {
        let rest = self.rest();
        let length = rest.iter().take(max).take_while(|&&it| alphabet(it)).count();
        self.met_end |= length == rest.len() && length < max;
        self.at += length;
        length
    }

    /// Read a whole run of the alphabet, between `min` and `max` long.
    pub(super) fn whole(&mut self, alphabet: Alphabet, min: usize, max: usize) -> Option<usize> {
        let length = self.run(alphabet, max.saturating_add(1));
        (min..=max).contains(&length).then_some(length)
    }

    /// Read up to these bytes, if they begin within the next `max`.
    pub(super) fn until(&mut self, bytes: &[u8], max: usize) -> Option<()> {
        let most = max.saturating_add(bytes.len());
        let rest = self.rest();
        let found = memmem::find(rest.get(..most).unwrap_or(rest), bytes);
        self.met_end |= found.is_none() && rest.len() < most;
        found.map(|length| self.at += length)
    }

    /// Read exactly these bytes.
    pub(super) fn text(&mut self, bytes: &[u8]) -> Option<()> {
        let rest = self.rest();
        self.met_end |= rest.len() < bytes.len() && bytes.starts_with(rest);
        rest.starts_with(bytes).then(|| self.at += bytes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::Cursor;
    use crate::inspectors::word::{alphanumeric, digit};

    #[test]
    fn the_end_is_met_only_where_more_text_could_matter() {
        for (text, max, length, met_end) in [
            ("123", 5, 3, true),
            ("123", 3, 3, false),
            ("123 ", 5, 3, false),
            ("", 5, 0, true),
            ("x", 5, 0, false),
        ] {
            let mut cursor = Cursor::new(text.as_bytes(), 0);
            assert_eq!(cursor.run(digit, max), length, "{text}");
            assert_eq!((cursor.at(), cursor.met_end()), (length, met_end), "{text} {max}");
        }
        for (text, read, met_end) in
            [("ab.", true, false), ("a", false, true), ("ac", false, false)]
        {
            let mut cursor = Cursor::new(text.as_bytes(), 0);
            assert_eq!(cursor.text(b"ab").is_some(), read, "{text}");
            assert_eq!(cursor.met_end(), met_end, "{text}");
        }
    }

    #[test]
    fn what_is_read_up_to_must_begin_in_time() {
        for (text, max, at, met_end) in
            [("ab--", 2, Some(2), false), ("abc--", 2, None, false), ("ab-", 2, None, true)]
        {
            let mut cursor = Cursor::new(text.as_bytes(), 0);
            assert_eq!(cursor.until(b"--", max).map(|()| cursor.at()), at, "{text}");
            assert_eq!(cursor.met_end(), met_end, "{text}");
        }
    }

    #[test]
    fn a_run_that_is_longer_than_allowed_is_decided() {
        let mut cursor = Cursor::new(b"abcd", 0);
        assert_eq!(cursor.whole(alphanumeric, 1, 3), None);
        assert!(!cursor.met_end());
    }
}

//! The scanner: one pass, no recursion, and nothing accepted that two parsers may read differently.

use std::borrow::Cow;

use super::tape::{DEPTH_CEILING, Entry, JsonError, Kind, Limits, name_bit};
use super::text::unescape;

/// No container is open.
const OUTSIDE: u32 = u32::MAX;

/// Up to this many members, names are compared pairwise; above, they are sorted.
const PAIRWISE_MAX: usize = 8;

/// What the text holds, entry by entry.
pub(super) fn scan(text: &str, limits: Limits) -> Result<Vec<Entry>, JsonError> {
    // Below the sentinel, every offset and index fits the tape.
    if text.len() >= OUTSIDE as usize {
        return Err(JsonError::TooLong);
    }
    let guess = (text.len() / 9 + 4).min(limits.nodes as usize);
    let mut scanner = Scanner {
        text,
        bytes: text.as_bytes(),
        at: 0,
        tape: Vec::with_capacity(guess),
        open: OUTSIDE,
        depth: 0,
        depth_max: limits.depth.min(DEPTH_CEILING),
        nodes_max: limits.nodes as usize,
    };
    loop {
        scanner.space();
        if scanner.value()? && !scanner.after_value()? {
            break;
        }
    }
    scanner.space();
    if scanner.at < text.len() {
        return Err(JsonError::Trailing { at: scanner.at });
    }
    Ok(scanner.tape)
}

struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    tape: Vec<Entry>,
    /// The index of the innermost open container.
    open: u32,
    depth: u32,
    depth_max: u32,
    nodes_max: usize,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    /// What to say of the byte at hand when it fits nowhere.
    fn misfit(&self) -> JsonError {
        if self.at < self.bytes.len() {
            JsonError::Unexpected { at: self.at }
        } else {
            JsonError::End { at: self.at }
        }
    }

    /// Put one entry on the tape that began at `start` and ends here.
    fn push(&mut self, start: usize, kind: Kind, escaped: bool) -> Result<(), JsonError> {
        if self.tape.len() >= self.nodes_max {
            return Err(JsonError::Nodes { at: start });
        }
        let next = narrow(self.tape.len() + 1);
        let (start, end) = (narrow(start), narrow(self.at));
        self.tape.push(Entry { start, end, next, kind, escaped, names: 0 });
        Ok(())
    }

    /// Read one value. `true` when it is complete; `false` when it is a container whose first
    /// value comes next.
    fn value(&mut self) -> Result<bool, JsonError> {
        match self.peek() {
            Some(b'"') => self.string()?,
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b'{') => return self.begin(Kind::Object, b'}'),
            Some(b'[') => return self.begin(Kind::Array, b']'),
            Some(b't') => self.literal(b"true", Kind::Bool)?,
            Some(b'f') => self.literal(b"false", Kind::Bool)?,
            Some(b'n') => self.literal(b"null", Kind::Null)?,
            Some(_) | None => return Err(self.misfit()),
        }
        Ok(true)
    }

    /// Go to the next value after a complete one. `false` when the outermost value is complete.
    fn after_value(&mut self) -> Result<bool, JsonError> {
        loop {
            let Some(container) = self.tape.get(self.open as usize) else { return Ok(false) };
            let is_object = container.kind == Kind::Object;
            self.space();
            match (self.peek(), is_object) {
                (Some(b','), false) => {
                    self.at += 1;
                    return Ok(true);
                }
                (Some(b','), true) => {
                    self.at += 1;
                    self.space();
                    self.name()?;
                    return Ok(true);
                }
                (Some(b']'), false) | (Some(b'}'), true) => self.end()?,
                _ => return Err(self.misfit()),
            }
        }
    }

    /// Open a container. `true` when it is empty, and so complete.
    fn begin(&mut self, kind: Kind, close: u8) -> Result<bool, JsonError> {
        let start = self.at;
        if self.depth >= self.depth_max {
            return Err(JsonError::Depth { at: start });
        }
        let index = narrow(self.tape.len());
        self.at += 1;
        self.push(start, kind, false)?;
        if let Some(entry) = self.tape.last_mut() {
            entry.next = self.open;
        }
        self.open = index;
        self.depth += 1;
        self.space();
        if self.peek() == Some(close) {
            self.end()?;
            return Ok(true);
        }
        if kind == Kind::Object {
            self.name()?;
        }
        Ok(false)
    }

    /// Close the innermost container.
    fn end(&mut self) -> Result<(), JsonError> {
        self.at += 1;
        let index = self.open as usize;
        let (end, next) = (narrow(self.at), narrow(self.tape.len()));
        let Some(entry) = self.tape.get_mut(index) else { return Err(self.misfit()) };
        let (start, kind) = (entry.start as usize, entry.kind);
        self.open = entry.next;
        (entry.end, entry.next) = (end, next);
        self.depth -= 1;
        if kind == Kind::Object {
            let names = self.names(index).ok_or(JsonError::Duplicate { at: start })?;
            if let Some(entry) = self.tape.get_mut(index) {
                entry.names = names;
            }
        }
        Ok(())
    }

    /// A member's name and its colon.
    fn name(&mut self) -> Result<(), JsonError> {
        if self.peek() != Some(b'"') {
            return Err(self.misfit());
        }
        self.string()?;
        self.space();
        if self.peek() != Some(b':') {
            return Err(self.misfit());
        }
        self.at += 1;
        Ok(())
    }

    fn string(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        let mut escaped = false;
        self.at += 1;
        loop {
            self.at = plain_end(self.bytes, self.at);
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                Some(_) => return Err(JsonError::Control { at: self.at }),
                None => return Err(JsonError::End { at: self.at }),
            }
        }
        self.at += 1;
        self.push(start, Kind::String, escaped)
    }

    fn escape(&mut self) -> Result<(), JsonError> {
        let at = self.at;
        match self.bytes.get(at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 2,
            Some(b'u') => {
                let high = self.code_unit(at)?;
                self.at += 6;
                if (0xDC00..0xE000).contains(&high) {
                    return Err(JsonError::Surrogate { at });
                }
                if (0xD800..0xDC00).contains(&high) {
                    if self.bytes.get(self.at..self.at + 2) != Some(b"\\u") {
                        return Err(JsonError::Surrogate { at });
                    }
                    if !(0xDC00..0xE000).contains(&self.code_unit(self.at)?) {
                        return Err(JsonError::Surrogate { at });
                    }
                    self.at += 6;
                }
            }
            Some(_) => return Err(JsonError::Escape { at }),
            None => return Err(JsonError::End { at: self.bytes.len() }),
        }
        Ok(())
    }

    /// The four hexadecimal digits of the `\uXXXX` at `at`.
    fn code_unit(&self, at: usize) -> Result<u32, JsonError> {
        let Some(digits) = self.bytes.get(at + 2..at + 6) else {
            return Err(JsonError::Escape { at });
        };
        let mut unit = 0;
        for digit in digits {
            let Some(digit) = char::from(*digit).to_digit(16) else {
                return Err(JsonError::Escape { at });
            };
            unit = (unit << 4) | digit;
        }
        Ok(unit)
    }

    fn number(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        if let Some(b'0'..=b'9') = self.peek() {
            return Err(JsonError::Number { at: self.at });
        }
        self.push(start, Kind::Number, false)
    }

    /// One digit or more.
    fn digits(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        if self.at == start { Err(JsonError::Number { at: start }) } else { Ok(()) }
    }

    fn literal(&mut self, word: &[u8], kind: Kind) -> Result<(), JsonError> {
        let start = self.at;
        if self.bytes.get(start..start + word.len()) != Some(word) {
            return Err(self.misfit());
        }
        self.at += word.len();
        self.push(start, kind, false)
    }

    /// The bits of the names of the object at `index`. `None` when two members have the same name
    /// once escapes are resolved.
    fn names(&self, index: usize) -> Option<u16> {
        let mut few = [""; PAIRWISE_MAX];
        let (mut count, mut bits) = (0, 0);
        let mut at = index + 1;
        while let (Some(entry), Some(value)) = (self.tape.get(at), self.tape.get(at + 1)) {
            let (before, after) = few.split_at_mut_checked(count)?;
            let Some(slot) = after.first_mut().filter(|_| !entry.escaped) else {
                return self.names_sorted(index);
            };
            let name = entry.inner(self.text);
            let bit = name_bit(name);
            if bits & bit != 0 && before.contains(&name) {
                return None;
            }
            bits |= bit;
            *slot = name;
            count += 1;
            at = value.next as usize;
        }
        Some(bits)
    }

    /// The same for objects with many or escaped names, in n log n.
    fn names_sorted(&self, index: usize) -> Option<u16> {
        let mut names: Vec<Cow<'_, str>> = Vec::new();
        let mut at = index + 1;
        while let (Some(name), Some(value)) = (self.tape.get(at), self.tape.get(at + 1)) {
            names.push(unescape(name.inner(self.text), name.escaped));
            at = value.next as usize;
        }
        // Any order will do: the length first is the cheapest.
        names.sort_unstable_by(|left, right| {
            left.len().cmp(&right.len()).then_with(|| left.cmp(right))
        });
        let has_twins = names.windows(2).any(|pair| matches!(pair, [left, right] if left == right));
        (!has_twins).then(|| names.iter().fold(0, |bits, it| bits | name_bit(it)))
    }
}

/// Where the string stops being plain: the first quote, backslash or control character from `at`
/// on, or the end.
fn plain_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let hits = special(u64::from_le_bytes(*chunk));
        if hits != 0 {
            return at + hits.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    while let Some(byte) = bytes.get(at) {
        if *byte < 0x20 || *byte == b'"' || *byte == b'\\' {
            break;
        }
        at += 1;
    }
    at
}

/// The high bit of each byte that is a quote, a backslash or below 0x20. Bytes above the lowest
/// such byte may be marked wrongly, because a subtraction borrows upwards; the lowest is right.
const fn special(word: u64) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGHS: u64 = u64::from_le_bytes([0x80; 8]);
    let quote = word ^ u64::from_le_bytes([b'"'; 8]);
    let slash = word ^ u64::from_le_bytes([b'\\'; 8]);
    let quote = quote.wrapping_sub(ONES) & !quote;
    let slash = slash.wrapping_sub(ONES) & !slash;
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    (quote | slash | control) & HIGHS
}

/// An offset or index as the tape holds it. The text's length was checked before.
fn narrow(it: usize) -> u32 {
    u32::try_from(it).unwrap_or(OUTSIDE)
}

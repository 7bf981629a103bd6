//! Server-sent events: a stream cut into its events, each with the exact bytes that made it.
//!
//! Relaying the `raw` bytes of all events gives the stream again. Every blank line ends an event,
//! even where nothing stood before it, so that keep-alives pass at once.

use std::collections::VecDeque;
use std::ops::Range;

use bytes::{Bytes, BytesMut};
use memchr::{memchr, memchr2};

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// One event.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Event {
    /// The exact bytes, the blank line at the end included.
    pub raw: Bytes,
    /// Its type, where it names one.
    pub event: Option<String>,
    /// Its id, where it has one. An empty one takes back the last.
    pub id: Option<String>,
    /// How long to wait before connecting again, in milliseconds.
    pub retry: Option<u64>,
    /// Its data, lines joined by line feeds; empty for comments and keep-alives.
    pub data: Bytes,
}

impl Event {
    /// Whether it is of the default type, the only one in which MCP sends messages.
    pub fn is_message(&self) -> bool {
        self.event.as_deref().is_none_or(|it| it.is_empty() || it == "message")
    }

    /// The event's bytes with a span of its data replaced; all else is as it came. Neither the span
    /// nor what replaces it may hold a line break, which a JSON string never does. An event whose
    /// bytes are not those of its data is written anew.
    pub fn with_data(&self, span: Range<usize>, text: &[u8]) -> Bytes {
        let place = self.place(&span);
        let is_there = |it: &Range<usize>| self.raw.get(it.clone()) == self.data.get(span.clone());
        let (all, place) = match place.filter(is_there) {
            Some(place) => (&self.raw, place),
            None => (&self.data, span.clone()),
        };
        let before = all.get(..place.start).unwrap_or_default();
        let changed = [before, text, all.get(place.end..).unwrap_or_default()].concat();
        if std::ptr::eq(all, &self.raw) { Bytes::from(changed) } else { self.around(&changed) }
    }

    /// Where a span of the data lies in the bytes.
    fn place(&self, span: &Range<usize>) -> Option<Range<usize>> {
        let text = self.raw.strip_prefix(BOM).unwrap_or(&self.raw);
        let mut at = self.raw.len() - text.len();
        let mut done = 0;
        for line in lines(text) {
            if let (b"data", value) = field(line) {
                let start = at + line.len() - value.len();
                if span.start >= done && span.end <= done + value.len() {
                    return Some(start + span.start - done..start + span.end - done);
                }
                done += value.len() + 1;
            }
            at += line.len() + 1;
        }
        None
    }

    /// This event with other data.
    fn around(&self, data: &[u8]) -> Bytes {
        let rest = encode_with(data, self.id.as_deref(), self.retry);
        match &self.event {
            Some(name) => Bytes::from([b"event: ", name.as_bytes(), b"\n", &rest].concat()),
            None => rest,
        }
    }
}

/// Why a stream cannot be read on.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SseError {
    /// One event is longer than the limit.
    #[error("an event is longer than {max} bytes")]
    TooLong {
        /// The limit.
        max: usize,
    },
    /// More bytes came although as many as the limit were waiting to be taken.
    #[error("events are not taken")]
    Unread,
}

/// How a line ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Ending {
    Lf,
    Cr,
    CrLf,
}

/// Cuts a stream into events, in time linear in its length. It holds one event that is not yet
/// complete and those that were not yet taken.
#[derive(Debug)]
pub struct Decoder {
    max: usize,
    bytes: BytesMut,
    /// Where each complete event ends, counted from the end of the one before it.
    lengths: VecDeque<usize>,
    /// The sum of `lengths`: where the event that is not yet complete begins.
    complete: usize,
    /// Where its current line begins.
    line: usize,
    /// Up to where it was looked at.
    seen: usize,
    /// How the stream's last line ended.
    last: Option<Ending>,
    /// A carriage return was the last byte seen: a line feed after it belongs to it.
    after_cr: bool,
    /// A blank line ended in that carriage return, and its line feed is waited for.
    awaits_lf: bool,
    /// The first line of the stream is not complete yet.
    first_line: bool,
    /// The first event of the stream was not taken yet.
    first_event: bool,
    broken: Option<SseError>,
}

impl Decoder {
    /// A decoder for one stream, none of whose events may be longer than `max_event_bytes`.
    pub fn new(max_event_bytes: usize) -> Self {
        Self {
            max: max_event_bytes,
            bytes: BytesMut::new(),
            lengths: VecDeque::new(),
            complete: 0,
            line: 0,
            seen: 0,
            last: None,
            after_cr: false,
            awaits_lf: false,
            first_line: true,
            first_event: true,
            broken: None,
        }
    }

    /// Take in the next bytes. Take the events out before pushing more.
    ///
    /// # Errors
    /// [`SseError`], after which the stream cannot be read on. Events that were complete before
    /// can still be taken.
    pub fn push(&mut self, chunk: &[u8]) -> Result<(), SseError> {
        if self.broken.is_none() {
            if self.complete > self.max {
                self.broken = Some(SseError::Unread);
            } else {
                self.bytes.extend_from_slice(chunk);
                self.cut();
            }
        }
        self.broken.map_or(Ok(()), Err)
    }

    /// The next complete event.
    pub fn next_event(&mut self) -> Option<Event> {
        let length = self.lengths.pop_front()?;
        let raw = self.bytes.split_to(length).freeze();
        self.complete -= length;
        self.line -= length;
        self.seen -= length;
        let first = std::mem::replace(&mut self.first_event, false);
        Some(read_event(raw, first))
    }

    /// The stream has ended: its last event when only the line feed of a blank line was awaited.
    /// An event without its blank line is no event and is dropped, as the standard says.
    pub fn finish(&mut self) -> Option<Event> {
        if self.broken.is_none() && self.awaits_lf {
            self.awaits_lf = false;
            self.end_event();
        }
        self.next_event()
    }

    /// Look at the bytes that were not seen yet.
    fn cut(&mut self) {
        while let Some(rest) = self.bytes.get(self.seen..).filter(|it| !it.is_empty()) {
            if std::mem::replace(&mut self.after_cr, false) {
                let is_pair = rest.first() == Some(&b'\n');
                if is_pair {
                    self.last = Some(Ending::CrLf);
                    self.seen += 1;
                    self.line = self.seen;
                }
                if std::mem::replace(&mut self.awaits_lf, false) {
                    self.end_event();
                }
            } else if let Some(at) = memchr2(b'\n', b'\r', rest) {
                let is_cr = rest.get(at) == Some(&b'\r');
                self.end_line(self.seen + at, is_cr);
            } else {
                self.seen = self.bytes.len();
            }
            if self.seen - self.complete > self.max {
                self.broken = Some(SseError::TooLong { max: self.max });
            }
            if self.broken.is_some() {
                return;
            }
        }
    }

    /// A line ends in the byte at `at`.
    fn end_line(&mut self, at: usize, is_cr: bool) {
        let line = self.bytes.get(self.line..at).unwrap_or_default();
        let is_first = std::mem::replace(&mut self.first_line, false);
        let is_blank = line.is_empty() || (is_first && line == BOM);
        let before = self.last;
        self.last = Some(if is_cr { Ending::Cr } else { Ending::Lf });
        self.after_cr = is_cr;
        self.seen = at + 1;
        self.line = self.seen;
        if is_blank {
            // A blank line's carriage return ends the event at once in a stream that does not pair
            // it with a line feed, because nothing may follow for long; else its line feed belongs
            // to the event. What was seen before decides, so that chunks make no difference.
            if is_cr && before == Some(Ending::CrLf) {
                self.awaits_lf = true;
            } else {
                self.end_event();
            }
        }
    }

    fn end_event(&mut self) {
        let length = self.seen - self.complete;
        if length > self.max {
            self.broken = Some(SseError::TooLong { max: self.max });
            return;
        }
        self.lengths.push_back(length);
        self.complete = self.seen;
    }
}

/// The lines of some text without their ends, each of which is one byte: between the two of a pair
/// stands an empty line, which says nothing.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest.take()?;
        let Some(end) = memchr2(b'\n', b'\r', text) else { return Some(text) };
        rest = text.get(end + 1..);
        text.get(..end)
    })
}

/// A line's field and its value.
fn field(line: &[u8]) -> (&[u8], &[u8]) {
    let (name, value) = match memchr(b':', line).and_then(|at| line.split_at_checked(at)) {
        Some((name, value)) => (name, value.get(1..).unwrap_or_default()),
        None => (line, &[][..]),
    };
    (name, value.strip_prefix(b" ").unwrap_or(value))
}

/// What the lines of one event say.
fn read_event(raw: Bytes, first: bool) -> Event {
    let mut event =
        Event { raw: raw.clone(), event: None, id: None, retry: None, data: Bytes::new() };
    let mut count = 0;
    let mut joined: Vec<u8> = Vec::new();
    let text: &[u8] = if first { raw.strip_prefix(BOM).unwrap_or(&raw) } else { &raw };
    for line in lines(text) {
        let (name, value) = field(line);
        match name {
            b"data" => {
                count += 1;
                match count {
                    1 => event.data = raw.slice_ref(value),
                    2 => joined = [&event.data, value].join(&b'\n'),
                    _ => {
                        joined.push(b'\n');
                        joined.extend_from_slice(value);
                    }
                }
            }
            b"event" => event.event = Some(String::from_utf8_lossy(value).into_owned()),
            b"id" if !value.contains(&0) => {
                event.id = Some(String::from_utf8_lossy(value).into_owned());
            }
            b"retry" if value.iter().all(u8::is_ascii_digit) => {
                event.retry = std::str::from_utf8(value).ok().and_then(|it| it.parse().ok());
            }
            _ => {}
        }
    }
    if count > 1 {
        event.data = Bytes::from(joined);
    }
    event
}

/// One event of our own. Line breaks in the data, whatever their kind, come back as line feeds;
/// an id that holds a line break or a NUL is left out, because it could not be read back.
pub fn encode(data: &[u8], id: Option<&str>) -> Bytes {
    encode_with(data, id, None)
}

/// One event of our own that says besides how many milliseconds to wait before connecting again.
pub fn encode_with(data: &[u8], id: Option<&str>, retry: Option<u64>) -> Bytes {
    let mut out = Vec::with_capacity(data.len() + 32);
    if let Some(retry) = retry {
        out.extend_from_slice(format!("retry: {retry}\n").as_bytes());
    }
    if let Some(id) = id.filter(|it| !it.contains(['\r', '\n', '\0'])) {
        out.extend_from_slice(b"id: ");
        out.extend_from_slice(id.as_bytes());
        out.push(b'\n');
    }
    let mut rest = Some(data);
    while let Some(text) = rest {
        let end = memchr2(b'\n', b'\r', text);
        let (line, tail) = text.split_at_checked(end.unwrap_or(text.len())).unwrap_or((text, &[]));
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(line);
        out.push(b'\n');
        let ending = if tail.starts_with(b"\r\n") { 2 } else { 1 };
        rest = end.and_then(|_| tail.get(ending..));
    }
    out.push(b'\n');
    Bytes::from(out)
}

#[cfg(test)]
mod tests;

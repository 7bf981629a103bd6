//! The window of a streamed answer: events wait in it from the first byte of what may be a secret
//! until it is one or is none. Ordinary text does not wait.

use std::ops::Range;

use bailiwick_guard::{CONTEXT_BYTES, HELD_BYTES_MAX, credentials, masked, open_end};
use bailiwick_wire::llm::{Delta, Step, with_text};
use bailiwick_wire::sse::{Decoder, Event};
use bytes::Bytes;

/// The most that waits, in bytes of events: a provider may wrap a little text in much else.
const WAITING_BYTES_MAX: usize = 16 * HELD_BYTES_MAX;

/// The texts of a stream, as far as they matter for what comes next.
pub(super) struct Window {
    /// Whether secrets are replaced.
    masks: bool,
    texts: Vec<Text>,
    waiting: Vec<(Event, Vec<Delta>)>,
    bytes: usize,
}

/// One text of the answer: what of it left lately, and what waits.
struct Text {
    channel: u64,
    said: String,
    /// How much of it left.
    left: usize,
    /// Whether nothing is added to it any more.
    ended: bool,
}

/// What may leave now.
#[derive(Default)]
pub(super) struct Freed {
    /// Each event, as it is to be sent.
    pub(super) events: Vec<Bytes>,
    /// Texts that came in pieces: what no single event shows.
    pub(super) joined: Vec<String>,
}

impl Window {
    pub(super) const fn new(masks: bool) -> Self {
        Self { masks, texts: Vec::new(), waiting: Vec::new(), bytes: 0 }
    }

    /// One more event: what may leave with it, if anything.
    pub(super) fn take(&mut self, event: Event, step: &Step) -> Freed {
        self.hear(step);
        let waits = self.texts.iter().any(Text::waits);
        if !waits && self.waiting.is_empty() && !self.masks {
            self.texts.iter_mut().for_each(Text::leave);
            self.texts.retain(|it| !it.ended);
            return Freed { events: vec![event.raw], joined: Vec::new() };
        }
        self.bytes += event.raw.len();
        self.waiting.push((event, step.deltas.clone()));
        if waits && self.bytes <= WAITING_BYTES_MAX {
            return Freed::default();
        }
        self.free()
    }

    /// Everything: nothing more comes, or what waits is too much to be one secret.
    pub(super) fn free(&mut self) -> Freed {
        self.bytes = 0;
        let mut joined: Vec<String> = Vec::new();
        let mut clean = Vec::with_capacity(self.texts.len());
        for text in &mut self.texts {
            if text.left < text.said.len() {
                clean.push((text.channel, text.cut(self.masks)));
                joined.push(text.said.clone());
            }
            text.leave();
        }
        self.texts.retain(|it| !it.ended);
        let masks = self.masks;
        let waiting = std::mem::take(&mut self.waiting);
        let events = waiting.into_iter().map(|(event, deltas)| {
            if masks { rewritten(event, &deltas, &mut clean) } else { event.raw }
        });
        Freed { events: events.collect(), joined }
    }

    /// Note what an event adds to the texts.
    fn hear(&mut self, step: &Step) {
        for delta in step.deltas.iter().filter(|it| !it.is_whole) {
            match self.texts.iter_mut().find(|it| it.channel == delta.channel) {
                Some(text) => text.said.push_str(&delta.text),
                None => self.texts.push(Text {
                    channel: delta.channel,
                    said: delta.text.to_string(),
                    left: 0,
                    ended: false,
                }),
            }
        }
        for text in &mut self.texts {
            text.ended |= step.ended.contains(&text.channel);
        }
    }
}

impl Text {
    fn waits(&self) -> bool {
        !self.ended && open_end(self.said.as_bytes()) > 0
    }

    /// All of it left: only what decides about what comes next is kept.
    fn leave(&mut self) {
        if self.said.len() > 2 * CONTEXT_BYTES {
            let from = self.said.ceil_char_boundary(self.said.len() - CONTEXT_BYTES);
            self.said.drain(..from);
        }
        self.left = self.said.len();
    }

    /// What leaves now, with secrets replaced: in order, each piece that stays and where it began.
    fn cut(&self, masks: bool) -> Vec<Cut> {
        if !masks {
            return Vec::new();
        }
        let new = found(&self.said).into_iter().filter(|(_, it)| it.end > self.left);
        let cut = |(kind, it): (&'static str, Range<usize>)| Cut {
            kind,
            from: it.start.saturating_sub(self.left),
            to: it.end - self.left,
            has_begun: false,
        };
        new.map(cut).collect()
    }
}

/// The credentials in a text, first ones first. Where it could not be looked at, the inspectors say
/// so of the same text, and nothing of it leaves.
fn found(text: &str) -> Vec<(&'static str, Range<usize>)> {
    credentials(text).unwrap_or_default()
}

/// A secret in what leaves: from which byte to which.
struct Cut {
    kind: &'static str,
    from: usize,
    to: usize,
    /// Whether its word stands already.
    has_begun: bool,
}

/// What is cut out of each channel's text, in bytes of what left before the next piece.
type Clean = (u64, Vec<Cut>);

/// An event with secrets replaced in its texts. `clean` says where they are, and moves on with
/// each piece.
fn rewritten(event: Event, deltas: &[Delta], clean: &mut [Clean]) -> Bytes {
    let mut new: Vec<(Range<usize>, String)> = Vec::new();
    for delta in deltas {
        let text = if delta.is_whole {
            let found = found(&delta.text);
            (!found.is_empty()).then(|| masked(&delta.text, found))
        } else {
            let cuts = clean.iter_mut().find(|(channel, _)| *channel == delta.channel);
            cuts.and_then(|(_, cuts)| piece(&delta.text, cuts))
        };
        new.extend(text.map(|it| (delta.span.clone(), it)));
    }
    // From the last to the first: what stands before a place does not move.
    new.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
    let mut event = event;
    for (span, text) in new {
        let raw = with_text(&event, span, &text);
        match reread(&raw) {
            Some(changed) => event = changed,
            // INVARIANT: what was written by us can be read. If not, nothing of it leaves.
            None => return Bytes::new(),
        }
    }
    event.raw
}

fn reread(raw: &Bytes) -> Option<Event> {
    let mut decoder = Decoder::new(raw.len() + 1);
    decoder.push(raw).ok()?;
    decoder.next_event()
}

/// One piece of a channel's text with the secrets in it replaced, where there are any. The word for
/// a secret stands where it begins; of its further pieces nothing is left.
fn piece(text: &str, cuts: &mut Vec<Cut>) -> Option<String> {
    let length = text.len();
    let mut places = Vec::new();
    let mut gone = 0;
    for cut in cuts.iter_mut().filter(|it| it.from < length && it.to > 0) {
        if cut.has_begun {
            gone = cut.to.min(length);
        } else {
            places.push((cut.kind, cut.from - gone..cut.to.min(length) - gone));
        }
        cut.has_begun = true;
    }
    for cut in cuts.iter_mut() {
        cut.from = cut.from.saturating_sub(length);
        cut.to = cut.to.saturating_sub(length);
    }
    cuts.retain(|it| it.to > 0);
    let rest = text.get(gone..)?;
    (gone > 0 || !places.is_empty()).then(|| masked(rest, places))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bailiwick_wire::llm::{Following, Operation};

    const SECRET: &str = "gsk_FAKE0NotASecret1ForTests2Only3FAKE0NotASecret1ForTes";

    fn event(text: &str) -> Event {
        let text = bailiwick_wire::json::quote(text);
        let chunk = format!(r#"{{"choices":[{{"index":0,"delta":{{"content":{text}}}}}]}}"#);
        reread(&Bytes::from(format!("data: {chunk}\n\n"))).unwrap()
    }

    /// What a client reads of a text that comes in these pieces, and how much came at once.
    fn read(masks: bool, pieces: &[&str]) -> (String, usize) {
        let mut following = Following::new(Operation::Chat);
        let mut window = Window::new(masks);
        let mut reader = Following::new(Operation::Chat);
        let (mut out, mut at_once) = (String::new(), 0);
        let mut hear = |freed: Freed, out: &mut String| {
            for raw in freed.events {
                let step = reader.event(&reread(&raw).unwrap());
                step.deltas.iter().for_each(|it| out.push_str(&it.text));
            }
        };
        for piece in pieces {
            let event = event(piece);
            let step = following.event(&event);
            let freed = window.take(event, &step);
            at_once += usize::from(!freed.events.is_empty());
            hear(freed, &mut out);
        }
        hear(window.free(), &mut out);
        (out, at_once)
    }

    #[test]
    fn ordinary_text_leaves_at_once() {
        let pieces = ["Once ", "upon a ", "time, there", " was a \\ \"queen\"."];
        let (out, at_once) = read(false, &pieces);
        assert_eq!((out, at_once), (pieces.concat(), 4));
    }

    #[test]
    fn a_secret_in_pieces_is_replaced_wherever_it_is_split() {
        let text = format!("your token is {SECRET}, use it \"well\"");
        let token = text.find(SECRET).unwrap();
        for size in 1..text.len() {
            let pieces: Vec<String> = text
                .as_bytes()
                .chunks(size)
                .map(|it| String::from_utf8(it.to_vec()).unwrap())
                .collect();
            let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
            let (out, _) = read(true, &pieces);
            assert!(!out.contains(&SECRET[8..]), "{size}: {out}");
            assert!(out.contains("[secret:"), "{size}: {out}");
            assert!(out.ends_with(", use it \"well\""), "{size}: {out}");
            assert!(out.starts_with(&text[..token]), "{size}: {out}");
            // Where nothing is replaced, nothing is changed.
            assert_eq!(read(false, &pieces).0, text);
        }
    }
}

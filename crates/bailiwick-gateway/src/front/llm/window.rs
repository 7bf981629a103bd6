//! The window of a streamed answer: text waits in it from the first byte of what may be a secret
//! until it is one or is none, and with it the events that carry it and those behind them. Ordinary
//! text does not wait.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use bailiwick_guard::{CONTEXT_BYTES, Growing, HELD_BYTES_MAX, masked};
use bailiwick_wire::json::{Document, Limits, quote};
use bailiwick_wire::llm::{Delta, Operation, Step, likelihoods};
use bailiwick_wire::sse::{Decoder, Event};
use bytes::Bytes;

use crate::hidden::{Hidden, maskable};

/// The most that waits, in bytes of events: a provider may wrap a little text in much else.
const WAITING_BYTES_MAX: usize = 16 * HELD_BYTES_MAX;

/// How much more is kept than decides about what comes next, so that not every piece moves it: all
/// that is kept is looked at with each.
const KEPT_BYTES_MORE: usize = 64;

/// The texts of a stream, as far as they matter for what comes next.
pub(super) struct Window {
    operation: Operation,
    /// Whether secrets are replaced.
    masks: bool,
    /// What must not be told of.
    hidden: Option<Arc<Hidden>>,
    texts: Vec<Text>,
    waiting: VecDeque<Waiting>,
    bytes: usize,
}

/// One text of the answer: what of it left lately, and what waits.
struct Text {
    channel: u64,
    /// How many bytes of it are gone before `said`.
    gone: u64,
    said: String,
    /// How much of `said` left.
    left: usize,
    /// Whether nothing is added to it any more.
    ended: bool,
    growing: Growing,
    /// Up to where nothing of `said` must wait.
    clear: usize,
}

/// An event that waits.
struct Waiting {
    event: Event,
    /// Where secrets are replaced: else it leaves as it came.
    deltas: Vec<Delta>,
    /// Where its pieces end in their texts.
    ends: Vec<(u64, u64)>,
}

/// What may leave now.
#[derive(Default)]
pub(super) struct Freed {
    /// Each event, as it is to be sent.
    pub(super) events: Vec<Bytes>,
    /// Texts that came in pieces: what no single event shows.
    pub(super) joined: Vec<String>,
    /// Whether it leaves only because it is too much.
    pub(super) overflows: bool,
    /// Whether some of it could not be masked: nothing may leave.
    pub(super) is_unmasked: bool,
}

impl Window {
    pub(super) const fn new(
        operation: Operation,
        masks: bool,
        hidden: Option<Arc<Hidden>>,
    ) -> Self {
        Self { operation, masks, hidden, texts: Vec::new(), waiting: VecDeque::new(), bytes: 0 }
    }

    /// Whether anything waits.
    pub(super) fn waits(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// One more event: what may leave with it, if anything.
    pub(super) fn take(&mut self, event: Event, step: &Step) -> Freed {
        let alone = self.waiting.is_empty() && self.texts.iter().all(|it| it.left == it.said.len());
        let ends = self.hear(step);
        self.bytes += event.raw.len();
        let deltas = if self.masks { step.deltas.clone() } else { Vec::new() };
        self.waiting.push_back(Waiting { event, deltas, ends });
        let overflows = self.bytes > WAITING_BYTES_MAX;
        let free = if overflows { self.waiting.len() } else { self.clear() };
        // What neither waited nor waits is all in its event, and inspected there.
        let shows_all = alone && free == 1 && !self.masks;
        Freed { overflows, ..self.leave(free, shows_all) }
    }

    /// Everything: nothing more comes.
    pub(super) fn free(&mut self) -> Freed {
        self.leave(self.waiting.len(), false)
    }

    /// Note what an event adds to the texts: where its pieces end.
    fn hear(&mut self, step: &Step) -> Vec<(u64, u64)> {
        let mut ends = Vec::with_capacity(step.deltas.len());
        for delta in step.deltas.iter().filter(|it| !it.is_whole) {
            let place = self.texts.iter().position(|it| it.channel == delta.channel);
            let place = place.unwrap_or_else(|| {
                self.texts.push(Text::new(delta.channel));
                self.texts.len() - 1
            });
            if let Some(text) = self.texts.get_mut(place) {
                text.hear(&delta.text, self.hidden.as_deref());
                ends.push((delta.channel, text.gone + text.said.len() as u64));
            }
        }
        for text in &mut self.texts {
            text.ended |= step.ended.contains(&text.channel);
        }
        ends
    }

    /// How many events at the front hold nothing that must wait.
    fn clear(&self) -> usize {
        let is_clear = |(channel, end): &(u64, u64)| {
            self.texts.iter().all(|it| it.channel != *channel || *end <= it.clear_until())
        };
        self.waiting.iter().take_while(|it| it.ends.iter().all(is_clear)).count()
    }

    /// Let so many events leave.
    fn leave(&mut self, count: usize, shows_all: bool) -> Freed {
        let leaving: Vec<Waiting> = self.waiting.drain(..count).collect();
        self.bytes -= leaving.iter().map(|it| it.event.raw.len()).sum::<usize>();
        let hidden = self.hidden.as_deref();
        let mut joined = Vec::new();
        let mut clean = Vec::new();
        for text in &mut self.texts {
            let ends = leaving.iter().flat_map(|it| &it.ends);
            let last = ends.filter(|(channel, _)| *channel == text.channel).map(|(_, end)| *end);
            let Some(last) = last.max() else { continue };
            let until = usize::try_from(last - text.gone).unwrap_or(usize::MAX);
            if !shows_all {
                let shown = text.said.get(..until).unwrap_or(&text.said).to_owned();
                let found = if self.masks { found(&shown, hidden) } else { Vec::new() };
                clean.push((text.channel, cuts(found, text.left)));
                joined.push(shown);
            }
            text.leave(until);
        }
        let is_over = |it: &Text| it.ended && it.left == it.said.len();
        self.texts.retain(|it| !is_over(it));
        let (masks, operation) = (self.masks, self.operation);
        let events = leaving.into_iter().map(|Waiting { event, deltas, .. }| {
            if !masks {
                return Some(event.raw);
            }
            let texts = masked_texts(&deltas, &mut clean, hidden);
            rewritten(operation, event, texts)
        });
        let events: Option<Vec<Bytes>> = events.collect();
        let is_unmasked = events.is_none();
        Freed { events: events.unwrap_or_default(), joined, overflows: false, is_unmasked }
    }
}

impl Text {
    const fn new(channel: u64) -> Self {
        let growing = Growing::new();
        Self { channel, gone: 0, said: String::new(), left: 0, ended: false, growing, clear: 0 }
    }

    /// One more piece of it.
    fn hear(&mut self, piece: &str, hidden: Option<&Hidden>) {
        self.said.push_str(piece);
        let of_name = hidden.map_or(0, |it| it.names.open_end(&self.said));
        let open = self.growing.open_end(self.said.as_bytes()).max(of_name);
        self.clear = self.said.len() - open;
    }

    /// Up to where nothing of it must wait.
    const fn clear_until(&self) -> u64 {
        self.gone + if self.ended { self.said.len() } else { self.clear } as u64
    }

    /// So much of it left: of that only what decides about what comes next is kept.
    fn leave(&mut self, until: usize) {
        self.left = until.min(self.said.len());
        if self.left > CONTEXT_BYTES + KEPT_BYTES_MORE {
            let from = self.said.ceil_char_boundary(self.left - CONTEXT_BYTES);
            self.said.drain(..from);
            self.growing.forget(from);
            self.clear = self.clear.saturating_sub(from);
            self.left -= from;
            self.gone += from as u64;
        }
    }
}

/// One event with secrets replaced in each of its texts, which stand for themselves. `None` when
/// it could not be done.
pub(super) fn alone(
    operation: Operation,
    event: Event,
    step: &Step,
    hidden: Option<&Hidden>,
) -> Option<Bytes> {
    let whole = step.deltas.iter().map(|it| Delta { is_whole: true, ..it.clone() });
    let texts = masked_texts(&whole.collect::<Vec<_>>(), &mut [], hidden);
    rewritten(operation, event, texts)
}

/// Of what was found in a text, what is not wholly in that which left before, counted from there.
fn cuts(found: Vec<Place>, left: usize) -> Vec<Cut> {
    let new = found.into_iter().filter(|(_, it)| it.end > left);
    let cut = |(kind, it): Place| Cut {
        kind,
        from: it.start.saturating_sub(left),
        to: it.end - left,
        has_begun: false,
    };
    let mut cuts: Vec<Cut> = new.map(cut).collect();
    cuts.sort_by_key(|it| it.from);
    cuts
}

/// What is found, and where.
type Place = (&'static str, Range<usize>);

/// What is to be masked in a text. Where it could not be looked at, the inspectors say so of the
/// same text, and nothing of it leaves.
fn found(text: &str, hidden: Option<&Hidden>) -> Vec<Place> {
    maskable(text, hidden).unwrap_or_default()
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

/// What is to stand in an event's data, and where.
type Edit = (Range<usize>, String);

/// The texts of an event with secrets replaced, where there are any. `clean` says where they are,
/// and moves on with each piece.
fn masked_texts(deltas: &[Delta], clean: &mut [Clean], hidden: Option<&Hidden>) -> Vec<Edit> {
    let mut new: Vec<Edit> = Vec::new();
    for delta in deltas {
        let text = if delta.is_whole {
            // A tool may be called as a member is: what is hidden is hidden in what is said.
            let found = found(&delta.text, hidden.filter(|_| !delta.is_name));
            (!found.is_empty()).then(|| masked(&delta.text, found))
        } else {
            let cuts = clean.iter_mut().find(|(channel, _)| *channel == delta.channel);
            cuts.and_then(|(_, cuts)| piece(&delta.text, cuts))
        };
        new.extend(text.map(|it| (delta.span.clone(), quote(&it))));
    }
    new
}

/// An event with these edits, and without what repeats its texts token by token. `None` when nobody
/// could read it: two names of members may have become one.
fn rewritten(operation: Operation, event: Event, mut new: Vec<Edit>) -> Option<Bytes> {
    let is_changed = !new.is_empty();
    let repeating = likelihoods(operation, &event.data);
    let is_outside = |it: &Edit| repeating.iter().all(|(gone, _)| !gone.contains(&it.0.start));
    new.retain(is_outside);
    new.extend(repeating.into_iter().map(|(span, nothing)| (span, nothing.to_owned())));
    // From the last to the first: what stands before a place does not move.
    new.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
    let mut event = event;
    for (span, text) in new {
        // INVARIANT: what was written by us can be read. If not, nothing of it leaves.
        event = reread(&event.with_data(span, text.as_bytes()))?;
    }
    let is_sound = !is_changed || Document::parse(&event.data, Limits::default()).is_ok();
    is_sound.then_some(event.raw)
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
        // Two may overlap: one may have begun in an earlier piece, the other inside of it.
        let (from, to) = (cut.from.max(gone), cut.to.min(length));
        if cut.has_begun {
            gone = gone.max(to);
        } else if from < to {
            places.push((cut.kind, from - gone..to - gone));
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
mod tests;

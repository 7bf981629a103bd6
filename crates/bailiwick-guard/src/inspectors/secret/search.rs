//! Anchors in a text: where one may begin, one automaton over all of them, and what stands around
//! each.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{
    AhoCorasick, AhoCorasickKind, Anchored, Input, Match, MatchKind, PatternID, StartKind,
};

use super::beginnings::Beginnings;
use super::shape::{Look, Shape};
use super::shapes;

/// Every anchor, ready to be looked for. `None` when the automaton could not be built.
pub(super) static SEARCH: LazyLock<Option<Search>> = LazyLock::new(Search::build);

/// The anchors and the shapes that they belong to.
pub(super) struct Search {
    beginnings: Beginnings,
    /// Tried only where an anchor may begin.
    automaton: AhoCorasick,
    /// By pattern: the shapes whose anchor it is or begins with, longest anchor first.
    candidates: Vec<Vec<Candidate>>,
    /// How long the longest anchor is.
    pub(super) longest: usize,
}

/// A kind, and where the secret stands.
type Secret = (&'static str, Range<usize>);

/// What all shapes made of an anchor.
struct Seen {
    secret: Option<Secret>,
    /// The first byte that must wait.
    open: Option<usize>,
    /// Whether more text makes no other thing of it.
    is_decided: bool,
}

struct Candidate {
    shape: &'static Shape,
    anchor: &'static str,
}

impl Search {
    fn build() -> Option<Self> {
        let mut anchors: Vec<_> = shapes::all().flat_map(|it| it.anchors).copied().collect();
        anchors.sort_unstable();
        anchors.dedup();
        let candidates = anchors.iter().map(|it| candidates(it)).collect();
        let beginnings = Beginnings::of(&anchors)?;
        let longest = anchors.iter().map(|it| it.len()).max()?;
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .kind(Some(AhoCorasickKind::DFA))
            .start_kind(StartKind::Anchored)
            .build(anchors)
            .ok()?;
        automaton.try_find(Input::new("").anchored(Anchored::Yes)).ok()?;
        Some(Self { beginnings, automaton, candidates, longest })
    }

    /// The first anchor from `from` on: the longest where several begin.
    fn anchor(&self, text: &[u8], mut from: usize) -> Option<Match> {
        while let Some(at) = self.beginnings.next(text, from) {
            let here = Input::new(text).range(at..).anchored(Anchored::Yes);
            // INVARIANT: it takes such an input, as was seen when it was built.
            if let Some(found) = self.automaton.try_find(here).ok().flatten() {
                return Some(found);
            }
            from = at + 1;
        }
        None
    }

    /// Every secret, in the order in which they stand. None begins in another.
    pub(super) fn secrets(&self, text: &[u8], mut tell: impl FnMut(&'static str, Range<usize>)) {
        let mut from = 0;
        while let Some(found) = self.anchor(text, from) {
            from = found.start() + 1;
            if let Some((kind, range)) = self.look(text, found.start(), found.pattern()).secret {
                from = from.max(range.end);
                tell(kind, range);
            }
        }
    }

    /// The first byte of what may become a secret, or a longer one, with more text, where no anchor
    /// before `from` is of one. When what waits for another reason from `first` on begins inside of
    /// a secret, all of that waits too. And whether nothing from `from` on is a secret or waits,
    /// and no more text can make one of it, as it would behind `scheme://user:`.
    pub(super) fn open(&self, text: &[u8], mut from: usize, mut first: usize) -> (usize, bool) {
        let mut secrets = Vec::new();
        let mut is_plain = first == text.len();
        while let Some(found) = self.anchor(text, from) {
            let it = self.look(text, found.start(), found.pattern());
            from = found.start() + 1;
            is_plain &= it.is_decided;
            first = first.min(it.open.unwrap_or(first));
            if let Some((_, range)) = it.secret {
                from = from.max(range.end);
                secrets.push(range);
            }
        }
        is_plain &= secrets.is_empty();
        let first = secrets.iter().rev().fold(first, |first, secret| {
            if secret.contains(&first) { secret.start } else { first }
        });
        (first, is_plain)
    }

    /// What the first shape that fits makes of this anchor, and whether more text changes that.
    fn look(&self, text: &[u8], start: usize, anchor: PatternID) -> Seen {
        let mut seen = Seen { secret: None, open: None, is_decided: true };
        for it in self.candidates.get(anchor.as_usize()).into_iter().flatten() {
            let Look { found, open, is_decided } = it.shape.look(text, start, it.anchor.len());
            seen.open = seen.open.into_iter().chain(open).min();
            seen.is_decided &= is_decided;
            if let Some(range) = found {
                seen.secret = Some((it.shape.kind, range));
                break;
            }
        }
        seen
    }
}

/// The shapes to try where this anchor stands.
fn candidates(anchor: &str) -> Vec<Candidate> {
    let mut all: Vec<_> = shapes::all()
        .flat_map(|shape| shape.anchors.iter().map(move |anchor| Candidate { shape, anchor }))
        .filter(|it| anchor.starts_with(it.anchor))
        .collect();
    all.sort_by_key(|it| std::cmp::Reverse(it.anchor.len()));
    all
}

//! The answers of one tool: those that are usual, and the last ones.

use std::collections::VecDeque;

use bailiwick_core::Timestamp;
use serde::{Deserialize, Serialize};

use super::histogram::{Histogram, bucket};
use super::shape::{Kind, Shape};
use crate::pin::Pin;

/// The most parts that are held of one tool: one bit of a mask each.
const PARTS_MAX: usize = 128;
/// How many of the last answers are compared with the baseline, at most and at least.
pub(super) const WINDOW: usize = 50;
pub(super) const WINDOW_MIN: usize = 20;
/// The most answers that make a baseline finer.
const BASELINE_MAX: u32 = 1_000;
/// The most that a baseline can be of: as many as the settings allow to learn from.
const ANSWERS_MAX: u32 = 10_000;
/// Of how many answers of the baseline a part may be forgotten for another: one in so many.
const RARE: u32 = 20;

/// What is held of one tool.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Answers {
    /// Of which definition of the tool.
    pub(super) pin: Option<Pin>,
    pub(super) parts: Vec<Learned>,
    pub(super) baseline: Baseline,
    pub(super) window: VecDeque<Recent>,
}

/// One part of answers.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Learned {
    pub(super) path: Box<str>,
    pub(super) kind: Kind,
    /// In how many answers of the baseline it is.
    pub(super) count: u32,
    /// In how many of the last ones.
    #[serde(skip)]
    pub(super) recent: u32,
}

/// What is usual.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Baseline {
    pub(super) answers: u32,
    pub(super) errors: u32,
    /// How many had a shape.
    pub(super) shaped: u32,
    pub(super) latency_us: Histogram,
    pub(super) bytes: Histogram,
}

/// One of the last answers.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(super) struct Recent {
    /// Which parts it had, where it has a shape.
    mask: Option<Mask>,
    pub(super) is_error: bool,
    pub(super) latency: u8,
    pub(super) size: u8,
}

/// One answer, as far as it is learned from.
#[derive(Clone, Debug)]
pub struct Observed {
    /// The definition that was called.
    pub pin: Option<Pin>,
    /// Its shape, where it was looked at; that of errors never is.
    pub shape: Option<Shape>,
    /// Whether the tool said that it failed.
    pub is_error: bool,
    /// How long it took, in microseconds.
    pub latency_us: u64,
    /// How large it was.
    pub bytes: u64,
    /// When it came.
    pub at: Timestamp,
}

impl Answers {
    /// Learn from an answer that is part of the first `learn`, or compared with these. Those that
    /// are not compared any more make the baseline finer while all `is_usual`. True when there is
    /// something to compare.
    pub(super) fn add(&mut self, answer: Observed, learn: u32, is_usual: bool) -> bool {
        let recent = self.read(answer);
        if self.baseline.answers < learn {
            self.settle(recent);
            return false;
        }
        self.count_recent(recent, true);
        self.window.push_back(recent);
        if self.window.len() > WINDOW
            && let Some(oldest) = self.window.pop_front()
        {
            self.count_recent(oldest, false);
            if is_usual && self.baseline.answers < BASELINE_MAX {
                self.settle(oldest);
            }
        }
        true
    }

    /// Whether as many of the last answers are held as may be.
    pub(super) fn is_full(&self) -> bool {
        self.window.len() >= WINDOW
    }

    /// The last answers are the baseline.
    pub(super) fn relearn(&mut self) {
        let window = std::mem::take(&mut self.window);
        self.baseline = Baseline::default();
        for part in &mut self.parts {
            (part.count, part.recent) = (0, 0);
        }
        window.into_iter().for_each(|it| self.settle(it));
        // No answer that is held tells by its place any more which part it had.
        self.parts.retain(|it| it.count > 0);
    }

    /// What was read from where it was kept: counts of the last answers are made anew, and nothing
    /// of it is larger than what is learned here. Counts that cannot be are a damaged file's: then
    /// nothing is known.
    pub(super) fn restored(mut self) -> Self {
        if !self.is_possible() {
            return Self { pin: self.pin, ..Self::default() };
        }
        self.parts.truncate(PARTS_MAX);
        while self.window.len() > WINDOW {
            self.window.pop_front();
        }
        let window: Vec<_> = self.window.iter().copied().collect();
        window.into_iter().for_each(|it| self.count_recent(it, true));
        self
    }

    /// Whether so much can have been learned, and no part of it is more than the whole.
    fn is_possible(&self) -> bool {
        let Baseline { answers, errors, shaped, latency_us, bytes } = &self.baseline;
        let fine = u64::from(answers.saturating_sub(*errors));
        *answers <= ANSWERS_MAX
            && errors <= answers
            && shaped <= answers
            && latency_us.count() == fine
            && bytes.count() == fine
            && self.parts.iter().all(|it| it.count <= *shaped)
    }

    fn read(&mut self, answer: Observed) -> Recent {
        let mask = answer.shape.map(|shape| {
            let (mut mask, mut next) = (Mask::default(), 0);
            for (path, kind) in shape.parts() {
                // Most answers have the same parts in the same order.
                if let Some(bit) = self.place(next, path, kind, mask) {
                    mask.set(bit);
                    next = bit + 1;
                }
            }
            mask
        });
        let is_error = answer.is_error;
        Recent { mask, is_error, latency: bucket(answer.latency_us), size: bucket(answer.bytes) }
    }

    /// The place of a part, which may be `next`; that of one that is rare, and neither in this
    /// answer nor among the last ones, may be given to another.
    fn place(&mut self, next: usize, path: Box<str>, kind: Kind, taken: Mask) -> Option<usize> {
        let is_it = |it: &Learned| it.kind == kind && it.path == path;
        if self.parts.get(next).is_some_and(is_it) {
            return Some(next);
        }
        let known = self.parts.iter().position(is_it);
        if known.is_some() {
            return known;
        }
        let part = Learned { path, kind, count: 0, recent: 0 };
        if self.parts.len() < PARTS_MAX {
            self.parts.push(part);
            return Some(self.parts.len() - 1);
        }
        let shaped = self.baseline.shaped;
        let is_rare = |it: &Learned| it.recent == 0 && it.count.saturating_mul(RARE) < shaped;
        let mut all = self.parts.iter().enumerate();
        let (free, _) = all.find(|(bit, it)| !taken.has(*bit) && is_rare(it))?;
        *self.parts.get_mut(free)? = part;
        Some(free)
    }

    /// An answer is part of what is usual.
    fn settle(&mut self, it: Recent) {
        let baseline = &mut self.baseline;
        baseline.answers = baseline.answers.saturating_add(1);
        baseline.errors = baseline.errors.saturating_add(u32::from(it.is_error));
        if !it.is_error {
            baseline.latency_us.add(it.latency);
            baseline.bytes.add(it.size);
        }
        baseline.shaped = baseline.shaped.saturating_add(u32::from(it.mask.is_some()));
        for part in it.parts(&mut self.parts) {
            part.count = part.count.saturating_add(1);
        }
    }

    fn count_recent(&mut self, it: Recent, comes: bool) {
        for part in it.parts(&mut self.parts) {
            part.recent =
                if comes { part.recent.saturating_add(1) } else { part.recent.saturating_sub(1) };
        }
    }
}

impl Recent {
    pub(super) const fn is_shaped(&self) -> bool {
        self.mask.is_some()
    }

    /// Those of all parts that it has.
    fn parts(self, all: &mut [Learned]) -> impl Iterator<Item = &mut Learned> {
        let mask = self.mask.unwrap_or_default();
        let each = all.iter_mut().enumerate().filter(move |(bit, _)| mask.has(*bit));
        each.map(|(_, part)| part)
    }
}

/// Which of the parts that are held: a bit each, in two halves that every reader of JSON knows.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
struct Mask(u64, u64);

impl Mask {
    fn set(&mut self, bit: usize) {
        match bit.checked_sub(64) {
            None => self.0 |= 1 << bit,
            Some(bit) => self.1 |= 1 << (bit & 63),
        }
    }

    const fn has(self, bit: usize) -> bool {
        match bit.checked_sub(64) {
            None => self.0 >> bit & 1 == 1,
            Some(bit) => bit < 64 && self.1 >> bit & 1 == 1,
        }
    }
}

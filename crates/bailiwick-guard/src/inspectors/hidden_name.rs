//! Names that a caller may not know: tools that it may not discover, roles that gate them.
//!
//! A model that was told such a name elsewhere must not tell it on. The names are this caller's,
//! so they are not a row of the table of inspectors: they are prepared once for a view, and looked
//! for in what a model writes.

use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};

/// The kind under which a hidden name is recorded and masked.
pub const HIDDEN_NAME: &str = "hidden_name.name";

/// Names shorter than this are not looked for, in bytes.
const NAME_MIN: usize = 4;
/// A name's beginning waits at the end of a text when it is this long, in bytes.
const BEGINNING_MIN: usize = 3;

/// Names to look for, as whole words and in any case.
///
/// A name is looked for when nobody writes it by chance: it has at least four letters, and a `_`,
/// `-`, `.` or a capital inside. `read` and `search` stand in every other sentence, hidden or not,
/// and are left out. A name is found as it was given: whoever offers `read_file` as
/// `files__read_file` gives both.
///
/// ```
/// let names = bailiwick_guard::Names::new(["delete_ledger", "read"].into_iter());
/// assert_eq!(names.find("Use Delete_Ledger to read."), [4..17]);
/// assert!(names.find("delete_ledgers").is_empty());
/// ```
#[derive(Clone, Debug)]
pub struct Names {
    /// In lower case, sorted.
    names: Vec<Box<str>>,
    longest: usize,
    /// Absent when there is nothing to look for.
    automaton: Option<AhoCorasick>,
}

impl Names {
    /// Prepare these names.
    pub fn new<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let mut names: Vec<Box<str>> =
            names.filter(|it| is_telling(it)).map(|it| it.to_ascii_lowercase().into()).collect();
        names.sort_unstable();
        names.dedup();
        let longest = names.iter().map(|it| it.len()).max().unwrap_or(0);
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .ascii_case_insensitive(true)
            .build(names.iter().map(|it| it.as_bytes()))
            .ok()
            .filter(|_| !names.is_empty());
        Self { names, longest, automaton }
    }

    /// Whether there is nothing to look for.
    pub const fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Where a name stands in the text. Places do not overlap.
    pub fn find(&self, text: &str) -> Vec<Range<usize>> {
        if self.names.is_empty() {
            return Vec::new();
        }
        let Some(automaton) = &self.automaton else {
            // Not to be able to look is not to know.
            return std::iter::once(0..text.len()).collect();
        };
        let mut places: Vec<Range<usize>> = Vec::new();
        for found in automaton.find_overlapping_iter(text) {
            let (before, after) = (text.get(..found.start()), text.get(found.end()..));
            let whole = before.is_none_or(begins_word) && after.is_none_or(ends_word);
            match places.last_mut() {
                _ if !whole => {}
                // Found by their ends: the longer one comes later and begins no later.
                Some(last) if found.start() < last.end => {
                    *last = last.start.min(found.start())..found.end();
                }
                _ => places.push(found.range()),
            }
        }
        places
    }

    /// How many bytes at the end of the text must wait for what comes next, because they are a
    /// name's beginning of three bytes or more, or a name of which nobody knows yet whether the
    /// word ends there.
    pub fn open_end(&self, text: &str) -> usize {
        // One byte more, for a dash or a dot behind a name.
        let from = text.floor_char_boundary(text.len().saturating_sub(self.longest + 1));
        let (ahead, tail) = text.split_at(from);
        let mut starts = tail.char_indices().filter(|(at, _)| {
            let before = tail.get(..*at).filter(|it| !it.is_empty()).unwrap_or(ahead);
            begins_word(before)
        });
        starts
            .find_map(|(at, _)| tail.get(at..).filter(|it| self.may_go_on(it)))
            .map_or(0, str::len)
    }

    /// Whether this may be the beginning of a name, or a name whose end is not known.
    fn may_go_on(&self, word: &str) -> bool {
        let word = word.to_ascii_lowercase();
        let known = |name: &str| self.names.binary_search_by(|it| (**it).cmp(name)).is_ok();
        let next = self.names.partition_point(|it| **it < *word);
        let begins = self.names.get(next).is_some_and(|it| it.starts_with(&word));
        word.len() >= BEGINNING_MIN && begins || word.strip_suffix(['-', '.']).is_some_and(known)
    }
}

/// Whether nobody writes the name by chance.
fn is_telling(name: &str) -> bool {
    let inside = name.get(1..).unwrap_or_default();
    let letters = name.bytes().filter(u8::is_ascii_alphanumeric).count();
    let mixed = inside.bytes().any(|it| it.is_ascii_uppercase())
        && name.bytes().any(|it| it.is_ascii_lowercase());
    letters >= NAME_MIN && (mixed || inside.contains(['_', '-', '.']))
}

/// Whether a word can begin behind this. A dash or a dot joins what stands around it.
fn begins_word(before: &str) -> bool {
    let mut back = before.chars().rev();
    match back.next() {
        Some('-' | '.') => !back.next().is_some_and(is_letter),
        last => !last.is_some_and(is_letter),
    }
}

/// Whether a word can end before this.
fn ends_word(after: &str) -> bool {
    let mut ahead = after.chars();
    match ahead.next() {
        Some('-' | '.') => !ahead.next().is_some_and(is_letter),
        next => !next.is_some_and(is_letter),
    }
}

fn is_letter(it: char) -> bool {
    it.is_alphanumeric() || it == '_'
}

#[cfg(test)]
mod tests;

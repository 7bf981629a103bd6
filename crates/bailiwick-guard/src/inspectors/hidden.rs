//! Names that a caller may not know: tools that it may not discover, roles that gate them.
//!
//! A model that was told such a name elsewhere must not tell it on. The names are this caller's,
//! so they are not a row of the table of inspectors: they are prepared once for a view, and looked
//! for in what a model reads and writes.

use std::borrow::Cow;
use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};
use bailiwick_core::{Finding, Findings, Inspector, Seen, Severity};

/// The name of a tool that the caller may not discover.
pub const HIDDEN_TOOL: &str = "hidden.tool";
/// The name of a role or group that gates something, and that the caller is not in.
pub const HIDDEN_ROLE: &str = "hidden.role";

/// The name of the inspector, and what it finds.
pub(crate) const NAME: &str = "hidden";
pub(crate) const KINDS: &[&str] = &[HIDDEN_TOOL, HIDDEN_ROLE];

/// Names shorter than this are not looked for, in letters, nor are longer ones, in bytes.
const NAME_MIN: usize = 4;
const NAME_MAX: usize = 200;
/// A name whose words are written as one is looked for when it is this long, in letters: `sign_up`
/// is no other word for signup.
const GLUED_MIN: usize = 10;
/// A name's beginning waits at the end of a text when it is this long, in bytes.
const BEGINNING_MIN: usize = 3;

/// Names to look for, as whole words, in any case and with any sign between their words.
///
/// A name is looked for when nobody writes it by chance: it has at least four letters, and a `_`,
/// `-`, `.` or a capital inside. `read` and `search` stand in every other sentence, hidden or not,
/// and are left out. Whoever offers `read_file` as `files__read_file` gives both.
///
/// ```
/// use bailiwick_guard::{HIDDEN_TOOL, Names};
///
/// let names = Names::new([(HIDDEN_TOOL, "delete_ledger"), (HIDDEN_TOOL, "read")]);
/// assert_eq!(names.find("Use Delete-Ledger to read."), [(HIDDEN_TOOL, 4..17)]);
/// assert!(names.find("delete_ledgers").is_empty());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// In lower case, sorted, with what each is.
    names: Vec<(Box<str>, &'static str)>,
    longest: usize,
    /// Absent when there is nothing to look for.
    automaton: Option<AhoCorasick>,
}

impl Names {
    /// Prepare these names, each of a kind.
    pub fn new<'a>(names: impl IntoIterator<Item = (&'static str, &'a str)>) -> Self {
        let names = names.into_iter().filter(|(_, it)| is_telling(it));
        Self::of(names.flat_map(|(kind, it)| spellings(it).map(move |it| (it, kind))).collect())
    }

    fn of(mut names: Vec<(Box<str>, &'static str)>) -> Self {
        names.sort_unstable();
        names.dedup_by(|one, other| one.0 == other.0);
        let longest = names.iter().map(|(it, _)| it.len()).max().unwrap_or(0);
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .ascii_case_insensitive(true)
            .build(names.iter().map(|(it, _)| it.as_bytes()))
            .ok()
            .filter(|_| !names.is_empty());
        Self { names, longest, automaton }
    }

    /// These names and more of them, without those that are known to the caller after all.
    #[must_use]
    pub fn changed<'a>(
        &self,
        more: impl IntoIterator<Item = (&'static str, &'a str)>,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let known: Vec<Box<str>> = known.into_iter().flat_map(spellings).collect();
        let more = Self::new(more).names.into_iter();
        let all = self.names.iter().cloned().chain(more);
        Self::of(all.filter(|(it, _)| !known.contains(it)).collect())
    }

    /// Whether there is nothing to look for.
    pub const fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Whether this is one of the names, in any spelling.
    pub fn has(&self, name: &str) -> bool {
        self.knows(&name.to_ascii_lowercase())
    }

    fn knows(&self, name: &str) -> bool {
        self.names.binary_search_by(|(it, _)| (**it).cmp(name)).is_ok()
    }

    /// Where a name stands in the text, and what it is. Places do not overlap.
    pub fn find(&self, text: &str) -> Vec<(&'static str, Range<usize>)> {
        if self.names.is_empty() {
            return Vec::new();
        }
        let Some(automaton) = &self.automaton else {
            // Not to be able to look is not to know.
            return vec![(HIDDEN_TOOL, 0..text.len())];
        };
        let mut places: Vec<(&'static str, Range<usize>)> = Vec::new();
        for found in automaton.find_overlapping_iter(text) {
            let (before, after) = (text.get(..found.start()), text.get(found.end()..));
            let whole = before.is_none_or(begins_word) && after.is_none_or(ends_word);
            let kind = self.names.get(found.pattern().as_usize()).map_or(HIDDEN_TOOL, |it| it.1);
            match places.last_mut() {
                _ if !whole => {}
                // Found by their ends: the longer one comes later and begins no later.
                Some((of, last)) if found.start() < last.end => {
                    if found.start() <= last.start {
                        *of = kind;
                    }
                    *last = last.start.min(found.start())..found.end();
                }
                _ => places.push((kind, found.range())),
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
        let next = self.names.partition_point(|(it, _)| **it < *word);
        let begins = self.names.get(next).is_some_and(|(it, _)| it.starts_with(&word));
        let ends = || word.strip_suffix(['-', '.']).is_some_and(|it| self.knows(it));
        word.len() >= BEGINNING_MIN && begins || ends()
    }
}

impl Inspector for Names {
    fn name(&self) -> &'static str {
        NAME
    }

    fn purpose(&self) -> &'static str {
        "Names of tools that the caller may not know of, and of roles that gate them."
    }

    fn kinds(&self) -> &'static [&'static str] {
        KINDS
    }

    fn scan(&self, seen: &Seen<'_>, findings: &mut Findings) {
        for (kind, place) in self.find(&without_breaks(seen.bytes)) {
            findings.push(Finding {
                kind: kind.into(),
                severity: Severity::Alert,
                offset: seen.offset + place.start as u64,
                length: u32::try_from(place.len()).unwrap_or(u32::MAX),
            });
        }
    }
}

/// A text that may be JSON, with two spaces for each escape: the letter of `\n` belongs to no word.
fn without_breaks(bytes: &[u8]) -> Cow<'_, str> {
    if memchr::memchr(b'\\', bytes).is_none() {
        return String::from_utf8_lossy(bytes);
    }
    let mut plain = bytes.to_vec();
    let mut rest = plain.as_mut_slice();
    while let Some(at) = memchr::memchr(b'\\', rest) {
        let (head, after) = rest.split_at_mut(rest.len().min(at + 2));
        if let Some(escape) = head.get_mut(at..).filter(|it| it.is_ascii()) {
            escape.fill(b' ');
        }
        rest = after;
    }
    String::from_utf8_lossy(&plain).into_owned().into()
}

/// The name as it may be written: as it is, and with other signs between its words.
fn spellings(name: &str) -> impl Iterator<Item = Box<str>> + use<> {
    let words = words(name);
    let mut all: Vec<Box<str>> = vec![name.to_ascii_lowercase().into()];
    if words.len() > 1 {
        all.extend(["_", "-", "."].map(|it| words.join(it).into()));
        let glued = words.concat();
        if glued.len() >= GLUED_MIN {
            all.push(glued.into());
        }
    }
    all.into_iter()
}

/// The words of a name, in lower case: what stands between signs, and what begins with a capital.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_small = false;
    for it in name.chars() {
        let is_sign = matches!(it, '_' | '-' | '.' | ':' | '/');
        if (is_sign || is_small && it.is_ascii_uppercase()) && words.last() != Some(&String::new())
        {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| !is_sign) {
            word.push(it.to_ascii_lowercase());
        }
        is_small = it.is_ascii_lowercase() || it.is_ascii_digit();
    }
    words.retain(|it| !it.is_empty());
    words
}

/// Whether nobody writes the name by chance.
fn is_telling(name: &str) -> bool {
    let inside = name.get(1..).unwrap_or_default();
    let letters = name.bytes().filter(u8::is_ascii_alphanumeric).count();
    let mixed = inside.bytes().any(|it| it.is_ascii_uppercase())
        && name.bytes().any(|it| it.is_ascii_lowercase());
    name.len() <= NAME_MAX && letters >= NAME_MIN && (mixed || inside.contains(['_', '-', '.']))
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

//! Edits of a text: what changes, and what stood there before.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// One place of a text where something else is put.
#[derive(Clone, Debug)]
pub(super) struct Edit {
    pub(super) span: Range<usize>,
    pub(super) text: String,
}

/// All that changes for one entry: from its first edit to its last, with what lies between.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Hunk {
    /// The entry's place in the file.
    pub(crate) entry: String,
    /// Where it begins in the text before.
    pub(crate) at: usize,
    pub(crate) before: String,
    pub(crate) after: String,
}

impl Hunk {
    /// The edits of one entry as one hunk; `None` when they do not fit the text or each other.
    pub(super) fn of(entry: &str, text: &str, mut edits: Vec<Edit>) -> Option<Self> {
        edits.sort_by_key(|it| (it.span.start, it.span.end));
        let start = edits.first()?.span.start;
        let (mut after, mut at) = (String::new(), start);
        for edit in &edits {
            after.push_str(text.get(at..edit.span.start)?);
            after.push_str(&edit.text);
            at = edit.span.end;
        }
        let before = text.get(start..at)?.to_owned();
        Some(Self { entry: entry.to_owned(), at: start, before, after })
    }
}

/// The text with every hunk carried out; `None` when one does not fit.
pub(super) fn apply(text: &str, hunks: &[Hunk]) -> Option<String> {
    let mut ordered: Vec<&Hunk> = hunks.iter().collect();
    ordered.sort_by_key(|it| it.at);
    let (mut out, mut at) = (String::new(), 0);
    for hunk in ordered {
        out.push_str(text.get(at..hunk.at)?);
        at = hunk.at.checked_add(hunk.before.len())?;
        if text.get(hunk.at..at)? != hunk.before {
            return None;
        }
        out.push_str(&hunk.after);
    }
    out.push_str(text.get(at..)?);
    Some(out)
}

/// The text with the hunks taken back that stand in it exactly once, and the entries of the rest.
pub(super) fn take_back<'h>(text: &str, hunks: &'h [Hunk]) -> (String, Vec<&'h str>) {
    let (mut out, mut lost) = (text.to_owned(), Vec::new());
    for hunk in hunks {
        if !hunk.after.is_empty() && out.matches(&hunk.after).count() == 1 {
            out = out.replacen(&hunk.after, &hunk.before, 1);
        } else {
            lost.push(hunk.entry.as_str());
        }
    }
    (out, lost)
}

/// A text in quotes that mean the same in JSON and TOML.
pub(super) fn quoted(text: &str) -> String {
    bailiwick_wire::json::quote(text).replace('\u{7f}', "\\u007f")
}

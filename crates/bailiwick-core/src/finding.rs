//! Inspect: what inspectors notice, and proof that they looked.

use std::borrow::Cow;

/// Which way the bytes go.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Surface {
    /// From the caller towards an upstream.
    Ask,
    /// From an upstream towards the caller.
    Answer,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Severity {
    /// Worth recording.
    Note,
    /// Worth a person's attention.
    Alert,
    /// What was found must not pass.
    Withhold,
}

impl Severity {
    /// The word for it in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Alert => "alert",
            Self::Withhold => "withhold",
        }
    }

    /// The severity that the word names.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Note, Self::Alert, Self::Withhold].into_iter().find(|it| it.as_str() == word)
    }
}

/// What an inspector saw and where. Never the value itself.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    /// The kind, such as `secret.github_token`. The inspector's name stands before the dot.
    pub kind: Cow<'static, str>,
    /// How bad it is.
    pub severity: Severity,
    /// The byte at which it begins, counted from the start of the body.
    pub offset: u64,
    /// How many bytes it covers.
    pub length: u32,
}

/// How many findings of one exchange are kept one by one; the rest are counted.
const FINDINGS_MAX: usize = 64;

/// What was seen so far in one direction of one exchange.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Findings {
    kept: Vec<Finding>,
    dropped: u64,
    withhold: bool,
    alarming: bool,
}

impl Findings {
    /// Keep one more finding.
    pub fn push(&mut self, finding: Finding) {
        self.withhold |= finding.severity == Severity::Withhold;
        self.alarming |= finding.severity >= Severity::Alert;
        // A kind is never crowded out by many of another: policy reads kinds.
        let room = self.kept.len() < FINDINGS_MAX
            || self.kept.len() < 2 * FINDINGS_MAX
                && self.kept.iter().all(|it| it.kind != finding.kind);
        if room {
            self.kept.push(finding);
        } else {
            self.dropped += 1;
        }
    }

    /// The findings that were kept.
    pub fn kept(&self) -> &[Finding] {
        &self.kept
    }

    /// How many more there were.
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Whether anything was found that is worth a person's attention.
    pub const fn is_alarming(&self) -> bool {
        self.alarming
    }

    /// Whether anything was found that must not pass.
    pub const fn must_withhold(&self) -> bool {
        self.withhold
    }
}

/// A stretch of bytes as an inspector sees it.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// Which way it goes.
    pub surface: Surface,
    /// The bytes.
    pub bytes: &'a [u8],
    /// Where they begin, counted from the start of the body.
    pub offset: u64,
}

/// Something that looks for one kind of thing.
pub trait Inspector: Send + Sync {
    /// The name used in policies, configuration, records, docs and the corpus folder.
    fn name(&self) -> &'static str;

    /// What it looks for, in one sentence.
    fn purpose(&self) -> &'static str;

    /// Every kind of finding that it can make, so that configuration can name them.
    fn kinds(&self) -> &'static [&'static str] {
        &[]
    }

    /// Add everything that it finds.
    fn scan(&self, seen: &Seen<'_>, findings: &mut Findings);
}

/// The inspectors, in the order of running. Never none: an answer that nobody looked at is not
/// inspected.
#[derive(Clone, Copy)]
pub struct Inspectors<'a> {
    first: &'a dyn Inspector,
    rest: &'a [&'a dyn Inspector],
}

impl<'a> Inspectors<'a> {
    /// A table of inspectors; `None` when it is empty.
    pub fn new(table: &'a [&'a dyn Inspector]) -> Option<Self> {
        let (&first, rest) = table.split_first()?;
        Some(Self { first, rest })
    }

    /// A table that has a first inspector, and so is never empty.
    pub const fn of(first: &'a dyn Inspector, rest: &'a [&'a dyn Inspector]) -> Self {
        Self { first, rest }
    }

    /// Show some bytes to every inspector.
    pub fn scan(&self, seen: &Seen<'_>, findings: &mut Findings) {
        self.first.scan(seen, findings);
        self.rest.iter().for_each(|inspector| inspector.scan(seen, findings));
    }
}

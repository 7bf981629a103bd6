//! Text that a model reads and a person does not see.
//!
//! Tag characters and variation selectors can spell whole sentences, bidirectional controls show
//! text in another order than it is read, and long runs of zero-width characters carry bits. They
//! are looked for raw and as the escapes of JSON. What people use is left alone: the flags that are
//! made of tag characters, joined emoji, single joiners in Persian or Hindi, a byte order mark.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, Input, MatchKind};
use bailiwick_core::{Finding, Findings, Inspector, Seen, Severity};

/// Set when the searcher could not be built. It withholds: not to look is not to know.
const NOT_SCANNED: &str = "hidden_text.not_scanned";

/// What a hidden character is good for.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Class {
    Tag,
    Bidi,
    ZeroWidth,
    Variation,
}

/// A stretch of hidden characters of one class.
struct Run {
    class: Class,
    characters: usize,
    bytes: usize,
    last: u32,
}

/// Looks for text that is not seen.
pub(super) struct HiddenText;

impl Inspector for HiddenText {
    fn name(&self) -> &'static str {
        "hidden_text"
    }

    fn purpose(&self) -> &'static str {
        "Invisible or reordering characters, which a model reads and a person does not see."
    }

    fn kinds(&self) -> &'static [&'static str] {
        &[
            "hidden_text.bidi_control",
            NOT_SCANNED,
            "hidden_text.tag_characters",
            "hidden_text.variation_run",
            "hidden_text.zero_width_run",
        ]
    }

    fn scan(&self, seen: &Seen<'_>, findings: &mut Findings) {
        let Some(starts) = &*STARTS else {
            let (kind, severity) = (NOT_SCANNED.into(), Severity::Withhold);
            findings.push(Finding { kind, severity, offset: seen.offset, length: 0 });
            return;
        };
        let mut from = 0;
        while let Some(found) = starts.find(Input::new(seen.bytes).range(from..)) {
            let (before, here) = seen.bytes.split_at(found.start());
            let Some(run) = run(here).filter(|_| !is_escaped(before, here)) else {
                from = found.start() + 1;
                continue;
            };
            if run.hides(before) {
                findings.push(Finding {
                    kind: run.class.kind().into(),
                    severity: Severity::Alert,
                    offset: seen.offset + found.start() as u64,
                    length: u32::try_from(run.bytes).unwrap_or(u32::MAX),
                });
            }
            from = found.start() + run.bytes;
        }
    }
}

impl Class {
    fn of(code: u32) -> Option<Self> {
        match code {
            0xE0000..=0xE007F => Some(Self::Tag),
            0x202A..=0x202E | 0x2066..=0x2069 => Some(Self::Bidi),
            0x200B..=0x200D | 0x2060 | 0xFEFF => Some(Self::ZeroWidth),
            0xE0100..=0xE01EF | 0xFE00..=0xFE0F => Some(Self::Variation),
            _ => None,
        }
    }

    const fn kind(self) -> &'static str {
        match self {
            Self::Tag => "hidden_text.tag_characters",
            Self::Bidi => "hidden_text.bidi_control",
            Self::ZeroWidth => "hidden_text.zero_width_run",
            Self::Variation => "hidden_text.variation_run",
        }
    }
}

impl Run {
    /// Whether it hides something, and is not an ordinary use of such characters.
    fn hides(&self, before: &[u8]) -> bool {
        const RUN_MIN: usize = 3;
        match self.class {
            Class::Bidi => true,
            Class::ZeroWidth | Class::Variation => self.characters >= RUN_MIN,
            Class::Tag => !self.is_flag(before),
        }
    }

    /// The flag of a region: a black flag, up to six letters of its code, and the closing tag.
    fn is_flag(&self, before: &[u8]) -> bool {
        const CODE_AND_END_MAX: usize = 7;
        const CLOSING_TAG: u32 = 0xE007F;
        let escaped = before.len().checked_sub(12).and_then(|at| before.get(at..));
        let after_flag = before.ends_with("\u{1F3F4}".as_bytes())
            || escaped.is_some_and(|it| it.eq_ignore_ascii_case(br"\ud83c\udff4"));
        after_flag && self.characters <= CODE_AND_END_MAX && self.last == CLOSING_TAG
    }
}

/// The run of hidden characters of one class at the start of `bytes`.
fn run(bytes: &[u8]) -> Option<Run> {
    let (first, mut length) = character(bytes)?;
    let class = Class::of(first)?;
    let (mut characters, mut last) = (1, first);
    while let Some((code, more)) = bytes.get(length..).and_then(character) {
        if Class::of(code) != Some(class) {
            break;
        }
        (characters, length, last) = (characters + 1, length + more, code);
    }
    Some(Run { class, characters, bytes: length, last })
}

/// Whether the escape at `here` is itself escaped, as in `\\u200b`, which writes plain letters.
fn is_escaped(before: &[u8], here: &[u8]) -> bool {
    here.first() == Some(&b'\\')
        && before.iter().rev().take_while(|&&byte| byte == b'\\').count() % 2 == 1
}

/// The character at the start, raw or as an escape of JSON, and how many bytes write it. Only
/// characters of three or four bytes are of interest.
fn character(bytes: &[u8]) -> Option<(u32, usize)> {
    match *bytes {
        [a @ 0xE0..=0xEF, b, c, ..] => {
            Some((bits(a, 0x0F) << 12 | bits(b, 0x3F) << 6 | bits(c, 0x3F), 3))
        }
        [a @ 0xF0..=0xF4, b, c, d, ..] => {
            let high = bits(a, 0x07) << 18 | bits(b, 0x3F) << 12;
            Some((high | bits(c, 0x3F) << 6 | bits(d, 0x3F), 4))
        }
        [b'\\', b'u', ..] => {
            let first = escape(bytes)?;
            if !(0xD800..0xDC00).contains(&first) {
                return Some((first, 6));
            }
            let second = escape(bytes.get(6..)?).filter(|it| (0xDC00..0xE000).contains(it))?;
            Some((0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00), 12))
        }
        _ => None,
    }
}

const fn bits(byte: u8, mask: u8) -> u32 {
    (byte & mask) as u32
}

/// The code unit that `\uXXXX` writes.
fn escape(bytes: &[u8]) -> Option<u32> {
    let digits = bytes.strip_prefix(br"\u")?.get(..4)?;
    digits.iter().try_fold(0, |code, &digit| Some(code << 4 | char::from(digit).to_digit(16)?))
}

/// The beginnings of all hidden characters, long enough to be rare in ordinary text.
static STARTS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let raw = [0x200B..=0x200D, 0x202A..=0x202E, 0x2060..=0x2060, 0x2066..=0x2069, 0xFEFF..=0xFEFF];
    let raw = raw.into_iter().flatten().filter_map(char::from_u32);
    let mut starts: Vec<Vec<u8>> = raw.map(|it| it.to_string().into_bytes()).collect();
    // Tag characters, then the variation selectors beyond the first sixteen.
    starts.extend([0x80, 0x81, 0x84, 0x85, 0x86, 0x87].map(|third| vec![0xF3, 0xA0, third]));
    starts.extend([r"\u200", r"\u202", r"\u206"].map(|it| it.as_bytes().to_vec()));
    for digits in ["fef", "db4"] {
        starts.extend(spellings(digits).map(|it| format!(r"\u{it}").into_bytes()));
    }
    AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(starts).ok()
});

/// Every way to write three hexadecimal digits in small and capital letters.
fn spellings(digits: &str) -> impl Iterator<Item = String> {
    (0..8u32).map(move |capitals| {
        let spell = |(place, digit): (usize, char)| {
            if capitals >> place & 1 == 1 { digit.to_ascii_uppercase() } else { digit }
        };
        digits.chars().enumerate().map(spell).collect()
    })
}

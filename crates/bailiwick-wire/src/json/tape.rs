//! The tape: one entry for each value and each member name, in the order of the text.

use super::text::unescape;

/// The kind of a JSON value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number.
    Number,
    /// A string; a member name is one too.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

/// No document nests deeper than this, whatever its limits say: walking a tree recurses.
pub const DEPTH_CEILING: u32 = 512;

/// How much a document may hold.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// How many arrays and objects may be open at once; above [`DEPTH_CEILING`] counts as that.
    pub depth: u32,
    /// How many values and member names there may be. Each takes 16 bytes while it is read.
    pub nodes: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 64, nodes: 1_000_000 }
    }
}

/// Why bytes are not taken as JSON. `at` is the offset of the offending byte from the start.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum JsonError {
    /// More than 4 GiB, which the tape cannot address.
    #[error("the text is too long")]
    TooLong,
    /// The text ends inside a value, or is empty.
    #[error("the text ends too early, at byte {at}")]
    End {
        /// The length of the text.
        at: usize,
    },
    /// The bytes are not UTF-8.
    #[error("invalid UTF-8 at byte {at}")]
    Utf8 {
        /// The first invalid byte.
        at: usize,
    },
    /// Something stands where JSON has no place for it.
    #[error("unexpected byte at {at}")]
    Unexpected {
        /// The unexpected byte.
        at: usize,
    },
    /// More text follows the value.
    #[error("trailing bytes from byte {at}")]
    Trailing {
        /// The first byte that does not belong to the value.
        at: usize,
    },
    /// A number that JSON does not allow, such as `01`, `1.` or `+1`.
    #[error("malformed number at byte {at}")]
    Number {
        /// Where the number goes wrong.
        at: usize,
    },
    /// An unescaped control character inside a string.
    #[error("control character in a string at byte {at}")]
    Control {
        /// The control character.
        at: usize,
    },
    /// An escape that JSON does not know.
    #[error("unknown escape at byte {at}")]
    Escape {
        /// The backslash.
        at: usize,
    },
    /// An escaped surrogate without its other half: parsers differ on what it means.
    #[error("lone surrogate at byte {at}")]
    Surrogate {
        /// The backslash.
        at: usize,
    },
    /// Two members of one object have the same name: parsers differ on which one counts.
    #[error("repeated member name in the object at byte {at}")]
    Duplicate {
        /// Where the object begins.
        at: usize,
    },
    /// Arrays and objects are nested too deep.
    #[error("nested too deep at byte {at}")]
    Depth {
        /// The bracket that opens one level too many.
        at: usize,
    },
    /// Too many values and names.
    #[error("too many values at byte {at}")]
    Nodes {
        /// The first value or name that is too many.
        at: usize,
    },
}

/// One value or member name. A container is followed by all that it holds; in an object, each name
/// is followed by its value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// The first byte.
    pub(super) start: u32,
    /// The byte after the last.
    pub(super) end: u32,
    /// The index of the entry that follows this one and all that it holds. While a container is
    /// still open it holds the index of the container around it.
    pub(super) next: u32,
    /// The kind of the value.
    pub(super) kind: Kind,
    /// Whether a string holds escapes.
    pub(super) escaped: bool,
    /// The bits of an object's names, escapes resolved: of most names that it lacks, they tell.
    pub(super) names: u16,
}

/// The bit of a name.
pub(super) fn name_bit(name: &str) -> u16 {
    let byte = |it: Option<&u8>| it.copied().map_or(0, u32::from);
    let (first, last) = (byte(name.as_bytes().first()), byte(name.as_bytes().last()));
    1 << ((name.len() as u32 + 5 * first + 3 * last) % u16::BITS)
}

impl Entry {
    /// Stands for the root where there is none, which a parsed document never lacks.
    pub(super) const NOTHING: Self =
        Self { start: 0, end: 0, next: 0, kind: Kind::Null, escaped: false, names: 0 };

    /// The text of the entry.
    pub(super) fn raw(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }

    /// Whether it is a string that says exactly `said`. Of most that are not, the length tells.
    pub(super) fn says(self, text: &str, said: &str) -> bool {
        if self.escaped {
            return unescape(self.inner(text), true) == said;
        }
        (self.end - self.start) as usize == said.len() + 2 && self.inner(text) == said
    }

    /// The text between a string's quotes, its escapes as they stand.
    pub(super) fn inner(self, text: &str) -> &str {
        let (start, end) = (self.start as usize + 1, (self.end as usize).saturating_sub(1));
        text.get(start..end).unwrap_or_default()
    }
}

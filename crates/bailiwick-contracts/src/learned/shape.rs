//! The shape of one answer: which parts it has, and of which kind each is.

use serde::{Deserialize, Serialize};

/// The longest path that is held, in bytes.
const PATH_MAX: usize = 120;
/// The most parts of one answer that are looked at.
const SEEN_MAX: usize = 512;

/// What a part of an answer is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool,
    /// A number.
    Number,
    /// A text.
    Text,
    /// A list with something in it.
    List,
    /// An empty list.
    EmptyList,
    /// An object.
    Object,
    /// A piece of content that is no text: an image, a sound, a link.
    Piece,
}

impl Kind {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "bool",
            Self::Number => "number",
            Self::Text => "text",
            Self::List => "list",
            Self::EmptyList => "empty list",
            Self::Object => "object",
            Self::Piece => "piece",
        }
    }
}

/// The parts of one answer, each once: a path such as `/customers/*/id`, in which `*` is every item
/// of a list, and what is there.
#[derive(Clone, Debug, Default)]
pub struct Shape(Vec<(Box<str>, Kind)>);

impl Shape {
    /// Add a part. False when no more is looked at.
    pub fn see(&mut self, path: &str, kind: Kind) -> bool {
        // What is too long for us is not there, in every answer alike.
        if path.len() <= PATH_MAX {
            self.0.push((path.into(), kind));
        }
        self.0.len() < SEEN_MAX
    }

    /// Each part once, in order.
    pub(super) fn parts(mut self) -> Vec<(Box<str>, Kind)> {
        self.0.sort_unstable();
        self.0.dedup();
        self.0
    }
}

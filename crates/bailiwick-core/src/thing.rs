//! Things and their facts: what a source besides the operator's own files says of what calls name.

use std::fmt;

/// What is known of one attribute.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Fact {
    /// True or false.
    Flag(bool),
    /// A whole number.
    Number(i64),
    /// A text.
    Text(Box<str>),
}

/// One thing, and what a source says of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Thing {
    /// Its type.
    pub kind: Box<str>,
    /// Its id within the type.
    pub id: Box<str>,
    /// Its attributes, each once.
    pub attributes: Vec<(Box<str>, Fact)>,
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(it) => write!(f, "{it}"),
            Self::Number(it) => write!(f, "{it}"),
            Self::Text(it) => f.write_str(it),
        }
    }
}

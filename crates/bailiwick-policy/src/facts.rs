//! Facts: what is known of things besides the operator's file of entities, from wherever it came.
//!
//! They are made once, apart from the policies: a set that is loaded anew takes them as they are,
//! however many there are.

mod csv;
mod json;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

pub use csv::{each_row, read_csv};
pub use json::read_json;
pub use table::{Cell, Expected, FactKind, Odd, Table};

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

/// Whose attributes are put on record with each call that names them: type to attributes.
pub type Classing = BTreeMap<String, BTreeSet<String>>;

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(it) => write!(f, "{it}"),
            Self::Number(it) => write!(f, "{it}"),
            Self::Text(it) => f.write_str(it),
        }
    }
}

#[cfg(test)]
mod tests;

//! Why a value does not fit: what is wrong and what would be right, never the value itself.

use std::fmt;

use super::{NotAPath, NotAUrl, NotAWord, NotEmail, NotMoney, NotSql};
use crate::contract::Meaning;

/// Why a value does not fit what it should mean.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Reason {
    /// It is neither a text nor a list of texts.
    NotText,
    /// It is an empty list, or one that is too long.
    List,
    /// Another argument has the same name in other letters.
    Alike,
    /// As SQL.
    Sql(NotSql),
    /// As a URL.
    Url(NotAUrl),
    /// As a path.
    Path(NotAPath),
    /// As an amount of money.
    Money(NotMoney),
    /// As an address of e-mail.
    Email(NotEmail),
    /// As a word.
    Word(NotAWord),
}

impl Reason {
    /// The word for it in records, such as `sql.table`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotText => "not_text",
            Self::List => "list",
            Self::Alike => "alike",
            Self::Sql(it) => it.code(),
            Self::Url(it) => it.code(),
            Self::Path(it) => it.code(),
            Self::Money(it) => it.code(),
            Self::Email(it) => it.code(),
            Self::Word(it) => it.code(),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotText => f.write_str("is neither a text nor a list of texts"),
            Self::List => f.write_str("is an empty list, or one of more than 256 values"),
            Self::Alike => f.write_str("is given twice, in different letters"),
            Self::Sql(it) => it.fmt(f),
            Self::Url(it) => it.fmt(f),
            Self::Path(it) => it.fmt(f),
            Self::Money(it) => it.fmt(f),
            Self::Email(it) => it.fmt(f),
            Self::Word(it) => it.fmt(f),
        }
    }
}

macro_rules! reasons {
    ($($from:ident => $variant:ident)*) => {$(
        impl From<$from> for Reason {
            fn from(it: $from) -> Self {
                Self::$variant(it)
            }
        }
    )*};
}

reasons! {
    NotSql => Sql
    NotAUrl => Url
    NotAPath => Path
    NotMoney => Money
    NotEmail => Email
    NotAWord => Word
}

/// How many characters what would be right may have: a contract may list many tables.
const RIGHT_MAX: usize = 400;

/// An argument that does not fit what it should mean.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{argument}` {reason}; it should be {right}")]
pub struct NotMeant {
    /// The argument.
    pub argument: String,
    /// What is wrong.
    pub reason: Reason,
    /// What would be right.
    pub right: String,
}

impl NotMeant {
    pub(super) fn new(argument: &str, meaning: &Meaning, reason: Reason) -> Self {
        let mut right = meaning.described();
        if let Some((end, _)) = right.char_indices().nth(RIGHT_MAX) {
            right.truncate(end);
            right.push_str(" ...");
        }
        Self { argument: argument.to_owned(), reason, right }
    }
}

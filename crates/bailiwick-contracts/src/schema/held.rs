//! Why a schema is not compiled, and its tool is held.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;

use super::place::place;

/// Why a schema is not compiled. Its tool is held until its server says something else, or an
/// operator shows a narrower view of it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Held {
    /// It is neither an object nor a boolean.
    #[error("it is no schema: a schema is an object, or true or false")]
    NotASchema,
    /// It is of a dialect that is not known here.
    #[error("its `$schema` names a dialect that is not checked: use 2020-12, 2019-09 or draft-07")]
    Dialect,
    /// It is too large.
    #[error("it is too large: at most 256 KiB of text and 20,000 values; leave out what is unused")]
    TooLarge,
    /// It is nested too deeply, or its references lead on for too long.
    #[error("it is too deep: nest schemas less, and let references lead on less often")]
    TooDeep,
    /// It has too many schemas within.
    #[error("it has more than 4,000 schemas within: split the tool")]
    TooMany,
    /// Too many schemas stand at one place of what is checked.
    #[error(
        "at `{0}` more than 2,000 schemas are asked of one value: use fewer `allOf`, `anyOf`, \
         `oneOf`, `not`, `if` and `$ref` there"
    )]
    TooHeavy(Box<str>),
    /// It asks the same schema of the same value for ever.
    #[error("at `{0}` it leads to itself without going deeper: take that `$ref` out")]
    Endless(Box<str>),
    /// It refers to something outside itself, which is not fetched.
    #[error("at `{0}` it refers to another document, which is not fetched: put that in `$defs`")]
    Remote(Box<str>),
    /// It refers to something that is not there.
    #[error("at `{0}` it refers to nothing: write references as `#/$defs/name`")]
    Unresolved(Box<str>),
    /// It changes what references mean.
    #[error("at `{0}` it changes what references mean: leave out `$id` and `$dynamicRef` within")]
    Rebased(Box<str>),
    /// A number in it cannot be compared with exactly.
    #[error("at `{0}` is a number of more digits than can be held exactly: use fewer digits")]
    Number(Box<str>),
    /// A pattern in it is too large, or there are too many.
    #[error("at `{0}` is one pattern too many, or one too large: at most 64, of 1,000 bytes each")]
    TooManyPatterns(Box<str>),
    /// A pattern in it cannot be matched in linear time.
    #[error(
        "at `{0}` is a pattern that cannot be matched in linear time, or that is none: patterns \
         are without look-around and back-references, and small once compiled"
    )]
    Pattern(Box<str>),
    /// It is not what its dialect calls a schema.
    #[error("at `{0}` it is no valid schema of its dialect: `{1}`")]
    Faulty(Box<str>, Box<str>),
}

impl Held {
    /// What the compiler says of a schema, without quoting it.
    pub(super) fn faulty(error: &ValidationError<'_>) -> Self {
        let place = place(error.instance_path().as_str());
        // The meta-schemas say that a pattern has the format of one.
        if let ValidationErrorKind::Format { format } = error.kind()
            && format == "regex"
        {
            return Self::Pattern(place);
        }
        match error.kind().keyword() {
            "pattern" => Self::Pattern(place),
            keyword => Self::Faulty(place, keyword.into()),
        }
    }
}

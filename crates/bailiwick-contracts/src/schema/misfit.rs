//! What is wrong with a value: where and by which keyword, and never what it is.

use std::collections::HashSet;
use std::fmt;

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;

use super::place::escaped;

/// How long a place may be when it is told, in bytes.
const PLACE_MAX: usize = 256;

/// Why a value does not fit a schema.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Misfit {
    /// A keyword says no.
    At {
        /// Where, as a JSON pointer. Names that the schema does not say are told as `*`: a caller
        /// chose them, and they may be data.
        place: Box<str>,
        /// The keyword.
        keyword: Box<str>,
    },
    /// It is nested more deeply than can be checked.
    TooDeep,
    /// Checking it takes more work than one call may cost.
    TooMuch,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At { place, keyword } if place.is_empty() => write!(f, "the whole: {keyword}"),
            Self::At { place, keyword } => write!(f, "{place}: {keyword}"),
            Self::TooDeep => f.write_str("nested too deeply to be checked"),
            Self::TooMuch => f.write_str("too much to be checked"),
        }
    }
}

impl Misfit {
    /// What is told of an error, by one who knows the names that the schema says.
    pub(super) fn of(error: &ValidationError<'_>, known: &HashSet<Box<str>>) -> Self {
        let mut place = masked(error.instance_path().as_str(), known);
        // What is missing is the schema's own word.
        if let ValidationErrorKind::Required { property } = error.kind()
            && let Some(name) = property.as_str()
        {
            place.push('/');
            place.push_str(&escaped(name));
        }
        if place.len() > PLACE_MAX {
            "…".clone_into(&mut place);
        }
        Self::At { place: place.into(), keyword: error.kind().keyword().into() }
    }
}

fn masked(place: &str, known: &HashSet<Box<str>>) -> String {
    let mut told = String::new();
    for part in place.split('/').skip(1) {
        told.push('/');
        let is_index = !part.is_empty() && part.bytes().all(|it| it.is_ascii_digit());
        let name = part.replace("~1", "/").replace("~0", "~");
        let is_known = known.contains(name.as_str()) || is_index && part.len() < 8;
        told.push_str(if is_known { part } else { "*" });
    }
    told
}

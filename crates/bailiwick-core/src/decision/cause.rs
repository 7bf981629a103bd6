//! Why a call is denied, in the words of its record.

/// Why a call is denied.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Cause {
    /// No policy permits it.
    NoPermit,
    /// A policy forbids it.
    Forbidden,
    /// An operator has ordered to refuse it.
    Ordered,
    /// A policy could not be evaluated.
    Error,
    /// A policy asks for a duty that this build does not know.
    UnknownObligation,
    /// Policy permits it, but there is no such thing.
    Nonexistent,
    /// Policy permits it, but it says what it may not say, or cannot be checked.
    Unfit,
    /// A duty of the permit was not met.
    Unmet,
}

impl Cause {
    /// The word for it in records.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::NoPermit => "no_permit",
            Self::Forbidden => "forbidden",
            Self::Ordered => "ordered",
            Self::Error => "error",
            Self::UnknownObligation => "unknown_obligation",
            Self::Nonexistent => "nonexistent",
            Self::Unfit => "unfit",
            Self::Unmet => "unmet",
        }
    }
}

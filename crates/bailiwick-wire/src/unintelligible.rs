//! Why a message or a body cannot be decided on.

/// Why a message or a body cannot be decided on. The words are fixed, and the caller may read them.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Unintelligible {
    /// It is no JSON that we take.
    #[error("the body is not JSON that can be read in one way only")]
    NotJson,
    /// A message answers something instead of asking.
    #[error("not a request or a notification")]
    NotAsking,
    /// A method that awaits an answer came without an id: a careless upstream would carry it out.
    #[error("this method needs an id")]
    NeedsId,
    /// A member that the decision needs is missing.
    #[error("missing member: {0}")]
    Missing(&'static str),
    /// A member that the decision needs is of the wrong type.
    #[error("member of the wrong type: {0}")]
    IllTyped(&'static str),
    /// A member's name differs in case only from one that the decision needs.
    #[error("a member's name differs in case only from: {0}")]
    LookAlike(&'static str),
    /// A member gives the far side something that cannot be decided on here.
    #[error("member that is not supported: {0}")]
    Unsupported(&'static str),
    /// A member names more than can be decided on in one call.
    #[error("member that names too much: {0}")]
    TooMany(&'static str),
}

impl Unintelligible {
    /// The same in short: the member that is at fault, or why the whole is.
    pub const fn words(self) -> &'static str {
        match self {
            Self::NotJson => "not JSON",
            Self::NotAsking => "not a request or a notification",
            Self::NeedsId => "this method needs an id",
            Self::Missing(member)
            | Self::IllTyped(member)
            | Self::LookAlike(member)
            | Self::Unsupported(member)
            | Self::TooMany(member) => member,
        }
    }
}

//! Oblige: the duties that a permit may come with.

/// A duty of the enforcement point. It may refuse or wait; it never edits the ask.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Obligation {
    /// The decision's record must survive a loss of power before the call goes out.
    Durable,
    /// What the call can cost must be out of the purse before it goes out. Every call of a model
    /// has this duty, whatever policy says.
    Reserve,
    /// Secrets in the answer are replaced by words for their kind.
    Mask,
    /// An answer in which something alarming is found does not pass.
    Block,
    /// A word that this build does not know. It denies.
    Unknown(Box<str>),
}

impl Obligation {
    /// The obligation that an annotation names.
    pub fn parse(word: &str) -> Self {
        match word {
            "durable" => Self::Durable,
            "reserve" => Self::Reserve,
            "mask" => Self::Mask,
            "block" => Self::Block,
            _ => Self::Unknown(word.into()),
        }
    }

    /// The word for it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Durable => "durable",
            Self::Reserve => "reserve",
            Self::Mask => "mask",
            Self::Block => "block",
            Self::Unknown(word) => word,
        }
    }
}

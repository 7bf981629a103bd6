//! The words for what a tool does, what its answers are worth, and whom it reaches.

use bailiwick_core::Effect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a tool does to the world.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectWord {
    /// It changes nothing.
    Read,
    /// It can be undone.
    ReversibleWrite,
    /// It cannot be undone.
    IrreversibleWrite,
    /// It destroys something.
    Destructive,
    /// It sends something to somebody.
    Outbound,
}

impl From<EffectWord> for Effect {
    fn from(word: EffectWord) -> Self {
        match word {
            EffectWord::Read => Self::Read,
            EffectWord::ReversibleWrite => Self::ReversibleWrite,
            EffectWord::IrreversibleWrite => Self::IrreversibleWrite,
            EffectWord::Destructive => Self::Destructive,
            EffectWord::Outbound => Self::Outbound,
        }
    }
}

/// How far what a tool returns is trusted.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// Written by the operator's own people and systems.
    Trusted,
    /// Anybody may have written it: web pages, e-mails, tickets.
    Untrusted,
}

/// Whom a recipient's argument names.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipient {
    /// One person's address.
    Person,
    /// A list or alias, which stands for many.
    List,
    /// A channel or room.
    Channel,
    /// Whoever looks.
    Public,
}

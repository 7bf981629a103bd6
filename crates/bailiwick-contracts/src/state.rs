//! The states of a server whose health is judged.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a server stands, from good to bad.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Its source moves, and somebody answers for it here.
    Active,
    /// Nobody can tell.
    Unknown,
    /// It is time to look again.
    Stale,
    /// Whoever answered for it here is gone.
    Orphaned,
    /// Its source does not move any more.
    Abandoned,
    /// It is abandoned, and has a serious vulnerability that nobody will mend.
    Quarantined,
}

impl State {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Unknown => "unknown",
            Self::Stale => "stale",
            Self::Orphaned => "orphaned",
            Self::Abandoned => "abandoned",
            Self::Quarantined => "quarantined",
        }
    }

    /// Whether it takes no agent that has not used it before.
    pub fn takes_no_new_agents(self) -> bool {
        self >= Self::Orphaned
    }

    /// Whether nothing but reading is left of it.
    pub fn only_reads(self) -> bool {
        self >= Self::Abandoned
    }
}

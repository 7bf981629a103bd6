//! What leads to a state, and after how long.

use serde::Serialize;

use crate::state::State;

/// Something that was noticed of a server.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Reason {
    /// The state that the server is in for this alone; one that is `active` only costs points.
    pub state: State,
    /// How many points of a hundred it costs.
    pub points: u32,
    /// What was noticed, with its day. No person is named in it: it may go on record.
    pub what: String,
    /// Of whom that is said, where it is said of anybody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
}

/// As it is told on the spot, with names; `what` alone is for the record.
impl std::fmt::Display for Reason {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.who {
            Some(who) => write!(out, "{}: `{who}`", self.what),
            None => out.write_str(&self.what),
        }
    }
}

/// After how many days what comes about.
#[derive(Clone, Debug)]
pub struct Terms {
    /// A source that has not moved for so many days is stale.
    pub stale_days: u32,
    /// One that has not moved for more than so many is abandoned.
    pub abandoned_days: u32,
    /// An abandoned server with a serious vulnerability is quarantined after so many.
    pub grace_days: u32,
    /// Signals that are older than so many say nothing good any more.
    pub signals_days: u32,
}

impl Default for Terms {
    fn default() -> Self {
        Self { stale_days: 90, abandoned_days: 180, grace_days: 14, signals_days: 30 }
    }
}

//! The format of a feed: one JSON file for many servers.

use std::collections::{BTreeMap, BTreeSet};

use bailiwick_core::Day;
use serde::{Deserialize, Serialize};

use super::signals::{Signals, not_a_text};
use crate::contract::Fault;

/// The largest feed, in bytes.
pub const FEED_BYTES_MAX: u64 = 16 << 20;
/// The most servers in a feed.
const SERVERS_MAX: usize = 10_000;
/// The most people in a feed.
const PEOPLE_MAX: usize = 100_000;

/// What feeds tell.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Feed {
    /// Of each server, by the name that the configuration gives it.
    #[serde(default)]
    pub servers: BTreeMap<String, Signals>,
    /// Everybody and everything that can answer for a server: names as contracts write them under
    /// `owner` and `on_call`. Where no feed has this, nobody is looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<BTreeSet<String>>,
}

impl Feed {
    /// Read a feed.
    ///
    /// # Errors
    /// The first [`Fault`]. A word that is not of the format is one: a signal that is spelled
    /// wrongly would be a signal less.
    pub fn read(text: &str) -> Result<Self, Fault> {
        let fault = |what: String| Fault { span: None, what };
        if text.len() as u64 > FEED_BYTES_MAX {
            return Err(fault(format!("it has more than {FEED_BYTES_MAX} bytes")));
        }
        let read: Self = serde_json::from_str(text).map_err(|it| fault(it.to_string()))?;
        match read.fault() {
            None => Ok(read),
            Some(what) => Err(fault(what)),
        }
    }

    fn fault(&self) -> Option<String> {
        if self.servers.len() > SERVERS_MAX {
            return Some(format!("it is about more than {SERVERS_MAX} servers"));
        }
        let people = self.people.iter().flatten();
        if people.clone().count() > PEOPLE_MAX {
            return Some(format!("it names more than {PEOPLE_MAX} people"));
        }
        let of_server =
            |(name, it): (&String, &Signals)| it.fault().map(|what| format!("{name:?}: {what}"));
        self.servers
            .iter()
            .find_map(of_server)
            .or_else(|| people.clone().find_map(|it| not_a_text(it)))
    }

    /// The same, with what another feed tells, on this day.
    #[must_use]
    pub fn with(mut self, other: Self, today: Day) -> Self {
        for (name, signals) in other.servers {
            let joined = match self.servers.remove(&name) {
                Some(there) => there.with(signals, today),
                None => signals,
            };
            self.servers.insert(name, joined);
        }
        if let Some(people) = other.people {
            self.people.get_or_insert_default().extend(people);
        }
        self
    }
}

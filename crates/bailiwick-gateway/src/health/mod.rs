//! Health in force: what feeds and contracts say of each server, read together with the rules.

mod readings;
mod users;
mod vote;

use std::collections::{BTreeSet, HashMap};

use bailiwick_contracts::health::{Feed, Looked, Stage, State, Terms, Timeline};
use bailiwick_core::{Day, ServerId};

pub(crate) use readings::Readings;
pub use users::Users;
pub use vote::{ABANDONED, BARE, ORPHANED, QUARANTINED};
pub(crate) use vote::{Held, Tended};

/// The word for a server whose record is not whole, where that is needed.
pub(crate) const NO_RECORD: &str = "no_record";

use crate::config::Settings;
use crate::contract::Contracts;

/// How every server stands, and will stand.
pub struct Health {
    pub(crate) readings: Readings,
    feed: Feed,
    terms: Terms,
    is_watched: bool,
    require_record: bool,
    timelines: HashMap<ServerId, Timeline>,
}

impl Health {
    /// Read the feeds that a configuration names, and judge each server by them and by its
    /// contract. Of a feed that cannot be read, that counts which it told before.
    ///
    /// # Errors
    /// When that cannot be read either.
    pub fn read(
        settings: &Settings,
        contracts: &Contracts,
        before: Option<&Self>,
    ) -> Result<Self, String> {
        let readings = Readings::read(settings, before.map(|it| &it.readings))?;
        let mut health = Self {
            feed: readings.together(Day::of(crate::clock::now())),
            readings,
            terms: settings.health.terms.clone(),
            is_watched: !settings.health.feeds.is_empty(),
            require_record: settings.health.require_record,
            timelines: HashMap::new(),
        };
        let mut names: BTreeSet<_> = contracts.known();
        names.extend(settings.servers.iter().map(|it| it.name.to_string()));
        for name in names {
            let timeline = Timeline::of(&health.looked(contracts, &name));
            health.timelines.insert(name.as_str().into(), timeline);
        }
        Ok(health)
    }

    /// What is wrong with feeds that cannot be read.
    pub fn faults(&self) -> &[String] {
        &self.readings.faults
    }

    /// What is looked at of a server.
    pub fn looked<'a>(&'a self, contracts: &'a Contracts, server: &str) -> Looked<'a> {
        Looked {
            contract: contracts.of(&ServerId::from(server)),
            signals: self.feed.servers.get(server),
            is_watched: self.is_watched,
            people: self.feed.people.as_ref(),
            terms: &self.terms,
        }
    }

    /// Whether a server is used only with a whole record.
    pub const fn requires_record(&self) -> bool {
        self.require_record
    }

    /// The servers that are judged, by name.
    pub fn servers(&self) -> Vec<&ServerId> {
        let mut all: Vec<_> = self.timelines.keys().collect();
        all.sort_unstable_by_key(|it| it.as_str());
        all
    }

    /// The servers that feeds tell of, and that there are none of: a name may be misspelt.
    pub fn strangers(&self) -> impl Iterator<Item = &str> {
        let told = self.feed.servers.keys().map(String::as_str);
        told.filter(|it| !self.timelines.contains_key(&ServerId::from(*it)))
    }

    /// How a server stands and will stand.
    pub fn timeline(&self, server: &ServerId) -> Option<&Timeline> {
        self.timelines.get(server)
    }

    /// How a server stands on a day.
    pub(crate) fn on(&self, server: &ServerId, day: Day) -> Option<&Stage> {
        Some(self.timeline(server)?.on(day))
    }

    /// Whether nothing at all may be done with a server that stands so.
    pub(crate) fn is_off(&self, stage: &Stage) -> bool {
        stage.acts == State::Quarantined || (self.require_record && !stage.is_recorded)
    }

    /// Whether a server takes no agents on a day that have not used it before.
    pub fn takes_no_new_agents(&self, server: &ServerId, day: Day) -> bool {
        self.on(server, day).is_some_and(|it| !self.is_off(it) && it.acts.takes_no_new_agents())
    }

    /// In a word, why nothing at all may be done with a server on a day, if that is so.
    pub(crate) fn off(&self, server: &ServerId, day: Day) -> Option<String> {
        let stage = self.on(server, day).filter(|it| self.is_off(it))?;
        let is_quarantined = stage.acts == State::Quarantined;
        Some(if is_quarantined { word(stage) } else { "it has no whole record".to_owned() })
    }

    /// What people should know of the health of these servers.
    pub fn warnings<'a>(
        &self,
        servers: impl Iterator<Item = &'a ServerId>,
        day: Day,
    ) -> Vec<String> {
        let mut told: Vec<_> = servers.filter_map(|it| self.warning(it, day)).collect();
        told.sort_unstable();
        self.faults().iter().cloned().chain(told).collect()
    }

    fn warning(&self, server: &ServerId, day: Day) -> Option<String> {
        let stage = self.on(server, day)?;
        let advice = format!("see `bailiwick contracts health {server}`");
        if self.require_record && !stage.is_recorded {
            return Some(format!("server {server}: it has no whole record and is off: {advice}"));
        }
        if stage.state == State::Active {
            return None;
        }
        let does = match stage.acts {
            State::Active | State::Unknown | State::Stale => "look again",
            State::Orphaned => "it takes no new agents",
            State::Abandoned => "it takes no new agents and can only be read",
            State::Quarantined => "it is off",
        };
        let why = stage.why.first().map_or_else(String::new, ToString::to_string);
        Some(format!("server {server}: {}: {why}; {does}: {advice}", word(stage)))
    }
}

/// What it is, and what it is treated as where that is another thing.
pub(crate) fn word(stage: &Stage) -> String {
    if stage.acts == stage.state {
        stage.state.as_str().to_owned()
    } else {
        format!("{}_as_{}", stage.state.as_str(), stage.acts.as_str())
    }
}

//! Facts about things: asked for in the background, held in memory, and believed for a time.
//!
//! A decision asks no source. Facts that are too old are believed no more: policy sees none of
//! them, and calls that name a thing of theirs are refused, because a condition such as "unless it
//! has a tier above 1" would let through what it was written to stop.

mod came;
mod fetch;
mod file;
mod freshness;
mod http;
mod looked;
mod sqlite;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bailiwick_core::{Thing, Timestamp};
use bailiwick_policy::Facts;

use crate::config::{FactsSettings, Settings, declare};

pub(crate) use came::{Came, Said, Tag};
pub(crate) use fetch::fetch;
pub(crate) use freshness::Freshness;
pub use freshness::STALE;
pub use looked::{Looked, idle};

/// How far what is known may lie ahead of the clock, which is set right now and then.
const AHEAD_NS: u64 = 60_000_000_000;

/// Every source of facts.
#[derive(Default)]
pub struct Sources {
    pub(crate) all: Vec<Source>,
    /// Held while what is known is put together and brought into force, so that two sources that
    /// answer at once do not undo each other's.
    pub(crate) learning: Mutex<()>,
}

/// One source, and what is known from it.
pub(crate) struct Source {
    pub(crate) settings: FactsSettings,
    /// As of when it is known, in nanoseconds; 0: not at all.
    pub(crate) as_of: AtomicU64,
    /// Whether it was asked at all.
    pub(crate) tried: AtomicBool,
    held: Mutex<Held>,
}

/// What is known from a source.
#[derive(Default)]
pub(crate) struct Held {
    pub(crate) things: Arc<[Thing]>,
    /// Why it could not be asked last time.
    pub(crate) trouble: Option<String>,
    /// Whether its facts are in force.
    pub(crate) in_force: bool,
    /// Whether it was stale when somebody was told.
    pub(crate) told: Option<bool>,
}

impl Sources {
    /// Those of a configuration, none of them asked as yet.
    pub fn new(settings: &Settings) -> Self {
        let source = |it: &FactsSettings| Source {
            settings: it.clone(),
            as_of: AtomicU64::new(0),
            tried: AtomicBool::new(false),
            held: Mutex::default(),
        };
        Self { all: settings.facts.iter().map(source).collect(), learning: Mutex::default() }
    }

    /// Whether each was asked, so that calls can be decided.
    pub(crate) fn were_asked(&self) -> bool {
        self.all.iter().all(|it| it.tried.load(Ordering::Acquire))
    }

    /// What of them will surprise.
    pub(crate) fn warnings(&self, now: Timestamp) -> Vec<String> {
        self.all.iter().filter_map(|it| it.warning(now)).collect()
    }

    /// What is known from those that are believed at this time.
    pub(crate) fn known(&self, now: Timestamp) -> Result<Facts, String> {
        let mut facts = Facts::default();
        self.all.iter().try_for_each(|it| declare(&mut facts, &it.settings))?;
        self.add_to(&mut facts, now)?;
        Ok(facts)
    }

    /// Add what is believed at this time to what was declared.
    fn add_to(&self, facts: &mut Facts, now: Timestamp) -> Result<(), String> {
        let mut believed = self.all.iter().filter(|it| !it.is_stale(now));
        believed.try_for_each(|it| {
            facts.add(&it.settings.name, &it.things()).map_err(|it| it.to_string())
        })
    }
}

impl Source {
    pub(crate) fn is_stale(&self, now: Timestamp) -> bool {
        let as_of = self.as_of.load(Ordering::Acquire);
        let limit = u64::try_from(self.settings.stale_after.as_nanos()).unwrap_or(u64::MAX);
        // Where the clock was set back, nobody knows how old they are.
        let is_ahead = as_of.saturating_sub(now.ns()) > AHEAD_NS;
        as_of == 0 || is_ahead || now.ns().saturating_sub(as_of) > limit
    }

    pub(crate) fn things(&self) -> Arc<[Thing]> {
        Arc::clone(&self.held().things)
    }

    pub(crate) fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is wrong with it, if anything is.
    pub(crate) fn warning(&self, now: Timestamp) -> Option<String> {
        let (name, types) = (&self.settings.name, self.settings.expected.types.join(", "));
        let trouble = self.held().trouble.clone();
        let why = trouble.as_ref().map_or_else(String::new, |it| format!(": {it}"));
        if !self.tried.load(Ordering::Acquire) {
            return None;
        }
        if !self.is_stale(now) {
            let none = || format!("facts {name}: it says nothing of any {types}: is it empty?");
            let failed = |it| format!("facts {name}: it could not be asked last time: {it}");
            return trouble.map(failed).or_else(|| self.things().is_empty().then(none));
        }
        let since = match self.as_of.load(Ordering::Acquire) {
            0 => "nothing was ever known from it".to_owned(),
            as_of if as_of > now.ns() => "the clock was set back since they came".to_owned(),
            as_of => {
                let age = Duration::from_nanos(now.ns().saturating_sub(as_of)).as_secs();
                format!("what is known from it is {age} s old")
            }
        };
        Some(format!("facts {name}: calls that name a {types} are refused, since {since}{why}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_from_the_future_are_believed_no_more_than_old_ones() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bailiwick.toml");
        let toml = "[facts.book]\nfile = \"a.json\"\ntypes = [\"Customer\"]\n\
                    attributes = { tier = \"number\" }\nstale_after = \"1h\"\n";
        std::fs::write(&file, toml).unwrap();
        let sources = Sources::new(&crate::config::load(&file).unwrap());
        let source = sources.all.first().unwrap();
        source.tried.store(true, Ordering::Release);
        let second = 1_000_000_000;
        let as_of = 1_800_000_000 * second;
        source.as_of.store(as_of, Ordering::Release);
        for (now, why) in [
            (as_of - 30 * second, "says nothing of any Customer"),
            (as_of - 61 * second, "the clock was set back"),
            (as_of + 3600 * second, "says nothing of any Customer"),
            (as_of + 3601 * second, "is 3601 s old"),
        ] {
            let now = Timestamp::from_ns(now);
            let told = source.warning(now).unwrap();
            assert!(told.contains(why), "{told}");
            assert_eq!(source.is_stale(now), told.contains("are refused"), "{told}");
        }
    }
}

//! Policies and contracts, loaded together and exchanged together.
//!
//! A change of their files is noticed within a second. A bad edit changes nothing: the old set
//! stays in force, and the fault is told on the terminal, in the log and on `/readyz`.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use bailiwick_core::{Policy as _, Timestamp};
use bailiwick_policy::{PolicySet, Source};
use tokio::sync::watch;

use crate::config::{Date, Settings};
use crate::contract::Contracts;
use crate::{disk, edits};

/// What decisions are made by.
pub struct Rules {
    /// The policies.
    pub policies: PolicySet,
    /// What is known of each tool.
    pub contracts: Contracts,
    /// The day until which tools that nobody approved may be used.
    open_until: Option<Date>,
    /// How the files looked before they were read: an edit made since is noticed.
    seen: Files,
}

/// Files, with lengths and times.
type Files = Vec<(PathBuf, u64, Option<std::time::SystemTime>)>;

/// Why a set of rules cannot be used: one line for each fault, with its place.
#[derive(Clone, Debug)]
pub struct BadRules(pub Vec<String>);

impl Rules {
    /// Read the rules that a configuration names.
    ///
    /// # Errors
    /// [`BadRules`] with every fault.
    pub fn read(settings: &Settings) -> Result<Self, BadRules> {
        let seen = look(settings);
        let mut faults = Vec::new();
        let contracts = Contracts::read(&settings.contracts).unwrap_or_else(|errors| {
            faults.extend(errors.iter().map(ToString::to_string));
            Contracts::default()
        });
        let texts = texts(settings).unwrap_or_else(|fault| {
            faults.push(fault);
            Vec::new()
        });
        let (entities, policies): (Vec<_>, Vec<_>) =
            texts.iter().partition(|(name, _)| name.ends_with(".json"));
        let source = |(name, text)| Source { name, text };
        let policies: Vec<Source<'_>> = policies.iter().map(|(n, t)| source((n, t))).collect();
        let entities = entities.first().map(|(name, text)| source((name, text)));
        match PolicySet::load(&policies, entities) {
            Ok(policies) if faults.is_empty() => {
                Ok(Self { policies, contracts, open_until: settings.open_until, seen })
            }
            Ok(_) => Err(BadRules(faults)),
            Err(errors) => {
                faults.extend(errors.to_string().lines().map(str::to_owned));
                Err(BadRules(faults))
            }
        }
    }
}

impl Rules {
    /// Whether tools that nobody approved may be used as yet.
    pub fn admit_unapproved(&self, now: Timestamp) -> bool {
        self.open_until.is_some_and(|day| now < day.begins())
    }
}

fn look(settings: &Settings) -> Files {
    let mut seen = disk::fingerprint(&settings.policies, &["cedar", "json"]);
    seen.extend(disk::fingerprint(&settings.contracts, &["toml", "lock"]));
    seen
}

/// The names and texts of all policy files, and of `entities.json` where there is one.
fn texts(settings: &Settings) -> Result<Vec<(String, String)>, String> {
    let folder = &settings.policies;
    let listed = disk::files(folder, "cedar")
        .map_err(|problem| format!("{}: cannot be read: {problem}", folder.display()))?;
    let entities = Some(folder.join("entities.json")).filter(|it| it.is_file());
    let read = listed.into_iter().chain(entities).map(|file| {
        let text = std::fs::read_to_string(&file)
            .map_err(|problem| format!("{}: cannot be read: {problem}", file.display()))?;
        Ok((file.display().to_string(), text))
    });
    read.collect()
}

/// The rules in force, and what is wrong with a newer edit if anything is.
pub(crate) struct RulesInForce {
    now: RwLock<Arc<Rules>>,
    fault: RwLock<Option<BadRules>>,
    /// How often new rules came into force.
    changes: watch::Sender<u64>,
}

/// What a look at the folders came to.
#[derive(Debug)]
pub(crate) enum Change {
    /// New rules are in force; the text tells which.
    Loaded(String),
    /// The edit is bad; the former rules stay.
    Refused(BadRules),
}

impl RulesInForce {
    pub(crate) fn new(rules: Rules) -> Self {
        Self {
            now: RwLock::new(Arc::new(rules)),
            fault: RwLock::default(),
            changes: watch::Sender::new(0),
        }
    }

    pub(crate) fn now(&self) -> Arc<Rules> {
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What is decided by has changed besides: whoever follows the rules decides again.
    pub(crate) fn touch(&self) {
        self.changes.send_modify(|it| *it += 1);
    }

    /// How often what is decided by has changed.
    pub(crate) fn count(&self) -> u64 {
        *self.changes.borrow()
    }

    /// Tells when new rules are in force.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    pub(crate) fn fault(&self) -> Option<BadRules> {
        self.fault.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn exchange(&self, read: Result<Rules, BadRules>) -> Change {
        let (fault, change) = match read {
            Ok(rules) => {
                let told =
                    format!("{} policies, set {}", rules.policies.len(), rules.policies.digest());
                *self.now.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(rules);
                self.changes.send_modify(|it| *it += 1);
                (None, Change::Loaded(told))
            }
            Err(bad) => (Some(bad.clone()), Change::Refused(bad)),
        };
        *self.fault.write().unwrap_or_else(PoisonError::into_inner) = fault;
        change
    }

    /// Watch the folders for ever, and tell of each change.
    pub(crate) async fn watch(&self, settings: &Settings, tell: impl Fn(Change)) {
        let mut seen = self.now().seen.clone();
        loop {
            edits::next(&mut seen, || look(settings)).await;
            tell(self.exchange(Rules::read(settings)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_edit_between_reading_and_watching_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bailiwick.toml");
        std::fs::write(&file, "").unwrap();
        std::fs::create_dir(folder.path().join("policies")).unwrap();
        let settings = crate::config::load(&file).unwrap();
        let rules = RulesInForce::new(Rules::read(&settings).unwrap());
        let policy = "@id(\"all\") permit (principal, action, resource);";
        std::fs::write(settings.policies.join("all.cedar"), policy).unwrap();
        let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
        let watch = rules.watch(&settings, |change| drop(tell.send(change)));
        tokio::select! {
            () = watch => unreachable!("it watches for ever"),
            change = told.recv() => {
                assert!(matches!(change, Some(Change::Loaded(_))), "{change:?}");
            }
        }
        assert_eq!(rules.now().policies.len(), 1);
    }
}

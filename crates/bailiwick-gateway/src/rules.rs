//! Policies and contracts, loaded together and exchanged together.
//!
//! A change of their files is noticed within a second. A bad edit changes nothing: the old set
//! stays in force, and the fault is told on the terminal, in the log and on `/readyz`.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use bailiwick_core::{Policy as _, Timestamp};
use bailiwick_policy::{Facts, Known, PolicySet, Source};
use tokio::sync::watch;

use crate::config::{Date, Settings, declared};
use crate::contract::Contracts;
use crate::health::Health;
use crate::{disk, edits};

/// What decisions are made by.
pub struct Rules {
    /// The policies.
    pub policies: PolicySet,
    /// What is known of each tool.
    pub contracts: Arc<Contracts>,
    /// How the servers stand.
    pub health: Arc<Health>,
    /// The day until which tools that nobody approved may be used.
    open_until: Option<Date>,
    /// How the files looked before they were read: an edit made since is noticed.
    seen: Files,
    /// The policies' files, by which facts come into force without reading them again.
    texts: Arc<Vec<(String, String)>>,
    /// What is known of things.
    facts: Arc<Facts>,
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
        let facts = declared(&settings.facts).map_err(|it| BadRules(vec![it]))?;
        Self::read_knowing(settings, Arc::new(facts), None)
    }

    /// The same with what is known of things, after these rules.
    fn read_knowing(
        settings: &Settings,
        facts: Arc<Facts>,
        before: Option<&Self>,
    ) -> Result<Self, BadRules> {
        let seen = look(settings);
        let mut faults = Vec::new();
        let contracts = Contracts::read(&settings.contracts).unwrap_or_else(|errors| {
            faults.extend(errors.iter().map(ToString::to_string));
            Contracts::default()
        });
        faults.extend(contracts.canary_faults(&settings.drift));
        let texts = texts(settings).unwrap_or_else(|fault| {
            faults.push(fault);
            Vec::new()
        });
        let policies = policies(settings, &texts, &facts);
        if let Err(errors) = &policies {
            faults.extend(errors.iter().cloned());
        }
        match policies {
            Ok(policies) if faults.is_empty() => {
                let (open_until, texts) = (settings.open_until, Arc::new(texts));
                let before = before.map(|it| &*it.health);
                let health = Health::read(settings, &contracts, before);
                let health = Arc::new(health.map_err(|it| BadRules(vec![it]))?);
                let contracts = Arc::new(contracts);
                Ok(Self { policies, contracts, health, open_until, seen, texts, facts })
            }
            Ok(_) | Err(_) => Err(BadRules(faults)),
        }
    }

    /// The same rules with other facts.
    pub(crate) fn knowing(&self, settings: &Settings, facts: Arc<Facts>) -> Result<Self, BadRules> {
        let policies = policies(settings, &self.texts, &facts).map_err(BadRules)?;
        let (contracts, seen) = (Arc::clone(&self.contracts), self.seen.clone());
        let (health, texts) = (Arc::clone(&self.health), Arc::clone(&self.texts));
        let open_until = self.open_until;
        Ok(Self { policies, contracts, health, open_until, seen, texts, facts })
    }
}

/// The policies of these files, and what is known of things.
fn policies(
    settings: &Settings,
    texts: &[(String, String)],
    facts: &Facts,
) -> Result<PolicySet, Vec<String>> {
    let (entities, policies): (Vec<_>, Vec<_>) =
        texts.iter().partition(|(name, _)| name.ends_with(".json"));
    let source = |(name, text)| Source { name, text };
    let policies: Vec<Source<'_>> = policies.iter().map(|(n, t)| source((n, t))).collect();
    let entities = entities.first().map(|(name, text)| source((name, text)));
    let known = Known { facts, classing: &settings.classing };
    PolicySet::load_with(&policies, entities, known)
        .map_err(|errors| errors.to_string().lines().map(str::to_owned).collect())
}

impl Rules {
    /// What is known of things.
    pub(crate) fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Whether tools that nobody approved may be used as yet.
    pub fn admit_unapproved(&self, now: Timestamp) -> bool {
        self.open_until.is_some_and(|day| now < day.begins())
    }
}

fn look(settings: &Settings) -> Files {
    let mut seen = disk::fingerprint(&settings.policies, &["cedar", "json"]);
    seen.extend(disk::fingerprint(&settings.contracts, &["toml", "lock"]));
    seen.extend(disk::fingerprints(&settings.health.feeds));
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
    /// Held while new rules are made out of those in force: an edit and new facts at once must not
    /// undo each other. It is held for long, so no worker of tokio's waits for it.
    renewing: Mutex<()>,
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
            renewing: Mutex::default(),
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

    /// Decide by other facts from now on, and by the same policies and contracts.
    ///
    /// # Errors
    /// Why the policies and these facts do not go together; the former stay.
    pub(crate) fn learn(&self, settings: &Settings, facts: Arc<Facts>) -> Result<(), String> {
        let _one = self.renewing.lock().unwrap_or_else(PoisonError::into_inner);
        let rules = self.now().knowing(settings, facts).map_err(|bad| bad.0.join("; "))?;
        self.put(rules);
        Ok(())
    }

    /// Read the files again, and keep what is known of things.
    fn renew(&self, settings: &Settings) -> Change {
        let _one = self.renewing.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.now();
        let facts = Arc::clone(&before.facts);
        self.exchange(Rules::read_knowing(settings, facts, Some(&before)))
    }

    fn put(&self, rules: Rules) {
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(rules);
        self.changes.send_modify(|it| *it += 1);
    }

    fn exchange(&self, read: Result<Rules, BadRules>) -> Change {
        let (fault, change) = match read {
            Ok(rules) => {
                let told =
                    format!("{} policies, set {}", rules.policies.len(), rules.policies.digest());
                self.put(rules);
                (None, Change::Loaded(told))
            }
            Err(bad) => (Some(bad.clone()), Change::Refused(bad)),
        };
        *self.fault.write().unwrap_or_else(PoisonError::into_inner) = fault;
        change
    }

    /// Watch the folders for ever, and tell of each change.
    pub(crate) async fn watch(self: &Arc<Self>, settings: &Settings, tell: impl Fn(Change)) {
        let settings = Arc::new(settings.clone());
        let mut seen = self.now().seen.clone();
        loop {
            let folders = Arc::clone(&settings);
            edits::next(&mut seen, move || look(&folders)).await;
            let (rules, settings) = (Arc::clone(self), Arc::clone(&settings));
            let renewed = tokio::task::spawn_blocking(move || rules.renew(&settings)).await;
            let broken = |_| Change::Refused(BadRules(vec!["the reading of it broke off".into()]));
            tell(renewed.unwrap_or_else(broken));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths;

    #[tokio::test]
    async fn an_edit_between_reading_and_watching_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bailiwick.toml");
        std::fs::write(&file, "").unwrap();
        std::fs::create_dir(folder.path().join("policies")).unwrap();
        let settings = crate::config::load(&file).unwrap();
        let rules = Arc::new(RulesInForce::new(Rules::read(&settings).unwrap()));
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

    #[test]
    fn canaries_beyond_the_limits_are_faults() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("policies")).unwrap();
        std::fs::create_dir(at("contracts")).unwrap();
        let canaries = |every: &[&str]| {
            let mut text = "server = \"crm\"\n[tools.look]\neffect = \"read\"\n".to_owned();
            for (place, every) in every.iter().enumerate() {
                text += &format!(
                    "[tools.look.canaries.c{place}]\nevery = \"{every}\"\nexpect = {{}}\n"
                );
            }
            std::fs::write(at("contracts/crm.toml"), text).unwrap();
        };
        let faults = |limits: &str| {
            std::fs::write(at("bailiwick.toml"), format!("[drift]\n{limits}\n")).unwrap();
            let settings = crate::config::load(&at("bailiwick.toml")).unwrap();
            Rules::read(&settings).err().map_or_else(String::new, |bad| bad.0.join("\n"))
        };
        canaries(&["30s", "1m"]);
        assert_eq!(faults("canary_seconds_min = 30\ncanaries_max = 2"), "");
        let told = faults("canary_seconds_min = 31\ncanaries_max = 1");
        assert!(
            told.contains("`c0` of `look` is called every 30s, and [drift] canary_seconds_min")
        );
        assert!(told.contains("there are 2 canaries, and [drift] canaries_max is 1"), "{told}");
    }

    #[test]
    fn a_feed_that_cannot_be_read_gives_nothing_back_and_stops_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let toml = "[health]\nfeeds = [\"health.json\"]\n[servers.crm]\nurl = \"http://[::1]:9\"\n";
        std::fs::write(at("bailiwick.toml"), toml).unwrap();
        std::fs::create_dir(at("policies")).unwrap();
        let archived = r#"{"servers":{"crm":{"as_of":"2026-11-20","archived":true}}}"#;
        std::fs::write(at("health.json"), archived).unwrap();
        let settings = crate::config::load(&at("bailiwick.toml")).unwrap();
        let first = Rules::read(&settings).unwrap();
        std::fs::create_dir_all(&settings.data).unwrap();
        first.health.readings.keep(&settings.data).unwrap();

        std::fs::write(at("health.json"), "{").unwrap();
        let policy = "@id(\"none\") forbid (principal, action, resource);";
        std::fs::write(settings.policies.join("none.cedar"), policy).unwrap();
        let today = "2026-11-23".parse().unwrap();
        let is_abandoned = |it: &Rules| {
            let word = it.health.on(&"crm".into(), today).map(crate::health::word);
            word.as_deref() == Some("abandoned")
        };
        let told = |it: &Rules| it.health.faults().join("\n");
        // In this life and in the next.
        for rules in [
            Rules::read_knowing(&settings, Arc::clone(&first.facts), Some(&first)),
            Rules::read(&settings),
        ] {
            let rules = rules.unwrap();
            assert!(is_abandoned(&rules) && rules.policies.len() == 1);
            assert!(told(&rules).contains("what it told before counts"), "{}", told(&rules));
        }
        // What was told and is lost is not as if nothing had been told.
        let kept = paths::health_feeds(&settings.data);
        std::fs::write(&kept, "{").unwrap();
        let lost = Rules::read(&settings).map(|_| ()).unwrap_err().0.join("\n");
        assert!(lost.contains("health.feeds") && lost.contains("health.json"), "{lost}");
        // Where nothing was ever read, it is told that nothing is known.
        std::fs::remove_file(kept).unwrap();
        std::fs::remove_file(at("health.json")).unwrap();
        let rules = Rules::read(&settings).unwrap();
        assert!(told(&rules).contains("it tells nothing") && !is_abandoned(&rules));
    }
}

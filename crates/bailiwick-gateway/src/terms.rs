//! What the start of a server's process is held to: by its contract as it is in force, and by the
//! configuration; and what was found while it ran.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use bailiwick_contracts::{Hosts, Standing, Unpinned, counted, runs_elsewhere, unpinned};
use bailiwick_core::{Day, Noticed, ServerId, Timestamp};
use tokio::sync::Semaphore;

use crate::config::{Date, Egress, Settings};
use crate::measured::Kept;
use crate::rules::{Rules, RulesInForce};

/// How many different findings are kept, and after which time one is told again.
const FINDINGS_MAX: usize = 64;
const AGAIN_NS: u64 = 60_000_000_000;
/// How many names are looked up at once for all processes of one server.
const LOOKUPS_MAX: usize = 8;
/// How many connections all processes of one server may have through us.
const CONNECTIONS_MAX: usize = 256;

/// What is found where a process was kept from a host.
pub(crate) const REFUSED: &str = "egress.refused";

/// What the start of a server's process is held to.
pub(crate) struct Terms {
    server: ServerId,
    words: Vec<String>,
    rules: Arc<RulesInForce>,
    egress: Option<Egress>,
    /// Until when a command may fetch what it names no version of, and until when all is let be.
    unpinned_until: Timestamp,
    observe_until: Timestamp,
    /// The places of its processes for looking up names.
    pub(crate) lookups: Arc<Semaphore>,
    /// The same for connections.
    pub(crate) connections: Arc<Semaphore>,
    /// What it launches, as it was measured last.
    pub(crate) launches: Kept,
    found: Mutex<BTreeMap<(&'static str, String), Found>>,
}

/// How often something was found since it was told, and when that was.
#[derive(Default)]
struct Found {
    count: u64,
    told: Option<Timestamp>,
}

impl Terms {
    pub(crate) fn new(
        server: ServerId,
        words: Vec<String>,
        egress: Option<Egress>,
        settings: &Settings,
        rules: Arc<RulesInForce>,
    ) -> Self {
        let observe_until = settings.observe_until.map_or(Timestamp::from_ns(0), Date::begins);
        let unpinned_until = settings.unpinned_until();
        let lookups = Arc::new(Semaphore::new(LOOKUPS_MAX));
        let connections = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let (launches, found) = Default::default();
        Self {
            server,
            words,
            rules,
            egress,
            unpinned_until,
            observe_until,
            lookups,
            connections,
            launches,
            found,
        }
    }

    /// What the command fetches without saying which version, where that is not let be.
    pub(crate) fn unpinned(&self, now: Timestamp) -> Option<Unpinned> {
        unpinned(&self.words).filter(|_| now >= self.unpinned_until)
    }

    /// The digest that what is launched must have, whoever wrote it into the contract.
    pub(crate) fn digest(&self) -> Option<String> {
        with_standing(&self.rules.now(), &self.server, |it| {
            Some(it.digest.as_ref()?.said().clone())
        })
    }

    /// Whether what is wrong is only noted.
    pub(crate) fn observes(&self, now: Timestamp) -> bool {
        now < self.observe_until
    }

    /// How the process is kept to its hosts.
    pub(crate) fn egress(&self, now: Timestamp) -> Egress {
        match self.egress {
            Some(said) => said,
            None if self.observes(now) => Egress::Open,
            None => egress_of(&self.rules.now(), &self.server),
        }
    }

    /// Whether the command has its server run where it cannot be held.
    pub(crate) fn runs_elsewhere(&self) -> bool {
        runs_elsewhere(&self.words)
    }

    /// The hosts that may be reached just now.
    pub(crate) fn hosts(&self, now: Timestamp) -> Hosts {
        hosts_of(&self.rules.now(), &self.server, Day::of(now)).unwrap_or_default().0
    }

    /// This was found.
    pub(crate) fn find(&self, what: &'static str, detail: String) {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = found.len() >= FINDINGS_MAX;
        let key = (what, detail);
        let key =
            if is_full && !found.contains_key(&key) { (what, "and more".into()) } else { key };
        let one = found.entry(key).or_default();
        one.count = one.count.saturating_add(1);
    }

    /// What its processes were kept from within the last minute.
    pub(crate) fn kept_from(&self) -> Option<String> {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let mut kept = found.keys().filter(|(what, _)| *what == REFUSED);
        kept.next().map(|(_, detail)| detail.clone())
    }

    /// What was found and not told as yet.
    pub(crate) fn noticed(&self, now: Timestamp) -> Vec<Noticed> {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = |it: &Found| it.told.is_none_or(|told| now.since_ns(told) >= AGAIN_NS);
        found.retain(|_, it| it.count > 0 || !is_new(it));
        let due = found.iter_mut().filter(|(_, it)| it.count > 0 && is_new(it));
        let told = due.map(|((what, detail), it)| {
            let count = std::mem::take(&mut it.count);
            it.told = Some(now);
            Noticed {
                server: self.server.clone(),
                tool: None,
                what: (*what).into(),
                detail: counted(detail, count).into(),
            }
        });
        told.collect()
    }
}

/// How a process is kept to its hosts where the configuration does not say: to those that its
/// contract names, when it names any.
pub(crate) fn egress_of(rules: &Rules, server: &ServerId) -> Egress {
    let is_said = with_standing(rules, server, |it| it.hosts.as_ref().map(|_| ()));
    is_said.map_or(Egress::Open, |()| Egress::Declared)
}

/// The hosts that a person stands for, and what is written there and is no host; nothing where
/// nobody does. What has expired nobody stands for.
pub(crate) fn hosts_of(
    rules: &Rules,
    server: &ServerId,
    today: Day,
) -> Option<(Hosts, Vec<String>)> {
    with_standing(rules, server, |it| {
        let cell = it.hosts.as_ref().filter(|it| !it.has_expired(today))?;
        let (hosts, odd) = Hosts::read(cell.verified()?);
        Some((hosts, odd.into_iter().map(str::to_owned).collect()))
    })
}

fn with_standing<T>(
    rules: &Rules,
    server: &ServerId,
    look: impl Fn(&Standing) -> Option<T>,
) -> Option<T> {
    look(rules.contracts.of(server)?.standing.as_ref()?)
}

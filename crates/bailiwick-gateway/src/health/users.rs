//! Who has used a server: read from the log when it begins to matter, and held in memory.

use std::collections::{HashMap, HashSet};
use std::sync::{PoisonError, RwLock};

use bailiwick_core::{AgentId, Identified, Record, ServerId, Subject, TenantId, Timestamp};
use bailiwick_log::{Filter, Kind, LogError, Order, Reader};

/// The most agents of one server that are held. Those beyond are new.
const AGENTS_MAX: usize = 10_000;

/// Who has used which server.
#[derive(Default)]
pub struct Users(RwLock<HashMap<ServerId, Known>>);

/// The agents that have used one server.
#[derive(Default)]
struct Known {
    agents: HashSet<(TenantId, AgentId)>,
    /// Until when the log was read.
    until: Option<Timestamp>,
}

impl Users {
    /// Whether a caller's agent has used a server. Where the log was not read yet, nobody has.
    pub(crate) fn knows(&self, server: &ServerId, who: &Identified) -> bool {
        let Some(agent) = who.agent() else { return false };
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let Some(known) = known.get(server) else { return false };
        known.agents.contains(&(who.principal().tenant.clone(), agent.clone()))
    }

    /// Those that had used a server before a moment, by the log.
    ///
    /// # Errors
    /// [`LogError`] when the log cannot be read.
    pub fn before(server: &ServerId, reader: &Reader, moment: Timestamp) -> Result<Self, LogError> {
        let filter = Filter {
            server: Some(server.clone()),
            kind: Some(Kind::Decision),
            permitted: Some(true),
            would_deny: Some(false),
            until: Some(moment),
            ..Filter::default()
        };
        let mut agents = HashSet::new();
        for entry in reader.query(filter, Order::OldestFirst, usize::MAX)? {
            let found = user(&entry?.record).filter(|_| agents.len() < AGENTS_MAX);
            agents.extend(found.map(|(_, it)| it));
        }
        let known = Known { agents, until: Some(moment) };
        Ok(Self(RwLock::new(HashMap::from([(server.clone(), known)]))))
    }

    /// Whether the log was read for a server.
    pub(crate) fn has(&self, server: &ServerId) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).contains_key(server)
    }

    /// Read who has used these servers, as far as that is not known yet: in one pass.
    ///
    /// # Errors
    /// [`LogError`] when the log cannot be read; then who was not known is new.
    pub(crate) fn learn(
        &self,
        servers: &[ServerId],
        reader: &Reader,
        now: Timestamp,
    ) -> Result<(), LogError> {
        let filter = Filter {
            // Of one server alone, the index of the log finds it.
            server: <&[ServerId; 1]>::try_from(servers).ok().map(|[it]| it.clone()),
            kind: Some(Kind::Decision),
            permitted: Some(true),
            would_deny: Some(false),
            since: self.until(servers),
            ..Filter::default()
        };
        let mut found: HashMap<&ServerId, HashSet<_>> =
            servers.iter().map(|it| (it, HashSet::new())).collect();
        for entry in reader.query(filter, Order::OldestFirst, usize::MAX)? {
            let Some((server, user)) = user(&entry?.record) else { continue };
            if let Some(all) = found.get_mut(&server).filter(|it| it.len() < AGENTS_MAX) {
                all.insert(user);
            }
        }
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for (server, found) in found {
            let known = all.entry(server.clone()).or_default();
            let room = AGENTS_MAX.saturating_sub(known.agents.len());
            known.agents.extend(found.into_iter().take(room));
            known.until = Some(now);
        }
        Ok(())
    }

    /// Until when the log was read for all of these; `None` where it was not for one.
    fn until(&self, servers: &[ServerId]) -> Option<Timestamp> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let all = servers.iter().map(|it| known.get(it).and_then(|it| it.until));
        all.collect::<Option<Vec<_>>>()?.into_iter().min()
    }
}

/// The agent that used something of a server. To have looked at what there is is no use.
fn user(record: &Record) -> Option<(ServerId, (TenantId, AgentId))> {
    let Record::Decision(it) = record else { return None };
    if !matches!(&*it.resource_kind, "Tool" | "Prompt" | "Document" | "Template") {
        return None;
    }
    let agent = it.chain.iter().rev().find_map(|link| match link {
        Subject::Agent(agent) => Some(agent.clone()),
        Subject::Person(_) | Subject::System(_) | Subject::Server(_) => None,
    });
    Some((it.server.clone(), (it.tenant.clone(), agent?)))
}

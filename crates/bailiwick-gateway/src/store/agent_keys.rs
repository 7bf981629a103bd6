//! API keys of agents: each names an agent, the person on whose behalf it acts, a tenant, and the
//! terms on which it may be used.

mod acts;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use bailiwick_core::{
    AgentId, Digest, KeyId, Link, PersonId, Principal, TenantId, Timestamp, Unproved,
};
use rusqlite::{Connection, Row};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::terms::Terms;
use super::token::{read, same};
use super::{Store, StoreError};

/// What agents' keys begin with.
const KIND: &str = "bwk";

/// What is known of one key. The key itself is not.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct AgentKey {
    /// Its public id.
    pub id: String,
    /// The agent.
    pub agent: String,
    /// The person on whose behalf it acts.
    pub person: String,
    /// The tenant.
    pub tenant: String,
    /// What people call it.
    pub label: Option<String>,
    /// The first key of its line: rotated keys spend and keep pace as one.
    pub line: String,
    /// On which terms it may be used.
    pub terms: Arc<Terms>,
    /// When it was made, in nanoseconds since the epoch.
    pub created_ns: u64,
    /// When it ends.
    pub expires_ns: Option<u64>,
    /// When it was revoked.
    pub revoked_ns: Option<u64>,
    #[serde(skip)]
    hash: Option<Digest>,
}

/// What a new key is for.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// The agent.
    pub agent: AgentId,
    /// The person on whose behalf it acts.
    pub person: PersonId,
    /// The tenant.
    pub tenant: TenantId,
    /// When it ends, if ever.
    pub expires: Option<Timestamp>,
    /// What people call it.
    pub label: Option<String>,
    /// On which terms it may be used.
    pub terms: Terms,
}

impl NewKey {
    /// A key that never ends, on no terms but what policy says.
    pub fn new(agent: &str, person: &str, tenant: &str) -> Self {
        Self {
            agent: agent.into(),
            person: person.into(),
            tenant: tenant.into(),
            expires: None,
            label: None,
            terms: Terms::default(),
        }
    }
}

impl AgentKey {
    /// Whether it proves anybody at this time.
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.revoked_ns.is_none() && self.expires_ns.is_none_or(|end| now.ns() < end)
    }
}

pub(super) struct Cache(RwLock<HashMap<String, AgentKey>>);

impl Cache {
    pub(super) fn read(database: &Connection) -> Result<Self, StoreError> {
        let mut query = database.prepare(
            "SELECT id, hash, agent, person, tenant, created_ns, expires_ns, revoked_ns,
                    terms, label, line
             FROM agent_keys LEFT JOIN key_terms USING (id)",
        )?;
        let mut rows = query.query([])?;
        let mut keys = HashMap::new();
        while let Some(row) = rows.next()? {
            let key = key(row)?;
            keys.insert(key.id.clone(), key);
        }
        Ok(Self(RwLock::new(keys)))
    }
}

fn key(row: &Row<'_>) -> Result<AgentKey, StoreError> {
    let hash: [u8; 32] = row.get(1)?;
    let time = |column| row.get::<_, Option<i64>>(column).map(|it| it.map(i64::unsigned_abs));
    let id: String = row.get(0)?;
    // Keys of version 1 have no terms. What cannot be read is not taken for none.
    let terms = match row.get::<_, Option<String>>(8)? {
        Some(json) => serde_json::from_str(&json).map_err(|_| StoreError::Damaged("terms"))?,
        None => Terms::default(),
    };
    Ok(AgentKey {
        hash: Some(Digest::from_bytes(hash)),
        agent: row.get(2)?,
        person: row.get(3)?,
        tenant: row.get(4)?,
        created_ns: time(5)?.unwrap_or_default(),
        expires_ns: time(6)?,
        revoked_ns: time(7)?,
        terms: Arc::new(terms),
        label: row.get(9)?,
        line: row.get::<_, Option<String>>(10)?.unwrap_or_else(|| id.clone()),
        id,
    })
}

impl Store {
    /// Tells whenever a key was revoked, rotated, or put on other terms.
    pub(crate) fn revoked(&self) -> watch::Receiver<()> {
        self.revoked.subscribe()
    }

    /// Every key, oldest first.
    pub fn agent_keys(&self) -> Vec<AgentKey> {
        let keys = self.agent_keys.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut keys: Vec<_> = keys.values().cloned().collect();
        keys.sort_by(|a, b| (a.created_ns, &a.id).cmp(&(b.created_ns, &b.id)));
        keys
    }

    /// The key with this id.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is none.
    pub fn agent_key(&self, id: &str) -> Result<AgentKey, StoreError> {
        let keys = self.agent_keys.0.read().unwrap_or_else(PoisonError::into_inner);
        keys.get(id).cloned().ok_or_else(|| StoreError::Missing(format!("key {id}")))
    }

    /// The terms of a key, from memory; `None` when there is no such key.
    pub fn terms(&self, id: &KeyId) -> Option<Arc<Terms>> {
        let keys = self.agent_keys.0.read().unwrap_or_else(PoisonError::into_inner);
        keys.get(id.as_str()).map(|it| Arc::clone(&it.terms))
    }

    /// The first key of a key's line, from memory. What is counted for a key is counted for its
    /// line, or rotating it would be a way to begin anew.
    pub fn line(&self, id: &KeyId) -> Option<KeyId> {
        let keys = self.agent_keys.0.read().unwrap_or_else(PoisonError::into_inner);
        keys.get(id.as_str()).map(|it| KeyId::from(it.line.as_str()))
    }

    /// The same, or the key itself where there is none: then nothing is of its line.
    pub(crate) fn line_or(&self, id: &KeyId) -> KeyId {
        self.line(id).unwrap_or_else(|| id.clone())
    }

    /// Who the key proves, or `None` when the token is of another kind.
    pub(crate) fn prove_agent(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Option<Result<Principal, Unproved>> {
        if !token.starts_with("bwk_") {
            return None;
        }
        let Ok((id, hash)) = read(KIND, token) else { return Some(Err(Unproved::Invalid)) };
        let keys = self.agent_keys.0.read().unwrap_or_else(PoisonError::into_inner);
        let key = keys.get(id);
        // An unknown id costs the same comparison, so that time does not tell which ids exist.
        let expected = key.and_then(|it| it.hash).unwrap_or(Digest::from_bytes([0; 32]));
        let Some(key) = key.filter(|_| same(&expected, &hash)) else {
            return Some(Err(Unproved::Invalid));
        };
        if !key.is_good(now) {
            return Some(Err(Unproved::Revoked));
        }
        Some(Ok(Principal {
            chain: vec![
                Link::Person(key.person.as_str().into()),
                Link::Agent(key.agent.as_str().into()),
            ],
            tenant: key.tenant.as_str().into(),
            credential: Some(KeyId::from(key.id.as_str())),
            task: None,
            session: None,
        }))
    }
}

//! API keys of agents: each names an agent, the person on whose behalf it acts, and a tenant.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use bailiwick_core::{
    AgentId, Digest, KeyId, Link, PersonId, Principal, TenantId, Timestamp, Unproved,
};
use rusqlite::{Connection, Row, params};
use serde::Serialize;
use tokio::sync::watch;

use super::token::{mint, read, same};
use super::{Store, StoreError};

/// What agents' keys begin with.
const KIND: &str = "bwk";

/// What is known of one key. The key itself is not.
#[derive(Clone, Debug, Serialize)]
pub struct AgentKey {
    /// Its public id.
    pub id: String,
    /// The agent.
    pub agent: String,
    /// The person on whose behalf it acts.
    pub person: String,
    /// The tenant.
    pub tenant: String,
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
}

pub(super) struct Cache(RwLock<HashMap<String, AgentKey>>);

impl Cache {
    pub(super) fn read(database: &Connection) -> Result<Self, StoreError> {
        let mut query = database.prepare(
            "SELECT id, hash, agent, person, tenant, created_ns, expires_ns, revoked_ns
             FROM agent_keys",
        )?;
        let rows = query.query_map([], row)?;
        let keys = rows.map(|row| row.map(|key| (key.id.clone(), key)));
        Ok(Self(RwLock::new(keys.collect::<Result<_, _>>()?)))
    }
}

fn row(row: &Row<'_>) -> rusqlite::Result<AgentKey> {
    let hash: [u8; 32] = row.get(1)?;
    let time = |column| row.get::<_, Option<i64>>(column).map(|it| it.map(i64::unsigned_abs));
    Ok(AgentKey {
        id: row.get(0)?,
        hash: Some(Digest::from_bytes(hash)),
        agent: row.get(2)?,
        person: row.get(3)?,
        tenant: row.get(4)?,
        created_ns: time(5)?.unwrap_or_default(),
        expires_ns: time(6)?,
        revoked_ns: time(7)?,
    })
}

/// SQLite holds signed numbers; times fit for another 270 years.
pub(super) fn sql_time(time: Timestamp) -> i64 {
    i64::try_from(time.ns()).unwrap_or(i64::MAX)
}

impl Store {
    /// Make a key. The text that is returned exists nowhere else.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be kept; then it does not count.
    pub fn new_agent_key(
        &self,
        new: &NewKey,
        now: Timestamp,
    ) -> Result<(AgentKey, String), StoreError> {
        let minted = mint(KIND, None)?;
        let key = AgentKey {
            id: minted.id,
            agent: new.agent.to_string(),
            person: new.person.to_string(),
            tenant: new.tenant.to_string(),
            created_ns: now.ns(),
            expires_ns: new.expires.map(Timestamp::ns),
            revoked_ns: None,
            hash: Some(minted.hash),
        };
        self.database().execute(
            "INSERT INTO agent_keys (id, hash, agent, person, tenant, created_ns, expires_ns)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                key.id,
                minted.hash.as_bytes(),
                key.agent,
                key.person,
                key.tenant,
                sql_time(now),
                new.expires.map(sql_time)
            ],
        )?;
        self.cached_keys_mut().insert(key.id.clone(), key.clone());
        Ok((key, minted.text))
    }

    /// Revoke a key, in force for the next call.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is none with that id, [`StoreError::Revoked`] when that
    /// was done before.
    pub fn revoke_agent_key(&self, id: &str, now: Timestamp) -> Result<(), StoreError> {
        let changed = self.database().execute(
            "UPDATE agent_keys SET revoked_ns = ?2 WHERE id = ?1 AND revoked_ns IS NULL",
            params![id, sql_time(now)],
        )?;
        if changed == 0 {
            let (is_known, key) = (self.cached_keys_mut().contains_key(id), format!("key {id}"));
            return Err(if is_known { StoreError::Revoked(key) } else { StoreError::Missing(key) });
        }
        if let Some(key) = self.cached_keys_mut().get_mut(id) {
            key.revoked_ns = Some(now.ns());
        }
        self.revoked.send_replace(());
        Ok(())
    }

    /// Tells whenever a key was revoked.
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
        if key.revoked_ns.is_some() || key.expires_ns.is_some_and(|end| end <= now.ns()) {
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

    fn cached_keys_mut(&self) -> std::sync::RwLockWriteGuard<'_, HashMap<String, AgentKey>> {
        self.agent_keys.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

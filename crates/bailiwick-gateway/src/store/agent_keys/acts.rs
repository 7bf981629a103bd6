//! What operators do to keys: make, limit, rotate, revoke. Each is in force for the next request.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLockWriteGuard};

use bailiwick_core::Timestamp;
use rusqlite::{Connection, params};

use super::{AgentKey, KIND, NewKey};
use crate::store::terms::Terms;
use crate::store::token::{Minted, mint};
use crate::store::{Store, StoreError, sql};

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
        let Minted { id, hash, text } = mint(KIND, None)?;
        let key = AgentKey {
            line: id.clone(),
            id,
            agent: new.agent.to_string(),
            person: new.person.to_string(),
            tenant: new.tenant.to_string(),
            label: new.label.clone(),
            terms: Arc::new(new.terms.clone()),
            created_ns: now.ns(),
            expires_ns: new.expires.map(Timestamp::ns),
            revoked_ns: None,
            hash: Some(hash),
        };
        let mut database = self.database();
        let step = database.transaction()?;
        insert(&step, &key)?;
        step.commit()?;
        self.cached_keys_mut().insert(key.id.clone(), key.clone());
        Ok((key, text))
    }

    /// Make a key with the powers of another, which ends now or when they have overlapped for so
    /// long. The new one ends when the old one would have: rotating gives no power.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is none with that id, [`StoreError::Revoked`] when it
    /// has no powers any more.
    pub fn rotate_agent_key(
        &self,
        id: &str,
        overlap_ns: u64,
        now: Timestamp,
    ) -> Result<(AgentKey, String), StoreError> {
        let minted = mint(KIND, None)?;
        let mut database = self.database();
        // Read behind the database's lock: of two rotations of a key the second finds it ended.
        let mut old = self.agent_key(id)?;
        if !old.is_good(now) {
            return Err(StoreError::Revoked(format!("key {id}")));
        }
        let Minted { id: new_id, hash, text } = minted;
        let new = AgentKey { id: new_id, hash: Some(hash), created_ns: now.ns(), ..old.clone() };
        if overlap_ns == 0 {
            old.revoked_ns = Some(now.ns());
        } else {
            let end = now.ns().saturating_add(overlap_ns);
            old.expires_ns = Some(old.expires_ns.map_or(end, |it| it.min(end)));
        }
        let step = database.transaction()?;
        insert(&step, &new)?;
        step.execute(
            "UPDATE agent_keys SET expires_ns = ?2, revoked_ns = ?3 WHERE id = ?1",
            params![id, old.expires_ns.map(sql), old.revoked_ns.map(sql)],
        )?;
        step.commit()?;
        let mut keys = self.cached_keys_mut();
        keys.insert(old.id.clone(), old);
        keys.insert(new.id.clone(), new.clone());
        drop(keys);
        self.revoked.send_replace(());
        Ok((new, text))
    }

    /// Put a key on other terms.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is none with that id.
    pub fn limit_agent_key(&self, id: &str, terms: Terms) -> Result<(), StoreError> {
        let database = self.database();
        let mut key = self.agent_key(id)?;
        key.terms = Arc::new(terms);
        keep_terms(&database, &key)?;
        self.cached_keys_mut().insert(key.id.clone(), key);
        self.revoked.send_replace(());
        Ok(())
    }

    /// Revoke keys: all of them, or none when one cannot be.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is none with that id, [`StoreError::Revoked`] when that
    /// was done before.
    pub fn revoke_agent_keys<I: AsRef<str>>(
        &self,
        ids: &[I],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut database = self.database();
        let step = database.transaction()?;
        for id in ids {
            let id = id.as_ref();
            let changed = step.execute(
                "UPDATE agent_keys SET revoked_ns = ?2 WHERE id = ?1 AND revoked_ns IS NULL",
                params![id, sql(now.ns())],
            )?;
            if changed == 0 {
                self.agent_key(id)?;
                return Err(StoreError::Revoked(format!("key {id}")));
            }
        }
        step.commit()?;
        let mut keys = self.cached_keys_mut();
        for id in ids {
            if let Some(key) = keys.get_mut(id.as_ref()) {
                key.revoked_ns = Some(now.ns());
            }
        }
        drop(keys);
        self.revoked.send_replace(());
        Ok(())
    }

    /// The ids of a person's keys that are not revoked, oldest first.
    pub fn agent_keys_of(&self, person: &str) -> Vec<String> {
        let all = self.agent_keys().into_iter();
        all.filter(|it| it.person == person && it.revoked_ns.is_none()).map(|it| it.id).collect()
    }

    fn cached_keys_mut(&self) -> RwLockWriteGuard<'_, HashMap<String, AgentKey>> {
        self.agent_keys.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn insert(step: &Connection, key: &AgentKey) -> Result<(), StoreError> {
    step.execute(
        "INSERT INTO agent_keys (id, hash, agent, person, tenant, created_ns, expires_ns)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            key.id,
            key.hash.map(|it| *it.as_bytes()),
            key.agent,
            key.person,
            key.tenant,
            sql(key.created_ns),
            key.expires_ns.map(sql)
        ],
    )?;
    keep_terms(step, key)
}

fn keep_terms(step: &Connection, key: &AgentKey) -> Result<(), StoreError> {
    let terms = serde_json::to_string(&*key.terms).map_err(|_| StoreError::Damaged("terms"))?;
    step.execute(
        "INSERT INTO key_terms (id, terms, label, line) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (id) DO UPDATE SET terms = excluded.terms",
        params![key.id, terms, key.label, key.line],
    )?;
    Ok(())
}

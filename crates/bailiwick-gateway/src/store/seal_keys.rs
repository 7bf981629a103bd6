//! The keys under which the log names tenants' things and seals decision inputs.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use bailiwick_core::TenantId;
use bailiwick_log::{KeyRing, KeyUnavailable, SubjectKey};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{Store, StoreError};
use crate::entropy::random;

/// How many keys are held in memory; beyond that they are read from the database each time.
const CACHED_MAX: usize = 100_000;

#[derive(Default)]
pub(super) struct Cache {
    tenants: RwLock<HashMap<String, [u8; 32]>>,
    subjects: RwLock<HashMap<(String, String), SubjectKey>>,
}

impl Cache {
    pub(super) fn read(database: &Connection) -> Result<Self, StoreError> {
        let mut query = database.prepare("SELECT tenant, key FROM tenant_keys")?;
        let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let tenants = rows.take(CACHED_MAX).collect::<Result<HashMap<_, _>, _>>()?;
        Ok(Self { tenants: RwLock::new(tenants), subjects: RwLock::default() })
    }
}

impl Store {
    fn stored_tenant_key(&self, tenant: &str) -> Result<[u8; 32], StoreError> {
        let fresh: [u8; 32] = random()?;
        let database = self.database();
        database.execute(
            "INSERT INTO tenant_keys (tenant, key) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            params![tenant, fresh],
        )?;
        let query = "SELECT key FROM tenant_keys WHERE tenant = ?1";
        Ok(database.query_row(query, params![tenant], |row| row.get(0))?)
    }

    /// Whether there is a key of this tenant's, without making one.
    ///
    /// # Errors
    /// [`StoreError`] when the database says no.
    pub fn has_tenant_key(&self, tenant: &TenantId) -> Result<bool, StoreError> {
        let query = "SELECT 1 FROM tenant_keys WHERE tenant = ?1";
        let found = self.database().query_row(query, params![tenant.as_str()], |_| Ok(()));
        Ok(found.optional()?.is_some())
    }

    fn stored_subject_key(&self, tenant: &str, subject: &str) -> Result<SubjectKey, StoreError> {
        let (id, key): ([u8; 16], [u8; 32]) = (random()?, random()?);
        let database = self.database();
        database.execute(
            "INSERT INTO subject_keys (id, tenant, subject, key) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO NOTHING",
            params![id, tenant, subject, key],
        )?;
        let query = "SELECT id, key FROM subject_keys WHERE tenant = ?1 AND subject = ?2";
        let found = database.query_row(query, params![tenant, subject], |row| {
            Ok(SubjectKey { id: row.get(0)?, key: row.get(1)? })
        })?;
        Ok(found)
    }
}

impl KeyRing for Store {
    fn tenant_key(&self, tenant: &TenantId) -> Result<[u8; 32], KeyUnavailable> {
        let cached = self.seal_keys.tenants.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = cached.get(tenant.as_str()) {
            return Ok(*key);
        }
        drop(cached);
        let key = self.stored_tenant_key(tenant.as_str()).map_err(|_| KeyUnavailable)?;
        let mut cached = self.seal_keys.tenants.write().unwrap_or_else(PoisonError::into_inner);
        if cached.len() < CACHED_MAX {
            cached.insert(tenant.to_string(), key);
        }
        Ok(key)
    }

    fn subject_key(&self, tenant: &TenantId, subject: &str) -> Result<SubjectKey, KeyUnavailable> {
        let name = (tenant.to_string(), subject.to_owned());
        let cached = self.seal_keys.subjects.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = cached.get(&name) {
            return Ok(key.clone());
        }
        drop(cached);
        let key = self.stored_subject_key(tenant.as_str(), subject).map_err(|_| KeyUnavailable)?;
        let mut cached = self.seal_keys.subjects.write().unwrap_or_else(PoisonError::into_inner);
        if cached.len() < CACHED_MAX {
            cached.insert(name, key.clone());
        }
        Ok(key)
    }

    fn subject_key_by_id(&self, id: &[u8; 16]) -> Result<Option<[u8; 32]>, KeyUnavailable> {
        let query = "SELECT key FROM subject_keys WHERE id = ?1";
        let found = self.database().query_row(query, params![id], |row| row.get(0)).optional();
        found.map_err(|_| KeyUnavailable)
    }
}

//! The tables of the administrative state, and how older files come to have them.

use rusqlite::{Connection, TransactionBehavior};

use super::StoreError;

/// The version that this build writes.
const VERSION: u32 = 3;

/// One step for each version: the first makes what version 1 had, the next what was added since. A
/// step may come upon its own work: builds of version 1 set the version back whenever they start.
const STEPS: [&str; VERSION as usize] = [
    "CREATE TABLE IF NOT EXISTS agent_keys (
        id TEXT PRIMARY KEY, hash BLOB NOT NULL, agent TEXT NOT NULL, person TEXT NOT NULL,
        tenant TEXT NOT NULL, created_ns INTEGER NOT NULL, expires_ns INTEGER,
        revoked_ns INTEGER) STRICT;
     CREATE TABLE IF NOT EXISTS operators (
        name TEXT PRIMARY KEY, hash BLOB NOT NULL, role TEXT NOT NULL,
        created_ns INTEGER NOT NULL, revoked_ns INTEGER) STRICT;
     CREATE TABLE IF NOT EXISTS tenant_keys (tenant TEXT PRIMARY KEY, key BLOB NOT NULL) STRICT;
     CREATE TABLE IF NOT EXISTS subject_keys (
        id BLOB PRIMARY KEY, tenant TEXT NOT NULL, subject TEXT NOT NULL, key BLOB NOT NULL,
        UNIQUE (tenant, subject)) STRICT;",
    "CREATE TABLE IF NOT EXISTS key_terms (
        id TEXT PRIMARY KEY REFERENCES agent_keys (id), terms TEXT NOT NULL, label TEXT,
        line TEXT NOT NULL) STRICT;
     CREATE TABLE IF NOT EXISTS kills (
        kind TEXT NOT NULL, name TEXT NOT NULL, id TEXT NOT NULL, reason TEXT NOT NULL,
        operator TEXT NOT NULL, since_ns INTEGER NOT NULL, PRIMARY KEY (kind, name)) STRICT;",
    "CREATE TABLE IF NOT EXISTS owners (
        at INTEGER PRIMARY KEY AUTOINCREMENT, provider TEXT NOT NULL, id TEXT NOT NULL,
        kind TEXT NOT NULL, owner BLOB NOT NULL, UNIQUE (provider, id)) STRICT;",
];

/// Bring a file to the version of this build.
///
/// # Errors
/// [`StoreError::Newer`] when it is of a later one, which this build would misread.
pub(super) fn migrate(database: &mut Connection) -> Result<(), StoreError> {
    // Several processes may open a new file at once: the first does it, the others find it done.
    let step = database.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: u32 = step.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version > VERSION {
        return Err(StoreError::Newer(version));
    }
    for (statements, makes) in STEPS.iter().zip(1..) {
        if version < makes {
            step.execute_batch(statements)?;
            step.pragma_update(None, "user_version", makes)?;
        }
    }
    step.commit()?;
    Ok(())
}

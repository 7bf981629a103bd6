//! Administrative state: keys of agents, operators, and the keys under which records are sealed.
//!
//! SQLite by default. What a running gateway needs on the data path is held in memory besides, so
//! that no call waits for a query; this process is the only writer, so memory and file agree.

mod agent_keys;
mod operators;
mod seal_keys;
mod token;

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use tokio::sync::watch;

pub use agent_keys::{AgentKey, NewKey};
pub use operators::{Operator, Role};
pub use token::BadToken;

use crate::entropy::NoEntropy;

/// The administrative state could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database says no.
    #[error("the administrative state cannot be used: {0}")]
    Database(#[from] rusqlite::Error),
    /// The folder cannot be made.
    #[error("the data folder cannot be made: {0}")]
    Folder(#[from] std::io::Error),
    /// There is no randomness for a secret.
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
    /// A value in the database cannot be read.
    #[error("a row of the administrative state is damaged: {0}")]
    Damaged(&'static str),
    /// The name is taken.
    #[error("`{0}` exists already")]
    Exists(String),
    /// There is no such thing.
    #[error("there is no `{0}`")]
    Missing(String),
    /// It was revoked before.
    #[error("`{0}` is revoked already")]
    Revoked(String),
}

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS agent_keys (
        id TEXT PRIMARY KEY, hash BLOB NOT NULL, agent TEXT NOT NULL, person TEXT NOT NULL,
        tenant TEXT NOT NULL, created_ns INTEGER NOT NULL, expires_ns INTEGER,
        revoked_ns INTEGER) STRICT;
    CREATE TABLE IF NOT EXISTS operators (
        name TEXT PRIMARY KEY, hash BLOB NOT NULL, role TEXT NOT NULL,
        created_ns INTEGER NOT NULL, revoked_ns INTEGER) STRICT;
    CREATE TABLE IF NOT EXISTS tenant_keys (tenant TEXT PRIMARY KEY, key BLOB NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS subject_keys (
        id BLOB PRIMARY KEY, tenant TEXT NOT NULL, subject TEXT NOT NULL, key BLOB NOT NULL,
        UNIQUE (tenant, subject)) STRICT;
    PRAGMA user_version = 1;
";

/// The administrative state of one gateway.
pub struct Store {
    database: Mutex<Connection>,
    agent_keys: agent_keys::Cache,
    operators: operators::Cache,
    seal_keys: seal_keys::Cache,
    /// Changes whenever a key of an agent is revoked.
    revoked: watch::Sender<()>,
}

impl Store {
    /// Open the state in a data folder, making it when it is not there.
    ///
    /// # Errors
    /// [`StoreError`] when folder or database cannot be used.
    pub fn open(data: &Path) -> Result<Self, StoreError> {
        crate::disk::private_folder(data)?;
        let file = data.join("state.sqlite");
        // Made here, so that it and what SQLite puts beside it are nobody else's to read.
        crate::disk::make_private(&file)?;
        Self::with(Connection::open(file)?)
    }

    fn with(database: Connection) -> Result<Self, StoreError> {
        // A key that was told to somebody must not be forgotten by a loss of power.
        database.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")?;
        database.execute_batch(SCHEMA)?;
        let agent_keys = agent_keys::Cache::read(&database)?;
        let operators = operators::Cache::read(&database)?;
        let seal_keys = seal_keys::Cache::read(&database)?;
        let revoked = watch::Sender::new(());
        Ok(Self { database: Mutex::new(database), agent_keys, operators, seal_keys, revoked })
    }

    /// Copy the whole state into a new file, consistently, while it is in use.
    ///
    /// # Errors
    /// [`StoreError`] when the copy cannot be made.
    pub fn back_up(&self, file: &Path) -> Result<(), StoreError> {
        let file = file.to_str().ok_or(StoreError::Damaged("the file's name is not UTF-8"))?;
        self.database().execute("VACUUM INTO ?1", [file])?;
        Ok(())
    }

    fn database(&self) -> MutexGuard<'_, Connection> {
        self.database.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;

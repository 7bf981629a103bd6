//! Administrative state: keys of agents, operators, and the keys under which records are sealed.
//!
//! SQLite by default. What a running gateway needs on the data path is held in memory besides, so
//! that no call waits for a query. What several processes write, wraps and a gateway, is followed.

mod agent_keys;
mod kills;
mod operators;
mod owners;
mod schema;
mod seal_keys;
mod terms;
mod token;

use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use tokio::sync::watch;

pub use agent_keys::{AgentKey, NewKey};
pub(crate) use kills::order_id;
pub use operators::{Operator, Role};
pub(crate) use owners::{Change, Owned};
pub use terms::{BadNetwork, BadPattern, BadTerms, Caps, ModelPattern, Network, Span, Terms};
pub use token::BadToken;

use crate::entropy::NoEntropy;
use crate::kills::Kills;

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
    #[error("`{0}` is revoked already, or has ended")]
    Revoked(String),
    /// A later build has written the file.
    #[error("the administrative state has version {0}, which this build cannot read")]
    Newer(u32),
}

/// The name of the database in the data folder.
const FILE: &str = "state.sqlite";

/// The administrative state of one gateway.
pub struct Store {
    database: Mutex<Connection>,
    agent_keys: agent_keys::Cache,
    operators: operators::Cache,
    seal_keys: seal_keys::Cache,
    /// Changes whenever a key of an agent is revoked, rotated, or put on other terms.
    revoked: watch::Sender<()>,
    kills: Arc<Kills>,
    /// What the file looked like when others were last seen to write it.
    seen: AtomicU64,
}

impl Store {
    /// Open the state in a data folder, making it when it is not there.
    ///
    /// # Errors
    /// [`StoreError`] when folder or database cannot be used.
    pub fn open(data: &Path) -> Result<Self, StoreError> {
        crate::disk::private_folder(data)?;
        let file = data.join(FILE);
        // Made here, so that it and what SQLite puts beside it are nobody else's to read.
        crate::disk::make_private(&file)?;
        Self::with(Connection::open(file)?)
    }

    /// Open the state in a data folder, if there is any.
    ///
    /// # Errors
    /// [`StoreError`] when it is there and cannot be used.
    pub fn find(data: &Path) -> Result<Option<Self>, StoreError> {
        let file = data.join(FILE);
        if file.exists() { Self::with(Connection::open(file)?).map(Some) } else { Ok(None) }
    }

    fn with(mut database: Connection) -> Result<Self, StoreError> {
        // A key that was told to somebody must not be forgotten by a loss of power.
        database.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")?;
        schema::migrate(&mut database)?;
        let agent_keys = agent_keys::Cache::read(&database)?;
        let operators = operators::Cache::read(&database)?;
        let seal_keys = seal_keys::Cache::read(&database)?;
        let revoked = watch::Sender::new(());
        let kills = Arc::<Kills>::default();
        kills.replace(&kills::read(&database)?);
        let seen = AtomicU64::new(kills::data_version(&database)?);
        let database = Mutex::new(database);
        Ok(Self { database, agent_keys, operators, seal_keys, revoked, kills, seen })
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

/// SQLite holds signed numbers; times fit for another 270 years.
fn sql(ns: u64) -> i64 {
    i64::try_from(ns).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;

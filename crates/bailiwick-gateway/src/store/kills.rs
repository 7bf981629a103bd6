//! Kills, as they are kept: what, why, by whom and since when.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use rusqlite::{Connection, params};

use super::token::hex;
use super::{Store, StoreError, sql};
use crate::entropy::{NoEntropy, random};
use crate::kills::{Kill, KillKind, Kills};

pub(super) fn read(database: &Connection) -> Result<Vec<Kill>, StoreError> {
    let mut query = database.prepare(
        "SELECT kind, name, id, reason, operator, since_ns FROM kills
         ORDER BY since_ns, kind, name",
    )?;
    let mut rows = query.query([])?;
    let mut kills = Vec::new();
    while let Some(row) = rows.next()? {
        let kind: String = row.get(0)?;
        kills.push(Kill {
            kind: KillKind::parse(&kind).ok_or(StoreError::Damaged("the kind of a kill"))?,
            name: row.get(1)?,
            order: row.get(2)?,
            reason: row.get(3)?,
            operator: row.get(4)?,
            since_ns: row.get::<_, i64>(5)?.unsigned_abs(),
        });
    }
    Ok(kills)
}

/// A name for the order, as records have it. They hold no person's name: it is a number there.
pub(crate) fn order_id(kind: KillKind, name: &str) -> Result<String, NoEntropy> {
    let name = match kind {
        KillKind::Person => hex(&random::<6>()?),
        KillKind::Agent
        | KillKind::Key
        | KillKind::Tool
        | KillKind::Server
        | KillKind::Model
        | KillKind::Tenant => name.to_owned(),
    };
    Ok(format!("kill:{}:{name}", kind.as_str()))
}

impl Store {
    /// The kills in force, from memory.
    pub fn kills(&self) -> &Arc<Kills> {
        &self.kills
    }

    /// Every kill in force, oldest first.
    ///
    /// # Errors
    /// [`StoreError`] when they cannot be read.
    pub fn all_kills(&self) -> Result<Vec<Kill>, StoreError> {
        read(&self.database())
    }

    /// Stop something, in force at once for what comes and for what is under way.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when that was done before.
    pub fn kill(&self, kill: &Kill) -> Result<(), StoreError> {
        let database = self.database();
        let kept = database.execute(
            "INSERT INTO kills (kind, name, id, reason, operator, since_ns)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
            params![
                kill.kind.as_str(),
                kill.name,
                kill.order,
                kill.reason,
                kill.operator,
                sql(kill.since_ns)
            ],
        )?;
        if kept == 0 {
            return Err(StoreError::Exists(format!("kill {} {}", kill.kind.as_str(), kill.name)));
        }
        self.kills.replace(&read(&database)?);
        Ok(())
    }

    /// The kill of this thing, when it is killed.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be read.
    pub fn killed(&self, kind: KillKind, name: &str) -> Result<Option<Kill>, StoreError> {
        let all = self.all_kills()?.into_iter();
        Ok(all.rev().find(|it| it.kind == kind && it.name == name))
    }

    /// Let something be again.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when it is not killed.
    pub fn unkill(&self, kind: KillKind, name: &str) -> Result<(), StoreError> {
        let database = self.database();
        let (kind, query) = (kind.as_str(), "DELETE FROM kills WHERE kind = ?1 AND name = ?2");
        if database.execute(query, params![kind, name])? == 0 {
            return Err(StoreError::Missing(format!("kill {kind} {name}")));
        }
        self.kills.replace(&read(&database)?);
        Ok(())
    }

    /// Take up what another process has changed. The state has other writers where wraps share it
    /// with a gateway or with the command line.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be read; what was in force stays.
    pub(crate) fn follow(&self) -> Result<(), StoreError> {
        let database = self.database();
        let version = data_version(&database)?;
        // What is written between the two is seen at the next look.
        if self.seen.load(Ordering::Relaxed) != version {
            self.kills.replace(&read(&database)?);
            self.seen.store(version, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// A number that changes when another connection has written.
pub(super) fn data_version(database: &Connection) -> Result<u64, StoreError> {
    let version: i64 = database.pragma_query_value(None, "data_version", |row| row.get(0))?;
    Ok(version.unsigned_abs())
}

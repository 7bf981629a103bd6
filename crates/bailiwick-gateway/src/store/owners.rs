//! Whose everything is that providers keep. The data path has a table of it in memory; what stands
//! here is for the next start.

use bailiwick_core::{Digest, ServerId};
use rusqlite::params;

use super::{Store, StoreError};

/// Whose something is that a provider keeps.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Owned {
    pub(crate) provider: ServerId,
    /// The provider's id for it.
    pub(crate) id: Box<str>,
    /// What it is: `files`, `batches`, or empty for what was made along with an answer.
    pub(crate) kind: Box<str>,
    /// The digest of tenant and chain of whoever has it.
    pub(crate) owner: Digest,
}

/// What became of one.
#[derive(Debug)]
pub(crate) enum Change {
    Made(Owned),
    Gone(ServerId, Box<str>),
}

impl Store {
    /// Everything that is somebody's, oldest first.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be read: nobody may be given what is another's.
    pub(crate) fn owned(&self) -> Result<Vec<Owned>, StoreError> {
        let database = self.database();
        let mut query =
            database.prepare("SELECT provider, id, kind, owner FROM owners ORDER BY at")?;
        let mut rows = query.query([])?;
        let mut owned = Vec::new();
        while let Some(row) = rows.next()? {
            let owner: Vec<u8> = row.get(3)?;
            let owner = <[u8; 32]>::try_from(owner).map_err(|_| StoreError::Damaged("an owner"))?;
            owned.push(Owned {
                provider: ServerId::from(row.get::<_, String>(0)?.as_str()),
                id: row.get::<_, String>(1)?.into(),
                kind: row.get::<_, String>(2)?.into(),
                owner: Digest::from_bytes(owner),
            });
        }
        Ok(owned)
    }

    /// Write down what changed, in order, all or nothing.
    ///
    /// # Errors
    /// [`StoreError`] when nothing of it was.
    pub(crate) fn keep_owned(&self, changes: &[Change]) -> Result<(), StoreError> {
        let mut database = self.database();
        let step = database.transaction()?;
        {
            // Who was first keeps it.
            let mut make = step.prepare_cached(
                "INSERT INTO owners (provider, id, kind, owner) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT DO NOTHING",
            )?;
            let mut forget =
                step.prepare_cached("DELETE FROM owners WHERE provider = ?1 AND id = ?2")?;
            for change in changes {
                match change {
                    Change::Made(it) => make.execute(params![
                        it.provider.as_str(),
                        it.id,
                        it.kind,
                        it.owner.as_bytes()
                    ])?,
                    Change::Gone(provider, id) => forget.execute(params![provider.as_str(), id])?,
                };
            }
        }
        step.commit()?;
        Ok(())
    }
}

//! Operators: people and machines that run the gateway, each with one role.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use bailiwick_core::{Digest, Timestamp};
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::token::{mint, read, same};
use super::{Store, StoreError, sql};

/// What operators' tokens begin with.
const KIND: &str = "bwo";

/// What an operator may do. Each role may what its own acts need, and no more.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything, operators included.
    Admin,
    /// Keys, policies, health.
    Operator,
    /// Approvals.
    Approver,
    /// The log, to read.
    Auditor,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Admin, Self::Operator, Self::Approver, Self::Auditor];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Operator => "operator",
            Self::Approver => "approver",
            Self::Auditor => "auditor",
        }
    }

    /// The role that the word names.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// One operator.
#[derive(Clone, Debug, Serialize)]
pub struct Operator {
    /// The name, which stands in the record of each act.
    pub name: String,
    /// The role.
    pub role: Role,
    /// When the operator was made, in nanoseconds since the epoch.
    pub created_ns: u64,
    /// When the operator was revoked.
    pub revoked_ns: Option<u64>,
    #[serde(skip)]
    hash: Option<Digest>,
}

pub(super) struct Cache(RwLock<HashMap<String, Operator>>);

impl Cache {
    pub(super) fn read(database: &Connection) -> Result<Self, StoreError> {
        let mut query =
            database.prepare("SELECT name, hash, role, created_ns, revoked_ns FROM operators")?;
        let mut rows = query.query([])?;
        let mut operators = HashMap::new();
        while let Some(row) = rows.next()? {
            let role: String = row.get(2)?;
            let operator = Operator {
                name: row.get(0)?,
                hash: Some(Digest::from_bytes(row.get(1)?)),
                role: Role::parse(&role).ok_or(StoreError::Damaged("an operator's role"))?,
                created_ns: row.get::<_, i64>(3)?.unsigned_abs(),
                revoked_ns: row.get::<_, Option<i64>>(4)?.map(i64::unsigned_abs),
            };
            operators.insert(operator.name.clone(), operator);
        }
        Ok(Self(RwLock::new(operators)))
    }
}

impl Store {
    /// Make an operator. The token that is returned exists nowhere else.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when the name is taken.
    pub fn new_operator(
        &self,
        name: &str,
        role: Role,
        now: Timestamp,
    ) -> Result<(Operator, String), StoreError> {
        let mut operators = self.operators.0.write().unwrap_or_else(PoisonError::into_inner);
        if operators.contains_key(name) {
            return Err(StoreError::Exists(format!("operator {name}")));
        }
        let minted = mint(KIND, Some(name))?;
        self.database().execute(
            "INSERT INTO operators (name, hash, role, created_ns) VALUES (?1, ?2, ?3, ?4)",
            params![name, minted.hash.as_bytes(), role.as_str(), sql(now.ns())],
        )?;
        let operator = Operator {
            name: name.to_owned(),
            role,
            created_ns: now.ns(),
            revoked_ns: None,
            hash: Some(minted.hash),
        };
        operators.insert(name.to_owned(), operator.clone());
        Ok((operator, minted.text))
    }

    /// Revoke an operator, in force for the next act.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is none of that name, [`StoreError::Revoked`] when that
    /// was done before.
    pub fn revoke_operator(&self, name: &str, now: Timestamp) -> Result<(), StoreError> {
        let mut operators = self.operators.0.write().unwrap_or_else(PoisonError::into_inner);
        let operator = operators
            .get_mut(name)
            .ok_or_else(|| StoreError::Missing(format!("operator {name}")))?;
        if operator.revoked_ns.is_some() {
            return Err(StoreError::Revoked(format!("operator {name}")));
        }
        self.database().execute(
            "UPDATE operators SET revoked_ns = ?2 WHERE name = ?1",
            params![name, sql(now.ns())],
        )?;
        operator.revoked_ns = Some(now.ns());
        Ok(())
    }

    /// Every operator, by name.
    pub fn operators(&self) -> Vec<Operator> {
        let operators = self.operators.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut operators: Vec<_> = operators.values().cloned().collect();
        operators.sort_by(|a, b| a.name.cmp(&b.name));
        operators
    }

    /// The operator that a token proves.
    pub fn prove_operator(&self, token: &str) -> Option<Operator> {
        let (name, hash) = read(KIND, token).ok()?;
        let operators = self.operators.0.read().unwrap_or_else(PoisonError::into_inner);
        let operator = operators.get(name);
        let expected = operator.and_then(|it| it.hash).unwrap_or(Digest::from_bytes([0; 32]));
        let proven = same(&expected, &hash);
        operator.filter(|it| proven && it.revoked_ns.is_none()).cloned()
    }
}

//! Administrative acts. Each goes on record before it is done; one that then fails, or is refused,
//! is on record as not done.

mod contracts;
mod keys;
mod kills;
mod payloads;

use std::path::PathBuf;

use bailiwick_core::{AdminAct, Record, Timestamp, note};
use bailiwick_log::Forecast;
use bytes::Bytes;
use hyper::{Method, Response, StatusCode};
use serde::{Deserialize, Serialize};

use super::reply::json;
use crate::front::{Body, text};
use crate::gate::Gate;
use crate::store::{Operator, Role, StoreError};

pub use self::keys::{BadKey, KeyAsked, KeyMade, PersonAsked, RotationAsked};
pub use self::kills::{BadKill, KillAsked};

/// Who is to be an operator.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct OperatorAsked {
    /// The name.
    pub name: String,
    /// The role.
    pub role: Role,
}

/// An operator that was just made.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct OperatorMade {
    /// The name.
    pub name: String,
    /// The token: shown now and never again.
    pub token: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BackupAsked {
    folder: PathBuf,
}

/// Carry out one act.
pub(super) fn act(
    gate: &Gate,
    operator: &Operator,
    method: &Method,
    steps: &[&str],
    body: &Bytes,
) -> Response<Body> {
    let act = Act { gate, operator, now: gate.now() };
    match (method.as_str(), steps) {
        (_, ["keys", rest @ ..]) => act.on_keys(method, rest, body),
        (_, ["kills"]) => act.on_kills(method, body),
        (_, ["contracts", rest @ ..]) => act.on_contracts(method, rest, body),
        ("GET", ["operators"]) => json(StatusCode::OK, &gate.parts.store.operators()),
        ("POST", ["operators"]) => act.with(body, |asked| act.new_operator(&asked)),
        ("DELETE", ["operators", name]) => act.revoke_operator(name),
        ("POST", ["log", "rotate-key"]) => act.rotate_log_key(),
        ("GET", ["log", "forecast"]) => match gate.log().forecast() {
            Ok(forecast) => json(StatusCode::OK, &Growth::from(forecast)),
            Err(problem) => text(StatusCode::CONFLICT, format!("{problem}\n")),
        },
        ("POST", ["payloads"]) => act.with(body, |asked| act.open_payload(&asked)),
        ("POST", ["backup"]) => act.with(body, |asked: BackupAsked| act.back_up(&asked.folder)),
        (_, _) => text(StatusCode::NOT_FOUND, "there is no such act\n"),
    }
}

/// How the log grows.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub struct Growth {
    /// How many bytes it takes.
    pub used_bytes: u64,
    /// How many it may still take.
    pub free_bytes: u64,
    /// How many one record took lately.
    pub bytes_per_record: u64,
    /// How many a day, at the pace of late.
    pub bytes_per_day: u64,
    /// In how many days it will be full; `None` when it does not grow.
    pub days_left: Option<u64>,
    /// Whether somebody should act now.
    pub warning: bool,
}

impl From<Forecast> for Growth {
    fn from(it: Forecast) -> Self {
        Self {
            used_bytes: it.used_bytes,
            free_bytes: it.free_bytes,
            bytes_per_record: it.bytes_per_record,
            bytes_per_day: it.bytes_per_day,
            days_left: it.days_left,
            warning: it.warning,
        }
    }
}

/// An operator asks for more than its role allows: on record with its name, and refused.
pub(super) fn beyond(gate: &Gate, operator: &Operator, asked: &str) -> Response<Body> {
    let act = Act { gate, operator, now: gate.now() };
    let asked: String = asked.chars().take(256).collect();
    match act.record("refused.role", &asked, false) {
        Ok(()) => text(StatusCode::FORBIDDEN, "your role does not allow this\n"),
        Err(()) => text(StatusCode::SERVICE_UNAVAILABLE, "the refusal could not be recorded\n"),
    }
}

struct Act<'a> {
    gate: &'a Gate,
    operator: &'a Operator,
    now: Timestamp,
}

impl Act<'_> {
    fn with<T: for<'de> Deserialize<'de>>(
        &self,
        body: &Bytes,
        act: impl FnOnce(T) -> Response<Body>,
    ) -> Response<Body> {
        match serde_json::from_slice(body) {
            Ok(asked) => act(asked),
            Err(problem) => text(StatusCode::BAD_REQUEST, format!("{problem}\n")),
        }
    }

    /// Record the act, do it, and tell what came of it.
    fn recorded<T: Serialize>(
        &self,
        name: &str,
        target: &str,
        act: impl FnOnce() -> Result<T, String>,
    ) -> Response<Body> {
        self.recorded_each(name, &[target], act)
    }

    /// The same for an act on several things, which is done to all of them or to none.
    fn recorded_each<T: Serialize, I: AsRef<str>>(
        &self,
        name: &str,
        targets: &[I],
        act: impl FnOnce() -> Result<T, String>,
    ) -> Response<Body> {
        let record = |done| targets.iter().try_for_each(|it| self.record(name, it.as_ref(), done));
        if record(true).is_err() {
            let words = "the act could not be recorded, so it was not done\n";
            return text(StatusCode::SERVICE_UNAVAILABLE, words);
        }
        match act() {
            Ok(made) => json(StatusCode::OK, &made),
            Err(problem) => {
                // The failure to record the failure changes nothing for the one who asked.
                let _ = record(false);
                text(StatusCode::CONFLICT, format!("{problem}\n"))
            }
        }
    }

    fn record(&self, act: &str, target: &str, done: bool) -> Result<(), ()> {
        let record = Record::Admin(AdminAct {
            operator: self.operator.name.as_str().into(),
            role: self.operator.role.as_str().into(),
            act: act.into(),
            target: target.into(),
            done,
        });
        let position = note(self.gate.log(), self.now, &record).map_err(drop)?;
        // What was done survives a loss of power: so must the record that it was.
        self.gate.log().wait_durable(position.index()).map_err(drop)
    }

    fn new_operator(&self, asked: &OperatorAsked) -> Response<Body> {
        let name = &asked.name;
        let is_name = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '.' | '@');
        if name.is_empty() || name.len() > 64 || !name.chars().all(is_name) {
            let words = "an operator's name has 1 to 64 letters, digits, `-`, `.` or `@`\n";
            return text(StatusCode::BAD_REQUEST, words);
        }
        self.recorded("operators.new", &format!("{name} {}", asked.role.as_str()), || {
            let made = self.gate.parts.store.new_operator(name, asked.role, self.now);
            made.map(|(operator, token)| OperatorMade { name: operator.name, token }).map_err(said)
        })
    }

    fn revoke_operator(&self, name: &str) -> Response<Body> {
        self.recorded("operators.revoke", name, || {
            self.gate.parts.store.revoke_operator(name, self.now).map_err(said)
        })
    }

    fn rotate_log_key(&self) -> Response<Body> {
        // The log records the rotation itself, signed by the old key.
        match self.gate.log().rotate_key(&self.operator.name, &self.gate.parts.world) {
            Ok(key) => json(StatusCode::OK, &key.to_string()),
            Err(problem) => text(StatusCode::CONFLICT, format!("{problem}\n")),
        }
    }

    fn back_up(&self, folder: &std::path::Path) -> Response<Body> {
        self.recorded("backup", &folder.display().to_string(), || {
            let log = self.gate.log().own().ok_or("another process writes the log")?;
            crate::backup::back_up(&log, &self.gate.parts.store, folder)
        })
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it ends a `map_err`")]
fn said(error: StoreError) -> String {
    error.to_string()
}

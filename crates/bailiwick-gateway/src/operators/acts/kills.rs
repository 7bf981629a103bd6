//! Acts on kills: stop something by name, and let it be again. Both say why.

use bailiwick_core::Timestamp;
use bytes::Bytes;
use hyper::{Method, Response, StatusCode};
use serde::{Deserialize, Serialize};

use super::{Act, said};
use crate::entropy::NoEntropy;
use crate::front::{Body, text};
use crate::kills::{Kill, KillKind};
use crate::operators::reply::json;
use crate::store::order_id;

/// The longest reason, in bytes.
const REASON_MAX: usize = 512;

/// What is to be stopped, or let be again, and why.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct KillAsked {
    /// What kind of thing.
    pub kind: KillKind,
    /// Its name.
    pub name: String,
    /// Why. It goes on record, where a person's name has no place.
    pub reason: String,
}

/// A kill that cannot be.
#[derive(Clone, Debug, thiserror::Error)]
pub enum BadKill {
    /// Nothing can have this name.
    #[error("a {0} cannot have this name{1}")]
    Name(&'static str, &'static str),
    /// There is no reason.
    #[error("a reason has 1 to {REASON_MAX} bytes, on one line")]
    Reason,
    /// There is no randomness for its id.
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
}

impl KillAsked {
    /// The kill that is meant, when `operator` orders it `now`.
    ///
    /// # Errors
    /// [`BadKill`] with what is wrong.
    pub fn meant(&self, operator: &str, now: Timestamp) -> Result<Kill, BadKill> {
        let Self { kind, name, reason } = self;
        if !kind.can_be_named(name) {
            let how = match kind {
                KillKind::Tool => ": it is `server/tool`",
                KillKind::Model => ": it is `provider/model`",
                KillKind::Agent
                | KillKind::Person
                | KillKind::Key
                | KillKind::Server
                | KillKind::Tenant => "",
            };
            return Err(BadKill::Name(kind.as_str(), how));
        }
        let is_line = !reason.trim().is_empty() && !reason.chars().any(char::is_control);
        if !is_line || reason.len() > REASON_MAX {
            return Err(BadKill::Reason);
        }
        Ok(Kill {
            kind: *kind,
            name: name.clone(),
            order: order_id(*kind, name)?,
            reason: reason.clone(),
            operator: operator.to_owned(),
            since_ns: now.ns(),
        })
    }

    /// What the record of the act names: the order, and why.
    pub fn target(&self, order: &str) -> String {
        format!("{order}: {}", self.reason)
    }
}

impl Act<'_> {
    pub(super) fn on_kills(&self, method: &Method, body: &Bytes) -> Response<Body> {
        match *method {
            Method::GET => match self.gate.parts.store.all_kills() {
                Ok(kills) => json(StatusCode::OK, &kills),
                Err(problem) => text(StatusCode::CONFLICT, format!("{problem}\n")),
            },
            Method::POST => self.with(body, |asked| self.kill(&asked)),
            Method::DELETE => self.with(body, |asked| self.unkill(&asked)),
            _ => text(StatusCode::NOT_FOUND, "there is no such act\n"),
        }
    }

    fn kill(&self, asked: &KillAsked) -> Response<Body> {
        let kill = match asked.meant(&self.operator.name, self.now) {
            Ok(kill) => kill,
            Err(bad) => return text(StatusCode::BAD_REQUEST, format!("{bad}\n")),
        };
        self.recorded("kill", &asked.target(&kill.order), || {
            self.gate.parts.store.kill(&kill).map(|()| &kill).map_err(said)
        })
    }

    fn unkill(&self, asked: &KillAsked) -> Response<Body> {
        // A new order stands for one that there is none of: its record names no person either.
        let fresh = match asked.meant(&self.operator.name, self.now) {
            Ok(fresh) => fresh,
            Err(bad) => return text(StatusCode::BAD_REQUEST, format!("{bad}\n")),
        };
        let store = &self.gate.parts.store;
        let kill = store.killed(asked.kind, &asked.name).ok().flatten().unwrap_or(fresh);
        self.recorded("unkill", &asked.target(&kill.order), || {
            store.unkill(asked.kind, &asked.name).map(|()| &kill).map_err(said)
        })
    }
}

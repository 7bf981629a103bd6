//! Acts on the keys of agents.

use bailiwick_core::Timestamp;
use bytes::Bytes;
use hyper::{Method, Response, StatusCode};
use serde::{Deserialize, Serialize};

use super::{Act, said};
use crate::front::{Body, text};
use crate::operators::reply::json;
use crate::store::{AgentKey, BadTerms, NewKey, Terms};

/// The longest name of an agent, a person or a tenant, in bytes.
const NAME_MAX: usize = 128;
const SECOND_NS: u64 = 1_000_000_000;

/// What a new key is to be for.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct KeyAsked {
    /// The agent.
    pub agent: String,
    /// The person on whose behalf it acts.
    pub person: String,
    /// The tenant.
    pub tenant: String,
    /// After how many seconds it ends, if ever.
    #[serde(default)]
    pub lasts_seconds: Option<u64>,
    /// What people call it.
    #[serde(default)]
    pub label: Option<String>,
    /// On which terms it may be used.
    #[serde(default)]
    pub terms: Terms,
}

/// A key that was just made.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct KeyMade {
    /// Its public id.
    pub id: String,
    /// The key: shown now and never again.
    pub key: String,
}

/// How a key is to be rotated.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RotationAsked {
    /// For how many seconds the old key stays good beside the new one.
    #[serde(default)]
    pub overlap_seconds: u64,
}

/// Whose keys are meant.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PersonAsked {
    /// The person.
    pub person: String,
}

/// A key that cannot be made.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadKey {
    /// A name is missing or too long.
    #[error("agent, person and tenant need names of 1 to {NAME_MAX} bytes")]
    Name,
    /// The label is of no use in a list.
    #[error("a label has 1 to {NAME_MAX} bytes, on one line")]
    Label,
    /// Its terms cannot be kept.
    #[error(transparent)]
    Terms(#[from] BadTerms),
}

impl KeyAsked {
    /// The key that is meant, when it is made `now`.
    ///
    /// # Errors
    /// [`BadKey`] with what is wrong.
    pub fn meant(&self, now: Timestamp) -> Result<NewKey, BadKey> {
        let fits = |it: &String| (1..=NAME_MAX).contains(&it.len());
        if ![&self.agent, &self.person, &self.tenant].into_iter().all(fits) {
            return Err(BadKey::Name);
        }
        let is_label = |it: &String| fits(it) && !it.chars().any(char::is_control);
        if !self.label.iter().all(is_label) {
            return Err(BadKey::Label);
        }
        self.terms.check()?;
        let lasts_ns = self.lasts_seconds.map(|it| it.saturating_mul(SECOND_NS));
        Ok(NewKey {
            expires: lasts_ns.map(|it| Timestamp::from_ns(now.ns().saturating_add(it))),
            label: self.label.clone(),
            terms: self.terms.clone(),
            ..NewKey::new(&self.agent, &self.person, &self.tenant)
        })
    }
}

impl RotationAsked {
    /// For how long the old key stays good, in nanoseconds.
    pub const fn overlap_ns(self) -> u64 {
        self.overlap_seconds.saturating_mul(SECOND_NS)
    }
}

impl Act<'_> {
    pub(super) fn on_keys(&self, method: &Method, steps: &[&str], body: &Bytes) -> Response<Body> {
        let store = &self.gate.parts.store;
        match (method.as_str(), steps) {
            ("GET", []) => json(StatusCode::OK, &store.agent_keys()),
            ("GET", [id]) => match store.agent_key(id) {
                Ok(key) => json(StatusCode::OK, &key),
                Err(missing) => text(StatusCode::NOT_FOUND, format!("{missing}\n")),
            },
            ("POST", []) => self.with(body, |asked| self.new_key(&asked)),
            ("POST", ["revoke"]) => self.with(body, |asked: PersonAsked| {
                self.revoke_keys(store.agent_keys_of(&asked.person))
            }),
            ("POST", [id, "rotate"]) => self.with(body, |asked| self.rotate_key(id, asked)),
            ("PUT", [id, "terms"]) => self.with(body, |terms| self.limit_key(id, terms)),
            ("DELETE", [id]) => self.revoke_keys(vec![(*id).to_owned()]),
            (_, _) => text(StatusCode::NOT_FOUND, "there is no such act\n"),
        }
    }

    fn new_key(&self, asked: &KeyAsked) -> Response<Body> {
        let new = match asked.meant(self.now) {
            Ok(new) => new,
            Err(bad) => return text(StatusCode::BAD_REQUEST, format!("{bad}\n")),
        };
        // Whom a key is for is personal; the agent's name is not.
        self.recorded("keys.new", &asked.agent, || {
            let made = self.gate.parts.store.new_agent_key(&new, self.now);
            made.map(|(AgentKey { id, .. }, key)| KeyMade { id, key }).map_err(said)
        })
    }

    fn rotate_key(&self, id: &str, asked: RotationAsked) -> Response<Body> {
        self.recorded("keys.rotate", id, || {
            let made = self.gate.parts.store.rotate_agent_key(id, asked.overlap_ns(), self.now);
            made.map(|(AgentKey { id, .. }, key)| KeyMade { id, key }).map_err(said)
        })
    }

    fn limit_key(&self, id: &str, terms: Terms) -> Response<Body> {
        if let Err(bad) = terms.check() {
            return text(StatusCode::BAD_REQUEST, format!("{bad}\n"));
        }
        self.recorded("keys.limit", &format!("{id} {}", terms.in_a_line()), || {
            self.gate.parts.store.limit_agent_key(id, terms).map_err(said)
        })
    }

    /// Each key is on record by itself: whose they are is personal, and not told.
    fn revoke_keys(&self, ids: Vec<String>) -> Response<Body> {
        self.recorded_each("keys.revoke", &ids, || {
            let revoked = self.gate.parts.store.revoke_agent_keys(&ids, self.now);
            revoked.map(|()| ids.clone()).map_err(said)
        })
    }
}

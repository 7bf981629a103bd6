//! What the client agreed to: revision, capabilities, level of logging, subscriptions.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::message::{Wrong, notification};

/// The revisions that this server speaks, oldest first.
const REVISIONS: [&str; 4] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];
const NEWEST: &str = "2025-11-25";
/// The only revision that has batches.
const WITH_BATCHES: &str = "2025-03-26";

/// The levels of logging, least urgent first.
const LEVELS: [&str; 8] =
    ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];

/// How many resources a client may watch.
const SUBSCRIPTIONS_MAX: usize = 64;

/// A client that introduced itself.
pub(super) struct Session {
    revision: &'static str,
    capabilities: Value,
    level: Option<usize>,
    watched: BTreeSet<String>,
}

impl Session {
    /// The session that `initialize` asks for.
    pub(super) fn open(params: &Value) -> Result<Self, Wrong> {
        let wanted = params.get("protocolVersion").and_then(Value::as_str);
        let wanted = wanted.ok_or_else(|| Wrong::params("protocolVersion is missing"))?;
        let revision = REVISIONS.into_iter().find(|it| *it == wanted).unwrap_or(NEWEST);
        let capabilities = params.get("capabilities").cloned().unwrap_or_default();
        Ok(Self { revision, capabilities, level: None, watched: BTreeSet::new() })
    }

    /// The answer to `initialize`.
    pub(super) fn greeting(&self) -> Value {
        json!({
            "protocolVersion": self.revision,
            "capabilities": {
                "tools": { "listChanged": true },
                "resources": { "subscribe": true },
                "prompts": {},
                "completions": {},
                "logging": {},
            },
            "serverInfo": {
                "name": "helpdesk",
                "title": "Bailiwick's built-in helpdesk",
                "version": env!("CARGO_PKG_VERSION"),
            },
            "instructions": "Customers, billing, orders, refunds, e-mails and tickets. All of it \
                             is made up.",
        })
    }

    pub(super) fn has_batches(&self) -> bool {
        self.revision == WITH_BATCHES
    }

    /// Whether the client said that it can do this.
    pub(super) fn can(&self, capability: &str) -> bool {
        self.capabilities.get(capability).is_some_and(Value::is_object)
    }

    pub(super) fn set_level(&mut self, params: &Value) -> Result<Value, Wrong> {
        let level = params.get("level").and_then(Value::as_str);
        let place = LEVELS.iter().position(|it| Some(*it) == level);
        self.level = Some(place.ok_or_else(|| Wrong::params("there is no such level"))?);
        Ok(json!({}))
    }

    /// A log message, if the client wants to hear of this level.
    pub(super) fn log(&self, level: &str, data: &Value) -> Option<Value> {
        let place = LEVELS.iter().position(|it| *it == level)?;
        let wanted = self.level.is_some_and(|from| place >= from);
        let params = json!({ "level": level, "logger": "helpdesk", "data": data });
        wanted.then(|| notification("notifications/message", &params))
    }

    pub(super) fn watch(&mut self, uri: &str) -> Result<Value, Wrong> {
        if self.watched.len() >= SUBSCRIPTIONS_MAX {
            return Err(Wrong::params("too many subscriptions"));
        }
        self.watched.insert(uri.to_owned());
        Ok(json!({}))
    }

    pub(super) fn unwatch(&mut self, uri: &str) -> Value {
        self.watched.remove(uri);
        json!({})
    }

    /// The notice that a resource changed, if the client watches it.
    pub(super) fn changed(&self, uri: &str) -> Option<Value> {
        let params = json!({ "uri": uri });
        self.watched.contains(uri).then(|| notification("notifications/resources/updated", &params))
    }
}

//! `contracts/<server>.lock`: which definitions a person approved. Written by
//! `bailiwick contracts approve`, read at every listing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::cell::Date;
use crate::contract::Fault;
use crate::definition::Definition;
use crate::pin::Pin;

/// The approvals of one server's tools.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// The server.
    pub server: String,
    /// Each tool that was approved, by name.
    #[serde(default)]
    pub tools: BTreeMap<String, Approved>,
}

/// One approval.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Approved {
    /// The definition's digest.
    pub pin: Pin,
    /// Who approved it.
    pub by: String,
    /// Why.
    pub why: String,
    /// When.
    pub on: Date,
    /// The definition itself, as canonical JSON: what a later one is compared with.
    pub definition: String,
}

impl Lock {
    /// Read a lock. The definitions in it are not parsed here: a lock is believed for its pins, and
    /// a definition that does not match its pin is only a worse diff.
    ///
    /// # Errors
    /// The first [`Fault`].
    pub fn read(text: &str) -> Result<Self, Fault> {
        let failed = |problem: toml::de::Error| Fault {
            span: problem.span(),
            what: problem.message().into(),
        };
        toml::from_str(text).map_err(failed)
    }

    /// The lock as a text that [`read`](Self::read) reads.
    ///
    /// # Errors
    /// A [`Fault`] where a value has no form in TOML.
    pub fn write(&self) -> Result<String, Fault> {
        let failed = |problem: toml::ser::Error| Fault { span: None, what: problem.to_string() };
        toml::to_string(self).map_err(failed)
    }

    /// Approve a definition; what was approved of the tool before is gone.
    pub fn approve(&mut self, definition: &Definition, by: &str, why: &str, on: Date) {
        let (by, why) = (by.to_owned(), why.to_owned());
        let (pin, text) = (Pin::of(definition), definition.canonical());
        let approved = Approved { pin, by, why, on, definition: text };
        self.tools.insert(definition.name().to_owned(), approved);
    }
}

//! The standing of a server: who made it, who answers for it here, and until when somebody looked.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cell::{Cell, Date};
use crate::exception::Exception;

/// What is known of a server besides its tools.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Standing {
    /// Where its source is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<Cell<String>>,
    /// Its package, with registry and exact version: `npm:@acme/crm-mcp@1.4.2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package: Option<Cell<String>>,
    /// The digest of what is launched, as `contracts digest` prints it: `sha256:...`. What differs
    /// is not started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<Cell<String>>,
    /// The API behind it, with its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream_api: Option<Cell<String>>,
    /// The person who answers for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<Cell<String>>,
    /// Whom to call at night.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_call: Option<Cell<String>>,
    /// The credentials that it uses, by their names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credentials: Option<Cell<Vec<String>>>,
    /// The hosts that its process may reach: `example.com`, `*.example.com`, `example.com:8443`,
    /// `10.0.0.0/8`. Without a port it is 443 and 80.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hosts: Option<Cell<Vec<String>>>,
    /// The day by which somebody must look again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review_by: Option<Date>,
    /// What takes its place when it goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replacement: Option<Cell<String>>,
    /// Which states of its health are let pass, each until its day.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<Exception>,
}

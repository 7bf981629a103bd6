//! `about.toml`: which package an entry is about, how it is started, and what its tools were.

use std::collections::BTreeMap;

use bailiwick_contracts::Pin;
use serde::{Deserialize, Serialize};

/// What stands in `about.toml`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct About {
    /// The package with its registry: `npm:@acme/crm-mcp`, `pypi:crm-mcp`.
    pub(crate) package: String,
    /// The versions that were read and run, exactly.
    pub(crate) versions: Vec<String>,
    /// Its licence, as SPDX names it.
    pub(crate) licence: String,
    /// What it does, in a sentence of ours.
    pub(crate) summary: String,
    /// How it is started, with its version; what is in capitals is the operator's.
    pub(crate) command: Vec<String>,
    /// The environment that it needs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) environment: BTreeMap<String, String>,
    /// The programs that the package installs.
    #[serde(default, skip_serializing)]
    pub(crate) programs: Vec<String>,
    /// The modules of Python that it can be started as.
    #[serde(default, skip_serializing)]
    pub(crate) modules: Vec<String>,
    /// What only the operator can say.
    pub(crate) remains: Vec<String>,
    /// The digest of each tool's definition. The definitions themselves are other people's text.
    pub(crate) pins: BTreeMap<String, Pin>,
}

impl About {
    /// The registry, and the package's name in it.
    pub(crate) fn registry(&self) -> (&str, &str) {
        self.package.split_once(':').unwrap_or(("", &self.package))
    }

    /// The package with the version that was looked at last.
    pub(crate) fn pinned(&self) -> String {
        let version = self.versions.last().map_or("", String::as_str);
        format!("{}@{version}", self.package)
    }

    /// Whether people may mean it by this: the whole name, or its last part.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        let (_, package) = self.registry();
        let last = package.rsplit('/').next();
        name == self.package || name == package || Some(name) == last
    }
}

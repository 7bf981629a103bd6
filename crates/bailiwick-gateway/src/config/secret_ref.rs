//! Where secrets are.

use std::collections::BTreeMap;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a secret is, never the secret itself.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields, untagged)]
pub enum SecretRef {
    /// In a variable of the gateway's environment.
    Environment {
        /// The variable's name.
        env: String,
        /// Written before the secret, such as `Bearer `.
        #[serde(default)]
        prefix: String,
    },
    /// In a file, whose last line break is cut off.
    File {
        /// The file's path. A relative one starts at the folder of the configuration.
        file: String,
        /// Written before the secret, such as `Bearer `.
        #[serde(default)]
        prefix: String,
    },
}

/// The same references, with files where the configuration lies and not where we were started.
pub(super) fn placed(
    said: &BTreeMap<String, SecretRef>,
    base: &Path,
) -> BTreeMap<String, SecretRef> {
    said.iter().map(|(name, secret)| (name.clone(), placed_at(secret, base))).collect()
}

/// The same of one.
pub(super) fn placed_at(secret: &SecretRef, base: &Path) -> SecretRef {
    match secret {
        SecretRef::File { file, prefix } => {
            let file = base.join(file).display().to_string();
            SecretRef::File { file, prefix: prefix.clone() }
        }
        SecretRef::Environment { .. } => secret.clone(),
    }
}

//! Reading the configuration for a command.

use std::path::{Path, PathBuf};

use bailiwick_gateway::config::{self, Settings};

use crate::output::{Common, Failure};

/// What the configuration means, by the rule of [`place`].
///
/// # Errors
/// [`Failure`] with every fault of the file.
pub(super) fn load(common: &Common) -> Result<Settings, Failure> {
    load_from(&place(common))
}

/// What the configuration in this file means.
///
/// # Errors
/// [`Failure`] with every fault of the file.
pub(super) fn load_from(config: &Path) -> Result<Settings, Failure> {
    if !config.exists() {
        let file = config.display();
        let advice = "`bailiwick up` writes a working one here, or name another with --config";
        return Err(Failure(format!("there is no {file}: {advice}")));
    }
    config::load(config).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Failure(lines.join("\n"))
    })
}

/// The configuration that was named or lies here; else the user's own, there or not. It is the same
/// for every verb but `up` and `demo`, so that what one says of a gateway another can look at.
pub(super) fn place(common: &Common) -> PathBuf {
    let named = common.config != Path::new("bailiwick.toml") || common.config.exists();
    let folder = |it: &str| std::env::var_os(it).map(PathBuf::from).filter(|it| it.is_absolute());
    let base = folder("XDG_CONFIG_HOME").or_else(|| folder("HOME").map(|it| it.join(".config")));
    match base {
        Some(base) if !named => base.join("bailiwick/bailiwick.toml"),
        Some(_) | None => common.config.clone(),
    }
}

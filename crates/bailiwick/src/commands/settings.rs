//! Reading the configuration for a command.

use bailiwick_gateway::config::{self, Settings};

use crate::output::{Common, Failure};

/// What the configuration means.
///
/// # Errors
/// [`Failure`] with every fault of the file.
pub(super) fn load(common: &Common) -> Result<Settings, Failure> {
    if !common.config.exists() {
        let file = common.config.display();
        let advice = "`bailiwick up` writes a working one, or name another with --config";
        return Err(Failure(format!("there is no {file}: {advice}")));
    }
    config::load(&common.config).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Failure(lines.join("\n"))
    })
}

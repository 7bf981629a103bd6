//! `bailiwick backup` and `restore`.

use std::path::{Path, PathBuf};

use bailiwick_gateway::{backup, paths, private_folder, recording};
use bailiwick_log::{VerifierKey, restore as restore_log};
use clap::Args;
use serde_json::{Value, json};

use super::admin::Admin;
use super::settings;
use crate::files;
use crate::output::{self, Common, Failure, Outcome, YES, say};

#[derive(Args)]
pub(crate) struct BackupArguments {
    /// The new folder that the copy is made in.
    folder: PathBuf,
}

#[derive(Args)]
pub(crate) struct RestoreArguments {
    /// The folder of the copy.
    folder: PathBuf,
    /// The log's signing key (`data/log/key`), which no back-up holds.
    #[arg(long)]
    signing_key: PathBuf,
    /// The verifier key, kept elsewhere, that the copy must verify against.
    #[arg(long)]
    key: PathBuf,
}

pub(crate) fn back_up(common: &Common, arguments: &BackupArguments) -> Outcome {
    let settings = settings::load(common)?;
    let folder = std::path::absolute(&arguments.folder)?;
    let copied: Value = match Admin::reach(&settings)? {
        Admin::Running(gateway) => {
            gateway.call("POST", "/admin/v1/backup", &json!({ "folder": folder }))?
        }
        Admin::Here(local) => {
            let copied = backup::back_up(&local.log, &local.store, &folder).map_err(Failure)?;
            local.close()?;
            serde_json::to_value(copied)?
        }
    };
    if common.json {
        output::json(&copied)?;
    } else {
        let records = copied.get("records").and_then(Value::as_u64).unwrap_or_default();
        say(format!("{records} records and the state are in {}", folder.display()));
        say("The log's signing key is not in it: keep a copy of it elsewhere.");
    }
    YES
}

pub(crate) fn restore(common: &Common, arguments: &RestoreArguments) -> Outcome {
    let settings = settings::load(common)?;
    let data = &settings.data;
    if data.join("state.sqlite").exists() || paths::log(data).exists() {
        let what = "move it away first; nothing was changed";
        return Err(Failure(format!("{} holds a gateway's data: {what}", data.display())));
    }
    let key = files::read_text(&arguments.key)?;
    let key = VerifierKey::parse(key.trim())
        .map_err(|_| Failure(format!("{} is no verifier key", arguments.key.display())))?;
    let log = paths::log(data);
    private_folder(&log)?;
    let report =
        restore_log(&paths::log(&arguments.folder), &log, &key, &recording::options(&settings))?;
    copy(&arguments.signing_key, &log.join("key"))?;
    copy(&arguments.folder.join("state.sqlite"), &data.join("state.sqlite"))?;
    if common.json {
        output::json(&json!({ "records": report.entries }))?;
    } else {
        say(format!("{} records verified and restored into {}", report.entries, data.display()));
        say("No copy holds an operator's token. If all are lost, make another:");
        say("  bailiwick operators new NAME --role admin");
    }
    YES
}

/// Copy a file that only its owner may read.
fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    let told = |problem: std::io::Error| files::told(from, &problem);
    std::fs::copy(from, to).map_err(told)?;
    let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(to, private).map_err(told)
}

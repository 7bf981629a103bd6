//! What only its owner may read, and secrets that the configuration refers to.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use bailiwick_gateway::config::{SecretRef, Settings};
use bailiwick_gateway::{missing_secrets, paths};

use super::check::Check;
use crate::adoption::Journal;
use crate::commands::init;

pub(super) fn checks(settings: &Settings) -> Vec<Check> {
    let missing = missing_secrets(settings);
    let mut checks: Vec<Check> = missing
        .into_iter()
        .map(|it| Check::bad("secret", it, "set the variable or write the file that is named"))
        .collect();
    let open: Vec<Check> = private(settings).iter().filter_map(|it| open_to_others(it)).collect();
    if open.is_empty() {
        checks.push(Check::good("files", "keys and secrets are their owner's alone"));
    }
    checks.extend(open);
    checks
}

/// Every file and folder that holds something secret, there or not.
fn private(settings: &Settings) -> Vec<PathBuf> {
    let data = &settings.data;
    let mut files = vec![
        data.clone(),
        data.join("state.sqlite"),
        paths::admin_token(data),
        paths::log(data).join("key"),
    ];
    for server in &settings.servers {
        files.extend(server.secret_headers.values().filter_map(file));
        files.extend(server.secret_environment.values().filter_map(file));
    }
    for provider in &settings.models.providers {
        files.extend(provider.secrets().filter_map(file));
    }
    if let Ok(machine) = init::here() {
        let moved = std::fs::read_dir(Journal::secrets(&machine.journal));
        files.extend(moved.into_iter().flatten().flatten().map(|it| it.path()));
        files.push(machine.journal);
    }
    files
}

fn file(secret: &SecretRef) -> Option<PathBuf> {
    match secret {
        SecretRef::File { file, .. } => Some(PathBuf::from(file)),
        SecretRef::Environment { .. } => None,
    }
}

/// A file that others reach: its own mode lets them, and that of the folder around it.
fn open_to_others(file: &Path) -> Option<Check> {
    let mode = mode(file)?;
    let within = file.parent().and_then(self::mode).unwrap_or(0o777);
    let what = format!("{} is open to others (mode {mode:03o})", file.display());
    let advice = format!("chmod go-rwx '{}', and think of who may have read it", file.display());
    (mode & within & 0o077 != 0).then(|| Check::bad("files", what, advice))
}

fn mode(file: &Path) -> Option<u32> {
    Some(std::fs::metadata(file).ok()?.permissions().mode() & 0o777)
}

//! Where things lie inside the data folder.

use std::path::{Path, PathBuf};

/// The log's folder.
pub fn log(data: &Path) -> PathBuf {
    data.join("log")
}

/// Where processes that share the log hand their records over to the one that writes it.
pub fn log_socket(data: &Path) -> PathBuf {
    data.join("log.sock")
}

/// Locked by a gateway that starts, so that no other process takes the log when its writer lets go.
pub fn log_claim(data: &Path) -> PathBuf {
    data.join("log.claim")
}

/// The log's verifier key, to be kept elsewhere by whoever wants to verify.
pub fn verifier_key(data: &Path) -> PathBuf {
    data.join("log.vkey")
}

/// What a gateway that stopped knew of the money that was spent.
pub fn purse(data: &Path) -> PathBuf {
    data.join("purse.cbor")
}

/// What was learned of how tools answer.
pub fn learned(data: &Path) -> PathBuf {
    data.join("learned.jsonl")
}

/// How each server stood when that was told last.
pub(crate) fn health_told(data: &Path) -> PathBuf {
    data.join("health.told")
}

/// Locked by who tells of that: wraps share a data folder.
pub(crate) fn health_lock(data: &Path) -> PathBuf {
    data.join("health.lock")
}

/// What each feed about servers told when it could last be read.
pub(crate) fn health_feeds(data: &Path) -> PathBuf {
    data.join("health.feeds")
}

/// The token of the first admin, for the command line on this machine.
pub fn admin_token(data: &Path) -> PathBuf {
    data.join("admin.token")
}

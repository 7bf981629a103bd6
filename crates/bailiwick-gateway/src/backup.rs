//! Back-up: log and administrative state, copied while both are in use.
//!
//! The state is copied after the log, so that every key that a copied record needs is in it.

use std::path::Path;

use bailiwick_log::Log;
use serde::Serialize;

use crate::disk;
use crate::paths;
use crate::store::Store;

/// What a back-up holds.
#[derive(Clone, Debug, Serialize)]
pub struct Copied {
    /// How many records.
    pub records: u64,
}

/// Copy log and state into a new folder. The signing key is not copied: a copy must not be able to
/// speak for the log.
///
/// # Errors
/// Words for the operator when the copy could not be made; it must not be used then.
pub fn back_up(log: &Log, store: &Store, folder: &Path) -> Result<Copied, String> {
    if folder.exists() {
        return Err(format!("{} exists already; name a new folder", folder.display()));
    }
    disk::private_folder(folder).map_err(|it| format!("{}: {it}", folder.display()))?;
    let records = bailiwick_log::backup(log, &paths::log(folder)).map_err(|it| it.to_string())?;
    store.back_up(&folder.join("state.sqlite")).map_err(|it| it.to_string())?;
    Ok(Copied { records })
}

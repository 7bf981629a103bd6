//! The purse across restarts. It is made again from the log; what a gateway that stops in good
//! order leaves beside the log only spares the next one from reading all of it.

use std::path::Path;
use std::sync::Arc;

use bailiwick_core::Record;
use bailiwick_facts::Purse;
use bailiwick_log::{Disk, LogError, Reader};

use crate::store::Store;
use crate::{disk, paths};

/// The most bytes of what was left: a purse has a bounded number of accounts.
const KEPT_BYTES_MAX: u64 = 256 << 20;

/// The purse as the log says it. The store tells of which line a key is: what was spent with the
/// keys before a rotation counts for the one after it.
///
/// # Errors
/// [`LogError`] when the log cannot be read: nothing may be spent that is not known to be there.
pub(crate) fn restored(
    data: &Path,
    disk: &Arc<dyn Disk>,
    store: &Store,
) -> Result<Purse, LogError> {
    let (size, purse) = left(data).unwrap_or_default();
    let reader = Reader::open_on(disk, &paths::log(data))?;
    for entry in reader.entries_from(size)? {
        let mut entry = entry?;
        if let Record::Decision(decision) = &mut entry.record {
            decision.credential = decision.credential.as_ref().map(|it| store.line_or(it));
        }
        purse.apply(entry.at, &entry.record);
    }
    Ok(purse)
}

/// Leave the purse for the next start. Called when nothing is under way any more.
///
/// # Errors
/// What the file system says; the next start then reads more of the log.
pub(crate) fn keep(data: &Path, purse: &Purse, size: u64) -> std::io::Result<()> {
    let mut bytes = Vec::from(size.to_be_bytes());
    bytes.extend_from_slice(&purse.snapshot());
    disk::replace(&paths::purse(data), &bytes)
}

/// What was left, when it can be read: the entries of the log that are in it, and the purse.
fn left(data: &Path) -> Option<(u64, Purse)> {
    let bytes = disk::read_up_to(&paths::purse(data), KEPT_BYTES_MAX).ok()?;
    let (size, purse) = bytes.split_first_chunk::<8>()?;
    Some((u64::from_be_bytes(*size), Purse::restored(purse).ok()?))
}

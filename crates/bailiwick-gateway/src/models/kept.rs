//! The purse across restarts. It is made again from the log; what a gateway that stops in good
//! order leaves beside the log only spares the next one from reading all of it.

use std::path::Path;
use std::sync::Arc;

use bailiwick_core::Timestamp;
use bailiwick_facts::Purse;
use bailiwick_log::{Disk, Filter, LogError, Order, Reader};

use crate::{disk, paths};

/// The most bytes of what was left: a purse has a bounded number of accounts.
const KEPT_BYTES_MAX: u64 = 256 << 20;
/// What was left begins so: the entries that are in it, and the time of the last.
const HEAD_BYTES: usize = 16;

/// The purse as the log says it.
///
/// # Errors
/// [`LogError`] when the log cannot be read: nothing may be spent that is not known to be there.
pub(crate) fn restored(data: &Path, disk: &Arc<dyn Disk>) -> Result<Purse, LogError> {
    let (size, at, purse) = left(data).unwrap_or_default();
    let reader = Reader::open_on(disk, &paths::log(data))?;
    let since = (size > 0).then_some(at);
    let filter = Filter { since, ..Filter::default() };
    for entry in reader.query(filter, Order::OldestFirst, usize::MAX)? {
        let entry = entry?;
        if entry.index >= size {
            purse.apply(entry.at, &entry.record);
        }
    }
    Ok(purse)
}

/// Leave the purse for the next start. Called when nothing is under way any more.
///
/// # Errors
/// What the file system says; the next start then reads more of the log.
pub(crate) fn keep(data: &Path, purse: &Purse, size: u64, at: Timestamp) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    bytes.extend_from_slice(&size.to_be_bytes());
    bytes.extend_from_slice(&at.ns().to_be_bytes());
    bytes.extend_from_slice(&purse.snapshot());
    disk::replace(&paths::purse(data), &bytes)
}

/// What was left, when it can be read.
fn left(data: &Path) -> Option<(u64, Timestamp, Purse)> {
    let bytes = disk::read_up_to(&paths::purse(data), KEPT_BYTES_MAX).ok()?;
    let (head, purse) = bytes.split_at_checked(HEAD_BYTES)?;
    let (size, at) = head.split_first_chunk::<8>()?;
    let at = u64::from_be_bytes(at.try_into().ok()?);
    let purse = Purse::restored(purse).ok()?;
    Some((u64::from_be_bytes(*size), Timestamp::from_ns(at), purse))
}

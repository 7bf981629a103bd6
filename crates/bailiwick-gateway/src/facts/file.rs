//! Facts in a file.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::time::UNIX_EPOCH;

use bailiwick_core::Timestamp;
use bailiwick_facts::{read_csv, read_json};

use super::came::{Came, Said};
use crate::config::FactsSettings;

/// Read a file of facts, which are as old as the file where it `ages`.
pub(super) fn read(file: &Path, ages: bool, source: &FactsSettings) -> Result<Came, String> {
    let failed = |problem: std::io::Error| format!("{}: {problem}", file.display());
    let open = File::open(file).map_err(failed)?;
    let changed = open.metadata().and_then(|it| it.modified()).map_err(failed)?;
    let mut bytes = Vec::new();
    let most = source.bytes_max as u64;
    open.take(most + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > source.bytes_max {
        return Err(format!("{}: it is larger than {} MiB", file.display(), most >> 20));
    }
    let is_csv = file.extension().is_some_and(|it| it == "csv");
    let reads = if is_csv { read_csv } else { read_json };
    let things = reads(&bytes, &source.expected);
    let things = things.map_err(|odd| format!("{}: {odd}", file.display()))?;
    let mut came = Came::now(Said::Things(things));
    if ages {
        let since = changed.duration_since(UNIX_EPOCH).unwrap_or_default();
        let changed = u64::try_from(since.as_nanos()).unwrap_or(u64::MAX);
        // A file of the future is not fresher than now.
        came.as_of = Timestamp::from_ns(changed.min(came.as_of.ns()));
    }
    Ok(came)
}

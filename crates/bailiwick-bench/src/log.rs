//! `bench log`: how fast the log takes records of 1 KB, against the same writes without it.

use std::path::Path;
use std::time::Duration;

use bailiwick_log::Options;
use bailiwick_log::measure::{Plan, flood, limit, paced};

use crate::Done;
use crate::report::{Report, median};

const ROUNDS: usize = 3;
const DURATION: Duration = Duration::from_secs(4);
const RECORD_BYTES: usize = 1024;
const PACE_PER_S: u32 = 50_000;

/// The figures of the log, on the disk of the temporary directory.
pub(crate) fn run() -> Done<Report> {
    let folder = tempfile::tempdir()?;
    let (mut ratios, mut flooded, mut limits) = (Vec::new(), Vec::new(), Vec::new());
    let (mut p50, mut p99) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let base = folder.path().join(round.to_string());
        std::fs::create_dir(&base)?;
        let with_log = flood(&plan(&base, "flood"))?;
        let alone = limit(&plan(&base, "limit"))?;
        let at_pace = paced(&plan(&base, "paced"), PACE_PER_S)?;
        ratios.push(with_log.per_second / alone.per_second);
        flooded.push(with_log.per_second);
        limits.push(alone.per_second);
        p50.push(at_pace.p50_ms);
        p99.push(at_pace.p99_ms);
        empty(&base)?;
    }
    let mut report = Report::default();
    report.add("vs_limit", median(ratios), "of the same writes without a log (at least 0.5)");
    report.add("paced_50k_p50_ms", median(p50), "append to durable at 50,000/s (under 10)");
    report.add("paced_50k_p99_ms", median(p99), "the same, 99th percentile");
    report.add("flood_per_s", median(flooded), "durable records a second, as fast as it goes");
    report.add("limit_per_s", median(limits), "records a second by write and flush alone");
    Ok(report)
}

/// Give the room back, but keep the names. A file system may look long for inodes where thousands
/// were given back a moment ago, which the rounds to come would be charged with.
fn empty(folder: &Path) -> Done {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            empty(&entry.path())?;
        } else {
            std::fs::File::options().write(true).open(entry.path())?.set_len(0)?;
        }
    }
    Ok(())
}

fn plan(base: &Path, name: &str) -> Plan {
    Plan {
        dir: base.join(name),
        record_bytes: RECORD_BYTES,
        duration: DURATION,
        threads: 2,
        options: Options::default(),
    }
}

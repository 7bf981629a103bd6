//! The log: does it verify, and has it room.

use std::path::Path;

use bailiwick_core::Timestamp;
use bailiwick_gateway::config::Settings;
use bailiwick_gateway::{Growth, paths};
use bailiwick_log::{Filter, LogError, Order, Reader, Verification, VerifierKey, verify};
use serde_json::json;

use super::check::Check;
use crate::commands::admin::Remote;
use crate::output::instant;

/// From so much of its cap on, the log warns.
const WARN_PERCENT: u64 = 90;

pub(super) fn checks(settings: &Settings, now: Timestamp) -> Vec<Check> {
    let folder = paths::log(&settings.data);
    let reader = match Reader::open(&folder) {
        Ok(reader) => reader,
        Err(LogError::NotALog(_)) => {
            let what = format!("{} has none yet: it is made at the first start", folder.display());
            return vec![Check::good("log", what)];
        }
        Err(problem) => {
            let advice = "run `bailiwick log verify`; a back-up can be restored";
            return vec![Check::bad("log", problem.to_string(), advice)];
        }
    };
    let mut checks = vec![whole(settings, &folder), room(settings, &folder)];
    checks.extend(ahead(&reader, now));
    checks
}

fn whole(settings: &Settings, folder: &Path) -> Check {
    let file = paths::verifier_key(&settings.data);
    let key = std::fs::read_to_string(&file).ok();
    let Some(key) = key.and_then(|it| VerifierKey::parse(it.trim()).ok()) else {
        let what = format!("{} is no verifier key", file.display());
        return Check::bad("log", what, "put back the copy that you keep elsewhere");
    };
    let advice = "keep the folder as it is, and run `bailiwick log verify`";
    match verify(folder, &Verification { key: &key, since: None }) {
        Ok(report) if report.is_good() => {
            Check::good("log", format!("its {} records verify", report.entries))
        }
        Ok(_) => Check::bad("log", "it does NOT verify: it was changed or is damaged", advice),
        Err(problem) => Check::bad("log", format!("it cannot be verified: {problem}"), advice),
    }
}

/// Room left: as the running gateway forecasts, else by its size against its cap.
fn room(settings: &Settings, folder: &Path) -> Check {
    let advice = "raise [log] max_mib or give it a larger disk: a full log refuses every call";
    if let Ok(Some(gateway)) = Remote::find(settings) {
        let growth = gateway.call::<Growth>("GET", "/admin/v1/log/forecast", &json!(null));
        if let Ok(it) = growth {
            let what = format!("{} MiB used, {} free", it.used_bytes >> 20, it.free_bytes >> 20);
            return if it.warning {
                Check::warning("log's room", what, advice)
            } else {
                Check::good("log's room", what)
            };
        }
    }
    let (used, most) = (bytes_below(folder) >> 20, settings.log.max_mib);
    let what = format!("{used} of {most} MiB used");
    if used.saturating_mul(100) >= most.saturating_mul(WARN_PERCENT) {
        return Check::warning("log's room", what, advice);
    }
    Check::good("log's room", what)
}

fn bytes_below(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let size = |it: std::fs::DirEntry| match it.metadata() {
        Ok(meta) if meta.is_dir() => bytes_below(&it.path()),
        Ok(meta) => meta.len(),
        Err(_) => 0,
    };
    entries.map(size).sum()
}

/// A clock that was set back, as the newest record tells.
fn ahead(reader: &Reader, now: Timestamp) -> Option<Check> {
    let newest = reader.query(Filter::default(), Order::NewestFirst, 1).ok()?.next()?.ok()?;
    let advice = "set the clock: a record's time should not lie before its predecessor's";
    let what = format!("the newest record is of {}, which is to come", instant(newest.at));
    (newest.at > now).then(|| Check::bad("clock", what, advice))
}

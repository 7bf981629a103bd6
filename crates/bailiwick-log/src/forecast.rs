//! How the log grows, and when it will be full.

use std::sync::atomic::Ordering;

use crate::error::{LogError, Tried as _};
use crate::growth::Sample;
use crate::shared::{Room, Shared};

const DAY_NS: u128 = 86_400_000_000_000;
/// Below so many days, or so small a part of the cap, a forecast warns.
const WARN_DAYS: u64 = 7;
const WARN_PERCENT: u64 = 10;

/// How the log grows, and when it will be full.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Forecast {
    /// How many bytes the log takes: tiles, seals and journal.
    pub used_bytes: u64,
    /// How many bytes it may still take: by the cap or by the disk, whichever is less.
    pub free_bytes: u64,
    /// How many bytes one record took lately, all told.
    pub bytes_per_record: u64,
    /// How many bytes a day it grows at the pace of late.
    pub bytes_per_day: u64,
    /// In how many days it will be full at that pace; `None` when it does not grow.
    pub days_left: Option<u64>,
    /// Whether an operator should act now.
    pub warning: bool,
}

/// How the log is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Health {
    /// Whether the log has stopped for ever, until it is opened anew.
    pub stopped: bool,
    /// Whether there is room, and if not, why.
    pub room: Room,
    /// How many entries were appended.
    pub size: u64,
    /// How many are durable.
    pub durable: u64,
    /// How many are under the published checkpoint.
    pub published: u64,
    /// What went wrong last and was not mended since, in words for an operator.
    pub trouble: Option<String>,
}

impl Health {
    /// Whether the log takes decisions and publishes.
    pub const fn is_good(&self) -> bool {
        !self.stopped && matches!(self.room, Room::Open) && self.trouble.is_none()
    }
}

impl Shared {
    /// Note how large the log is now.
    pub(crate) fn sample(&self, size: u64) {
        let at = (self.clock)();
        let bytes = self.stored_bytes.load(Ordering::Acquire);
        let Ok(mut growth) = self.growth.lock() else { return };
        let save = growth.push(Sample { at, size, bytes });
        drop(growth);
        if save {
            self.save_usage(size);
        }
    }

    /// Remember how much is stored. It is needed for forecasts and the cap alone, so a failure
    /// is of no account.
    pub(crate) fn save_usage(&self, size: u64) {
        let text = format!("{size} {}\n", self.stored_bytes.load(Ordering::Acquire));
        let _ = self.disk.write(&self.layout.usage(), text.as_bytes());
    }

    /// How the log grows, and when it will be full.
    pub(crate) fn forecast(&self) -> Result<Forecast, LogError> {
        let stored = self.stored_bytes.load(Ordering::Acquire);
        let segments = self.segments.load(Ordering::Acquire);
        let journal = segments.saturating_mul(self.options.segment_bytes);
        let used_bytes = stored.saturating_add(journal);
        let disk = self.disk.free(&self.layout.dir).tried("measure", &self.layout.dir)?;
        let cap = self.options.max_bytes.map(|max| max.saturating_sub(used_bytes));
        let free_bytes = cap.unwrap_or(u64::MAX).min(disk);
        let growth = self.growth.lock().ok();
        let ends = growth.as_ref().and_then(|it| it.ends());
        let (mut bytes_per_record, mut bytes_per_day) = (0, 0);
        if let Some((first, last)) = ends {
            let bytes = last.bytes.saturating_sub(first.bytes);
            bytes_per_record = bytes.checked_div(last.size - first.size).unwrap_or_default();
            let day = u128::from(bytes) * DAY_NS;
            let day = day.checked_div(u128::from(last.at.since_ns(first.at)));
            bytes_per_day = u64::try_from(day.unwrap_or_default()).unwrap_or(u64::MAX);
        }
        let days_left = free_bytes.checked_div(bytes_per_day);
        let small = free_bytes < (used_bytes.saturating_add(free_bytes)) / 100 * WARN_PERCENT;
        let soon = days_left.is_some_and(|it| it < WARN_DAYS);
        let warning = soon || (self.options.max_bytes.is_some() && small);
        Ok(Forecast { used_bytes, free_bytes, bytes_per_record, bytes_per_day, days_left, warning })
    }
}

//! Feeds as they were last read. One that cannot be read any more tells what it told before:
//! whoever breaks it must not give back what it took away, nor keep policies and contracts from
//! coming into force.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use bailiwick_contracts::health::{FEED_BYTES_MAX, Feed};
use bailiwick_core::Day;

use crate::config::{FEEDS_MAX, Settings};
use crate::{disk, paths};

/// The most that is read of what feeds told before: what as many as there may be are kept with.
const KEPT_BYTES_MAX: u64 = 2 * FEEDS_MAX as u64 * FEED_BYTES_MAX;

/// What each feed told when it could last be read, by its file.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Readings {
    good: BTreeMap<String, Arc<Feed>>,
    /// What is wrong with feeds that cannot be read.
    pub(super) faults: Vec<String>,
}

impl Readings {
    /// Read the feeds; `before` is what this process read of them, if it did.
    ///
    /// # Errors
    /// When a feed cannot be read, nor what was kept of it: what they warned of is not known.
    pub(super) fn read(settings: &Settings, before: Option<&Self>) -> Result<Self, String> {
        let mut read = Self::default();
        // Only looked for when a feed cannot be read.
        let mut kept: Option<BTreeMap<String, Arc<Feed>>> = None;
        for file in &settings.health.feeds {
            let name = file.display().to_string();
            let fault = match feed(file) {
                Ok(feed) => {
                    read.good.insert(name, Arc::new(feed));
                    continue;
                }
                Err(fault) => fault,
            };
            let last = match (before, &mut kept) {
                (Some(before), _) => before.good.get(&name).cloned(),
                (None, Some(kept)) => kept.remove(&name),
                (None, nothing) => {
                    let read = kept_in(&settings.data);
                    let read = read.map_err(|why| format!("feed {fault}; and {why}"))?;
                    nothing.insert(read).remove(&name)
                }
            };
            let so = if last.is_some() { "what it told before counts" } else { "it tells nothing" };
            read.faults.push(format!("feed {fault}; {so}"));
            read.good.extend(last.map(|it| (name, it)));
        }
        Ok(read)
    }

    /// What all feeds tell together.
    pub(super) fn together(&self, today: Day) -> Feed {
        let all = self.good.values().map(|it| Feed::clone(it));
        all.fold(Feed::default(), |all, it| all.with(it, today))
    }

    /// Keep what the feeds tell for the next start.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn keep(&self, data: &Path) -> std::io::Result<()> {
        let told: BTreeMap<&String, &Feed> =
            self.good.iter().map(|(name, it)| (name, &**it)).collect();
        disk::replace(&paths::health_feeds(data), &serde_json::to_vec(&told)?)
    }
}

/// What feeds told in the life of a process before this one. Where that is there and cannot be
/// read, nobody knows what they warned of: that is not the same as that they warned of nothing.
fn kept_in(data: &Path) -> Result<BTreeMap<String, Arc<Feed>>, String> {
    let file = paths::health_feeds(data);
    let read = match disk::read_up_to(&file, KEPT_BYTES_MAX) {
        Err(problem) if problem.kind() == ErrorKind::NotFound => return Ok(BTreeMap::new()),
        read => read.map_err(|it| it.to_string()),
    };
    let all = read.and_then(|it| {
        serde_json::from_slice::<BTreeMap<String, Feed>>(&it).map_err(|it| it.to_string())
    });
    let all = all.map_err(|why| {
        format!(
            "what feeds told before cannot be read either: {}: {why}; mend the feed, or take that \
             file away: then nothing is known of what it warned of",
            file.display()
        )
    })?;
    Ok(all.into_iter().map(|(name, it)| (name, Arc::new(it))).collect())
}

fn feed(file: &Path) -> Result<Feed, String> {
    let told = |what: &dyn std::fmt::Display| format!("{}: {what}", file.display());
    let bytes = disk::read_up_to(file, FEED_BYTES_MAX)
        .map_err(|problem| told(&format_args!("cannot be read: {problem}")))?;
    let text = String::from_utf8(bytes).map_err(|_| told(&"is not UTF-8"))?;
    Feed::read(&text).map_err(|fault| told(&fault))
}

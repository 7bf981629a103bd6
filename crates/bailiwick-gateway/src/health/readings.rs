//! Feeds as they were last read. One that cannot be read any more tells what it told before:
//! whoever breaks it must not give back what it took away, nor keep policies and contracts from
//! coming into force.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use bailiwick_contracts::health::{FEED_BYTES_MAX, Feed};
use bailiwick_core::Day;

use crate::config::Settings;
use crate::{disk, paths};

/// The most that is read of what feeds told before.
const KEPT_BYTES_MAX: u64 = 16 * FEED_BYTES_MAX;

/// What each feed told when it could last be read, by its file.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Readings {
    good: BTreeMap<String, Arc<Feed>>,
    /// What is wrong with feeds that cannot be read.
    pub(super) faults: Vec<String>,
}

impl Readings {
    /// Read the feeds; `before` is what this process read of them, if it did.
    pub(super) fn read(settings: &Settings, before: Option<&Self>) -> Self {
        let mut read = Self::default();
        // Only looked for when a feed cannot be read.
        let mut kept = None;
        for file in &settings.health.feeds {
            let name = file.display().to_string();
            let fault = match feed(file) {
                Ok(feed) => {
                    read.good.insert(name, Arc::new(feed));
                    continue;
                }
                Err(fault) => fault,
            };
            let last = match before {
                Some(before) => before.good.get(&name).cloned(),
                None => kept.get_or_insert_with(|| kept_in(&settings.data)).remove(&name),
            };
            let so = if last.is_some() { "what it told before counts" } else { "it tells nothing" };
            read.faults.push(format!("feed {fault}; {so}"));
            read.good.extend(last.map(|it| (name, it)));
        }
        read
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

/// What feeds told in the life of a process before this one.
fn kept_in(data: &Path) -> BTreeMap<String, Arc<Feed>> {
    let bytes = disk::read_up_to(&paths::health_feeds(data), KEPT_BYTES_MAX).unwrap_or_default();
    let all: BTreeMap<String, Feed> = serde_json::from_slice(&bytes).unwrap_or_default();
    all.into_iter().map(|(name, it)| (name, Arc::new(it))).collect()
}

fn feed(file: &Path) -> Result<Feed, String> {
    let told = |what: &dyn std::fmt::Display| format!("{}: {what}", file.display());
    let bytes = disk::read_up_to(file, FEED_BYTES_MAX)
        .map_err(|problem| told(&format_args!("cannot be read: {problem}")))?;
    let text = String::from_utf8(bytes).map_err(|_| told(&"is not UTF-8"))?;
    Feed::read(&text).map_err(|fault| told(&fault))
}

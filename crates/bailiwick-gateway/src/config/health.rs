//! How it is judged whether anybody looks after the servers.

use std::path::{Path, PathBuf};

use bailiwick_contracts::health::Terms;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether anybody looks after the servers: from files that tell of their sources, which are read
/// again when they change, and from the contracts. Without feeds nothing is judged by age.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct HealthSection {
    /// Files that tell how servers fare, such as `bailiwick contracts collect` writes. All are
    /// put together.
    pub feeds: Vec<String>,
    /// A server whose source has not changed for so many days is stale: its owner is told.
    pub stale_days: u32,
    /// One whose source has not changed for more than so many is abandoned: it takes no new agents
    /// and can only be read.
    pub abandoned_days: u32,
    /// An abandoned server with a serious vulnerability is quarantined after so many days.
    pub grace_days: u32,
    /// What was collected more than so many days ago says nothing good any more.
    pub signals_days: u32,
    /// Whether a server is used only where its contract says where it comes from, who answers for
    /// it, which credentials it has, and by when somebody looks again.
    pub require_record: bool,
}

impl Default for HealthSection {
    fn default() -> Self {
        let Terms { stale_days, abandoned_days, grace_days, signals_days } = Terms::default();
        Self {
            feeds: Vec::new(),
            stale_days,
            abandoned_days,
            grace_days,
            signals_days,
            require_record: false,
        }
    }
}

/// How it is judged.
#[derive(Clone, Debug)]
pub struct HealthSettings {
    /// The files that tell.
    pub feeds: Vec<PathBuf>,
    /// After how many days what comes about.
    pub terms: Terms,
    /// Whether a server is used only with a whole record.
    pub require_record: bool,
}

/// The most feeds.
pub(crate) const FEEDS_MAX: usize = 64;

impl HealthSettings {
    pub(super) fn meant_by(
        said: &HealthSection,
        base: &Path,
        problems: &mut Vec<(String, String)>,
    ) -> Self {
        let mut wrong = |what: String| problems.push(("health".into(), what));
        if said.stale_days == 0 || said.stale_days > said.abandoned_days {
            wrong("stale_days must be from 1 to abandoned_days".into());
        }
        if said.signals_days == 0 {
            wrong("signals_days is 0: signals would be too old on the day that they are of".into());
        }
        if said.feeds.len() > FEEDS_MAX {
            wrong(format!("feeds are more than {FEEDS_MAX}"));
        }
        Self {
            feeds: said.feeds.iter().map(|it| base.join(it)).collect(),
            terms: Terms {
                stale_days: said.stale_days,
                abandoned_days: said.abandoned_days,
                grace_days: said.grace_days,
                signals_days: said.signals_days,
            },
            require_record: said.require_record,
        }
    }
}

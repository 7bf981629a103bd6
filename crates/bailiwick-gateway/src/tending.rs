//! Following how servers stand: by an edit of a feed or a contract, and by the calendar. A change
//! is told and goes on record once, what is off is left, and it is read who has used what.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use bailiwick_contracts::health::State;
use bailiwick_core::{Day, Noticed, ServerId};
use bailiwick_log::{LogError, Reader};
use tokio::time::timeout;

use crate::gate::Gate;
use crate::health::{NO_RECORD, Readings, word};
use crate::{disk, news, paths};

/// How often one looks at the calendar.
const LOOK: Duration = Duration::from_secs(1);
/// The longest wait before what failed is tried again.
const RETRY_MAX: Duration = Duration::from_secs(60);
/// How the words begin by which changes are on record.
const ROOM: &str = "health.";

/// How each server stands, in a word.
type Stand = BTreeMap<String, String>;

/// What follows.
#[derive(Default)]
struct Follower {
    /// The servers that take no new agents, since it was read who has used them.
    closed: BTreeSet<ServerId>,
    /// How each server stood.
    stood: Stand,
    /// How each stood when that was told.
    told: Stand,
    /// What feeds told, as far as that is kept for the next start.
    kept: Readings,
    /// What went wrong since all was well, and was told.
    troubles: BTreeSet<String>,
}

/// Keep up with how servers stand, until the gateway stops.
pub(crate) async fn follow(gate: Arc<Gate>) {
    let mut changes = gate.parts.rules.changes();
    let mut follower = Follower::default();
    let (mut seen, mut wait) = (None, LOOK);
    loop {
        let now = (Day::of(gate.now()), gate.parts.rules.count());
        if seen != Some(now) {
            let attending = Arc::clone(&gate);
            // It may read the whole log.
            let attended = tokio::task::spawn_blocking(move || {
                let is_done = follower.attend(&attending, now.0);
                (follower, is_done)
            });
            let is_done;
            (follower, is_done) = attended.await.unwrap_or_else(|problem| {
                gate.parts.diary.tell(&format!(
                    "how servers stand could not be followed, and is looked at again: {problem}"
                ));
                (Follower::default(), false)
            });
            // What failed is tried again: nothing else may change for long.
            seen = is_done.then_some(now);
            wait = if is_done { LOOK } else { RETRY_MAX.min(wait * 2) };
        }
        let _ = timeout(wait, changes.changed()).await;
    }
}

impl Follower {
    /// Whether all was done that is to be done.
    fn attend(&mut self, gate: &Gate, today: Day) -> bool {
        let is_kept = self.keep_readings(gate);
        let is_learned = self.learn(gate, today);
        let stand = stand(gate, today);
        if stand != self.stood {
            self.leave(gate, today);
            self.stood.clone_from(&stand);
        }
        let is_told = self.told == stand || tell_changes(gate, today, &stand);
        if is_told {
            self.told = stand;
        }
        let is_done = is_kept && is_learned && is_told;
        if is_done {
            self.troubles.clear();
        }
        is_done
    }

    /// Leave the servers that are off.
    fn leave(&self, gate: &Gate, today: Day) {
        let rules = gate.rules();
        let is_off = |it: &ServerId| {
            rules.health.on(it, today).is_some_and(|stage| rules.health.is_off(stage))
        };
        gate.sessions().close_where(|_, server| server.is_some_and(is_off));
        if !self.stood.is_empty() {
            // What callers see may have changed with the calendar alone.
            gate.parts.rules.touch();
        }
    }

    /// Keep what feeds tell: the next start may find one that cannot be read.
    fn keep_readings(&mut self, gate: &Gate) -> bool {
        let rules = gate.rules();
        if rules.health.readings == self.kept {
            return true;
        }
        match rules.health.readings.keep(&gate.settings().data) {
            Ok(()) => self.kept = rules.health.readings.clone(),
            Err(problem) => {
                let what = "what feeds tell cannot be kept for the next start";
                self.trouble(gate, format!("{what}: {problem}"));
                return false;
            }
        }
        true
    }

    /// Read who has used the servers that take no new agents, from today on or from tomorrow: so
    /// nobody waits for that on the day.
    fn learn(&mut self, gate: &Gate, today: Day) -> bool {
        let rules = gate.rules();
        let takes_none = |server: &ServerId, day: Day| {
            rules.health.on(server, day).is_some_and(|it| it.acts.takes_no_new_agents())
        };
        let servers = || gate.parts.servers.keys();
        let closed: BTreeSet<_> = servers().filter(|it| takes_none(it, today)).cloned().collect();
        self.closed.retain(|it| closed.contains(it));
        let is_soon = |it: &ServerId| takes_none(it, today.next()) && !gate.parts.users.has(it);
        let is_due =
            |it: &&ServerId| closed.contains(*it) && !self.closed.contains(*it) || is_soon(it);
        let due: Vec<_> = servers().filter(is_due).cloned().collect();
        if due.is_empty() {
            return true;
        }
        let read = reader(gate).and_then(|it| gate.parts.users.learn(&due, &it, gate.now()));
        if let Err(problem) = read {
            let due: Vec<_> = due.iter().map(ServerId::as_str).collect();
            let due = due.join(", ");
            let what = format!("who has used {due} cannot be read, so all are new: {problem}");
            self.trouble(gate, what);
            return false;
        }
        self.closed = closed;
        true
    }

    /// Tell what went wrong, once while it does.
    fn trouble(&mut self, gate: &Gate, what: String) {
        if !self.troubles.contains(&what) {
            gate.parts.diary.tell(&what);
            self.troubles.insert(what);
        }
    }
}

fn reader(gate: &Gate) -> Result<Reader, LogError> {
    Reader::open_on(&gate.parts.world.disk, &paths::log(&gate.settings().data))
}

/// How each server stands, in a word.
fn stand(gate: &Gate, today: Day) -> Stand {
    let rules = gate.rules();
    let all = gate.parts.servers.keys().filter_map(|server| {
        let stage = rules.health.on(server, today)?;
        let is_bare = rules.health.requires_record() && !stage.is_recorded;
        let word = if is_bare { NO_RECORD.to_owned() } else { word(stage) };
        Some((server.to_string(), word))
    });
    all.collect()
}

/// Tell what changed since it was told last, by this process or another: a start is no change.
/// Whether it is told; else another process just tells.
fn tell_changes(gate: &Gate, today: Day, stand: &Stand) -> bool {
    let data = &gate.settings().data;
    // Each wrap knows one server only, and none must undo what another wrote. Where nothing can be
    // locked, nothing can be written either: then it is told, and told again by the next start.
    let lock = disk::lock(&paths::health_lock(data));
    if matches!(lock, Ok(None)) {
        return false;
    }
    let file = paths::health_told(data);
    let read = disk::read_up_to(&file, TOLD_BYTES_MAX).ok();
    // Where it is lost, what is so is told once more.
    let before: Stand = read.and_then(|it| serde_json::from_slice(&it).ok()).unwrap_or_default();
    let mut told = before.clone();
    for (server, word) in stand {
        let last = before.get(server).map_or(State::Active.as_str(), String::as_str);
        if last != word {
            tell(gate, today, &ServerId::from(server.as_str()), word);
            told.insert(server.clone(), word.clone());
        }
    }
    if told == before {
        return true;
    }
    let written = serde_json::to_vec(&told).map_err(std::io::Error::other);
    if let Err(problem) = written.and_then(|it| disk::replace(&file, &it)) {
        let file = file.display();
        gate.parts.diary.keep(&format!("{file}: the next start will tell it again: {problem}"));
    }
    true
}

/// The most that is read of what was told.
const TOLD_BYTES_MAX: u64 = 4 << 20;
/// The longest detail on record, in characters.
const DETAIL_CHARS_MAX: usize = 500;

fn tell(gate: &Gate, today: Day, server: &ServerId, word: &str) {
    let rules = gate.rules();
    let Some(timeline) = rules.health.timeline(server) else { return };
    let stage = timeline.on(today);
    let owner = rules.contracts.of(server).and_then(|it| it.standing.as_ref()?.owner.as_ref());
    if let Some(owner) = owner {
        // Nothing is taken out of the log again, so no person's name goes into it.
        let owner = owner.said();
        gate.parts.diary.tell(&format!("server {server}: {word}: `{owner}` answers for it"));
    }
    let answers = if owner.is_some() { "its owner is told" } else { "nobody answers for it" };
    let mut detail = answers.to_owned();
    for why in &stage.why {
        detail.push_str("; ");
        detail.push_str(&why.what);
    }
    if stage.more > 0 {
        detail.push_str(&format!("; and {} more reasons", stage.more));
    }
    let detail = detail.chars().take(DETAIL_CHARS_MAX).collect::<String>().into();
    let what = format!("{ROOM}{word}").into();
    news::notice(gate, Noticed { server: server.clone(), tool: None, what, detail });
}

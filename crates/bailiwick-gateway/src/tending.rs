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
    /// What feeds told, as far as that is kept for the next start.
    kept: Readings,
}

/// Keep up with how servers stand, until the gateway stops.
pub(crate) async fn follow(gate: Arc<Gate>) {
    let mut changes = gate.parts.rules.changes();
    let mut follower = Follower::default();
    let mut seen = None;
    loop {
        let now = (Day::of(gate.now()), gate.parts.rules.count());
        if seen != Some(now) {
            let gate = Arc::clone(&gate);
            // It may read the whole log.
            let attended = tokio::task::spawn_blocking(move || {
                follower.attend(&gate, now.0);
                follower
            });
            let Ok(attended) = attended.await else { return };
            (follower, seen) = (attended, Some(now));
        }
        let _ = timeout(LOOK, changes.changed()).await;
    }
}

impl Follower {
    fn attend(&mut self, gate: &Gate, today: Day) {
        self.keep_readings(gate);
        self.learn(gate, today);
        let stand = stand(gate, today);
        if stand == self.stood {
            return;
        }
        tell_changes(gate, today, &stand);
        let rules = gate.rules();
        let is_off = |it: &ServerId| {
            rules.health.on(it, today).is_some_and(|stage| rules.health.is_off(stage))
        };
        gate.sessions().close_where(|_, server| server.is_some_and(is_off));
        if !self.stood.is_empty() {
            // What callers see may have changed with the calendar alone.
            gate.parts.rules.touch();
        }
        self.stood = stand;
    }

    /// Keep what feeds tell: the next start may find one that cannot be read.
    fn keep_readings(&mut self, gate: &Gate) {
        let rules = gate.rules();
        if rules.health.readings == self.kept {
            return;
        }
        match rules.health.readings.keep(&gate.settings().data) {
            Ok(()) => self.kept = rules.health.readings.clone(),
            Err(problem) => gate
                .parts
                .diary
                .tell(&format!("what feeds tell cannot be kept for the next start: {problem}")),
        }
    }

    /// Read who has used the servers that take no new agents, from today on or from tomorrow: so
    /// nobody waits for that on the day.
    fn learn(&mut self, gate: &Gate, today: Day) {
        let rules = gate.rules();
        let takes_none = |server: &ServerId, day: Day| {
            rules.health.on(server, day).is_some_and(|it| it.acts.takes_no_new_agents())
        };
        let mut due = Vec::new();
        for server in gate.parts.servers.keys() {
            let is_closed = takes_none(server, today);
            let is_news = is_closed && !self.closed.contains(server);
            let is_soon = takes_none(server, today.next()) && !gate.parts.users.has(server);
            if is_news || is_soon {
                due.push(server.clone());
            }
            if is_closed {
                self.closed.insert(server.clone());
            } else {
                self.closed.remove(server);
            }
        }
        if due.is_empty() {
            return;
        }
        let read = reader(gate).and_then(|it| gate.parts.users.learn(&due, &it, gate.now()));
        if let Err(problem) = read {
            let due: Vec<_> = due.iter().map(ServerId::as_str).collect();
            gate.parts.diary.tell(&format!(
                "who has used {} cannot be read, so all are new: {problem}",
                due.join(", ")
            ));
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

/// Tell what changed since it was told last, by this process or one before it: a start is no
/// change.
fn tell_changes(gate: &Gate, today: Day, stand: &Stand) {
    let file = paths::health_told(&gate.settings().data);
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
        return;
    }
    let written = serde_json::to_vec(&told).map_err(std::io::Error::other);
    if let Err(problem) = written.and_then(|it| disk::replace(&file, &it)) {
        let file = file.display();
        gate.parts.diary.keep(&format!("{file}: the next start will tell it again: {problem}"));
    }
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

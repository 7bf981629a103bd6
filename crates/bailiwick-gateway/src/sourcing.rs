//! Keeping facts: each source is asked in its time, and what it said comes into force whole.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bailiwick_core::{AdminAct, Digest, Noticed, Record, ServerId, Thing, note};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::config::Origin;
use crate::disk;
use crate::facts::{Came, Said, Source, Tag, fetch};
use crate::gate::Gate;
use crate::news;

/// How often one looks whether a file changed, and whether facts have become too old.
const LOOK: Duration = Duration::from_millis(500);
/// How soon a source that failed is asked again at least.
const AGAIN: Duration = Duration::from_secs(60);

/// Keep every source of facts, for as long as the gateway serves.
pub(crate) async fn keep(gate: Arc<Gate>) {
    let mut tasks = JoinSet::new();
    for place in 0..gate.parts.facts.all.len() {
        tasks.spawn(keep_one(Arc::clone(&gate), place));
    }
    if tasks.is_empty() {
        return;
    }
    loop {
        tokio::time::sleep(LOOK).await;
        let gate = Arc::clone(&gate);
        // What is known may have to be put together anew.
        let _ = tokio::task::spawn_blocking(move || settle(&gate)).await;
    }
}

async fn keep_one(gate: Arc<Gate>, place: usize) {
    let mut tag: Option<Tag> = None;
    loop {
        let Some(source) = gate.parts.facts.all.get(place) else { return };
        let settings = &source.settings;
        let seen = stamp(&settings.origin);
        let wait = match fetch(settings, tag.as_ref()).await {
            Ok(came) => {
                let named = came.tag.clone();
                // However long it says that it holds, it is asked before it is too old.
                let wait = settings.refresh.max(came.holds.min(settings.stale_after / 2));
                let learning = Arc::clone(&gate);
                let learned = move || {
                    let source = learning.parts.facts.all.get(place);
                    source.is_some_and(|source| learn(&learning, source, came))
                };
                let is_known = tokio::task::spawn_blocking(learned).await.unwrap_or(false);
                // What was not taken in is not known, and must be said whole again.
                tag = named.filter(|_| is_known);
                wait
            }
            Err(why) => {
                fail(&gate, source, &why);
                // What it said last may be gone: next time it says everything.
                tag = None;
                settings.refresh.min(AGAIN)
            }
        };
        source.tried.store(true, Ordering::Release);
        let next = Instant::now() + wait;
        while Instant::now() < next && seen == stamp(&settings.origin) {
            tokio::time::sleep(LOOK.min(next - Instant::now())).await;
        }
    }
}

/// How a file looked, where there is one: an edit is read at once.
fn stamp(origin: &Origin) -> Option<impl PartialEq + use<>> {
    match origin {
        Origin::File { file, .. } => disk::stamp(file),
        Origin::Http { .. } | Origin::Sqlite { .. } => None,
    }
}

/// A source could not be asked. What is known from it stays, until it is too old.
fn fail(gate: &Gate, source: &Source, why: &str) {
    let before = source.held().trouble.replace(why.to_owned());
    if before.as_deref() != Some(why) {
        let name = &source.settings.name;
        gate.parts.diary.tell(&format!("facts {name}: it could not be asked: {why}"));
    }
}

/// Bring into force what a source said. False: it could not be, and the former facts stay.
fn learn(gate: &Gate, source: &Source, came: Came) -> bool {
    let facts = &gate.parts.facts;
    let _one = facts.learning.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let before = source.as_of.swap(came.as_of.ns(), Ordering::AcqRel);
    let changed = match came.said {
        Said::Things(things) if *source.things() != *things => {
            Some(std::mem::replace(&mut source.held().things, things.into()))
        }
        Said::Things(_) | Said::Same => None,
    };
    if changed.is_none() && source.held().in_force {
        source.held().trouble = None;
        return true;
    }
    match bring(gate) {
        Ok(()) => {
            source.held().trouble = None;
            if changed.is_some() {
                tell_loaded(gate, source);
            }
            true
        }
        Err(why) => {
            // Nothing of it is in force, so it is as old as it was.
            source.as_of.store(before, Ordering::Release);
            if let Some(before) = changed {
                source.held().things = before;
            }
            fail(gate, source, &why);
            false
        }
    }
}

/// Put together what is believed, and decide by it from now on.
fn bring(gate: &Gate) -> Result<(), String> {
    let (facts, now) = (&gate.parts.facts, gate.now());
    let known = facts.known(now)?;
    gate.parts.rules.learn(gate.settings(), Arc::new(known))?;
    facts.all.iter().for_each(|it| it.held().in_force = !it.is_stale(now));
    Ok(())
}

/// What has become too old is taken out of force, and that is told once.
fn settle(gate: &Gate) {
    let facts = &gate.parts.facts;
    let _one = facts.learning.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let now = gate.now();
    if facts.all.iter().any(|it| it.held().in_force == it.is_stale(now))
        && let Err(why) = bring(gate)
    {
        gate.parts.diary.keep(&format!("facts: {why}"));
    }
    for source in facts.all.iter().filter(|it| it.tried.load(Ordering::Acquire)) {
        let stale = source.is_stale(now);
        let before = source.held().told.replace(stale);
        if before != Some(stale) && (stale || before.is_some()) {
            tell_standing(gate, source, stale);
        }
    }
}

fn tell_standing(gate: &Gate, source: &Source, stale: bool) {
    let name = &source.settings.name;
    let (what, detail) = match source.warning(gate.now()).filter(|_| stale) {
        Some(why) => ("facts.stale", why),
        None => ("facts.fresh", format!("facts {name}: it is known again")),
    };
    let server = ServerId::from(format!("facts/{name}").as_str());
    let (what, detail) = (what.into(), detail.into());
    news::notice(gate, Noticed { server, tool: None, what, detail });
}

fn tell_loaded(gate: &Gate, source: &Source) {
    let things = source.things();
    let target = format!("{} {} things {}", source.settings.name, things.len(), digest(&things));
    gate.parts.diary.tell(&format!("facts loaded: {target}"));
    let act = AdminAct {
        operator: "system".into(),
        role: "system".into(),
        act: "facts.loaded".into(),
        target: target.into(),
        done: true,
    };
    if note(gate.log(), gate.now(), &Record::Admin(act)).is_err() {
        gate.parts.diary.tell("a change of facts could not be recorded");
    }
}

/// The digest of what a source says, whatever its format.
fn digest(things: &[Thing]) -> Digest {
    let mut text = String::new();
    for thing in things {
        let _ = writeln!(text, "{:?} {:?}", thing.kind, thing.id);
        for (name, fact) in &thing.attributes {
            let _ = writeln!(text, " {name:?} {fact:?}");
        }
    }
    Digest::of(text.as_bytes())
}

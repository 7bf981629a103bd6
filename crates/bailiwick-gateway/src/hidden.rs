//! What a caller may not know of, looked for in what it asks of models and in what they write.
//! Which names these are is decided in `view/hidden.rs`.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use bailiwick_core::{
    Digest, Finding, Findings, Identified, Inspector, Inspectors, Pending, Principal, Seen,
    Severity, Timestamp,
};
use bailiwick_guard::{HIDDEN_TOOL, Names, credentials};

use crate::watch::Watch;

/// How many callers' names are held ready.
const CALLERS_MAX: usize = 1024;
/// For how long a caller's names hold, unless the rules change: new tools are looked for after it.
const FRESH_NS: u64 = 5_000_000_000;

/// The names that callers may not know, as they were made ready for each.
#[derive(Default)]
pub(crate) struct HiddenNames(Mutex<Held>);

#[derive(Default)]
struct Held {
    callers: HashMap<Principal, Ready>,
    /// What is looked for, by the digest of the names: most callers may not know the same ones.
    made: HashMap<Digest, Weak<Names>>,
}

/// The names that one caller may not know.
#[derive(Clone)]
pub(crate) struct Ready {
    /// When it was decided.
    pub(crate) since: Timestamp,
    /// The rules that it was decided by, as they are counted.
    pub(crate) rules: u64,
    pub(crate) names: Arc<Names>,
    /// Whether anything at all is hidden, whatever it is called.
    pub(crate) any: bool,
}

/// What is hidden from the caller of one call of a model.
#[derive(Debug)]
pub(crate) struct Hidden {
    pub(crate) names: Arc<Names>,
    pub(crate) who: Identified,
    /// The tools that it brought, less those that were cut.
    pub(crate) kept: Vec<Box<str>>,
    pub(crate) cut: Vec<Box<str>>,
}

impl HiddenNames {
    /// What was made ready for a caller under these rules, and holds.
    pub(crate) fn of(&self, who: &Identified, rules: u64, now: Timestamp) -> Option<Ready> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ready = held.callers.get(who.principal())?;
        let holds = ready.rules == rules && now.since_ns(ready.since) < FRESH_NS;
        holds.then(|| ready.clone())
    }

    /// What looks for these names, by kind: made once for all who may not know them.
    pub(crate) fn looking_for(&self, mut names: Vec<(&'static str, String)>) -> Arc<Names> {
        names.sort_unstable();
        names.dedup();
        let spelled: Vec<u8> = names.iter().flat_map(spelled).collect();
        let digest = Digest::of(&spelled);
        let made = |held: &Held| held.made.get(&digest).and_then(Weak::upgrade);
        if let Some(known) = made(&self.0.lock().unwrap_or_else(PoisonError::into_inner)) {
            return known;
        }
        // Not under the lock: it takes a while where there are thousands.
        let names = Arc::new(Names::new(names.iter().map(|(kind, it)| (*kind, it.as_str()))));
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.made.retain(|_, it| it.strong_count() > 0);
        held.made.insert(digest, Arc::downgrade(&names));
        names
    }

    /// Hold this ready for a caller.
    pub(crate) fn keep(&self, who: &Identified, ready: Ready) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let callers = &mut held.callers;
        if callers.len() >= CALLERS_MAX && !callers.contains_key(who.principal()) {
            let oldest = callers.iter().min_by_key(|(_, it)| it.since).map(|(who, _)| who.clone());
            oldest.iter().for_each(|it| drop(callers.remove(it)));
        }
        callers.insert(who.principal().clone(), ready);
    }
}

fn spelled((kind, name): &(&'static str, String)) -> Vec<u8> {
    let length = (name.len() as u64).to_be_bytes();
    [kind.as_bytes(), &[0], &length, name.as_bytes()].concat()
}

/// Put down that a model calls a tool that is hidden from its caller: nothing of its answer passes
/// any more, which is what false says.
pub(crate) fn found_call(owed: &mut Pending, name: &str) -> bool {
    owed.glance(Inspectors::of(&HiddenCall, &[]), name.as_bytes())
}

/// Finds what it is shown: the name of a tool that a model calls and must not.
struct HiddenCall;

impl Inspector for HiddenCall {
    fn name(&self) -> &'static str {
        "hidden_call"
    }

    fn purpose(&self) -> &'static str {
        "Calls of tools that the caller may not know of."
    }

    fn scan(&self, seen: &Seen<'_>, findings: &mut Findings) {
        findings.push(Finding {
            kind: HIDDEN_TOOL.into(),
            severity: Severity::Withhold,
            offset: seen.offset,
            length: u32::try_from(seen.bytes.len()).unwrap_or(u32::MAX),
        });
    }
}

/// All that may be masked in a text: credentials, and what is hidden from its reader. `None` when
/// the text could not be looked at.
pub(crate) fn maskable(
    text: &str,
    hidden: Option<&Hidden>,
) -> Option<Vec<(&'static str, Range<usize>)>> {
    let mut found = credentials(text)?;
    found.extend(hidden.into_iter().flat_map(|it| it.names.find(text)));
    Some(found)
}

/// Who inspects one call: the gateway's inspectors, and one for what is hidden from its caller.
pub(crate) struct Watching<'a> {
    pub(crate) watch: &'a Watch,
    pub(crate) hidden: Option<&'a Hidden>,
}

impl Watching<'_> {
    pub(crate) fn inspectors(&self) -> Inspectors<'_> {
        Inspectors::of(self, &[])
    }
}

impl Inspector for Watching<'_> {
    fn name(&self) -> &'static str {
        "watching"
    }

    fn purpose(&self) -> &'static str {
        "The gateway's inspectors, and one for what is hidden from the caller."
    }

    fn scan(&self, seen: &Seen<'_>, findings: &mut Findings) {
        self.watch.scan(seen, findings);
        if let Some(hidden) = self.hidden {
            self.watch.guard.scan_for(&hidden.names, seen, findings);
        }
    }
}

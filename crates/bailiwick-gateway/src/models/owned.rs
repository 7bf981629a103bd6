//! What providers keep for their callers: answers, files, batches, containers. Each belongs to
//! whoever it was made for; to all others it is not there, although the provider knows all callers
//! by one key.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bailiwick_core::{Digest, Disposition, Identified, Inspected, Link, Released, ServerId, Value};
use bailiwick_wire::llm::{Collection, Told};

use super::Models;
use super::writer::Writer;
use crate::diary::Diary;
use crate::shares::Shares;
use crate::store::{Change, Owned, Store, StoreError};
use crate::upstream::ProviderCall;

/// How many ids are remembered of what answers left behind, and how many of all else. Of more,
/// whoever has the most loses its oldest, which then are nobody's.
const OWNED_MAX: usize = 65_536;

/// Whose something is: a digest of tenant and chain. A key that is rotated keeps what its owner
/// has.
fn owner(who: &Identified) -> Digest {
    let principal = who.principal();
    let mut all = Vec::with_capacity(128);
    let mut put = |word: &str| {
        all.extend_from_slice(&(word.len() as u64).to_be_bytes());
        all.extend_from_slice(word.as_bytes());
    };
    put(principal.tenant.as_str());
    for link in &principal.chain {
        let (kind, name) = match link {
            Link::Person(it) => ("Person", it.as_str()),
            Link::Agent(it) => ("Agent", it.as_str()),
            Link::System(it) => ("System", it.as_str()),
            Link::Server(it) => ("Server", it.as_str()),
        };
        put(kind);
        put(name);
    }
    Digest::of(&all)
}

/// Who owns what: a table in memory, and behind it what the next start reads.
#[derive(Default)]
pub(crate) struct Owners {
    table: Mutex<Table>,
    writer: Option<Writer>,
}

type Key = (ServerId, Box<str>);

struct Table {
    entries: HashMap<Key, Entry>,
    /// What answers left behind, and all else. A thousand answers push out no file.
    shares: [Shares<Digest, (u64, Key)>; 2],
    next: u64,
}

impl Default for Table {
    fn default() -> Self {
        let shares = [Shares::new(OWNED_MAX), Shares::new(OWNED_MAX)];
        Self { entries: HashMap::new(), shares, next: 0 }
    }
}

struct Entry {
    owner: Digest,
    kind: Box<str>,
    at: u64,
}

impl Table {
    /// Put something down; what is forgotten for it, or nothing when it is somebody's already.
    fn put(&mut self, it: &Owned) -> Option<Option<Key>> {
        let key = (it.provider.clone(), it.id.clone());
        // Who was first keeps it: a provider that repeats an id gives it to nobody else.
        if self.entries.contains_key(&key) {
            return None;
        }
        let (at, owner, kind) = (self.next, it.owner, it.kind.clone());
        self.next += 1;
        let lost = self.shares_of(&kind).add(owner, (at, key.clone()));
        self.entries.insert(key, Entry { owner, kind, at });
        let gone = lost.map(|(_, (_, key))| key);
        gone.iter().for_each(|it| drop(self.entries.remove(it)));
        Some(gone)
    }

    fn shares_of(&mut self, kind: &str) -> &mut Shares<Digest, (u64, Key)> {
        let [answers, others] = &mut self.shares;
        if kind.is_empty() { answers } else { others }
    }

    fn remove(&mut self, key: &Key) {
        if let Some(entry) = self.entries.remove(key) {
            self.shares_of(&entry.kind).remove(&entry.owner, |(at, _)| at.cmp(&entry.at));
        }
    }
}

impl Owners {
    /// Who owns what, as the last gateway left it.
    ///
    /// # Errors
    /// [`StoreError`] when that cannot be read.
    pub(crate) fn open(store: &Arc<Store>, diary: &Arc<Diary>) -> Result<Self, StoreError> {
        let mut table = Table::default();
        let mut gone = Vec::new();
        for owned in store.owned()? {
            gone.extend(table.put(&owned).flatten());
        }
        let writer = Writer::start(Arc::clone(store), Arc::clone(diary))?;
        gone.into_iter().for_each(|(provider, id)| writer.write(Change::Gone(provider, id)));
        Ok(Self { table: Mutex::new(table), writer: Some(writer) })
    }

    fn note(&self, owned: Owned, is_kept: bool) {
        // INVARIANT: changes are written in the order in which they are made in memory.
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(forgotten) = table.put(&owned) else { return };
        let Some(writer) = &self.writer else { return };
        if is_kept {
            writer.write(Change::Made(owned));
        }
        forgotten.into_iter().for_each(|(provider, id)| writer.write(Change::Gone(provider, id)));
    }

    fn forget(&self, key: Key) {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        table.remove(&key);
        if let Some(writer) = &self.writer {
            writer.write(Change::Gone(key.0, key.1));
        }
    }

    fn is_of(&self, provider: &ServerId, id: &str, owner: Digest) -> bool {
        let table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (provider.clone(), Box::from(id));
        table.entries.get(&key).is_some_and(|it| it.owner == owner)
    }
}

/// What an answer made at its provider.
#[derive(Default)]
pub(crate) struct Made {
    all: Vec<Owned>,
    is_stored: bool,
}

impl Made {
    /// What its caller may have of it: nothing where a permit has it masked or blocked, because the
    /// provider keeps the answer as it was.
    pub(crate) fn of(provider: &ProviderCall, inspected: &Inspected, told: &Told) -> Self {
        if told.state.is_empty() || inspected.is_guarded() {
            return Self::default();
        }
        let name = &provider.route.provider.name;
        let call = inspected.call();
        // What the provider does not store is the caller's to bring back; nobody else can.
        let is_stored = call.arguments().member("store") != Some(&Value::Bool(false));
        let owner = owner(call.who());
        let owned = |id: &str| {
            let (provider, id) = (name.clone(), id.into());
            Owned { provider, id, kind: "".into(), owner }
        };
        Self { all: told.state.iter().map(|it| owned(it)).collect(), is_stored }
    }
}

impl Models {
    /// The first of these that is not the caller's.
    pub(crate) fn lacks<'a>(
        &self,
        provider: &ServerId,
        ids: &'a [Box<str>],
        who: &Identified,
    ) -> Option<&'a str> {
        let owner = if ids.is_empty() { return None } else { owner(who) };
        ids.iter().find(|it| !self.owners.is_of(provider, it, owner)).map(|it| &**it)
    }

    /// What an answer made is its caller's from now on, where all of it was released.
    pub(crate) fn owe(&self, made: Made, released: &Released) {
        if released.disposition() == Some(Disposition::Answered) {
            made.all.into_iter().for_each(|it| self.owners.note(it, made.is_stored));
        }
    }

    /// Something of this kind is the caller's from now on.
    pub(crate) fn give(
        &self,
        provider: &ServerId,
        (kind, id): (Collection, &str),
        who: &Identified,
    ) {
        let (provider, id, kind) = (provider.clone(), id.into(), kind.as_str().into());
        self.owners.note(Owned { provider, id, kind, owner: owner(who) }, true);
    }

    /// It is nobody's any more.
    pub(crate) fn forget(&self, provider: &ServerId, id: &str) {
        self.owners.forget((provider.clone(), id.into()));
    }

    /// What the caller has of a kind, newest first: the provider and the id of each.
    pub(crate) fn owned(&self, kind: Collection, who: &Identified) -> Vec<(ServerId, Box<str>)> {
        let owner = owner(who);
        let table = self.owners.table.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = |key: &&Key| {
            let entry = table.entries.get(*key);
            entry.is_some_and(|it| &*it.kind == kind.as_str())
        };
        let [_, others] = &table.shares;
        others.of(&owner).rev().map(|(_, key)| key).filter(is_it).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(id: usize, kind: &str) -> Owned {
        let (id, owner) = (id.to_string().into(), Digest::of(b"ada"));
        Owned { provider: "lab".into(), id, kind: kind.into(), owner }
    }

    fn store(folder: &tempfile::TempDir) -> Arc<Store> {
        Arc::new(Store::open(folder.path()).unwrap())
    }

    fn open(folder: &tempfile::TempDir) -> Owners {
        Owners::open(&store(folder), &Arc::default()).unwrap()
    }

    #[test]
    fn what_is_owned_outlives_the_process_and_what_is_forgotten_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let owners = open(&folder);
        for id in 0..3 {
            owners.note(some(id, "files"), true);
        }
        owners.note(some(3, ""), false);
        owners.note(Owned { owner: Digest::of(b"bob"), ..some(0, "files") }, true);
        owners.forget(("lab".into(), "1".into()));
        drop(owners);
        let again = open(&folder);
        let has = |id: &str, who: &[u8]| again.is_of(&"lab".into(), id, Digest::of(who));
        let [first, gone, last, unkept] = ["0", "1", "2", "3"].map(|it| has(it, b"ada"));
        assert_eq!((first, gone, last, unkept), (true, false, true, false));
        assert!(!has("0", b"bob"), "who was first keeps it");
    }

    /// What a process that is killed has not written is nobody's; what it has written stands.
    #[test]
    fn a_copy_made_in_the_middle_holds_a_beginning_of_what_was_said() {
        let folder = tempfile::tempdir().unwrap();
        let kept = store(&folder);
        let owners = Owners::open(&kept, &Arc::default()).unwrap();
        for id in 0..5_000 {
            owners.note(some(id, "files"), true);
        }
        let killed = tempfile::tempdir().unwrap();
        kept.back_up(&killed.path().join("state.sqlite")).unwrap();
        drop(owners);
        assert_eq!(kept.owned().unwrap().len(), 5_000);
        let written = store(&killed).owned().unwrap();
        let ids: Vec<usize> = written.iter().map(|it| it.id.parse().unwrap()).collect();
        assert!(ids.iter().copied().eq(0..ids.len()), "{ids:?}");
    }

    #[test]
    fn answers_push_out_the_oldest_answers_of_whoever_has_the_most_and_no_file() {
        let mut table = Table::default();
        assert_eq!(table.put(&some(0, "files")), Some(None));
        let others = Owned { owner: Digest::of(b"bob"), ..some(OWNED_MAX + 9, "") };
        assert_eq!(table.put(&others), Some(None));
        for id in 1..OWNED_MAX {
            assert_eq!(table.put(&some(id, "")), Some(None));
        }
        let gone = table.put(&some(OWNED_MAX, "")).unwrap();
        assert_eq!(gone, Some(("lab".into(), "1".into())));
        assert!(table.entries.contains_key(&("lab".into(), "0".into())));
        assert!(table.entries.contains_key(&(others.provider, others.id)), "older, and bob's");
        assert_eq!(table.entries.len(), OWNED_MAX + 1);
    }
}

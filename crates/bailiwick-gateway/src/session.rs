//! Sessions: each binds one principal to one session of an upstream. An id alone proves nothing:
//! every request in a session must show its owner.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use bailiwick_core::{Identified, SessionId, Timestamp};

use crate::adrift::Adrift;
use crate::reading;
use crate::server::Server;
use crate::upstream::{Upstream, Waiting};

/// One session, or the frame of a call that belongs to none.
pub(crate) struct Session {
    /// Who owns it.
    pub(crate) owner: Identified,
    /// The server.
    pub(crate) server: Arc<Server>,
    /// The upstream's side of it.
    pub(crate) upstream: Upstream,
    /// Questions of the server that wait for the client.
    pub(crate) waiting: Arc<Waiting>,
    /// Calls that wait for their answer on another stream.
    pub(crate) adrift: Adrift,
    /// The revision of the protocol that was agreed on.
    revision: OnceLock<Box<str>>,
    used_ns: AtomicU64,
    calls: AtomicUsize,
}

/// A call that is under way in a session.
pub(crate) struct Busy(Arc<Session>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.calls.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Session {
    pub(crate) fn new(
        owner: Identified,
        server: Arc<Server>,
        upstream: Upstream,
        now: Timestamp,
    ) -> Arc<Self> {
        Arc::new(Self {
            owner,
            server,
            upstream,
            waiting: Arc::default(),
            adrift: Adrift::default(),
            revision: OnceLock::new(),
            used_ns: AtomicU64::new(now.ns()),
            calls: AtomicUsize::new(0),
        })
    }

    /// The answer to `initialize` came: what it says is agreed on.
    pub(crate) fn agree(&self, answer: &[u8]) {
        if let Some(revision) = reading::revision(answer) {
            let _ = self.revision.set(revision);
        }
    }

    /// Whether this revision was agreed on.
    pub(crate) fn speaks(&self, revision: &str) -> bool {
        self.revision.get().is_some_and(|it| **it == *revision)
    }

    /// Begin a call; `None` when too many are under way.
    pub(crate) fn begin(self: &Arc<Self>, calls_max: usize, now: Timestamp) -> Option<Busy> {
        self.used_ns.store(now.ns(), Ordering::Relaxed);
        let before = self.calls.fetch_add(1, Ordering::Relaxed);
        let busy = Busy(Arc::clone(self));
        (before < calls_max).then_some(busy)
    }
}

/// A place for a session that is about to begin.
pub(crate) struct Place(Arc<Sessions>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.opening.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The sessions that are open.
pub(crate) struct Sessions {
    table: RwLock<HashMap<SessionId, Arc<Session>>>,
    opening: AtomicUsize,
    most: usize,
    most_each: usize,
    idle_ns: u64,
}

impl Sessions {
    pub(crate) fn new(most: usize, most_each: usize, idle_seconds: u64) -> Self {
        let idle_ns = idle_seconds.saturating_mul(1_000_000_000);
        let opening = AtomicUsize::new(0);
        Self { table: RwLock::default(), opening, most, most_each, idle_ns }
    }

    /// A place for a session that is about to begin; `None` when all are taken, or the caller
    /// has its share. The place is held until the session is open or came to nothing.
    pub(crate) fn reserve(self: &Arc<Self>, caller: &Identified) -> Option<Place> {
        let place = Place(Arc::clone(self));
        let opening = self.opening.fetch_add(1, Ordering::AcqRel);
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        let theirs = table.values().filter(|it| it.owner.is_same_caller(caller)).count();
        let room = table.len() + opening < self.most && theirs < self.most_each;
        drop(table);
        room.then_some(place)
    }

    pub(crate) fn len(&self) -> usize {
        self.table.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    pub(crate) fn open(&self, id: SessionId, session: Arc<Session>) {
        self.table.write().unwrap_or_else(PoisonError::into_inner).insert(id, session);
    }

    /// The caller's session with this id. Another's is as if it were not there.
    pub(crate) fn of(&self, id: &str, caller: &Identified, server: &str) -> Option<Arc<Session>> {
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        let session = table.get(&SessionId::from(id))?;
        let theirs = session.owner.is_same_caller(caller) && session.server.name.as_str() == server;
        theirs.then(|| Arc::clone(session))
    }

    pub(crate) fn close(&self, id: &str) {
        let id = SessionId::from(id);
        let closed = self.table.write().unwrap_or_else(PoisonError::into_inner).remove(&id);
        if let Some(closed) = closed {
            closed.adrift.end();
        }
    }

    /// Close what nobody used for long.
    pub(crate) fn sweep(&self, now: Timestamp) {
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        table.retain(|_, session| {
            let used = Timestamp::from_ns(session.used_ns.load(Ordering::Relaxed));
            session.calls.load(Ordering::Relaxed) > 0 || now.since_ns(used) < self.idle_ns
        });
    }

    /// Close all.
    pub(crate) fn clear(&self) {
        self.table.write().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

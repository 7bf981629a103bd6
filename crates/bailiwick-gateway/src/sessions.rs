//! The sessions that are open, with one server or with all as one: so many and no more, each for
//! its owner only, none for ever.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use bailiwick_core::{Identified, SessionId, Timestamp};

use crate::federated::Federated;
use crate::session::Session;

/// A session with one server, or with all of them as one.
enum Open {
    One(Arc<Session>),
    All(Arc<Federated>),
}

impl Open {
    fn owner(&self) -> &Identified {
        match self {
            Self::One(session) => &session.owner,
            Self::All(federated) => federated.owner(),
        }
    }

    fn is_idle(&self, idle_ns: u64, now: Timestamp) -> bool {
        match self {
            Self::One(session) => session.is_idle(idle_ns, now),
            Self::All(federated) => federated.is_idle(idle_ns, now),
        }
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
    table: RwLock<HashMap<SessionId, Open>>,
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
        let theirs = table.values().filter(|it| it.owner().is_same_caller(caller)).count();
        let room = table.len() + opening < self.most && theirs < self.most_each;
        drop(table);
        room.then_some(place)
    }

    pub(crate) fn len(&self) -> usize {
        self.table.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    pub(crate) fn open(&self, id: SessionId, session: Arc<Session>) {
        self.table.write().unwrap_or_else(PoisonError::into_inner).insert(id, Open::One(session));
    }

    /// Open a session with all servers as one.
    pub(crate) fn open_all(&self, id: SessionId, federated: Arc<Federated>) {
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        table.insert(id, Open::All(federated));
    }

    /// The caller's session of this id with all servers. Another's is as if it were not there.
    pub(crate) fn all(&self, id: &str, caller: &Identified) -> Option<Arc<Federated>> {
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        match table.get(&SessionId::from(id))? {
            Open::All(it) if it.owner().is_same_caller(caller) => Some(Arc::clone(it)),
            Open::All(_) | Open::One(_) => None,
        }
    }

    /// The caller's session with this id. Another's is as if it were not there.
    pub(crate) fn of(&self, id: &str, caller: &Identified, server: &str) -> Option<Arc<Session>> {
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        let Open::One(session) = table.get(&SessionId::from(id))? else { return None };
        let theirs = session.owner.is_same_caller(caller) && session.server.name.as_str() == server;
        theirs.then(|| Arc::clone(session))
    }

    pub(crate) fn close(&self, id: &str) {
        let id = SessionId::from(id);
        let closed = self.table.write().unwrap_or_else(PoisonError::into_inner).remove(&id);
        match closed {
            Some(Open::One(session)) => session.adrift.end(),
            Some(Open::All(federated)) => federated.end_adrift(),
            None => {}
        }
    }

    /// Close what nobody used for long.
    pub(crate) fn sweep(&self, now: Timestamp) {
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        table.retain(|_, session| !session.is_idle(self.idle_ns, now));
    }

    /// Close all.
    pub(crate) fn clear(&self) {
        self.table.write().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

//! The sessions that are open, with one server or with all as one: so many and no more, each for
//! its owner only, none for ever.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use bailiwick_core::{Identified, ServerId, SessionId, Timestamp};

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

    fn server(&self) -> Option<&ServerId> {
        match self {
            Self::One(session) => Some(&session.server.name),
            Self::All(_) => None,
        }
    }

    fn is_idle(&self, idle_ns: u64, now: Timestamp) -> bool {
        match self {
            Self::One(session) => session.is_idle(idle_ns, now),
            Self::All(federated) => federated.is_idle(idle_ns, now),
        }
    }

    /// Whoever waits for something of this session learns that nothing comes any more.
    fn end(&self) {
        match self {
            Self::One(session) => {
                session.adrift.end();
                session.waiting.end();
            }
            Self::All(federated) => {
                federated.end_adrift();
                federated.waiting().end();
            }
        }
    }
}

/// A place for a session that is about to begin, or for a listener that has none.
pub(crate) struct Place {
    sessions: Arc<Sessions>,
    caller: Identified,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut opening = self.sessions.opening();
        let place = opening.iter().position(|it| it.is_same_caller(&self.caller));
        place.map(|it| opening.swap_remove(it));
    }
}

/// The sessions that are open.
pub(crate) struct Sessions {
    table: RwLock<HashMap<SessionId, Open>>,
    /// The callers of those that are about to begin.
    opening: Mutex<Vec<Identified>>,
    most: usize,
    most_each: usize,
    idle_ns: u64,
}

impl Sessions {
    pub(crate) fn new(most: usize, most_each: usize, idle_seconds: u64) -> Self {
        let idle_ns = idle_seconds.saturating_mul(1_000_000_000);
        let opening = Mutex::default();
        Self { table: RwLock::default(), opening, most, most_each, idle_ns }
    }

    /// A place for a session that is about to begin; `None` when all are taken, or the caller
    /// has its share. The place is held until the session is open or came to nothing.
    pub(crate) fn reserve(self: &Arc<Self>, caller: &Identified) -> Option<Place> {
        let mut opening = self.opening();
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        let owners = table.values().map(Open::owner).chain(opening.iter());
        let theirs = owners.filter(|it| it.is_same_caller(caller)).count();
        let room = table.len() + opening.len() < self.most && theirs < self.most_each;
        drop(table);
        room.then(|| {
            opening.push(caller.clone());
            Place { sessions: Arc::clone(self), caller: caller.clone() }
        })
    }

    fn opening(&self) -> MutexGuard<'_, Vec<Identified>> {
        self.opening.lock().unwrap_or_else(PoisonError::into_inner)
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
        if let Some(closed) = closed {
            closed.end();
        }
    }

    /// Close what nobody used for long.
    pub(crate) fn sweep(&self, now: Timestamp) {
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        table.retain(|_, session| {
            let idle = session.is_idle(self.idle_ns, now);
            if idle {
                session.end();
            }
            !idle
        });
    }

    /// Close those of which this holds: of their owner, and of their server where it is one.
    pub(crate) fn close_where(&self, holds: impl Fn(&Identified, Option<&ServerId>) -> bool) {
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        table.retain(|_, session| {
            let closes = holds(session.owner(), session.server());
            if closes {
                session.end();
            }
            !closes
        });
    }

    /// Close all.
    pub(crate) fn clear(&self) {
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        table.drain().for_each(|(_, session)| session.end());
    }
}

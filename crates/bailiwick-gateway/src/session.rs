//! Sessions: each binds one principal to one session of an upstream. An id alone proves nothing:
//! every request in a session must show its owner.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use bailiwick_core::{Identified, Timestamp};
use hyper::header::HeaderValue;

use crate::adrift::Adrift;
use crate::one_of_many::OneOfMany;
use crate::outside::{Guest, Outside};
use crate::pace::Place;
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
    /// How the server is told from others, where the client sees many as one.
    pub(crate) one_of_many: Option<Arc<OneOfMany>>,
    used_ns: AtomicU64,
    calls: AtomicUsize,
}

/// A call that is under way in a session.
pub(crate) struct Busy {
    session: Arc<Session>,
    _guest: Option<Guest>,
    _place: Option<Place>,
}

impl Busy {
    /// The same, holding a place of the caller's key.
    pub(crate) fn holding(mut self, place: Option<Place>) -> Self {
        self._place = place;
        self
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.session.calls.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Session {
    pub(crate) fn new(
        owner: Identified,
        server: Arc<Server>,
        upstream: Upstream,
        now: Timestamp,
    ) -> Arc<Self> {
        Self::joined(owner, server, upstream, (Arc::default(), None), now)
    }

    /// The same, as one of many: their questions wait together.
    pub(crate) fn joined(
        owner: Identified,
        server: Arc<Server>,
        upstream: Upstream,
        (waiting, one_of_many): (Arc<Waiting>, Option<Arc<OneOfMany>>),
        now: Timestamp,
    ) -> Arc<Self> {
        Arc::new(Self {
            owner,
            server,
            upstream,
            waiting,
            one_of_many,
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

    /// The header that names the revision that was agreed on.
    pub(crate) fn version(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(self.revision.get()?).ok()
    }

    /// Whether this revision was agreed on.
    pub(crate) fn speaks(&self, revision: &str) -> bool {
        self.revision.get().is_some_and(|it| **it == *revision)
    }

    /// Begin a call; `None` when too many are under way in this session, or of this caller when
    /// it is no session but the frame of one call. What is a part of a call was counted with it.
    pub(crate) fn begin(
        self: &Arc<Self>,
        outside: &Arc<Outside>,
        most: usize,
        now: Timestamp,
    ) -> Option<Busy> {
        let is_part = self.one_of_many.as_ref().is_some_and(|it| it.is_part());
        let is_frame = self.owner.principal().session.is_none();
        let guest =
            if is_frame && !is_part { Some(outside.enter(&self.owner, most)?) } else { None };
        let (before, busy) = self.busy(guest, now);
        (before < most).then_some(busy)
    }

    /// Begin what stands beside the caller's calls, and takes no place of theirs.
    pub(crate) fn begin_beside(self: &Arc<Self>, now: Timestamp) -> Busy {
        self.busy(None, now).1
    }

    /// One call more, and how many there were.
    fn busy(self: &Arc<Self>, guest: Option<Guest>, now: Timestamp) -> (usize, Busy) {
        self.used_ns.store(now.ns(), Ordering::Relaxed);
        let before = self.calls.fetch_add(1, Ordering::Relaxed);
        (before, Busy { session: Arc::clone(self), _guest: guest, _place: None })
    }

    /// Whether nothing is under way, and nothing was begun for so long.
    pub(crate) fn is_idle(&self, idle_ns: u64, now: Timestamp) -> bool {
        let used = Timestamp::from_ns(self.used_ns.load(Ordering::Relaxed));
        self.calls.load(Ordering::Relaxed) == 0 && now.since_ns(used) >= idle_ns
    }
}

//! What is known of a session of a client with all servers: which of them are open, what the client
//! said to all, and which of them has which request. What is done with it is in `federation`.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bailiwick_core::{Identified, Timestamp};
use bailiwick_wire::mcp::federation::Hello;
use bailiwick_wire::rpc::Id;
use bytes::Bytes;
use hyper::header::HeaderValue;
use tokio::sync::watch;

use crate::one_of_many::OneOfMany;
use crate::queue::{Reader, Writer, queue};
use crate::server::Server;
use crate::session::Session;
use crate::tokens::Tokens;
use crate::upstream::Waiting;

/// How many messages without a stream of their own are kept until the client listens.
const ASIDE: usize = 1024;
/// Of how many requests it is remembered which server has them, so that they can be cancelled.
const REQUESTS_MAX: usize = 1024;

/// Under which decision, on which leaf of the log.
pub(crate) type Stamp = (String, u64);

/// What came of one message to one server.
#[derive(Clone, Debug)]
pub(crate) enum Came {
    /// The server's answer.
    Answered(Bytes, Stamp),
    /// The server's answer is that it failed.
    Erred(Bytes, Stamp),
    /// It took a message to which there is no answer.
    Accepted(Stamp),
    /// Policy forbids it.
    Denied(Stamp),
    /// The server has nothing of that kind, and was not asked.
    NotOffered,
    /// There is no answer that the caller may have, and that is not the server's doing: too much is
    /// under way, something could not be recorded, or the answer may not leave.
    Withheld,
    /// The server gave no answer.
    Silent(Silence),
}

/// Why a server gave no answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Silence {
    /// There may be one yet.
    Late,
    /// There will be none.
    Mute,
    /// A stream ended before it.
    BrokeOff,
    /// It does not answer `initialize` with what it speaks.
    NoHandshake,
}

impl Silence {
    /// As operators are told it.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Late => "it did not answer in time",
            Self::Mute => "it gave no answer",
            Self::BrokeOff => "it broke off",
            Self::NoHandshake => "it shook no hands",
        }
    }
}

impl Came {
    /// The server's answer, where it gave one.
    pub(crate) const fn answer(&self) -> Option<&Bytes> {
        match self {
            Self::Answered(body, _) => Some(body),
            Self::Erred(..)
            | Self::Accepted(_)
            | Self::Denied(_)
            | Self::NotOffered
            | Self::Withheld
            | Self::Silent(_) => None,
        }
    }

    /// Under which decision it came, where there was one.
    pub(crate) const fn stamp(&self) -> Option<&Stamp> {
        match self {
            Self::Answered(_, stamp)
            | Self::Erred(_, stamp)
            | Self::Accepted(stamp)
            | Self::Denied(stamp) => Some(stamp),
            Self::NotOffered | Self::Withheld | Self::Silent(_) => None,
        }
    }
}

/// An attempt to open a server, and what came of it once it has ended.
pub(crate) type Attempt = watch::Receiver<Option<Result<Arc<Open>, Came>>>;

/// What the client said that a server which is opened later must be told too.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// That it has taken in the answer to `initialize`.
    pub(crate) initialized: Option<Bytes>,
    /// How much it wants to be logged.
    pub(crate) level: Option<Bytes>,
}

/// A session of a client with all servers.
pub(crate) struct Federated {
    pub(crate) owner: Identified,
    /// The client's own `initialize`, in its bytes.
    pub(crate) hello: Bytes,
    pub(crate) members: Vec<Arc<Member>>,
    pub(crate) said: Mutex<Said>,
    pub(crate) waiting: Arc<Waiting>,
    pub(crate) tokens: Arc<Tokens>,
    requests: Mutex<Requests>,
    pub(crate) aside: Writer,
    pub(crate) kept: Mutex<Option<Reader>>,
    pub(crate) listening: AtomicBool,
    ended: watch::Sender<bool>,
    used_ns: AtomicU64,
}

/// Which server has which request, of the latest ones.
#[derive(Default)]
struct Requests {
    server: HashMap<Id, Arc<Member>>,
    order: VecDeque<Id>,
}

impl Federated {
    /// A session with these servers that begins with this message. Nothing is opened yet.
    pub(crate) fn new(
        owner: Identified,
        hello: Bytes,
        mut servers: Vec<Arc<Server>>,
        now: Timestamp,
    ) -> Arc<Self> {
        servers.sort_by(|a, b| a.name.cmp(&b.name));
        let (aside, kept) = queue(ASIDE);
        let tokens = Arc::<Tokens>::default();
        let member = |it| Arc::new(Member::new(it, Arc::clone(&tokens)));
        Arc::new(Self {
            owner,
            hello,
            members: servers.into_iter().map(member).collect(),
            said: Mutex::default(),
            waiting: Arc::default(),
            tokens,
            requests: Mutex::default(),
            aside,
            kept: Mutex::new(Some(kept)),
            listening: AtomicBool::new(false),
            ended: watch::Sender::new(false),
            used_ns: AtomicU64::new(now.ns()),
        })
    }

    pub(crate) const fn owner(&self) -> &Identified {
        &self.owner
    }

    /// Where answers to servers' questions are awaited.
    pub(crate) fn waiting(&self) -> &Waiting {
        &self.waiting
    }

    /// What is known of this server here.
    pub(crate) fn member(&self, server: &Arc<Server>) -> Option<Arc<Member>> {
        self.members.iter().find(|it| Arc::ptr_eq(&it.server, server)).cloned()
    }

    /// Those servers that are open.
    pub(crate) fn alive(&self) -> Vec<(Arc<Member>, Arc<Open>)> {
        let alive = |it: &Arc<Member>| it.alive().map(|open| (Arc::clone(it), open));
        self.members.iter().filter_map(alive).collect()
    }

    pub(crate) fn said(&self) -> MutexGuard<'_, Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remember which server has a request.
    pub(crate) fn sent(&self, id: &Id, member: &Arc<Member>) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let Requests { server, order } = &mut *requests;
        if order.len() >= REQUESTS_MAX
            && let Some(oldest) = order.pop_front()
        {
            server.remove(&oldest);
        }
        if server.insert(id.plain(), Arc::clone(member)).is_none() {
            order.push_back(id.plain());
        }
    }

    /// The server that has a request.
    pub(crate) fn asked(&self, id: &Id) -> Option<Arc<Member>> {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests.server.get(&id.plain()).cloned()
    }

    /// The session is over: nobody asks for answers any more whose stream is gone, nobody is
    /// listened to, and no server is opened.
    pub(crate) fn end_adrift(&self) {
        self.ended.send_replace(true);
        self.alive().iter().for_each(|(_, open)| open.session.adrift.end());
    }

    pub(crate) fn has_ended(&self) -> bool {
        *self.ended.borrow()
    }

    /// Wait until the session is over.
    pub(crate) async fn ended(&self) {
        // Who tells it lives as long as this does.
        drop(self.ended.subscribe().wait_for(|it| *it).await);
    }

    /// Where messages go that have no stream of their own.
    pub(crate) fn aside(&self) -> Writer {
        self.aside.clone()
    }

    pub(crate) fn touch(&self, now: Timestamp) {
        self.used_ns.store(now.ns(), Ordering::Relaxed);
    }

    pub(crate) fn is_idle(&self, idle_ns: u64, now: Timestamp) -> bool {
        let used = Timestamp::from_ns(self.used_ns.load(Ordering::Relaxed));
        let quiet = |(_, open): &(_, Arc<Open>)| open.session.is_idle(idle_ns, now);
        let listens = self.listening.load(Ordering::Acquire);
        !listens && now.since_ns(used) >= idle_ns && self.alive().iter().all(quiet)
    }
}

/// One server in a session with all.
pub(crate) struct Member {
    pub(crate) server: Arc<Server>,
    pub(crate) naming: Arc<OneOfMany>,
    /// The latest attempt to open it.
    pub(crate) opening: Mutex<Option<Attempt>>,
    pub(crate) open: watch::Sender<Option<Arc<Open>>>,
    /// The client was shown a list without it.
    pub(crate) missed: AtomicBool,
}

/// A server with which hands were shaken.
pub(crate) struct Open {
    pub(crate) session: Arc<Session>,
    /// Under which decision hands were shaken.
    pub(crate) greeted: Stamp,
    /// The revision that was agreed on with it.
    pub(crate) version: Option<HeaderValue>,
    /// What it said of itself.
    pub(crate) hello: Hello,
    /// Whether it knows that the client has taken in the answer to `initialize`.
    pub(crate) initialized: AtomicBool,
}

impl Member {
    pub(crate) fn new(server: Arc<Server>, tokens: Arc<Tokens>) -> Self {
        Self {
            naming: Arc::new(OneOfMany::new(server.name.clone(), tokens)),
            server,
            opening: Mutex::default(),
            open: watch::Sender::new(None),
            missed: AtomicBool::new(false),
        }
    }

    /// The session with it, when it is open and did not die.
    pub(crate) fn alive(&self) -> Option<Arc<Open>> {
        self.open.borrow().clone().filter(|it| !it.session.upstream.is_dead())
    }

    /// Tells of each time that it is opened.
    pub(crate) fn watch(&self) -> watch::Receiver<Option<Arc<Open>>> {
        self.open.subscribe()
    }

    /// Whether the client was shown a list without it, and was not told since that it is back. That
    /// is told now: whoever asks again is answered no.
    pub(crate) fn take_missed(&self) -> bool {
        self.missed.swap(false, Ordering::AcqRel)
    }
}

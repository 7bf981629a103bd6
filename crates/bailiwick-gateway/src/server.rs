//! One upstream server: how it is reached, and what it offers.

use std::sync::{Arc, Mutex, PoisonError};

use bailiwick_core::{Identified, Noticed, ServerId, Timestamp};
use bytes::Bytes;
use hyper::Uri;
use tokio::sync::mpsc;

use crate::catalogue::Catalogue;
use crate::config::{Launch, ServerSettings, Settings, Transport};
use crate::diary::Diary;
use crate::era::Eras;
use crate::rules::RulesInForce;
use crate::tasks::Tasks;
use crate::terms::Terms;
use crate::unfinished::Unfinished;
use crate::upstream::{
    Away, ChildSpec, HttpCall, HttpLink, Nursery, Pool, Repeats, Speech, StdioLink, Trouble,
    Upstream,
};

/// The name under which what concerns no server by name is decided and recorded. No server can have
/// it.
pub(crate) const EVERY: &str = "*";

/// One upstream server.
pub(crate) struct Server {
    pub(crate) name: ServerId,
    pub(crate) catalogue: Catalogue,
    pub(crate) eras: Eras,
    pub(crate) tasks: Tasks,
    pub(crate) unfinished: Unfinished,
    absence: Mutex<Option<&'static str>>,
    reach: Reach,
}

enum Reach {
    Child(Arc<ChildSpec>, Nursery),
    Http(Arc<Pool>, Uri, Speech),
}

impl Server {
    pub(crate) fn new(
        meant: &ServerSettings,
        settings: &Settings,
        (diary, rules): (&Arc<Diary>, &Arc<RulesInForce>),
        alive: &mpsc::Sender<()>,
    ) -> Self {
        let reach = match meant.launch.clone() {
            Launch::Child { program, arguments, directory, environment, shares_stderr } => {
                let words = std::iter::once(&program).chain(&arguments).cloned().collect();
                let launch = (program, arguments, directory, environment);
                let spec = ChildSpec::new(
                    meant.name.clone(),
                    launch,
                    settings.limits.message_bytes,
                    Arc::clone(diary),
                    alive.clone(),
                );
                let spec = spec.sharing_stderr(shares_stderr);
                let (name, egress) = (meant.name.clone(), meant.egress);
                let terms = Terms::new(name, words, egress, settings, Arc::clone(rules));
                let spec = Arc::new(spec.under(Arc::new(terms)));
                let idle = settings.limits.idle_session_seconds;
                let nursery = Nursery::new(Arc::clone(&spec), idle.saturating_mul(1_000_000_000));
                Reach::Child(spec, nursery)
            }
            Launch::Http(address, transport) => {
                let speech = match transport {
                    Some(Transport::StreamableHttp) => Speech::Streamable,
                    Some(Transport::Sse) => Speech::Older,
                    None => Speech::Unknown(Arc::default()),
                };
                Reach::Http(Arc::new(Pool::new(&address)), address, speech)
            }
        };
        let name = meant.name.clone();
        let (catalogue, eras, tasks, unfinished) = Default::default();
        Self { name, catalogue, eras, tasks, unfinished, absence: Mutex::default(), reach }
    }

    /// Whether it is a process that we start, and not at an address.
    pub(crate) const fn is_process(&self) -> bool {
        match self.reach {
            Reach::Child(..) => true,
            Reach::Http(..) => false,
        }
    }

    /// A new session's side of the server. Nothing is started or connected yet.
    pub(crate) fn link(&self) -> Upstream {
        match &self.reach {
            Reach::Child(spec, _) => Upstream::Stdio(Arc::new(StdioLink::new(Arc::clone(spec)))),
            Reach::Http(pool, address, speech) => {
                let link = HttpLink::new(Arc::clone(pool), address, speech.clone());
                Upstream::Http(Arc::new(link))
            }
        }
    }

    /// The far side of one call of the modern era, and the message as it goes there. `None` when
    /// too many callers are served already.
    pub(crate) fn one_call(
        &self,
        who: &Identified,
        body: Bytes,
        how: (Repeats, Away),
        now: Timestamp,
    ) -> Option<(Upstream, Bytes)> {
        let (repeats, away) = how;
        match &self.reach {
            Reach::Child(_, nursery) => {
                let (call, body) = nursery.call(who, &body, away, now)?;
                Some((Upstream::Warm(call), body))
            }
            Reach::Http(pool, address, _) => {
                let call = HttpCall::new(Arc::clone(pool), address, repeats, away);
                Some((Upstream::HttpCall(call), body))
            }
        }
    }

    /// End what nobody used for long.
    pub(crate) fn sweep(&self, now: Timestamp) {
        match &self.reach {
            Reach::Child(_, nursery) => nursery.sweep(now),
            Reach::Http(..) => {}
        }
    }

    /// What was found about its processes and not told as yet.
    pub(crate) fn noticed(&self, now: Timestamp) -> Vec<Noticed> {
        match &self.reach {
            Reach::Child(spec, _) => spec.terms().map_or_else(Vec::new, |it| it.noticed(now)),
            Reach::Http(..) => Vec::new(),
        }
    }

    /// What its processes were kept from just now.
    pub(crate) fn kept_from(&self) -> Option<String> {
        match &self.reach {
            Reach::Child(spec, _) => spec.terms()?.kept_from(),
            Reach::Http(..) => None,
        }
    }

    /// Why it is missing where all servers are listed as one, if it is.
    pub(crate) fn absence(&self) -> Option<&'static str> {
        *self.absence.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It is missing, or there again. True when that is news.
    pub(crate) fn set_absence(&self, why: Option<&'static str>) -> bool {
        let mut absence = self.absence.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *absence, why) != why
    }

    /// What went wrong with it last.
    pub(crate) fn trouble(&self) -> &Trouble {
        match &self.reach {
            Reach::Child(spec, _) => &spec.trouble,
            Reach::Http(pool, ..) => &pool.trouble,
        }
    }

    /// Why the last try to start a process of it failed, if it did.
    pub(crate) fn unstarted(&self) -> Option<String> {
        match &self.reach {
            Reach::Child(spec, _) => spec.unstarted(),
            Reach::Http(..) => None,
        }
    }

    /// Wait no longer for a server at an address: calls under way end, each with its outcome.
    pub(crate) fn hang_up(&self) {
        match &self.reach {
            Reach::Child(..) => {}
            Reach::Http(pool, ..) => pool.hang_up(),
        }
    }

    /// Start no more processes.
    pub(crate) fn shut_down(&self) {
        match &self.reach {
            Reach::Child(spec, nursery) => {
                spec.shut_down();
                nursery.clear();
            }
            Reach::Http(..) => {}
        }
    }
}

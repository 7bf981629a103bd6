//! One upstream server: how it is reached, and what it offers.

use std::sync::Arc;

use bailiwick_core::ServerId;
use hyper::Uri;
use tokio::sync::mpsc;

use crate::catalogue::Catalogue;
use crate::config::{Launch, ServerSettings, Settings, Transport};
use crate::diary::Diary;
use crate::upstream::{ChildSpec, HttpLink, Pool, Speech, StdioLink, Upstream};

/// One upstream server.
pub(crate) struct Server {
    pub(crate) name: ServerId,
    pub(crate) catalogue: Catalogue,
    reach: Reach,
}

enum Reach {
    Child(Arc<ChildSpec>),
    Http(Arc<Pool>, Uri, Speech),
}

impl Server {
    pub(crate) fn new(
        meant: &ServerSettings,
        settings: &Settings,
        diary: &Arc<Diary>,
        alive: &mpsc::Sender<()>,
    ) -> Self {
        let reach = match meant.launch.clone() {
            Launch::Child { program, arguments, directory, environment } => {
                Reach::Child(Arc::new(ChildSpec::new(
                    meant.name.clone(),
                    (program, arguments, directory, environment),
                    settings.limits.message_bytes,
                    Arc::clone(diary),
                    alive.clone(),
                )))
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
        Self { name: meant.name.clone(), catalogue: Catalogue::default(), reach }
    }

    /// A new session's side of the server. Nothing is started or connected yet.
    pub(crate) fn link(&self) -> Upstream {
        match &self.reach {
            Reach::Child(spec) => Upstream::Stdio(Arc::new(StdioLink::new(Arc::clone(spec)))),
            Reach::Http(pool, address, speech) => {
                let link = HttpLink::new(Arc::clone(pool), address, speech.clone());
                Upstream::Http(Arc::new(link))
            }
        }
    }

    /// Start no more processes.
    pub(crate) fn shut_down(&self) {
        match &self.reach {
            Reach::Child(spec) => spec.shut_down(),
            Reach::Http(..) => {}
        }
    }
}

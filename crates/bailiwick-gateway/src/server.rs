//! One upstream server: how it is reached, and what it offers.

use std::sync::Arc;

use bailiwick_core::ServerId;
use hyper::Uri;
use tokio::sync::mpsc;

use crate::catalogue::Catalogue;
use crate::config::{Launch, ServerSettings, Settings};
use crate::diary::Diary;
use crate::upstream::{ChildSpec, HttpLink, Pool, StdioLink, Upstream};

/// One upstream server.
pub(crate) struct Server {
    pub(crate) name: ServerId,
    pub(crate) catalogue: Catalogue,
    reach: Reach,
}

enum Reach {
    Child(Arc<ChildSpec>),
    Http(Arc<Pool>, Uri),
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
            Launch::Http(address) => Reach::Http(Arc::new(Pool::new(&address)), address),
        };
        Self { name: meant.name.clone(), catalogue: Catalogue::default(), reach }
    }

    /// A new session's side of the server. Nothing is started or connected yet.
    pub(crate) fn link(&self) -> Upstream {
        match &self.reach {
            Reach::Child(spec) => Upstream::Stdio(Arc::new(StdioLink::new(Arc::clone(spec)))),
            Reach::Http(pool, address) => {
                Upstream::Http(Arc::new(HttpLink::new(Arc::clone(pool), address)))
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

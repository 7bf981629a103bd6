//! Opening one server in a session with all: when it is needed, anew when it died, and never half
//! alive: what the client said to all is said to it before anything else.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bailiwick_wire::mcp::federation::{Hello, hello};
use hyper::header::HeaderValue;

use super::ask::{Came, Interims, LATE, ask, end};
use crate::federated::{Federated, Member, Open, Stamp};
use crate::gate::Gate;
use crate::session::Session;
use crate::upstream::Upstream;

impl Member {
    /// Its session, opened now when it is not; `None` when that fails.
    pub(crate) async fn open(&self, gate: &Arc<Gate>, all: &Federated) -> Option<Arc<Open>> {
        if let Some(open) = self.alive() {
            return Some(open);
        }
        let _alone = self.opening.lock().await;
        if let Some(open) = self.alive() {
            return Some(open);
        }
        let mut open = self.frame(gate, all, self.server.link());
        let aside = Interims::Later(all.aside.clone());
        let Came::Answered(answer, greeted) =
            ask(gate, &open, all.hello.clone(), None, &aside).await
        else {
            return None;
        };
        open.greeted = greeted;
        open.hello = hello(&answer)?;
        open.version = HeaderValue::from_str(&open.hello.revision).ok();
        self.catch_up(gate, all, &open, &aside).await;
        let open = Arc::new(open);
        self.open.send_replace(Some(Arc::clone(&open)));
        // The client may have said so just now, when it could not be seen yet that this is open.
        self.initialize(gate, all, &open).await;
        Some(open)
    }

    /// A session with it over this link, with which no hands were shaken yet.
    fn frame(&self, gate: &Gate, all: &Federated, link: Upstream) -> Open {
        let waiting = (Arc::clone(&all.waiting), Some(Arc::clone(&self.naming)));
        let server = Arc::clone(&self.server);
        let session = Session::joined(all.owner.clone(), server, link, waiting, gate.now());
        let initialized = AtomicBool::new(false);
        let (greeted, hello) = (Stamp::default(), Hello::default());
        Open { session, greeted, version: None, hello, initialized }
    }

    /// The frame of a call to a server that cannot be opened: it is decided and recorded all the
    /// same, and reaches nobody.
    pub(crate) fn unreachable(&self, gate: &Gate, all: &Federated) -> Arc<Open> {
        Arc::new(self.frame(gate, all, Upstream::Nowhere))
    }

    /// Tell it what the client said to all, and wants to hear of.
    async fn catch_up(&self, gate: &Arc<Gate>, all: &Federated, open: &Open, aside: &Interims) {
        self.initialize(gate, all, open).await;
        let level = all.said().level.clone().filter(|_| open.hello.logging);
        for said in level.into_iter().chain(self.naming.subscriptions()) {
            // What it answers is on record, and the client has had its answer before.
            drop(ask(gate, open, said, None, aside).await);
        }
    }

    /// Tell it that the client has taken in the answer to `initialize`: once, and not before.
    pub(crate) async fn initialize(&self, gate: &Arc<Gate>, all: &Federated, open: &Open) {
        let Some(said) = all.said().initialized.clone() else { return };
        if !open.initialized.swap(true, Ordering::AcqRel) {
            let aside = Interims::Later(all.aside.clone());
            drop(ask(gate, open, said, None, &aside).await);
        }
    }

    /// It was missing from a list that the client was shown, or was not. Each change is told to the
    /// operators; when it cannot be reached, it is looked for from now on.
    pub(super) fn missed(&self, gate: &Gate, why: Option<&'static str>) {
        self.missed.store(why.is_some(), Ordering::Release);
        // One that is only late would be listed, told of, asked for and late again, without end.
        if why.is_some_and(|it| it != LATE) {
            self.server.catalogue.wanted.notify_one();
        }
        if self.server.set_absence(why) {
            let name = &self.server.name;
            gate.parts.diary.tell(&match why {
                Some(why) => format!("server {name}: its tools are missing at /mcp: {why}"),
                None => format!("server {name}: its tools are there again at /mcp"),
            });
        }
    }

    /// End its session, if there is one.
    pub(crate) async fn close(&self, gate: &Arc<Gate>) {
        let open = self.open.send_replace(None);
        if let Some(open) = open {
            end(gate, &open).await;
        }
    }
}

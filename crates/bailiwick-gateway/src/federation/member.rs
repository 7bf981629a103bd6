//! Opening one server in a session with all: when it is needed, anew when it died, and never half
//! alive: what the client said to all is said to it before anything else.
//!
//! An attempt goes on by itself, for whoever waits for it and whoever does not: all who wait have
//! its outcome, and none of them tries again after it failed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bailiwick_wire::mcp::federation::{Hello, hello};
use hyper::header::HeaderValue;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::absence::absent;
use super::ask::{Interims, ask, end};
use crate::federated::{Attempt, Came, Federated, Member, Open, Silence, Stamp};
use crate::gate::Gate;
use crate::session::Session;
use crate::upstream::Upstream;

impl Member {
    /// Its session, opened now when it is not.
    ///
    /// # Errors
    /// What came of the attempt, or that it takes longer than the slowest is waited for.
    pub(crate) async fn open(
        self: &Arc<Self>,
        gate: &Arc<Gate>,
        all: &Arc<Federated>,
    ) -> Result<Arc<Open>, Came> {
        if let Some(open) = self.alive() {
            return Ok(open);
        }
        let patience = Duration::from_secs(gate.settings().limits.gather_seconds);
        let mut attempt = self.attempt(gate, all);
        match timeout(patience, attempt.wait_for(Option::is_some)).await {
            Ok(Ok(came)) => came.clone().unwrap_or(Err(Came::Withheld)),
            Ok(Err(_)) => Err(Came::Withheld),
            Err(_) => Err(Came::Silent(Silence::Late)),
        }
    }

    /// The attempt to open it that is under way, or one that begins now.
    fn attempt(self: &Arc<Self>, gate: &Arc<Gate>, all: &Arc<Federated>) -> Attempt {
        let mut opening = self.opening.lock().unwrap_or_else(PoisonError::into_inner);
        let is_under_way = |it: &&Attempt| it.has_changed().is_ok() && it.borrow().is_none();
        if let Some(attempt) = opening.as_ref().filter(is_under_way) {
            return attempt.clone();
        }
        let (tell, attempt) = watch::channel(None);
        *opening = Some(attempt.clone());
        let (member, gate, all) = (Arc::clone(self), Arc::clone(gate), Arc::clone(all));
        // Dropped half way it would owe the log what came of it.
        tokio::spawn(async move { tell.send_replace(Some(member.shake_hands(&gate, &all).await)) });
        attempt
    }

    async fn shake_hands(&self, gate: &Arc<Gate>, all: &Federated) -> Result<Arc<Open>, Came> {
        // The attempt before this one may have ended just now.
        if let Some(open) = self.alive() {
            return Ok(open);
        }
        let mut open = self.frame(gate, all, self.server.link());
        let aside = Interims::Later(all.aside.clone());
        let (answer, greeted) = match ask(gate, &open, all.hello.clone(), None, &aside).await {
            Came::Answered(answer, greeted) => (answer, greeted),
            // One of the other era is not missing: it has no part in sessions.
            Came::Erred(..) if self.server.eras.is_modern(gate.now()) == Some(true) => {
                return Err(Came::NotOffered);
            }
            Came::Erred(..) | Came::Accepted(_) => return Err(Came::Silent(Silence::NoHandshake)),
            came @ (Came::Denied(_) | Came::NotOffered | Came::Withheld | Came::Silent(_)) => {
                return Err(came);
            }
        };
        open.greeted = greeted;
        open.hello = hello(&answer).ok_or(Came::Silent(Silence::Mute))?;
        open.version = HeaderValue::from_str(&open.hello.revision).ok();
        self.catch_up(gate, all, &open, &aside).await;
        let open = Arc::new(open);
        self.open.send_replace(Some(Arc::clone(&open)));
        // The session may have ended meanwhile, and whoever ended it did not see this one.
        if all.has_ended() {
            self.close(gate).await;
            return Err(Came::Withheld);
        }
        // The client may have said so just now, when it could not be seen yet that this is open.
        self.initialize(gate, all, &open).await;
        Ok(open)
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

    /// Tell it what the client said to all, and wants to hear of: each of it for as long as the
    /// slowest is waited for, and all of it for as long as a server has for an answer.
    async fn catch_up(&self, gate: &Arc<Gate>, all: &Federated, open: &Open, aside: &Interims) {
        self.initialize(gate, all, open).await;
        let level = all.said().level.clone().filter(|_| open.hello.logging);
        let limits = &gate.settings().limits;
        let each = Duration::from_secs(limits.gather_seconds);
        let ends = Instant::now() + Duration::from_secs(limits.answer_seconds);
        for said in level.into_iter().chain(self.naming.subscriptions()) {
            if Instant::now() >= ends {
                return;
            }
            // What it answers is on record, and the client has had its answer before.
            drop(ask(gate, open, said, Some(each), aside).await);
        }
    }

    /// Tell it that the client has taken in the answer to `initialize`: once, and not before.
    pub(crate) async fn initialize(
        &self,
        gate: &Arc<Gate>,
        all: &Federated,
        open: &Open,
    ) -> Option<Came> {
        let said = all.said().initialized.clone()?;
        if open.initialized.swap(true, Ordering::AcqRel) {
            return None;
        }
        let aside = Interims::Later(all.aside.clone());
        Some(ask(gate, open, said, None, &aside).await)
    }

    /// It was missing from a list that the client was shown, or was not. Each change is told to the
    /// operators; when it cannot be reached, it is looked for from now on.
    pub(super) fn missed(&self, gate: &Gate, why: Option<Silence>) {
        self.missed.store(why.is_some(), Ordering::Release);
        absent(gate, &self.server, why);
    }

    /// End its session, if there is one.
    pub(crate) async fn close(&self, gate: &Arc<Gate>) {
        let open = self.open.send_replace(None);
        if let Some(open) = open {
            end(gate, &open).await;
        }
    }
}

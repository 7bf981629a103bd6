//! `bailiwick wrap`: a gateway for one client on standard input and output, before one server: a
//! process that it starts itself, or one at an address. It listens nowhere.

mod free;
mod talk;

use std::sync::Arc;
use std::time::Duration;

use bailiwick_core::{Record, note};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use self::talk::Talk;

use crate::config::Settings;
use crate::diary::Diary;
use crate::front::{self, Line, Stdio};
use crate::gate::Gate;
use crate::listener::Listener;
use crate::listing::{self, Within};
use crate::news;
use crate::recording;
use crate::run::{self, CHILDREN_PATIENCE, SWEEP};
use crate::scribe::Scribe;
use crate::server::Server;
use crate::sourcing;
use crate::start_error::StartError;
use crate::stopping;
use crate::tending;

/// How long calls under way may take when the client says no more.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// How long they may take to end when their server was ended.
const OUTCOMES: Duration = Duration::from_secs(2);

/// Why it is over.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ended {
    /// The client closed our input, or asked us to end.
    ByClient,
    /// The server's process ended, or can be talked to no more.
    ByServer,
}

/// A gateway for one client and one server.
pub struct Wrap {
    gate: Arc<Gate>,
    server: Arc<Server>,
    children_gone: mpsc::Receiver<()>,
    background: JoinSet<()>,
    listing: JoinSet<()>,
    /// Tells the listing in which session the server may be listed.
    listable: Option<oneshot::Sender<Within>>,
}

impl Wrap {
    /// Open state and log, and load the rules. The one server of these settings is started when
    /// the client asks for it.
    ///
    /// # Errors
    /// [`StartError`] with what to do.
    pub async fn start(settings: Settings, diary: Arc<Diary>) -> Result<Self, StartError> {
        let (alive, children_gone) = mpsc::channel(1);
        // Nobody connects to a wrap.
        let settings = Settings { tls: None, ..settings };
        let held = (diary, alive);
        let mut parts = run::put_together(settings, held, recording::world, Scribe::shared)?;
        parts.listener = Listener::Stdio;
        // The secrets are the client's own: until now it saw them in answers, and did not stumble.
        parts.observer.holds_back = false;
        let server = parts.servers.values().next().map(Arc::clone);
        let server = server.ok_or_else(|| StartError::File("no server is named".into()))?;
        let gate = Arc::new(Gate { parts });
        let started = Record::Started { version: env!("CARGO_PKG_VERSION").into() };
        note(gate.log(), gate.now(), &started)?;
        news::tell_stance(&gate);
        news::tell_admission(&gate);
        let (listable, within) = oneshot::channel();
        let (mut background, mut listing) = (JoinSet::new(), JoinSet::new());
        listing.spawn(list(Arc::clone(&gate), Arc::clone(&server), within));
        let watching = Arc::clone(&gate);
        background.spawn(async move {
            let tell = |change| news::tell(&watching, change);
            watching.parts.rules.watch(watching.settings(), tell).await;
        });
        let beating = Arc::clone(&gate);
        background.spawn(async move { run::heartbeats(&beating).await });
        background.spawn(stopping::keep(Arc::clone(&gate)));
        background.spawn(sourcing::keep(Arc::clone(&gate)));
        background.spawn(tending::follow(Arc::clone(&gate)));
        let holding = Arc::clone(&gate);
        background.spawn(async move { holding.log().make_way().await });
        let listable = Some(listable);
        Ok(Self { gate, server, children_gone, background, listing, listable })
    }

    /// Serve the client until it or its server is gone, or we are told to end.
    ///
    /// # Errors
    /// [`StartError`] when it cannot begin, or the log could not be closed.
    pub async fn serve(mut self, told: impl Future<Output = ()>) -> Result<Ended, StartError> {
        let input = front::input(self.gate.settings().limits.message_bytes);
        let (out, writing) = front::output();
        let client = Stdio::new(Arc::clone(&self.gate), self.server.name.to_string(), out);
        let client = client.map_err(|it| StartError::File(it.to_string()))?;
        let mut talk = Talk::new(client, self.gate.settings().limits.calls_per_session);
        let ended = self.talk(&mut talk, input, told).await;
        self.finish(talk, ended).await?;
        // A client that reads no more must not keep us.
        let _ = tokio::time::timeout(LAST_WORDS, writing).await;
        Ok(ended)
    }

    async fn talk(
        &mut self,
        talk: &mut Talk,
        (mut lines, over): (mpsc::Receiver<Line>, oneshot::Receiver<()>),
        told: impl Future<Output = ()>,
    ) -> Ended {
        // The end of input is behind what waits to be told, which may wait for long.
        let over = async {
            let _ = over.await;
            tokio::time::sleep(LAST_WORDS).await;
        };
        tokio::pin!(told, over);
        let mut look = tokio::time::interval(SWEEP);
        let is_process = self.server.is_process();
        loop {
            let is_open = talk.session.is_some();
            tokio::select! {
                () = &mut told => return Ended::ByClient,
                _ = self.children_gone.recv(), if is_open && is_process => return Ended::ByServer,
                _ = look.tick() => {
                    run::flush_tally(&self.gate);
                    if is_process && talk.is_lost() {
                        return Ended::ByServer;
                    }
                }
                Some(begun) = talk.opening.join_next() => {
                    if talk.open(begun.ok().flatten()) {
                        // It is the only process that we start: when it is gone, so are we.
                        self.server.shut_down();
                        if is_open {
                            self.server.catalogue.wanted.notify_one();
                        }
                    }
                    if talk.session.is_none() {
                        news::tell_unopened(&self.gate, &self.server);
                    }
                    talk.go_on().await;
                }
                () = &mut over, if !talk.telling.is_empty() => return Ended::ByClient,
                Some(_) = talk.telling.join_next() => self.others_may_ask(talk, is_open),
                line = lines.recv(), if talk.is_open() => match line {
                    None => return Ended::ByClient,
                    Some(Line::TooLong) => talk.turn_away(None),
                    Some(Line::Message(message)) if !is_process && talk.is_lost() => {
                        talk.renew(message);
                    }
                    Some(Line::Message(message)) => {
                        talk.hear(message).await;
                        if talk.telling.is_empty() {
                            self.others_may_ask(talk, is_open);
                        }
                    }
                },
            }
        }
    }

    /// The client has answered the handshake: now others may ask too.
    fn others_may_ask(&mut self, talk: &mut Talk, is_open: bool) {
        if let Some(within) = talk.listable.take_if(|_| is_open)
            && let Some(listable) = self.listable.take()
        {
            let _ = listable.send(within);
        }
    }

    /// Let calls under way end, then the server's process, then the log.
    async fn finish(mut self, talk: Talk, ended: Ended) -> Result<(), StartError> {
        let Talk { client, mut calls, mut telling, mut opening, session, free, .. } = talk;
        self.gate.parts.stop.send_replace(true);
        let mut end = async || {
            while telling.join_next().await.is_some() {}
            while calls.join_next().await.is_some() {}
            while opening.join_next().await.is_some() {}
        };
        let _ = tokio::time::timeout(LAST_WORDS, end()).await;
        // What is still under way is owed its outcome: nobody waits for it any more.
        drop(free);
        self.server.hang_up();
        if session.is_some() && ended == Ended::ByClient {
            client.end().await;
        }
        drop((client, session));
        self.server.shut_down();
        self.gate.sessions().clear();
        let _ = tokio::time::timeout(CHILDREN_PATIENCE, self.children_gone.recv()).await;
        let _ = tokio::time::timeout(OUTCOMES, end()).await;
        drop((telling, calls, opening));
        self.background.shutdown().await;
        run::flush_tally(&self.gate);
        drop(self.listable);
        run::close(self.gate, self.listing).await?;
        Ok(())
    }
}

/// Keep the catalogue within the client's session, once there is one. Before, it is wanted only
/// where the handshake itself needs it: then the server is asked in a process of its own.
async fn list(gate: Arc<Gate>, server: Arc<Server>, mut within: oneshot::Receiver<Within>) {
    let mut stop = gate.parts.stop.subscribe();
    loop {
        let early = tokio::select! {
            _ = stop.wait_for(|it| *it) => return,
            it = &mut within => it.ok(),
            () = server.catalogue.wanted.notified() => None,
            () = server.catalogue.changed.notified() => None,
        };
        match early {
            Some(within) => return listing::keep(gate, server, Some(within)).await,
            None if within.is_terminated() => return,
            // Its client needs no session, so there is none to list it in.
            None if server.eras.is_modern(gate.now()) == Some(true) => {
                return listing::keep(gate, server, None).await;
            }
            None => listing::once(&gate, &server).await,
        }
    }
}

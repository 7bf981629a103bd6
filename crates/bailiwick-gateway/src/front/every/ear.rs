//! Listening to one server for one listener to all: again when its stream ends, and with an eye on
//! what changes without its saying so.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bailiwick_wire::json::{Document, Limits};
use bailiwick_wire::mcp::federation::{Filter, acknowledges};
use bailiwick_wire::mcp::{ListKind, reply};
use bailiwick_wire::rpc::{Id, Message};
use bailiwick_wire::sse::{self, Decoder};
use bytes::Bytes;
use hyper::{Response, StatusCode};
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

use super::super::body::Body;
use super::super::knock::Knock;
use super::super::modern;
use super::super::reply::bare;
use super::one::addressed;
use super::stamp_as;
use crate::federation::{Again, Shown, changed};
use crate::one_of_many::OneOfMany;
use crate::probe;
use crate::queue::{Reader, Writer};
use crate::reading::{Heard, hear};
use crate::server::Server;
use crate::upstream::Away;
use crate::view;

/// What a server agreed to, under which decisions.
pub(super) struct First {
    pub(super) head: Response<Body>,
    pub(super) filter: Filter,
}

/// Listens to one server.
#[derive(Clone)]
pub(super) struct Ear {
    pub(super) knock: Knock,
    pub(super) server: Arc<Server>,
    /// The request in the server's own words.
    pub(super) body: Bytes,
    pub(super) one_of_many: Arc<OneOfMany>,
    /// Of which lists the client wants to hear.
    pub(super) lists: [bool; 3],
    /// The client's own request.
    pub(super) id: Id,
    pub(super) client: Writer,
    /// Whether the client was told what is agreed: nothing comes before that.
    pub(super) begun: watch::Receiver<bool>,
    /// Of which lists the server tells itself that they change.
    pub(super) tells: Arc<Mutex<[bool; 3]>>,
}

/// What came of listening.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Stream {
    /// There was a stream, and it ended after so long.
    Ended(Duration),
    /// There may be one soon.
    Failed,
    /// There is none, as the server or policy says. It may say otherwise later.
    Refused,
    /// There is none while these policies are in force.
    Hidden,
    /// Nobody wants it any more.
    Over,
}

impl Ear {
    /// Listen until the client or the gateway goes.
    pub(super) async fn listen(mut self, first: oneshot::Sender<First>) {
        let mut stop = self.knock.gate.parts.stop.subscribe();
        let mut rules = self.knock.gate.parts.rules.changes();
        let (mut again, mut first) = (Again::default(), Some(first));
        loop {
            let stream = self.stream(&mut first).await;
            self.told_by_server([false; 3]);
            // Whoever waits for what it agrees to learns that there is nothing.
            first = None;
            let wait = match stream {
                Stream::Ended(lived) => Some(again.after(lived)),
                Stream::Failed => Some(again.longer()),
                Stream::Refused => Some(again.longest()),
                Stream::Hidden => None,
                Stream::Over => return,
            };
            tokio::select! {
                changed = rules.changed() => if changed.is_err() { return },
                () = tokio::time::sleep(wait.unwrap_or_default()), if wait.is_some() => {}
                () = self.client.closed() => return,
                _ = stop.wait_for(|it| *it) => return,
            }
        }
    }

    /// Pass on one stream to its end.
    async fn stream(&mut self, first: &mut Option<oneshot::Sender<First>>) -> Stream {
        let gate = &self.knock.gate;
        if !gate.is_server_visible(&self.knock.who, &self.server.name) {
            return Stream::Hidden;
        }
        match probe::is_modern(gate, &self.server).await {
            Some(true) => {}
            Some(false) => return Stream::Refused,
            None => return Stream::Failed,
        }
        let Some(mut reply) = self.open().await else { return Stream::Refused };
        let body = std::mem::replace(reply.body_mut(), Body::Whole(None));
        let Body::Events(events) = body else { return refused(&body) };
        let stream = self.pass_on(events, reply, first).await;
        // It may have gone: the gateway's own listing finds out.
        self.server.catalogue.wanted.notify_one();
        stream
    }

    /// Ask to listen. Never let go of before that has ended: until there is a stream, the outcome
    /// is owed here.
    async fn open(&self) -> Option<Response<Body>> {
        let its = addressed(&self.knock, &self.server, &self.body)?;
        let mut told = modern::read(&its, &self.body).ok()?;
        told.one_of_many = Some(Arc::clone(&self.one_of_many));
        let (here, away) = Away::new();
        let mut stop = self.knock.gate.parts.stop.subscribe();
        let mut reply = Box::pin(modern::carry(&its, told, self.body.clone(), away));
        tokio::select! {
            reply = &mut reply => return Some(reply),
            () = self.client.closed() => drop(here),
            _ = stop.wait_for(|it| *it) => drop(here),
        }
        Some(reply.await)
    }

    async fn pass_on(
        &mut self,
        mut events: Reader,
        reply: Response<Body>,
        first: &mut Option<oneshot::Sender<First>>,
    ) -> Stream {
        let mut stop = self.knock.gate.parts.stop.subscribe();
        let begun = Instant::now();
        loop {
            let event = tokio::select! {
                event = events.recv() => event,
                // The relay notices that nobody reads any more, and ends on record.
                () = self.client.closed() => return Stream::Over,
                _ = stop.wait_for(|it| *it) => return Stream::Over,
            };
            let Some(event) = event else { return Stream::Ended(begun.elapsed()) };
            // What only shows that a stream is alive is said once for all.
            let Some(message) = self.message(&event) else { continue };
            if acknowledges(&message) {
                let filter = Filter::of(&message);
                self.told_by_server(filter.lists);
                if let Some(first) = first.take() {
                    let mut head = bare(StatusCode::OK);
                    stamp_as(&mut head, &reply);
                    drop(first.send(First { head, filter }));
                }
                continue;
            }
            // Its own end is not the listener's.
            if let Some(Heard::Answer(..)) = hear(&message) {
                return Stream::Ended(begun.elapsed());
            }
            tokio::select! {
                begun = self.begun.wait_for(|it| *it) => if begun.is_err() { return Stream::Over },
                () = self.client.closed() => return Stream::Over,
            }
            drop(self.client.send(event).await);
        }
    }

    fn message(&self, event: &Bytes) -> Option<Bytes> {
        let most = self.knock.gate.settings().limits.message_bytes.saturating_mul(2);
        let mut decoder = Decoder::new(most);
        decoder.push(event).ok()?;
        decoder.next_event().map(|it| it.data).filter(|it| !it.is_empty())
    }

    fn told_by_server(&self, lists: [bool; 3]) {
        *self.tells.lock().unwrap_or_else(PoisonError::into_inner) = lists;
    }

    /// Tell the client when what it sees of the server changes: because the server came or went,
    /// its lists changed and it does not say so itself, or other policies are in force.
    pub(super) async fn watch(mut self) {
        let (gate, catalogue) = (&self.knock.gate, &self.server.catalogue);
        let mut stop = gate.parts.stop.subscribe();
        let mut tries = catalogue.watch();
        let mut rules = gate.parts.rules.changes();
        let (mut before, mut failing) = (self.shown(), catalogue.is_failing());
        if self.begun.wait_for(|it| *it).await.is_err() {
            return;
        }
        loop {
            let silent = tokio::select! {
                changed = tries.changed() => match changed { Ok(()) => true, Err(_) => return },
                changed = rules.changed() => match changed { Ok(()) => false, Err(_) => return },
                () = self.client.closed() => return,
                _ = stop.wait_for(|it| *it) => return,
            };
            let (now, fails) = (self.shown(), catalogue.is_failing());
            let tells = *self.tells.lock().unwrap_or_else(PoisonError::into_inner);
            let tells = if silent { tells } else { [false; 3] };
            let moved = fails != failing;
            for kind in changed((&before, &now), moved, tells) {
                if self.wants(kind) {
                    let notice = reply::list_changed_for(kind, &self.id);
                    drop(self.client.send(sse::encode(&notice, None)).await);
                }
            }
            (before, failing) = (now, fails);
        }
    }

    fn wants(&self, kind: ListKind) -> bool {
        let [tools, prompts, resources] = self.lists;
        match kind {
            ListKind::Tools => tools,
            ListKind::Prompts => prompts,
            ListKind::Resources | ListKind::Templates => resources,
        }
    }

    /// What the client sees of the server in this era.
    fn shown(&self) -> Shown {
        let (gate, who, server) = (&self.knock.gate, &self.knock.who, &self.server);
        let is_there = gate.is_server_visible(who, &server.name)
            && server.eras.is_modern(gate.now()) == Some(true);
        if is_there { view::shown(gate, who, server) } else { Shown::new() }
    }
}

/// What a reply without a stream makes of listening: what the gateway says of a server that cannot
/// be reached may pass, and everything else is an answer.
fn refused(body: &Body) -> Stream {
    let code = || {
        let Body::Whole(Some(body)) = body else { return None };
        let document = Document::parse(body, Limits::default()).ok()?;
        match Message::read(&document).ok()? {
            Message::Error { code, .. } => code,
            Message::Request { .. } | Message::Notification { .. } | Message::Result { .. } => None,
        }
    };
    match code() {
        Some(503 | 504) => Stream::Failed,
        Some(_) | None => Stream::Refused,
    }
}

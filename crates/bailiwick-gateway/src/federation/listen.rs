//! What servers say that belongs to no call, all of it on one stream; and word of what has changed
//! in what the client sees of them.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bailiwick_core::{Action, Disposition, Released};
use bailiwick_wire::mcp::{Asked, ListKind, reply};
use bailiwick_wire::sse;
use bytes::Bytes;
use tokio::sync::watch;
use tokio::time::Instant;

use super::again::Again;
use super::ask::relay;
use crate::exchange::{Reply, exchange};
use crate::federated::{Federated, Member, Open};
use crate::gate::Gate;
use crate::queue::{Reader, Writer};
use crate::upstream::{Envelope, Leg};
use crate::view;

/// Listen to all servers; `None` when the client does already.
pub(crate) fn listen(gate: &Arc<Gate>, all: &Arc<Federated>) -> Option<Reader> {
    if all.listening.swap(true, Ordering::AcqRel) {
        return None;
    }
    let (client, events) = gate.client_queue();
    for member in &all.members {
        let ear = Ear {
            gate: Arc::clone(gate),
            all: Arc::clone(all),
            member: Arc::clone(member),
            client: client.clone(),
        };
        tokio::spawn(ear.clone().listen());
        tokio::spawn(ear.watch());
    }
    tokio::spawn(keep(Arc::clone(gate), Arc::clone(all), client));
    Some(events)
}

/// Pass on what was kept aside, until the client or the gateway goes. What is left is kept for the
/// next time.
async fn keep(gate: Arc<Gate>, all: Arc<Federated>, client: Writer) {
    let mut stop = gate.parts.stop.subscribe();
    let kept = all.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
    if let Some(mut kept) = kept {
        loop {
            let event = tokio::select! {
                event = kept.recv() => event,
                () = client.closed() => None,
                () = all.ended() => None,
                _ = stop.wait_for(|it| *it) => None,
            };
            let Some(event) = event else { break };
            drop(client.send(event).await);
        }
        *all.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(kept);
    }
    all.listening.store(false, Ordering::Release);
}

/// Listens to one server for one client.
#[derive(Clone)]
struct Ear {
    gate: Arc<Gate>,
    all: Arc<Federated>,
    member: Arc<Member>,
    client: Writer,
}

/// Tells of each time that a server is opened.
type Opened = watch::Receiver<Option<Arc<Open>>>;

/// What the client sees of a server: kinds and names, and what they are worth.
pub(crate) type Shown = HashSet<(ListKind, String)>;

/// Of which lists a client is to be told that they changed: where the server `moved`, of all that
/// show something, and else of those that differ, unless the server `tells` that itself.
pub(crate) fn changed(
    (before, now): (&Shown, &Shown),
    moved: bool,
    tells: [bool; 3],
) -> impl Iterator<Item = ListKind> {
    let of = |shown: &Shown, kinds: &[ListKind]| -> HashSet<_> {
        shown.iter().filter(|it| kinds.contains(&it.0)).cloned().collect()
    };
    let lists = [
        &[ListKind::Tools][..],
        &[ListKind::Prompts][..],
        &[ListKind::Resources, ListKind::Templates][..],
    ];
    lists.into_iter().zip(tells).filter_map(move |(kinds, told)| {
        let (was, is) = (of(before, kinds), of(now, kinds));
        let some = !was.is_empty() || !is.is_empty();
        let news = moved && some || !told && was != is;
        kinds.first().copied().filter(|_| news)
    })
}

/// What came of listening to a server's stream.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Stream {
    /// There was one, and it ended after so long.
    Ended(Duration),
    /// There may be one later.
    Failed,
    /// There is none in this session, as the server or policy says.
    None,
}

impl Stream {
    fn refused(released: &Released) -> Self {
        match released.disposition() {
            None | Some(Disposition::Erred) => Self::None,
            Some(
                Disposition::Answered
                | Disposition::ToolFailed
                | Disposition::Accepted
                | Disposition::Withheld
                | Disposition::TimedOut
                | Disposition::Unreachable
                | Disposition::Cancelled
                | Disposition::Killed
                | Disposition::Unmet,
            ) => Self::Failed,
        }
    }
}

impl Ear {
    /// Listen to the server's own stream, in each session that is opened with it.
    async fn listen(self) {
        let mut stop = self.gate.parts.stop.subscribe();
        let mut opened = self.member.watch();
        let mut rules = self.gate.parts.rules.changes();
        let mut again = Again::default();
        loop {
            let open = opened.borrow_and_update().clone();
            let seen = self.gate.is_server_visible(&self.all.owner, &self.member.server.name);
            let stream = match open.filter(|it| seen && !it.session.upstream.is_dead()) {
                Some(open) => self.stream(&open, &mut opened).await,
                None => Stream::None,
            };
            let wait = match stream {
                Stream::Ended(lived) => Some(again.after(lived)),
                Stream::Failed => Some(again.longer()),
                Stream::None => None,
            };
            tokio::select! {
                changed = opened.changed() => if changed.is_err() { return },
                changed = rules.changed() => if changed.is_err() { return },
                () = tokio::time::sleep(wait.unwrap_or_default()), if wait.is_some() => {}
                () = self.client.closed() => return,
                () = self.all.ended() => return,
                _ = stop.wait_for(|it| *it) => return,
            }
        }
    }

    /// Pass on one stream to its end, or until the server is opened anew.
    async fn stream(&self, open: &Open, opened: &mut Opened) -> Stream {
        let (gate, session) = (&self.gate, &open.session);
        let busy = session.begin_beside(gate.now());
        let asked = Asked::of_server(Action::Connect, session.server.name.clone());
        let known = session.server.catalogue.known();
        let call = gate.call(&session.owner, asked, Bytes::new(), Some(&known));
        let Ok(call) = call else { return Stream::Failed };
        let version = open.version.clone();
        let envelope = Envelope { version, ..Envelope::new(Leg::Listen, None) };
        // Never let go of before it has ended: until there is a relay, the outcome is owed here.
        let reply = exchange(gate, &session.upstream, call, &envelope).await;
        let (owed, messages) = match reply {
            Ok(Reply::Stream(owed, messages)) => (owed, messages),
            Ok(Reply::Whole(released)) => return Stream::refused(&released),
            Err(_) => return Stream::Failed,
        };
        let begun = Instant::now();
        let mut events = relay(gate, session, None, busy).start(owed, messages);
        loop {
            tokio::select! {
                event = events.recv() => match event {
                    Some(event) => drop(self.client.send(event).await),
                    None => break,
                },
                // The relay notices that nobody reads any more, and ends on record.
                () = self.client.closed() => return Stream::None,
                () = self.all.ended() => return Stream::None,
                _ = opened.changed() => {
                    opened.mark_changed();
                    return Stream::None;
                }
            }
        }
        // It may have gone: the gateway's own listing finds out.
        self.member.server.catalogue.wanted.notify_one();
        Stream::Ended(begun.elapsed())
    }

    /// Tell the client when what it sees of the server changes: because the server came or went,
    /// its lists changed and it does not say so itself, or other policies are in force.
    async fn watch(self) {
        let mut stop = self.gate.parts.stop.subscribe();
        let mut tries = self.member.server.catalogue.watch();
        let mut opened = self.member.watch();
        let mut rules = self.gate.parts.rules.changes();
        let mut before = self.shown();
        let mut failing = self.member.server.catalogue.is_failing();
        loop {
            let silent = tokio::select! {
                changed = tries.changed() => match changed { Ok(()) => true, Err(_) => return },
                changed = opened.changed() => match changed { Ok(()) => true, Err(_) => return },
                changed = rules.changed() => match changed { Ok(()) => false, Err(_) => return },
                () = self.client.closed() => return,
                () = self.all.ended() => return,
                _ = stop.wait_for(|it| *it) => return,
            };
            let now = self.shown();
            let fails = self.member.server.catalogue.is_failing();
            let moved = fails != failing || !fails && self.member.take_missed();
            let tells = self.member.alive().filter(|_| silent).map(|it| it.hello.tells);
            for kind in changed((&before, &now), moved, tells.unwrap_or_default()) {
                let notice = sse::encode(&reply::list_changed(kind), None);
                drop(self.client.send(notice).await);
            }
            (before, failing) = (now, fails);
        }
    }

    fn shown(&self) -> Shown {
        let server = &self.member.server;
        if !self.gate.is_server_visible(&self.all.owner, &server.name) {
            return Shown::new();
        }
        view::shown(&self.gate, &self.all.owner, server)
    }
}

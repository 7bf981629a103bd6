//! Relaying a streamed answer: each message is inspected and passed on at once, and the last waits
//! for the outcome's record. What a server asks in between is an exchange of its own.

mod leave;
mod wanted;
mod watch;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bailiwick_core::{Action, Disposition, ExchangeId, Inspected, Pending};
use bailiwick_wire::mcp::{Notice, reply};
use bailiwick_wire::rpc::Id;
use bailiwick_wire::sse;
use bytes::Bytes;
use tokio::sync::oneshot;
use tokio::time::Instant;

use self::leave::Leave;
use self::wanted::Wanted;
use self::watch::{Next, Watch};
use crate::adrift::Landing;
use crate::awake::awake;
use crate::exchange::answered;
use crate::gate::Gate;
use crate::lineage;
use crate::mask;
use crate::meaning;
use crate::question::{Question, ask, tell};
use crate::queue::{Reader, Writer, queue};
use crate::reading::{Heard, hear};
use crate::refusal;
use crate::session::{Busy, Session};
use crate::upstream::{ClientSide, Messages, Piece, Upstream};
use crate::view;

/// How many questions a server may ask inside one call; and in a minute, where none is under way:
/// a stream that is only listened to has no end.
const QUESTIONS_MAX: u32 = 128;
const MINUTE: Duration = Duration::from_secs(60);
/// Says nothing, and shows that the stream is alive.
const ALIVE: Bytes = Bytes::from_static(b":\n\n");
/// How much a server asks.
struct Asking {
    questions: u32,
    since: Instant,
}

impl Asking {
    fn begin() -> Self {
        Self { questions: 0, since: Instant::now() }
    }

    /// Whether one more is too much.
    fn is_without_end(&mut self, is_only_listened_to: bool) -> bool {
        if is_only_listened_to && self.since.elapsed() > MINUTE {
            *self = Self::begin();
        }
        self.questions += 1;
        self.questions > QUESTIONS_MAX
    }
}

/// A streamed answer on its way to a client.
pub(crate) struct Relay {
    pub(crate) gate: Arc<Gate>,
    pub(crate) session: Arc<Session>,
    /// The request that is answered; absent when the client only listens.
    pub(crate) id: Option<Id>,
    /// Whether all of it belongs to one call, whose stream may have begun elsewhere: then its
    /// places mean something.
    pub(crate) is_one_calls: bool,
    /// Held until the last event is sent: the call is under way for so long.
    pub(crate) _busy: Busy,
}

impl Relay {
    /// Pass the messages on; what comes out is the events for the client.
    pub(crate) fn start(self, owed: Pending, messages: Messages) -> Reader {
        let (client, events) = self.gate.client_queue();
        tokio::spawn(awake(self.run(owed, messages, client)));
        events
    }

    async fn run(self, mut owed: Pending, mut messages: Messages, client: Writer) {
        let mut asking = Asking::begin();
        let is_modern = self.session.upstream.is_modern();
        let listens = self.id.is_none() || is_modern && owed.call().action() == Action::Connect;
        let patience = Duration::from_secs(self.gate.settings().limits.answer_seconds);
        let mut leave = Leave::of(&self);
        let wanted = Wanted::of(&self, listens, owed.call().ask());
        let mut watch = Watch::new(&self.session, self.id.as_ref(), patience, listens);
        loop {
            let next = tokio::select! {
                next = watch.next(&mut messages, &client) => next,
                next = leave.over(owed.call(), listens) => next,
            };
            let piece = match next {
                Next::Piece(Some(piece)) => piece,
                Next::Piece(None) if self.id.is_some() && messages.was_called_off() => {
                    return self.conclude(owed.failed(Disposition::Cancelled), &client).await;
                }
                Next::Piece(None) if watch.resumable && self.id.is_some() => {
                    return self.drift(owed, None, watch.landed, client).await;
                }
                Next::Landed(it) => {
                    return self.last(owed, &it.piece, it.disposition, &it.client).await;
                }
                Next::Piece(None) | Next::Over => return self.broke_off(owed, &client).await,
                Next::Gone => return self.gone(owed, &client).await,
                Next::Ended(how) => return self.conclude(owed.failed(how), &client).await,
                Next::Stop => return self.stopped(owed, &client).await,
                Next::Quiet => continue,
            };
            // The modern era has no taking up of a stream: what is gone is cancelled.
            watch.resumable |= piece.event_id.is_some() && !is_modern;
            // It keeps the stream alive, or names a place in it: that much is passed on.
            if piece.message.is_empty() {
                if !self.sign(&mut owed, &piece, &client).await {
                    return self.withheld(owed, &client).await;
                }
                continue;
            }
            match hear(&piece.message) {
                Some(Heard::Answer(id, disposition)) if self.is_answer(&id) => {
                    self.answered(owed, (piece, disposition), watch, client).await;
                    return messages.finish().await;
                }
                // The answer to a call whose own stream is gone.
                Some(Heard::Answer(id, disposition)) if self.id.is_none() => {
                    let landing = Landing { piece, disposition, client: client.clone() };
                    self.session.adrift.land(&id, landing);
                }
                // An answer to nothing that was asked here, or what cannot be read.
                Some(Heard::Answer(..)) | None => {}
                // A server of the modern era asks within its answer, or not at all.
                Some(Heard::Request(_)) if is_modern => {}
                // A server that asks without end is not listened to any longer.
                Some(Heard::Request(_)) if asking.is_without_end(self.id.is_none()) => {
                    return self.broke_off(owed, &client).await;
                }
                Some(Heard::Request(id)) => {
                    self.question(piece, id, owed.call().id(), &client).await;
                }
                Some(Heard::Notice(notice)) => {
                    let told = (&piece, notice.as_ref());
                    if !self.interim(&mut owed, told, &wanted, &client).await {
                        return self.withheld(owed, &client).await;
                    }
                }
            }
        }
    }

    /// An event without a message. False when nothing of this answer may pass any more.
    async fn sign(&self, owed: &mut Pending, piece: &Piece, client: &Writer) -> bool {
        let sign = match (&piece.event_id, piece.retry) {
            (None, None) => ALIVE,
            (_, _) => self.event(piece, &piece.message),
        };
        let passed = owed.interim(self.gate.inspectors(), sign);
        let Some(passed) = passed else { return false };
        let _ = client.send(passed.into_bytes()).await;
        true
    }

    /// The event that carries a message, changed or not.
    fn event(&self, piece: &Piece, message: &Bytes) -> Bytes {
        match &self.session.one_of_many {
            Some(it) => it.event(piece, message, self.is_one_calls),
            None => piece.event(message),
        }
    }

    fn is_answer(&self, id: &Id) -> bool {
        self.id.as_ref().is_some_and(|it| it.plain() == id.plain())
    }

    /// A notification. False when nothing of this answer may pass any more.
    async fn interim(
        &self,
        owed: &mut Pending,
        (piece, notice): (&Piece, Option<&Notice>),
        wanted: &Wanted,
        client: &Writer,
    ) -> bool {
        let (session, message) = (&self.session, &piece.message);
        let seen = view::Seen { notice, message, ask: owed.call().ask() };
        if let Some(Notice::Cancelled { request }) = notice {
            match &session.one_of_many {
                Some(it) => it.known_as(request).iter().for_each(|it| session.waiting.withdraw(it)),
                None => session.waiting.withdraw(request),
            }
        }
        if !wanted.has(notice, message)
            || !view::passes(&self.gate, &session.owner, &session.server, seen).await
        {
            return true;
        }
        let told = match &session.one_of_many {
            Some(it) => it.told(notice, message),
            None => message.clone(),
        };
        let Some(told) = mask::duly(&self.gate, None, owed, told) else { return false };
        let Some(passed) = owed.interim(self.gate.inspectors(), self.event(piece, &told)) else {
            return false;
        };
        let _ = client.send(passed.into_bytes()).await;
        true
    }

    /// The answer came on the call's own stream.
    async fn answered(
        self,
        owed: Pending,
        (piece, disposition): (Piece, Disposition),
        watch: Watch,
        client: Writer,
    ) {
        // Nobody is there to take it, and the client may ask for it again.
        if watch.resumable && client.is_closed() {
            return self.drift(owed, Some((piece, disposition)), watch.landed, client).await;
        }
        self.last(owed, &piece, disposition, &client).await;
    }

    /// The answer itself: cut to the caller's view, inspected, recorded, and only then sent.
    async fn last(
        &self,
        mut owed: Pending,
        piece: &Piece,
        disposition: Disposition,
        client: &Writer,
    ) {
        let rules = self.gate.rules();
        let message = piece.message.clone();
        let cut = answered(&self.gate, &rules, owed.call(), message, disposition).await;
        if let (Action::Connect, Ok(answer)) = (owed.call().action(), &cut) {
            self.session.agree(answer);
        }
        let cut = cut.and_then(|it| {
            mask::duly(&self.gate, None, &mut owed, it).ok_or(Disposition::Withheld)
        });
        let inspected = match cut {
            Ok(message) => {
                let message = match &self.session.one_of_many {
                    Some(it) => it.answer(message),
                    None => message,
                };
                let items = lineage::items(&self.gate, owed.call(), &message, disposition);
                let contracts = &rules.contracts;
                let named = meaning::named_in(contracts, owed.call(), &message, disposition);
                let event = self.event(piece, &message);
                let at = owed.call().at();
                let inspected = owed.last(self.gate.inspectors(), event, disposition);
                let classes = self.gate.classes(&rules, &named, at);
                inspected.holding(items).naming(named, classes)
            }
            Err(disposition) => owed.failed(disposition),
        };
        self.conclude(inspected, client).await;
    }

    async fn conclude(&self, inspected: Inspected, client: &Writer) {
        let recorded = inspected.record(self.gate.log(), self.gate.now());
        let event = match (recorded, &self.id) {
            (Ok(released), id) => match (released.disposition(), id) {
                (Some(Disposition::Answered | Disposition::ToolFailed | Disposition::Erred), _) => {
                    released.into_bytes()
                }
                (Some(other), Some(id)) => sse::encode(&refusal::ended(id, other), None),
                (_, _) => return,
            },
            (Err(_), Some(id)) => sse::encode(&reply::unrecorded(id), None),
            (Err(_), None) => return,
        };
        let _ = client.send(event).await;
    }

    /// The stream is gone and its answer, which may have `come` in vain, can still be had: the
    /// client asks for it by the last place that it read.
    async fn drift(
        &self,
        owed: Pending,
        come: Option<(Piece, Disposition)>,
        landed: Option<oneshot::Receiver<Landing>>,
        client: Writer,
    ) {
        let wait = || self.id.as_ref().and_then(|id| self.session.adrift.wait(id));
        let Some(landed) = landed.or_else(wait) else {
            return self.broke_off(owed, &client).await;
        };
        let mut stop = self.gate.parts.stop.subscribe();
        let patience = Duration::from_secs(self.gate.settings().limits.answer_seconds);
        // A stream that is over is closed: only then does the client ask again.
        let (nobody, _) = queue(1);
        drop(client);
        let landing = tokio::select! {
            landing = landed => landing.ok(),
            () = tokio::time::sleep(patience) => None,
            _ = stop.wait_for(|it| *it) => None,
        };
        match (landing, come) {
            (Some(it), _) => self.last(owed, &it.piece, it.disposition, &it.client).await,
            (None, Some((piece, disposition))) => {
                self.last(owed, &piece, disposition, &nobody).await;
            }
            (None, None) => self.broke_off(owed, &nobody).await,
        }
    }

    /// Nobody reads the stream any more. For a call that is a cancellation, and dropping the
    /// messages tells the server.
    async fn gone(&self, owed: Pending, client: &Writer) {
        let disposition = match self.id {
            Some(_) => Disposition::Cancelled,
            None => Disposition::Answered,
        };
        self.conclude(owed.failed(disposition), client).await;
    }

    /// The gateway stops, or policy permits it no more: whoever listens is told in an orderly way
    /// where the protocol has one.
    async fn stopped(&self, owed: Pending, client: &Writer) {
        let inspected = match &self.id {
            Some(id) => {
                let event = sse::encode(&reply::listened(id), None);
                owed.last(self.gate.inspectors(), event, Disposition::Answered)
            }
            None => owed.failed(Disposition::Answered),
        };
        self.conclude(inspected, client).await;
    }

    /// The stream ended without an answer.
    async fn broke_off(&self, owed: Pending, client: &Writer) {
        let disposition = match self.id {
            Some(_) => Disposition::Unreachable,
            None => Disposition::Answered,
        };
        self.conclude(owed.failed(disposition), client).await;
    }

    async fn withheld(&self, owed: Pending, client: &Writer) {
        self.conclude(owed.failed(Disposition::Withheld), client).await;
    }

    /// A question of the server to the client: an exchange of its own, whose far side is the
    /// client. The stream goes on when the question has gone out or was refused.
    async fn question(&self, piece: Piece, id: Id, during: ExchangeId, client: &Writer) {
        let asked = match &self.session.one_of_many {
            Some(it) => it.question(&piece.message),
            None => Some((piece.message.clone(), id.clone())),
        };
        let Some((message, id)) = asked else {
            let refused = reply::method_not_found(&id);
            return tell(&self.gate, &self.session, refused, during).await;
        };
        let (out, gone_out) = oneshot::channel();
        let far = ClientSide {
            id: id.clone(),
            by: self.session.one_of_many.as_ref().map(|it| it.server().clone()),
            waiting: Arc::clone(&self.session.waiting),
            out: Mutex::new(Some(out)),
        };
        let (gate, session) = (Arc::clone(&self.gate), Arc::clone(&self.session));
        tokio::spawn(async move {
            let question = Question { id, message, during };
            let answer = ask(&gate, &session, &question, Upstream::Client(far)).await;
            if let Some(answer) = answer {
                tell(&gate, &session, answer, during).await;
            }
        });
        if let Ok(question) = gone_out.await {
            let _ = client.send(self.event(&piece, &question)).await;
        }
    }
}

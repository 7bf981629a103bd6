//! A streamed answer on its way to a client: each event is followed, inspected and passed on with
//! the chunk in which it came, and the last one waits for the outcome's record.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bailiwick_core::{Disposition, Inspected, Pending, Released};
use bailiwick_wire::llm::{Ending, Following, Mark, Operation, Step, error_body};
use bailiwick_wire::sse::{Event, encode};
use bytes::{Bytes, BytesMut};
use tokio::time::Instant;

use super::attempt::Told;
use super::interrupted::{Interrupted, interrupted};
use super::window::{self, Freed, Window};
use crate::awake::awake;
use crate::gate::Gate;
use crate::hidden::Hidden;
use crate::models::{Counted, Made, Measured, Written};
use crate::pace::Place;
use crate::queue::{Reader, Unread, Writer};
use crate::upstream::{Crossed, Crossing, Events, ProviderCall};
use crate::view;

/// A streamed answer.
struct Stream {
    gate: Arc<Gate>,
    call: ProviderCall,
    /// What the client asked for, in whose dialect all goes on.
    operation: Operation,
    /// Of a provider that speaks another dialect: how its events are turned.
    crossed: Option<Crossed>,
    /// Whether the client wants to see the usage that the provider was asked for.
    tells_usage: bool,
    /// What it must not tell of.
    hidden: Option<Arc<Hidden>>,
    following: Following,
    window: Window,
    /// Where the stream was when the last event was sent.
    sent: Mark,
    client: Writer,
    /// What was written, as long as it may have to be counted.
    written: Written,
    /// How many bytes were passed on.
    passed: usize,
    /// How much was written when its cost was last counted.
    counted: u64,
    /// Whether the gateway ends it: what the provider told by then is not all.
    is_cut: bool,
    /// Held until the stream is over: the call is under way for so long.
    _place: Option<Place>,
}

/// After how many bytes more the cost is counted again: a fraction of a cent.
const COUNTED_EVERY: u64 = 64;
/// No more is looked at before it is sent, in bytes, but for what one event takes. So much of each
/// piece waits, in as many pieces as a queue holds, for a client that does not read.
const FLUSH_BYTES: usize = 4 << 10;
/// Bytes that a token has at least, in a text of any language worth cutting: an answer that stays
/// within its bound is never cut off.
const BYTES_A_TOKEN: u64 = 6;

/// How a stream ends.
enum End {
    /// This is the last event.
    Last(Bytes),
    /// Nothing more of the answer may leave.
    Withheld,
    /// It costs more than was reserved for it.
    TooDear,
    /// What came has no word in the client's dialect.
    Lost,
}

/// Pass the events on; what comes out is for the client.
pub(super) fn start(
    gate: &Arc<Gate>,
    (call, place): (ProviderCall, Option<Place>),
    told: Told,
    owed: Pending,
    events: Box<Events>,
) -> Reader {
    let (client, reader) = gate.client_queue();
    let operation = call.answers().unwrap_or(Operation::Chat);
    let crossed = call.crossing().and_then(Crossing::stream);
    let following = Following::new(operation);
    let written = Written::of(&call.route.model);
    // On the heap from the start: its kilobytes would be moved from hand to hand.
    let stream = Box::new(Stream {
        gate: Arc::clone(gate),
        call,
        operation,
        crossed,
        tells_usage: told.tells_usage,
        sent: following.mark(),
        following,
        window: Window::new(operation, owed.masks(), told.hidden.clone()),
        hidden: told.hidden,
        client,
        written,
        passed: 0,
        counted: 0,
        is_cut: false,
        _place: place,
    });
    tokio::spawn(awake(stream.run(owed, events)));
    reader
}

impl Stream {
    async fn run(mut self: Box<Self>, mut owed: Pending, mut events: Box<Events>) {
        let patience = Duration::from_secs(self.gate.settings().limits.answer_seconds);
        // Waited for from the first event to the last, and not anew with each.
        let mut interrupted = pin!(interrupted(&self.gate, &self.client, owed.call()));
        let mut too_late = pin!(tokio::time::sleep(patience));
        let mut heard = Instant::now();
        loop {
            let event = tokio::select! {
                biased;
                how = &mut interrupted => return self.interrupted(owed, how).await,
                event = events.next_event() => event,
                // Set anew only when it is over: events come by the thousand.
                () = &mut too_late => {
                    if heard.elapsed() >= patience {
                        return self.broken(owed, Disposition::TimedOut).await;
                    }
                    too_late.as_mut().reset(heard + patience);
                    continue;
                }
            };
            let Some(first) = event else { return self.over(owed).await };
            let (out, end) = self.round(&mut owed, first, &mut events);
            let is_read = self.send(out).await.is_ok();
            match end {
                Some(end) => {
                    let is_read_out = matches!(end, End::Last(_));
                    self.end(owed, end).await;
                    if is_read_out {
                        events.finish().await;
                    }
                    return;
                }
                None if is_read => heard = Instant::now(),
                None => return self.fail(owed, Disposition::Cancelled).await,
            }
        }
    }

    /// It is ended from outside.
    async fn interrupted(mut self: Box<Self>, owed: Pending, how: Interrupted) {
        match how {
            Interrupted::Gone => self.fail(owed, Disposition::Cancelled).await,
            Interrupted::Killed => {
                self.sent_so_far();
                let end = self.sent.ending(Ending::Filter);
                self.cut(owed, end, Disposition::Killed).await;
            }
        }
    }

    /// What is there by now, as one flush, and how the stream ends if it does.
    fn round(
        &mut self,
        owed: &mut Pending,
        first: Event,
        events: &mut Events,
    ) -> (Bytes, Option<End>) {
        let mut out = BytesMut::new();
        let mut next = Some(first);
        // The first word at once, and then as much as went before.
        let at_once = self.passed.min(FLUSH_BYTES);
        while let Some(event) = next {
            if let Some(end) = self.came(owed, event, &mut out) {
                return (out.freeze(), Some(end));
            }
            if self.is_too_dear(owed) {
                return (out.freeze(), Some(End::TooDear));
            }
            next = if out.len() < at_once { events.ready_event() } else { None };
        }
        self.passed += out.len();
        (out.freeze(), None)
    }

    /// One event of the provider's, as the client knows it.
    fn came(&mut self, owed: &mut Pending, event: Event, out: &mut BytesMut) -> Option<End> {
        let Some(crossed) = &mut self.crossed else { return self.event(owed, event, out) };
        let Some(turned) = crossed.event(&event) else { return Some(End::Lost) };
        turned.into_iter().find_map(|it| self.event(owed, it, out))
    }

    fn event(&mut self, owed: &mut Pending, event: Event, out: &mut BytesMut) -> Option<End> {
        self.sent_so_far();
        let step = self.following.event(&event);
        for piece in step.deltas.iter().filter(|it| !it.is_whole) {
            self.written.hear(&piece.text);
        }
        // What cannot be read cannot be masked.
        if step.is_unreadable && owed.masks() {
            return Some(End::Withheld);
        }
        let hidden = self.hidden.as_deref();
        if !hidden.is_none_or(|it| view::calls_pass(&self.gate, it, owed, &step.calls)) {
            return Some(End::Withheld);
        }
        if step.is_last {
            let Some(last) = self.duly_last(owed, event, &step) else {
                return Some(End::Withheld);
            };
            let freed = self.window.free();
            let passed = self.pass(owed, freed, out);
            return Some(passed.map_or(End::Withheld, |()| End::Last(last)));
        }
        // What only the gateway asked for is not the client's to see.
        if step.is_usage_only && !self.tells_usage {
            return None;
        }
        let freed = self.window.take(event, &step);
        self.pass(owed, freed, out).is_none().then_some(End::Withheld)
    }

    /// All that may leave was sent; this is how it ends.
    async fn end(mut self: Box<Self>, owed: Pending, end: End) {
        match end {
            // What ends in an error is no answer, whatever came before it.
            End::Last(last) if self.following.told().is_error => {
                self.last(owed, last, Disposition::Erred).await;
            }
            End::Last(last) => self.last(owed, last, Disposition::Answered).await,
            End::Withheld => {
                let end = self.sent.ending(Ending::Filter);
                self.cut(owed, end, Disposition::Withheld).await;
            }
            End::TooDear => {
                self.sent_so_far();
                let end = self.sent.ending(Ending::Length);
                self.is_cut = true;
                self.last(owed, end, Disposition::Answered).await;
            }
            End::Lost => self.broken(owed, Disposition::Unreachable).await,
        }
    }

    /// The last event as it may leave: it may repeat all that was written. `None` when it may not.
    fn duly_last(&self, owed: &mut Pending, event: Event, step: &Step) -> Option<Bytes> {
        if !owed.masks() {
            return Some(event.raw);
        }
        let hidden = self.hidden.as_deref();
        let passes = owed.glance(self.gate.watching(hidden).inspectors(), &event.raw);
        passes.then(|| window::alone(self.operation, event, step, hidden)).flatten()
    }

    async fn send(&self, out: Bytes) -> Result<(), Unread> {
        if out.is_empty() { Ok(()) } else { self.client.send(out).await }
    }

    /// What was heard was sent, unless some of it waits.
    fn sent_so_far(&mut self) {
        if !self.window.waits() && !self.following.is_at(&self.sent) {
            self.sent = self.following.mark();
        }
    }

    /// Inspect what may leave, and let it, all or nothing. `None` when nothing may any more.
    fn pass(&self, owed: &mut Pending, freed: Freed, out: &mut BytesMut) -> Option<()> {
        let watching = self.gate.watching(self.hidden.as_deref());
        let inspectors = watching.inspectors();
        // More waited than can be looked at in one piece, or some of it cannot be read any more.
        if (freed.overflows || freed.is_unmasked) && owed.masks() {
            return None;
        }
        for text in &freed.joined {
            owed.glance(inspectors, text.as_bytes()).then_some(())?;
        }
        let passed = freed.events.into_iter().map(|event| owed.interim(inspectors, event));
        let passed: Vec<_> = passed.collect::<Option<_>>()?;
        passed.into_iter().for_each(|it| out.extend_from_slice(&it.into_bytes()));
        Some(())
    }

    /// Whether what was written so far must have cost more than was reserved.
    fn is_too_dear(&mut self, owed: &Pending) -> bool {
        let heard = self.crossed.as_ref().map_or(&self.following, Crossed::heard);
        let written = heard.output_bytes();
        if written < self.counted + COUNTED_EVERY {
            return false;
        }
        self.counted = written;
        let Some(reserved) = owed.call().model().and_then(|it| it.bound) else { return false };
        let output = written / BYTES_A_TOKEN;
        let models = &self.gate.parts.models;
        let cost = models.money.cost_of_output(&self.call.route, owed.call(), output);
        cost.is_some_and(|it| it.micro() > reserved)
    }

    /// The last of an answer: recorded, and only then sent. Where it may not leave, because of what
    /// is in it or because it cannot be kept, the stream ends in its grammar.
    async fn last(self: Box<Self>, owed: Pending, last: Bytes, disposition: Disposition) {
        let watching = self.gate.watching(self.hidden.as_deref());
        let inspected = owed.last(watching.inspectors(), last, disposition);
        let (end, client) = (self.sent.ending(Ending::Filter), self.client.clone());
        let may_leave = inspected.disposition() == disposition;
        let how = if may_leave { disposition } else { Disposition::Withheld };
        let last = match self.conclude(inspected, how).await {
            Some(released) if released.disposition() == Some(disposition) => released.into_bytes(),
            None if may_leave => return,
            Some(_) | None => end,
        };
        let _ = client.send(last).await;
    }

    /// What ends the stream is our own; the answer is not passed on any further.
    async fn cut(self: Box<Self>, owed: Pending, end: Bytes, disposition: Disposition) {
        let client = self.client.clone();
        let _ = self.conclude(owed.failed(disposition), disposition).await;
        let _ = client.send(end).await;
    }

    /// The provider ended the stream. Some leave out the last event of their dialect.
    async fn over(mut self: Box<Self>, mut owed: Pending) {
        let mut out = BytesMut::new();
        let left = self.crossed.as_mut().map(Crossed::end).unwrap_or_default();
        if let Some(end) = left.into_iter().find_map(|it| self.event(&mut owed, it, &mut out)) {
            let _ = self.send(out.freeze()).await;
            return self.end(owed, end).await;
        }
        let freed = self.window.free();
        if self.pass(&mut owed, freed, &mut out).is_none() {
            return self.end(owed, End::Withheld).await;
        }
        let _ = self.send(out.freeze()).await;
        if self.following.told().stop.is_some() {
            return self.last(owed, Bytes::new(), Disposition::Answered).await;
        }
        self.broken(owed, Disposition::Unreachable).await;
    }

    /// The stream ends before its end: its client is told so, in the words of its dialect.
    async fn broken(self: Box<Self>, owed: Pending, disposition: Disposition) {
        let (status, words) = if disposition == Disposition::TimedOut {
            (504, "The provider did not go on in time")
        } else {
            (502, "The provider broke off")
        };
        let error = error_body(self.operation.dialect(), status, "server_error", words);
        let end = match self.operation {
            Operation::Messages | Operation::Responses => named("error", &error),
            Operation::Chat | Operation::Embeddings | Operation::CountTokens => {
                encode(&error, None)
            }
        };
        self.cut(owed, end, disposition).await;
    }

    async fn fail(self: Box<Self>, owed: Pending, disposition: Disposition) {
        let _ = self.conclude(owed.failed(disposition), disposition).await;
    }

    /// What may leave, now that the outcome is on record.
    async fn conclude(
        self: Box<Self>,
        inspected: Inspected,
        disposition: Disposition,
    ) -> Option<Released> {
        let Self { gate, call, following, crossed, written, is_cut, .. } = *self;
        let following = crossed.map_or(following, Crossed::into_heard);
        let output_bytes = following.output_bytes();
        let told = following.into_told();
        let is_whole = disposition == Disposition::Answered && !is_cut && !told.is_error;
        // What no tokenizer was given is estimated beside what was counted.
        let besides = output_bytes.saturating_sub(written.bytes());
        let counted = if told.usage.is_none() || !is_whole {
            Counted::of(&call, inspected.call().ask(), written).await.with(besides)
        } else {
            Counted::default()
        };
        let measured = Measured { told: &told, output_bytes, counted, disposition, is_whole };
        let models = &gate.parts.models;
        let made = if is_whole { Made::of(&call, &inspected, &told) } else { Made::default() };
        let metered = models.streamed(&call, inspected, &measured);
        let released = metered.record(gate.log(), gate.now()).ok()?;
        models.owe(made, &released);
        Some(released)
    }
}

fn named(name: &str, data: &[u8]) -> Bytes {
    [b"event: ", name.as_bytes(), b"\n", &encode(data, None)].concat().into()
}

//! The messages of a streamed answer, one by one, wherever they come from.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bailiwick_wire::llm::BedrockStream;
use bailiwick_wire::mcp::modern::{Frame, restored};
use bailiwick_wire::mcp::reply;
use bailiwick_wire::sse::{self, Decoder, Event};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{self, Incoming};
use tokio::sync::mpsc;

use super::calls::{CallGuard, Unheard};
use super::connection::Lease;
use crate::queue::Reader;
use crate::reading;

/// How long the end of a body may be waited for when all that matters was read.
const END_PATIENCE: Duration = Duration::from_secs(1);

/// One message of a streamed answer.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    /// The JSON-RPC message; empty for an event that carries none.
    pub(crate) message: Bytes,
    /// The event's id, when it has one.
    pub(crate) event_id: Option<String>,
    /// How long the client is to wait before it listens again, in milliseconds.
    pub(crate) retry: Option<u64>,
    /// The event as it came, where it came as one.
    pub(crate) raw: Option<Bytes>,
}

impl Piece {
    /// A message that came in no event.
    fn bare(message: Bytes) -> Self {
        Self { message, event_id: None, retry: None, raw: None }
    }

    /// The bytes of the event that carries this message, changed or not.
    pub(crate) fn event(&self, message: &Bytes) -> Bytes {
        match &self.raw {
            Some(raw) if *message == self.message => raw.clone(),
            Some(_) | None => sse::encode_with(message, self.event_id.as_deref(), self.retry),
        }
    }
}

/// Where the messages come from.
pub(crate) enum Messages {
    /// An event stream of an HTTP server.
    Events(Box<Events>),
    /// A child process. The guard holds the call's place in the child's table.
    Child {
        /// A message that was read already.
        first: Option<Bytes>,
        /// The others.
        rest: Reader,
        /// The call's place.
        guard: CallGuard,
    },
    /// One call of a process that serves many.
    Warm(Box<Warm>),
    /// What a child process says that belongs to no call.
    Stray(Stray),
}

/// The messages of one call of a process that serves many, with the client's own id in them.
pub(crate) struct Warm {
    first: Option<Piece>,
    messages: Reader,
    unanswered: Unanswered,
    _place: CallGuard,
}

impl Warm {
    pub(super) const fn new(messages: Reader, unanswered: Unanswered, place: CallGuard) -> Self {
        Self { first: None, messages, unanswered, _place: place }
    }

    /// All messages, of which the first was read already.
    pub(super) fn again(self, first: Piece) -> Messages {
        Messages::Warm(Box::new(Self { first: Some(first), ..self }))
    }

    pub(super) async fn next(&mut self) -> Option<Piece> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        let line = self.messages.recv().await?;
        let Unanswered { input, frame } = &mut self.unanswered;
        let (answer, ours) = (reading::answer(&line, Some(frame.ours())), frame.ours());
        if answer.is_some() || reading::calls_off(&line, ours) {
            *input = None;
        }
        Some(Piece::bare(restored(&line, frame)))
    }
}

/// A call whose answer did not come yet. When that is given up, the process is told: on a pipe
/// nothing closes, so this is the way to hang up.
pub(super) struct Unanswered {
    input: Option<mpsc::Sender<Bytes>>,
    frame: Frame,
}

impl Unanswered {
    pub(super) const fn new(input: mpsc::Sender<Bytes>, frame: Frame) -> Self {
        Self { input: Some(input), frame }
    }
}

impl Drop for Unanswered {
    fn drop(&mut self) {
        if let Some(input) = self.input.take() {
            // A process that reads so slowly that its queue is full is not told, and loses nothing.
            let _ = input.try_send(reply::cancelled(self.frame.ours(), "nobody waits for it"));
        }
    }
}

/// What belongs to no call, while somebody listens. The next listener goes on where it ended.
pub(crate) struct Stray {
    queue: Option<mpsc::Receiver<Bytes>>,
    home: Arc<Mutex<Option<mpsc::Receiver<Bytes>>>>,
    /// How many bytes wait in the queue.
    kept: Arc<AtomicUsize>,
}

impl Stray {
    /// Listen, unless somebody does.
    pub(super) fn listen(
        home: &Arc<Mutex<Option<mpsc::Receiver<Bytes>>>>,
        kept: &Arc<AtomicUsize>,
    ) -> Option<Self> {
        let queue = home.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        Some(Self { queue: Some(queue), home: Arc::clone(home), kept: Arc::clone(kept) })
    }
}

impl Drop for Stray {
    fn drop(&mut self) {
        *self.home.lock().unwrap_or_else(PoisonError::into_inner) = self.queue.take();
    }
}

/// An event stream that is being read.
pub(crate) struct Events {
    body: Incoming,
    /// Takes the events out of Amazon's frames, where they come in these.
    frames: Option<Box<BedrockStream>>,
    decoder: Decoder,
    lease: Option<Lease>,
    /// Events that were looked at and not passed on.
    again: VecDeque<Event>,
    /// The other messages of an event that brought several.
    more: VecDeque<Piece>,
    /// Of a call: its place, and what tells when it is called off.
    call: Option<Unheard>,
}

impl Messages {
    /// Whether there are no more because the call was called off.
    pub(crate) fn was_called_off(&self) -> bool {
        match self {
            Self::Events(events) => events.call.as_ref().is_some_and(Unheard::was_called_off),
            Self::Child { guard, .. } => guard.was_called_off(),
            Self::Warm(_) | Self::Stray(_) => false,
        }
    }

    /// All that matters was read: of events, see [`Events::finish`].
    pub(crate) async fn finish(self) {
        match self {
            Self::Events(events) => events.finish().await,
            Self::Child { .. } | Self::Warm(_) | Self::Stray(_) => {}
        }
    }

    /// The events themselves, where they are events.
    pub(crate) fn into_events(self) -> Option<Box<Events>> {
        match self {
            Self::Events(events) => Some(events),
            Self::Child { .. } | Self::Warm(_) | Self::Stray(_) => None,
        }
    }

    /// The messages of a call of a child process, the first of which was read already.
    pub(super) const fn behind(first: Bytes, rest: Reader, guard: CallGuard) -> Self {
        Self::Child { first: Some(first), rest, guard }
    }

    /// The next message; `None` when there are no more, or the stream broke.
    pub(crate) async fn next(&mut self) -> Option<Piece> {
        match self {
            Self::Events(events) => events.until_called_off().await,
            Self::Warm(warm) => warm.next().await,
            Self::Child { first, rest, .. } => {
                let message = match first.take() {
                    Some(message) => message,
                    None => rest.recv().await?,
                };
                Some(Piece::bare(message))
            }
            Self::Stray(stray) => {
                let message = stray.queue.as_mut()?.recv().await?;
                stray.kept.fetch_sub(message.len(), Ordering::AcqRel);
                Some(Piece::bare(message))
            }
        }
    }
}

impl Events {
    /// The same of a call that holds this place.
    pub(super) fn of(self, call: Option<Unheard>) -> Self {
        Self { call, ..self }
    }

    async fn until_called_off(&mut self) -> Option<Piece> {
        let Some(mut call) = self.call.take() else { return self.next().await };
        let piece = tokio::select! {
            piece = self.next() => piece,
            () = call.called_off() => None,
        };
        self.call = Some(call);
        piece
    }

    /// The events of a body.
    pub(super) fn new(body: Incoming, lease: Lease, event_bytes_max: usize) -> Self {
        let decoder = Decoder::new(event_bytes_max);
        let (again, more) = (VecDeque::new(), VecDeque::new());
        Self { body, frames: None, decoder, lease: Some(lease), again, more, call: None }
    }

    /// The same of a body of Amazon's frames.
    pub(super) fn framed(self, frame_bytes_max: usize) -> Self {
        Self { frames: Some(Box::new(BedrockStream::new(frame_bytes_max))), ..self }
    }

    /// All that matters was read. The end of the body mostly is there already, or comes at once:
    /// then the connection serves again. A server that goes on, or takes its time, is hung up on.
    pub(crate) async fn finish(mut self) {
        self.call = None;
        let Some(mut lease) = self.lease.take() else { return };
        let end = lease.drive(self.body.frame());
        if let Ok(None) = tokio::time::timeout(END_PATIENCE, end).await {
            lease.give_back();
        }
    }

    async fn next(&mut self) -> Option<Piece> {
        loop {
            if let Some(piece) = self.more.pop_front() {
                return Some(piece);
            }
            self.more = pieces(self.next_event().await?);
        }
    }

    /// Put back what was only looked at; it comes again before all else.
    pub(crate) fn put_back(&mut self, events: VecDeque<Event>) {
        self.again = events;
    }

    /// An event that is there already.
    pub(crate) fn ready_event(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.heard_event() {
                return Some(event);
            }
            if self.is_broken() {
                return None;
            }
            let part = self.lease.as_mut()?.drive_now(self.body.frame())?;
            self.take(part)?;
        }
    }

    /// An event that was read already.
    fn heard_event(&mut self) -> Option<Event> {
        self.again.pop_front().or_else(|| self.decoder.next_event())
    }

    /// A part of the body; `None` when it was its end, or the stream broke.
    fn take(&mut self, part: Option<Result<body::Frame<Bytes>, hyper::Error>>) -> Option<()> {
        let Some(part) = part else {
            // Read to its end, so the connection serves again.
            if let Some(lease) = self.lease.take() {
                lease.give_back();
            }
            return None;
        };
        let heard = part.ok().and_then(|it| {
            let mut data = it.into_data().unwrap_or_default();
            if let Some(frames) = &mut self.frames {
                data = frames.push(&data);
            }
            self.decoder.push(&data).ok()
        });
        if heard.is_none() {
            self.lease = None;
        }
        heard
    }

    /// The next event; `None` when there are no more, or the stream broke.
    pub(crate) async fn next_event(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.heard_event() {
                return Some(event);
            }
            if self.is_broken() {
                return None;
            }
            let part = match &mut self.lease {
                Some(lease) => lease.drive_on(self.body.frame()).await?,
                None => return None,
            };
            self.take(part)?;
        }
    }

    /// Whether Amazon's frames cannot be read on.
    fn is_broken(&self) -> bool {
        self.frames.as_ref().is_some_and(|it| it.broken().is_some())
    }
}

/// The messages of one event. Of a batch, the last one bears the event's id: who has that one has
/// them all.
fn pieces(event: Event) -> VecDeque<Piece> {
    let mut messages = reading::apart(event.data.clone());
    let last = messages.pop().unwrap_or_default();
    // A comment is said to nobody: an event that has one is written anew.
    let whole = messages.is_empty() && last == event.data && is_plain(&event);
    let raw = whole.then_some(event.raw);
    let first = messages.into_iter().map(Piece::bare);
    first.chain([Piece { message: last, event_id: event.id, retry: event.retry, raw }]).collect()
}

/// Whether an event holds nothing but what carries messages: data, a place in the stream, the
/// default type, and a time to wait. All else is said to nobody.
fn is_plain(event: &Event) -> bool {
    let mut lines = event.raw.split(|it| matches!(it, b'\n' | b'\r'));
    event.is_message()
        && lines.all(|it| {
            let (name, value) = it.split_at(it.iter().position(|it| *it == b':').unwrap_or(0));
            match name {
                b"data" | b"id" | b"event" => true,
                b"retry" => value.iter().all(|it| it.is_ascii_digit() || matches!(it, b':' | b' ')),
                _ => it.is_empty(),
            }
        })
}

//! A streamed answer, followed event by event: what it tells, which texts it carries, whether it
//! has ended, and how to end it well from here.

mod chat;
mod messages;
mod notes;
mod responses;

use bytes::Bytes;

use super::answer::Told;
use super::calls::Calls;
use super::delta::Delta;
use super::operation::Operation;
use crate::json::{Document, Limits, quote};
use crate::sse::Event;
use chat::Chat;
use messages::Messages;
use notes::Notes;
use responses::Responses;

/// What one event brings.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Step {
    /// The texts that it carries, in their order.
    pub deltas: Vec<Delta>,
    /// Channels to which nothing is added any more.
    pub ended: Vec<u64>,
    /// Names of tools that it calls and that the client runs, each as far as it is told by now.
    pub calls: Vec<Box<str>>,
    /// Whether it is the dialect's last event.
    pub is_last: bool,
    /// Whether it is the chunk that only `include_usage` brings, which a client that did not ask
    /// for it must not see.
    pub is_usage_only: bool,
    /// Whether it has data that cannot be read, so that its texts are not known.
    pub is_unreadable: bool,
}

/// Why a stream is ended before its end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ending {
    /// No more may be written.
    Length,
    /// What is written must not pass.
    Filter,
}

/// Follows one stream.
#[derive(Debug)]
pub struct Following {
    operation: Operation,
    notes: Notes,
    calls: Calls,
    stream: Stream,
}

/// The stream of one operation.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Stream {
    Chat(Chat),
    Responses(Responses),
    Messages(Messages),
    /// An operation that has no streams.
    Whole,
}

impl Following {
    /// At the start of a stream.
    pub fn new(operation: Operation) -> Self {
        let stream = match operation {
            Operation::Chat => Stream::Chat(Chat::default()),
            Operation::Responses => Stream::Responses(Responses::default()),
            Operation::Messages => Stream::Messages(Messages::default()),
            Operation::Embeddings | Operation::CountTokens => Stream::Whole,
        };
        Self { operation, notes: Notes::default(), calls: Calls::default(), stream }
    }

    /// The next event.
    pub fn event(&mut self, event: &Event) -> Step {
        let mut step = Step::default();
        if event.data.is_empty() {
            return step;
        }
        if let (Stream::Chat(_), b"[DONE]") = (&self.stream, event.data.trim_ascii()) {
            self.notes.end(&mut step);
            return step;
        }
        let Ok(document) = Document::parse(&event.data, Limits::default()) else {
            step.is_unreadable = true;
            return step;
        };
        let (root, notes) = (document.root(), &mut self.notes);
        step.calls = self.calls.event(self.operation, root);
        match &mut self.stream {
            Stream::Chat(chat) => chat.event(root, notes, &mut step),
            Stream::Responses(responses) => responses.event(root, notes, &mut step),
            Stream::Messages(messages) => messages.event(root, notes, &mut step),
            Stream::Whole => step.is_unreadable = true,
        }
        step
    }

    /// What was told so far. Items are told when they are complete.
    pub const fn told(&self) -> &Told {
        &self.notes.told
    }

    /// What was told when no more comes: items that are not complete count as they stand.
    pub fn into_told(mut self) -> Told {
        self.notes.close(&mut Vec::new(), |_| true);
        self.notes.told
    }

    /// How many bytes of text, reasoning and arguments of tools were written so far.
    pub const fn output_bytes(&self) -> u64 {
        self.notes.output_bytes
    }

    /// Whether the dialect's last event was seen.
    pub const fn has_ended(&self) -> bool {
        self.notes.has_ended
    }

    /// The place that the stream is at: it can be ended well from there, whatever is heard later.
    pub fn mark(&self) -> Mark {
        let told = &self.notes.told;
        Mark {
            stream: self.stream.clone(),
            model: told.model.clone(),
            written: written(told),
            has_ended: self.notes.has_ended,
        }
    }

    /// Whether a mark that was made before is still the place that the stream is at: most events
    /// change nothing about how it would end.
    pub fn is_at(&self, mark: &Mark) -> bool {
        let told = &self.notes.told;
        mark.stream == self.stream
            && mark.model == told.model
            && mark.written == written(told)
            && mark.has_ended == self.notes.has_ended
    }

    /// Events that end the stream well from here, where all that was heard was passed on; none when
    /// it has ended.
    pub fn ending(&self, why: Ending) -> Bytes {
        self.mark().ending(why)
    }
}

/// The tokens that the provider said were written.
fn written(told: &Told) -> u64 {
    told.usage.map_or(0, |it| it.output)
}

/// A place in a stream.
#[derive(Clone, Debug)]
pub struct Mark {
    stream: Stream,
    model: Option<Box<str>>,
    /// The tokens that the provider said were written.
    written: u64,
    has_ended: bool,
}

impl Mark {
    /// Events that end the stream well from here; none when it has ended.
    pub fn ending(&self, why: Ending) -> Bytes {
        if self.has_ended {
            return Bytes::new();
        }
        let model = quote(self.model.as_deref().unwrap_or_default());
        match &self.stream {
            Stream::Chat(chat) => chat.ending(why, &model),
            Stream::Responses(responses) => responses.ending(why, &model),
            Stream::Messages(messages) => messages.ending(why, &model, self.written),
            Stream::Whole => Bytes::new(),
        }
    }
}

/// One named event of our own.
fn named(name: &str, data: &str) -> String {
    format!("event: {name}\ndata: {data}\n\n")
}

#[cfg(test)]
mod tests;

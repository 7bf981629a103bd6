//! A call that is asked for in one dialect and made in the other: a chat of a provider that speaks
//! Anthropic's messages, or a message of one that speaks OpenAI's chats.
//!
//! The ask is translated before the decision, the answer as it comes, before anybody looks at it.
//! So the record's digest of the ask is of what the provider got, that of the answer is of what the
//! client got, and inspectors and duties see what leaves. The meter reads the provider's own words.

use std::sync::OnceLock;

use bailiwick_core::Disposition;
use bailiwick_wire::llm::translate::{self, Translating, Untranslatable};
use bailiwick_wire::llm::{Dialect, Following, Operation, Told, told};
use bailiwick_wire::sse::Event;
use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};

use super::Head;
use crate::clock;

/// The version of its API that is spoken to Anthropic: one must be named.
const VERSION: (&str, &str) = ("anthropic-version", "2023-06-01");
/// What OpenAI and Anthropic call the id of a request.
const REQUEST_IDS: [&str; 2] = ["x-request-id", "request-id"];
const SECOND_NS: u64 = 1_000_000_000;

impl Head {
    /// What goes out beside a body to a provider whose dialect its client does not speak: what that
    /// one chose of its own API means nothing there.
    pub(crate) fn of(dialect: Dialect) -> Self {
        Self(match dialect {
            Dialect::OpenAi => Vec::new(),
            Dialect::Anthropic => {
                let (name, value) = VERSION;
                vec![(HeaderName::from_static(name), HeaderValue::from_static(value))]
            }
        })
    }
}

/// One such call.
pub(crate) struct Crossing {
    /// What the client asks for.
    asked: Operation,
    /// What the provider is asked for.
    made: Operation,
    /// Whether the client wants the usage of its stream.
    tells_usage: bool,
    /// When it was asked, in seconds since 1970: chats tell it, and messages do not.
    created: u64,
    heard: OnceLock<Heard>,
}

/// A whole answer in the provider's own words, and what it tells.
pub(crate) struct Heard {
    pub(crate) told: Told,
    pub(crate) answer: Bytes,
}

impl Crossing {
    /// Of what the client asks for to a provider that speaks another dialect; `None` where that is
    /// not translated.
    pub(crate) fn new(asked: Operation, tells_usage: bool) -> Option<Self> {
        let made = translate::counterpart(asked)?;
        let created = clock::now().ns() / SECOND_NS;
        Some(Self { asked, made, tells_usage, created, heard: OnceLock::new() })
    }

    /// What the client asks for.
    pub(crate) const fn asked(&self) -> Operation {
        self.asked
    }

    /// What the provider is asked for.
    pub(crate) const fn made(&self) -> Operation {
        self.made
    }

    /// The body that the provider is sent.
    ///
    /// # Errors
    /// The member that has no word there.
    pub(crate) fn ask(&self, body: &[u8]) -> Result<Bytes, Untranslatable> {
        translate::request(self.asked, body)
    }

    /// A whole answer for the client; `None` when it holds what the client's dialect has no word
    /// for, and is lost.
    pub(super) fn answer(&self, status: StatusCode, came: &Bytes) -> Option<(Bytes, Disposition)> {
        let told = told(self.made, came);
        let _ = self.heard.set(Heard { told, answer: came.clone() });
        if status.is_success() {
            let answer = translate::answer(self.asked, came, self.created).ok()?;
            return Some((answer, Disposition::Answered));
        }
        let error = translate::error(self.asked, self.status(status).as_u16(), came);
        Some((error, Disposition::Erred))
    }

    /// What the provider said as a whole.
    pub(crate) fn heard(&self) -> Option<&Heard> {
        self.heard.get()
    }

    /// How the reply begins for the client.
    pub(super) fn heading(
        &self,
        status: StatusCode,
        headers: &HeaderMap,
    ) -> (StatusCode, HeaderMap) {
        let [openai, anthropic] = REQUEST_IDS;
        let (theirs, ours) = match self.asked.dialect() {
            Dialect::OpenAi => (anthropic, openai),
            Dialect::Anthropic => (openai, anthropic),
        };
        let mut headers = headers.clone();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.remove("openai-processing-ms");
        if let Some(id) = headers.remove(theirs) {
            headers.insert(HeaderName::from_static(ours), id);
        }
        (self.status(status), headers)
    }

    /// Clients of OpenAI's do not know the number that Anthropic has for being overloaded.
    fn status(&self, status: StatusCode) -> StatusCode {
        match (self.asked.dialect(), status.as_u16()) {
            (Dialect::OpenAi, 529) => StatusCode::SERVICE_UNAVAILABLE,
            (Dialect::OpenAi | Dialect::Anthropic, _) => status,
        }
    }

    /// A stream that begins.
    pub(crate) fn stream(&self) -> Option<Crossed> {
        let translating = Translating::new(self.asked, self.tells_usage, self.created)?;
        Some(Crossed { translating, heard: Following::new(self.made) })
    }
}

/// A stream of the provider's as its client awaits it.
pub(crate) struct Crossed {
    translating: Translating,
    heard: Following,
}

impl Crossed {
    /// What an event is to the client; `None` when it has no word for it, and nothing more follows.
    pub(crate) fn event(&mut self, event: &Event) -> Option<Vec<Event>> {
        self.heard.event(event);
        self.translating.event(event).ok()
    }

    /// The provider hung up: what is left to tell, if it had come to its end.
    pub(crate) fn end(&mut self) -> Vec<Event> {
        let is_done = self.heard.told().stop.is_some() && !self.heard.told().is_error;
        if is_done { self.translating.end() } else { Vec::new() }
    }

    /// What was heard in the provider's own words.
    pub(crate) const fn heard(&self) -> &Following {
        &self.heard
    }

    /// The same, when no more comes.
    pub(crate) fn into_heard(self) -> Following {
        self.heard
    }
}

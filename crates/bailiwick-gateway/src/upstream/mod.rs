//! UPSTREAMS: what carries out cleared calls. Each takes the clearance and gives back the debt of
//! recording what came of it.

mod address;
mod away;
mod backoff;
mod calls;
mod child;
mod client;
mod connection;
mod crossing;
mod desk;
mod fetch;
mod follow;
mod http;
mod http_call;
mod kin;
mod messages;
mod older;
mod pipes;
mod provider;
mod reckoned;
mod refused;
mod request;
mod route;
mod signing;
mod starting;
mod stdio;
mod trouble;
mod warm;

use std::sync::Arc;
use std::time::Duration;

use bailiwick_broker::Vault;
use bailiwick_core::{Cleared, Disposition, ExchangeId, Pending};
use bailiwick_wire::llm::{called, without_likelihoods};
use bailiwick_wire::rpc::Id;
use bytes::Bytes;
use hyper::header::{HeaderName, HeaderValue};

use crate::config::Limits;
use crate::hidden::Hidden;
use crate::kills::Kills;
use crate::reserving::Reserving;

pub(crate) use address::segment;
pub(crate) use away::Away;
pub(crate) use child::ChildSpec;
pub(crate) use client::{ClientSide, Waiting};
pub(crate) use connection::Pool;
pub(crate) use crossing::{Crossed, Crossing};
pub use fetch::{Fetched, NotFetched, fetch};
use follow::{Added, Follow};
pub(crate) use follow::{SUBSCRIPTIONS_MAX, Subscriptions, wholes};
pub(crate) use http::{HttpLink, Speech};
pub(crate) use http_call::{HttpCall, Repeats};
pub(crate) use messages::{Events, Messages, Piece};
pub(crate) use provider::{Asking, ProviderCall};
pub(crate) use reckoned::Reckoned;
pub(crate) use route::{Provider, Route};
pub(crate) use stdio::StdioLink;
pub(crate) use trouble::Trouble;
pub(crate) use warm::Nursery;
use warm::WarmCall;

/// What carrying out a call takes, besides its clearance.
#[derive(Clone, Copy)]
pub(crate) struct Means<'a> {
    /// The secrets; each is handed out against a clearance only.
    pub(crate) vault: &'a Vault,
    /// How much of everything is allowed.
    pub(crate) limits: &'a Limits,
    /// What is stopped while it is under way.
    pub(crate) kills: &'a Kills,
}

/// Which leg of the protocol a call is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Leg {
    /// A JSON-RPC message.
    Message,
    /// The caller listens for messages that belong to no call.
    Listen,
    /// The caller ends its session.
    End,
}

/// What an upstream must know of a message besides its bytes.
#[derive(Clone, Debug)]
pub(crate) struct Envelope {
    /// Which leg it is.
    pub(crate) leg: Leg,
    /// The request's id; absent for notifications.
    pub(crate) id: Option<Id>,
    /// The progress token, as it is spelled.
    pub(crate) progress: Option<Box<str>>,
    /// The revision that the caller names in its header.
    pub(crate) version: Option<HeaderValue>,
    /// How long an answer may take, where that is less than the limit for all.
    pub(crate) patience: Option<Duration>,
    /// The exchange that this one goes on with.
    pub(crate) parent: Option<ExchangeId>,
    /// What a call of a model reserves before it goes out.
    pub(crate) reserving: Option<Arc<Reserving>>,
    /// What a call of a model must not tell its caller of.
    pub(crate) hidden: Option<Arc<Hidden>>,
    /// Whether its answer is fetched another way, so that no duty can be met on it.
    pub(crate) is_unseen: bool,
}

impl Envelope {
    /// Of a message that reports no progress and waits as long as the limits say.
    pub(crate) const fn new(leg: Leg, id: Option<Id>) -> Self {
        Self {
            leg,
            id,
            progress: None,
            version: None,
            patience: None,
            parent: None,
            reserving: None,
            hidden: None,
            is_unseen: false,
        }
    }

    fn patience(&self, limits: &Limits) -> Duration {
        self.patience.unwrap_or(Duration::from_secs(limits.answer_seconds))
    }
}

/// Headers that repeat a part of the message, and were checked against it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Head(pub(crate) Vec<(HeaderName, HeaderValue)>);

/// What came of a cleared call.
pub(crate) enum Answer {
    /// One whole message, and how it turned out.
    Whole(Pending, Bytes, Disposition),
    /// Messages one by one.
    Stream(Pending, Messages),
    /// No message at all.
    Ended(Pending, Disposition),
}

/// Something that carries out cleared calls.
pub(crate) enum Upstream {
    /// A child process that speaks over standard input and output.
    Stdio(Arc<StdioLink>),
    /// The same in the modern era: one call of a process that serves many.
    Warm(WarmCall),
    /// A server that speaks over HTTP, streamable or in the older way.
    Http(Arc<HttpLink>),
    /// The same in the modern era: one call.
    HttpCall(HttpCall),
    /// A provider of models: one call.
    Provider(Box<ProviderCall>),
    /// The client of a person, of which a server asks something.
    Client(ClientSide),
    /// The client of a person, which answers in the next leg of its call, or is told what it
    /// follows on another stream. There is nothing to send.
    Later,
    /// There is no such server, or none that can be reached now. Calls of it are decided like any
    /// other, and go no further.
    Nowhere,
}

impl Upstream {
    /// Carry out a cleared call. The clearance is used up.
    pub(crate) async fn forward(
        &self,
        means: Means<'_>,
        cleared: Cleared,
        envelope: &Envelope,
    ) -> Answer {
        let mut follow = Follow::of(cleared.call());
        if let (Follow::Subscribe(uri), Some(all)) = (&follow, self.subscriptions()) {
            match all.add(uri) {
                Added::New => {}
                // Should it fail, the one before holds all the same.
                Added::Again => follow = Follow::Nothing,
                Added::TooMuch => return Answer::Ended(cleared.owe(), Disposition::Unreachable),
            }
        }
        let answer = match self {
            Self::Stdio(link) => link.forward(means, cleared, envelope).await,
            Self::Http(link) => link.forward(means, cleared, envelope).await,
            Self::HttpCall(call) => call.forward(means, cleared, envelope).await,
            Self::Warm(call) => call.forward(means, cleared, envelope).await,
            Self::Provider(call) => call.forward(means, cleared, envelope).await,
            Self::Client(side) => side.forward(means, cleared).await,
            Self::Later => Answer::Ended(cleared.owe(), Disposition::Accepted),
            Self::Nowhere => Answer::Ended(cleared.owe(), Disposition::Unreachable),
        };
        self.follow(follow, &answer);
        answer
    }

    /// What came of a call means something for what comes after it.
    fn follow(&self, follow: Follow, answer: &Answer) {
        let done = match answer {
            Answer::Whole(_, _, disposition) => *disposition == Disposition::Answered,
            Answer::Stream(..) => true,
            Answer::Ended(_, disposition) => *disposition == Disposition::Accepted,
        };
        match (follow, done, self.subscriptions()) {
            (Follow::CallOff(id), true, _) => {
                if let Some(calls) = self.calls() {
                    calls.call_off(&id);
                }
            }
            // It was added before it was asked for: a change may be told before the answer.
            (Follow::Subscribe(uri), false, Some(all))
            | (Follow::Unsubscribe(uri), true, Some(all)) => all.remove(&uri),
            (_, _, _) => {}
        }
    }

    /// Nothing is waited for any more: the calls under way end, on record.
    pub(crate) fn let_go(&self) {
        if let Some(calls) = self.calls() {
            calls.end();
        }
    }

    fn calls(&self) -> Option<&Arc<calls::Calls>> {
        self.lasting().map(Lasting::calls)
    }

    /// The resources of which the session is told when they change.
    pub(crate) fn subscriptions(&self) -> Option<&Subscriptions> {
        self.lasting().map(Lasting::subscriptions)
    }

    /// The same far side for calls of another caller in the same session; `None` when it has none
    /// to share.
    pub(crate) fn shared(&self) -> Option<Self> {
        Some(match self.lasting()? {
            Lasting::Stdio(link) => Self::Stdio(Arc::clone(link)),
            Lasting::Http(link) => Self::Http(Arc::clone(link)),
        })
    }

    /// Whether it ended by itself, so that its session is no more.
    pub(crate) fn is_dead(&self) -> bool {
        self.lasting().is_some_and(Lasting::is_dead)
    }

    /// What stays when a call is over.
    const fn lasting(&self) -> Option<Lasting<'_>> {
        match self {
            Self::Stdio(link) => Some(Lasting::Stdio(link)),
            Self::Http(link) => Some(Lasting::Http(link)),
            Self::HttpCall(_)
            | Self::Warm(_)
            | Self::Provider(_)
            | Self::Client(_)
            | Self::Later
            | Self::Nowhere => None,
        }
    }

    /// The call of a provider of models, where it is one.
    pub(crate) const fn provider(&self) -> Option<&ProviderCall> {
        let Self::Provider(call) = self else { return None };
        Some(call)
    }

    /// The tools that a whole answer of a model's calls.
    pub(crate) fn called(&self, answer: &[u8]) -> Vec<Box<str>> {
        let operation = self.provider().and_then(ProviderCall::answers);
        operation.map_or_else(Vec::new, |it| called(it, answer))
    }

    /// A whole answer of a model's without what repeats its texts token by token.
    pub(crate) fn without_likelihoods(&self, answer: &Bytes) -> Bytes {
        let operation = self.provider().and_then(ProviderCall::answers);
        operation.map_or_else(|| answer.clone(), |it| without_likelihoods(it, answer))
    }

    /// The same, to be kept while its answer is streamed.
    pub(crate) fn into_provider(self) -> Option<ProviderCall> {
        let Self::Provider(call) = self else { return None };
        Some(*call)
    }

    /// Whether it carries nothing outside of a session: its process begins with one.
    pub(crate) const fn needs_session(&self) -> bool {
        matches!(self, Self::Stdio(_))
    }

    /// Whether it carries one call of the modern era, which ends when its caller goes away.
    pub(crate) const fn is_modern(&self) -> bool {
        matches!(self, Self::HttpCall(_) | Self::Warm(_))
    }
}

/// A link to a server that serves call after call.
#[derive(Clone, Copy)]
enum Lasting<'a> {
    Stdio(&'a Arc<StdioLink>),
    Http(&'a Arc<HttpLink>),
}

impl<'a> Lasting<'a> {
    fn calls(self) -> &'a Arc<calls::Calls> {
        match self {
            Self::Stdio(link) => link.calls(),
            Self::Http(link) => link.calls(),
        }
    }

    fn subscriptions(self) -> &'a Subscriptions {
        match self {
            Self::Stdio(link) => &link.subscriptions,
            Self::Http(link) => &link.subscriptions,
        }
    }

    fn is_dead(self) -> bool {
        match self {
            Self::Stdio(link) => link.is_dead(),
            Self::Http(link) => link.is_dead(),
        }
    }
}

//! A server that speaks streamable HTTP.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use bailiwick_core::{Action, Cleared, Disposition, Pending};
use hyper::header::HeaderValue;
use hyper::{StatusCode, Uri};

use super::calls::{Calls, Unheard};
use super::connection::{Pool, Unreachable};
use super::follow::Subscriptions;
use super::messages::{Events, Messages};
use super::older::OlderLink;
use super::request::{Came, SESSION, Target, What, request, send};
use super::{Answer, Envelope, Leg, Means};
use crate::reading;

/// How a server at an address speaks.
#[derive(Clone, Debug)]
pub(crate) enum Speech {
    /// Streamable HTTP.
    Streamable,
    /// As in revision 2024-11-05: a stream, and an address to post to.
    Older,
    /// To be found out; true when it was found to be the older way.
    Unknown(Arc<AtomicBool>),
}

/// One session with an HTTP server, or the calls that belong to none.
pub(crate) struct HttpLink {
    pool: Arc<Pool>,
    address: Uri,
    target: Target,
    speech: Speech,
    session: OnceLock<HeaderValue>,
    gone: AtomicBool,
    calls: Arc<Calls>,
    pub(super) subscriptions: Subscriptions,
    /// The same session in the older way, when that is the one it speaks.
    older: OnceLock<OlderLink>,
}

impl HttpLink {
    /// A link to the server at this address, over these connections.
    pub(crate) fn new(pool: Arc<Pool>, address: &Uri, speech: Speech) -> Self {
        Self {
            pool,
            address: address.clone(),
            target: Target::new(address),
            speech,
            session: OnceLock::new(),
            gone: AtomicBool::new(false),
            calls: Arc::default(),
            subscriptions: Subscriptions::default(),
            older: OnceLock::new(),
        }
    }

    pub(super) fn is_dead(&self) -> bool {
        self.gone.load(Ordering::Relaxed) || self.older.get().is_some_and(OlderLink::is_dead)
    }

    pub(super) async fn forward(
        &self,
        means: Means<'_>,
        cleared: Cleared,
        envelope: &Envelope,
    ) -> Answer {
        if self.older.get().is_some() || self.is_older() {
            return Box::pin(self.forward_older(means, cleared, envelope)).await;
        }
        let request = request(means, &cleared, envelope, &self.target, self.session.get());
        let Some(request) = request else {
            return Answer::Ended(cleared.owe(), Disposition::Unreachable);
        };
        let mut call = match &envelope.id {
            None => None,
            Some(id) => match self.calls.enter_unheard(id) {
                Some(place) => Some(place),
                None => return Answer::Ended(cleared.owe(), Disposition::Unreachable),
            },
        };
        let patience = envelope.patience(means.limits);
        let sent = tokio::select! {
            sent = tokio::time::timeout(patience, send(&self.pool, means, request)) => sent,
            () = called_off(call.as_mut()) => {
                return Answer::Ended(cleared.owe(), Disposition::Cancelled);
            }
            () = means.kills.stopped(cleared.call()) => {
                return Answer::Ended(cleared.owe(), Disposition::Killed);
            }
        };
        match sent {
            Err(_) => Answer::Ended(cleared.owe(), Disposition::TimedOut),
            Ok(Err(Unreachable)) => Answer::Ended(cleared.owe(), Disposition::Unreachable),
            Ok(Ok(came)) if self.seems_older(&cleared, envelope, &came) => {
                Box::pin(self.forward_older(means, cleared, envelope)).await
            }
            Ok(Ok(came)) => self.read(means, cleared.owe(), envelope, (came, call)),
        }
    }

    /// The calls under way.
    pub(super) fn calls(&self) -> &Arc<Calls> {
        self.older.get().map_or(&self.calls, OlderLink::calls)
    }

    fn is_older(&self) -> bool {
        match &self.speech {
            Speech::Streamable => false,
            Speech::Older => true,
            Speech::Unknown(found) => found.load(Ordering::Relaxed),
        }
    }

    /// Whether a first message was refused as servers of the older way do, which take no POST at
    /// this address.
    fn seems_older(&self, cleared: &Cleared, envelope: &Envelope, came: &Came) -> bool {
        let refused = matches!(came.head.status.as_u16(), 400 | 404 | 405);
        let What::Whole(message) = &came.what else { return false };
        matches!(self.speech, Speech::Unknown(_))
            && refused
            && cleared.call().action() == Action::Connect
            && envelope.leg == Leg::Message
            && self.session.get().is_none()
            && reading::answer(message, envelope.id.as_ref()).is_none()
    }

    /// What was found out holds for the server's other sessions, until it proves wrong.
    async fn forward_older(
        &self,
        means: Means<'_>,
        cleared: Cleared,
        envelope: &Envelope,
    ) -> Answer {
        let begins = self.older.get().is_none();
        let make = || OlderLink::new(Arc::clone(&self.pool), self.address.clone());
        let older = self.older.get_or_init(make);
        let answer = older.forward(means, cleared, envelope).await;
        if let (true, Speech::Unknown(found)) = (begins, &self.speech) {
            found.store(older.has_begun(), Ordering::Relaxed);
        }
        answer
    }

    fn read(
        &self,
        means: Means<'_>,
        owed: Pending,
        envelope: &Envelope,
        came: (Came, Option<Unheard>),
    ) -> Answer {
        let (Came { head, what }, call) = came;
        if head.status == StatusCode::NOT_FOUND && self.session.get().is_some() {
            // The server forgot the session: it is never half alive, the client begins anew.
            self.gone.store(true, Ordering::Relaxed);
        }
        if owed.call().action() == Action::Connect
            && let Some(session) = head.headers.get(SESSION)
        {
            let _ = self.session.set(session.clone());
        }
        let message = match what {
            What::Stream(body, lease) => {
                let limit = means.limits.message_bytes;
                let events = Events::new(body, lease, limit).of(call);
                return Answer::Stream(owed, Messages::Events(Box::new(events)));
            }
            What::Whole(message) => message,
        };
        if envelope.id.is_none() {
            let disposition = match head.status {
                status if status.is_success() => Disposition::Accepted,
                // A server need not offer a stream to listen on, nor an end to its sessions.
                StatusCode::METHOD_NOT_ALLOWED => Disposition::Erred,
                _ => Disposition::Unreachable,
            };
            return Answer::Ended(owed, disposition);
        }
        match reading::answer(&message, envelope.id.as_ref()) {
            Some(disposition) => Answer::Whole(owed, message, disposition),
            None => Answer::Ended(owed, Disposition::Unreachable),
        }
    }
}

/// Wait until the call that holds this place is called off.
async fn called_off(call: Option<&mut Unheard>) {
    match call {
        Some(call) => call.called_off().await,
        None => std::future::pending().await,
    }
}

//! One call of the modern era to a server over HTTP: no session, and it ends with its caller.

use std::sync::Arc;

use bailiwick_core::{Call, Cleared, Disposition, Pending};
use hyper::Uri;

use super::connection::{Pool, Unreachable};
use super::messages::{Events, Messages};
use super::request::{Came, Target, What, request, send};
use super::{Answer, Away, Envelope, Head, Means};
use crate::reading;

/// The headers that repeat what is sent.
pub(crate) enum Repeats {
    /// They came with the message, and were checked against it.
    Given(Head),
    /// They are written of what is sent, once that is decided: who may not call it learns nothing
    /// by the time that takes.
    Written(Box<dyn Fn(&Call) -> Head + Send + Sync>),
}

/// One call.
pub(crate) struct HttpCall {
    pool: Arc<Pool>,
    target: Target,
    repeats: Repeats,
    away: Away,
}

impl HttpCall {
    pub(crate) fn new(pool: Arc<Pool>, address: &Uri, repeats: Repeats, away: Away) -> Self {
        Self { pool, target: Target::new(address), repeats, away }
    }

    pub(super) async fn forward(
        &self,
        means: Means<'_>,
        cleared: Cleared,
        envelope: &Envelope,
    ) -> Answer {
        let written;
        let head = match &self.repeats {
            Repeats::Given(head) => head,
            Repeats::Written(write) => {
                written = write(cleared.call());
                &written
            }
        };
        let request = request(means, &cleared, envelope, &self.target, None);
        let owed = cleared.owe();
        let Some(mut request) = request else {
            return Answer::Ended(owed, Disposition::Unreachable);
        };
        for (name, value) in &head.0 {
            // What the operator sets is not the caller's to change.
            request.headers_mut().entry(name).or_insert_with(|| value.clone());
        }
        let patience = envelope.patience(means.limits);
        let answered = tokio::select! {
            biased;
            // The request is dropped with its connection, which is how the server learns of it.
            () = self.away.gone() => return Answer::Ended(owed, Disposition::Cancelled),
            () = means.kills.stopped(owed.call()) => {
                return Answer::Ended(owed, Disposition::Killed);
            }
            answered = tokio::time::timeout(patience, send(&self.pool, means, request)) => answered,
        };
        match answered {
            Err(_) => Answer::Ended(owed, Disposition::TimedOut),
            Ok(Err(Unreachable)) => Answer::Ended(owed, Disposition::Unreachable),
            Ok(Ok(came)) => read(means, owed, envelope, came),
        }
    }
}

fn read(means: Means<'_>, owed: Pending, envelope: &Envelope, came: Came) -> Answer {
    let message = match came.what {
        What::Stream(body, lease) => {
            let limit = means.limits.message_bytes;
            let events = Events::new(body, lease, limit);
            return Answer::Stream(owed, Messages::Events(Box::new(events)));
        }
        What::Whole(message) => message,
    };
    if envelope.id.is_none() {
        let taken = came.head.status.is_success();
        let came = if taken { Disposition::Accepted } else { Disposition::Unreachable };
        return Answer::Ended(owed, came);
    }
    match reading::answer(&message, envelope.id.as_ref()) {
        Some(disposition) => Answer::Whole(owed, message, disposition),
        None => Answer::Ended(owed, Disposition::Unreachable),
    }
}

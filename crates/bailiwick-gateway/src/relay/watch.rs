//! What happens next to a stream that is relayed: on it, to its reader, or on the stream on which
//! its call is taken up.

use std::sync::Arc;
use std::time::Duration;

use bailiwick_core::Disposition;
use bailiwick_wire::rpc::Id;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::ALIVE;
use crate::adrift::Landing;
use crate::queue::Writer;
use crate::reading;
use crate::session::Session;
use crate::upstream::{Messages, Piece};

/// After how long a silent stream is shown to be alive.
const QUIET: Duration = Duration::from_secs(15);

/// What happens next to a stream.
pub(super) enum Next {
    Piece(Option<Piece>),
    /// Its answer came on the stream on which the call was taken up.
    Landed(Box<Landing>),
    /// Nobody reads it any more.
    Gone,
    /// It has no answer that anybody could take: dropping the messages tells the server.
    Ended(Disposition),
    /// Nobody listens any more: the gateway stops, policy forbids it, or the server lets go.
    Stop,
    Quiet,
    /// Nobody can take the call up any more: the session is over.
    Over,
}

/// Watches a stream for what happens next.
pub(super) struct Watch {
    session: Arc<Session>,
    id: Option<Id>,
    patience: Duration,
    is_modern: bool,
    /// It is only listened to.
    pub(super) listens: bool,
    /// There is a place on it from which it can be taken up.
    pub(super) resumable: bool,
    /// When an answer comes too late, since its reader is gone.
    ends: Option<Instant>,
    /// Where the answer comes that is read on another stream.
    pub(super) landed: Option<oneshot::Receiver<Landing>>,
}

impl Watch {
    pub(super) fn new(
        session: &Arc<Session>,
        id: Option<&Id>,
        patience: Duration,
        listens: bool,
    ) -> Self {
        Self {
            session: Arc::clone(session),
            id: id.cloned(),
            patience,
            is_modern: session.upstream.is_modern(),
            listens,
            resumable: false,
            ends: None,
            landed: None,
        }
    }

    /// What happens next. Up to 2025-11-25 a call goes on to its end when nobody reads any more:
    /// there, going away is not a cancellation. But the end has to come in the time that a server
    /// has for an answer.
    pub(super) async fn next(&mut self, messages: &mut Messages, client: &Writer) -> Next {
        let (listens, is_modern) = (self.listens, self.is_modern);
        tokio::select! {
            piece = messages.next() => match piece {
                Some(it) if self.is_let_go(&it) => Next::Stop,
                it => Next::Piece(it),
            },
            () = client.closed(), if listens || is_modern => Next::Gone,
            next = self.left(client), if !listens && !is_modern => next,
            () = tokio::time::sleep(QUIET), if is_modern => {
                // Who does not take it has enough to read.
                let _ = client.try_send(ALIVE);
                Next::Quiet
            }
        }
    }

    /// Whether a server of the modern era lets go of its listener. On a pipe it cannot close the
    /// stream, and calls the request off.
    fn is_let_go(&self, piece: &Piece) -> bool {
        self.listens
            && self.is_modern
            && self.id.as_ref().is_some_and(|id| reading::calls_off(&piece.message, id))
    }

    /// Wait until the client is gone, and then until the answer comes elsewhere, or too late.
    /// Servers say the rest of a call on its newest stream, and not on this one.
    async fn left(&mut self, client: &Writer) -> Next {
        client.closed().await;
        let patience = self.patience;
        let ends = *self.ends.get_or_insert_with(|| Instant::now() + patience);
        if self.resumable && self.landed.is_none() {
            self.landed = self.id.as_ref().and_then(|id| self.session.adrift.wait(id));
        }
        let landed = async {
            match &mut self.landed {
                Some(landed) => landed.await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            landing = landed => landing.map_or(Next::Over, |it| Next::Landed(Box::new(it))),
            () = tokio::time::sleep_until(ends) => Next::Ended(Disposition::TimedOut),
        }
    }
}

//! Requests under way on one connection, counted until their replies are told to the end.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio::sync::watch;

use super::body::Body;

/// How many requests are under way.
#[derive(Clone, Debug, Default)]
pub(super) struct UnderWay(watch::Sender<usize>);

/// One of them.
pub(super) struct Request(watch::Sender<usize>);

impl UnderWay {
    /// One more.
    pub(super) fn begin(&self) -> Request {
        self.0.send_modify(|it| *it += 1);
        Request(self.0.clone())
    }

    /// Tells how many there are.
    pub(super) fn watch(&self) -> watch::Receiver<usize> {
        self.0.subscribe()
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        self.0.send_modify(|it| *it = it.saturating_sub(1));
    }
}

/// The body of a reply, whose request is under way until it is gone.
pub(super) struct Counted {
    pub(super) body: Body,
    pub(super) _of: Request,
}

impl hyper::body::Body for Counted {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

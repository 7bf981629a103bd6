//! Bodies of replies: whole, or event by event.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use tokio::sync::Notify;

use crate::queue::Reader;

/// The body of a reply.
pub(crate) enum Body {
    /// All of it.
    Whole(Option<Bytes>),
    /// Events as they come. Each is flushed when it is there.
    Events(Reader),
    /// The same, until something has happened.
    Until(Reader, Pin<Box<dyn Future<Output = ()> + Send>>),
}

impl Body {
    /// Tell who it is that hangs up when the events are left unread.
    pub(super) fn hung_up_by(&self, hang_up: &Arc<Notify>) {
        match self {
            Self::Events(events) | Self::Until(events, _) => events.hung_up_by(hang_up),
            Self::Whole(_) => {}
        }
    }

    /// A stream that ends at the latest when something has happened. What is whole stays so.
    pub(super) fn until<F: Future<Output = ()> + Send + 'static>(
        self,
        end: impl FnOnce() -> F,
    ) -> Self {
        match self {
            Self::Events(events) => Self::Until(events, Box::pin(end())),
            Self::Whole(_) | Self::Until(..) => self,
        }
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let next = match &mut *self {
            Self::Whole(bytes) => bytes.take().filter(|it| !it.is_empty()),
            Self::Events(events) => ready!(events.poll_recv(cx)),
            Self::Until(events, end) => {
                if end.as_mut().poll(cx).is_ready() {
                    // Whoever writes to it learns that nobody reads any more.
                    *self = Self::Whole(None);
                    return Poll::Ready(None);
                }
                ready!(events.poll_recv(cx))
            }
        };
        Poll::Ready(next.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.as_ref().is_none_or(Bytes::is_empty),
            Self::Events(_) | Self::Until(..) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |it| it.len() as u64))
            }
            Self::Events(_) | Self::Until(..) => SizeHint::default(),
        }
    }
}

/// A reply in plain text.
pub(crate) fn text(status: StatusCode, body: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(Body::Whole(Some(body.into())));
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, plain);
    response
}

//! A client's socket, as the protocols above see it: one that does not take what it is told ends
//! with an error, and not never.

use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// A socket that does not wait for ever.
pub(super) struct Socket<I> {
    io: I,
    patience: Duration,
    /// Runs while the client takes nothing.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Whether it stays open at the end, for a last word.
    stays_open: bool,
}

impl<I> Socket<I> {
    pub(super) const fn new(io: I, patience: Duration) -> Self {
        Self { io, patience, stalled: None, stays_open: false }
    }

    /// The same, which is not closed by who uses it.
    pub(super) fn staying_open(self) -> Self {
        Self { stays_open: true, ..self }
    }

    /// What is underneath.
    pub(super) fn into_inner(self) -> I {
        self.io
    }

    /// What came of a write: too long in coming, it is an error.
    fn in_time<T>(
        &mut self,
        came: Poll<io::Result<T>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if came.is_ready() {
            self.stalled = None;
            return came;
        }
        let patience = self.patience;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        stalled.as_mut().poll(cx).map(|()| Err(ErrorKind::TimedOut.into()))
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Socket<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Socket<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let came = Pin::new(&mut self.io).poll_write(cx, bytes);
        self.in_time(came, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let came = Pin::new(&mut self.io).poll_write_vectored(cx, parts);
        self.in_time(came, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let came = Pin::new(&mut self.io).poll_flush(cx);
        self.in_time(came, cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.stays_open {
            return Poll::Ready(Ok(()));
        }
        let came = Pin::new(&mut self.io).poll_shutdown(cx);
        self.in_time(came, cx)
    }
}

//! A connection over which nothing passes for long is closed: it takes the place of another.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How often something has passed.
#[derive(Clone, Debug, Default)]
pub(super) struct Moved(Arc<AtomicU64>);

impl Moved {
    fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn happened(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Wait until nothing has passed for so long; noticed after twice as long at the latest.
    pub(super) async fn still(&self, patience: Duration) {
        loop {
            let before = self.count();
            tokio::time::sleep(patience).await;
            if self.count() == before {
                return;
            }
        }
    }
}

/// A connection, of which it is known whether something passes over it.
#[derive(Debug)]
pub(super) struct Watched<S> {
    inner: S,
    moved: Moved,
}

impl<S> Watched<S> {
    pub(super) fn new(inner: S, moved: &Moved) -> Self {
        Self { inner, moved: moved.clone() }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.inner).poll_read(context, buffer);
        if polled.is_ready() {
            self.moved.happened();
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.inner).poll_write(context, bytes);
        if polled.is_ready() {
            self.moved.happened();
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn what_is_still_is_told_from_what_moves_in_either_direction() {
        let patience = Duration::from_millis(200);
        for reads in [true, false] {
            let (near, mut far) = tokio::io::duplex(64);
            let moved = Moved::default();
            let mut near = Watched::new(near, &moved);
            let talk = async {
                for _ in 0..10 {
                    tokio::time::sleep(patience / 4).await;
                    let (from, to): (&mut (dyn AsyncWrite + Unpin), &mut (dyn AsyncRead + Unpin)) =
                        if reads { (&mut far, &mut near) } else { (&mut near, &mut far) };
                    from.write_all(b"x").await.unwrap();
                    to.read_exact(&mut [0]).await.unwrap();
                }
            };
            tokio::select! {
                () = moved.still(patience) => panic!("it moves"),
                () = talk => {}
            }
            tokio::time::timeout(patience * 20, moved.still(patience)).await.unwrap();
        }
    }
}

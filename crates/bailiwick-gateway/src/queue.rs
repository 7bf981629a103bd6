//! Queues of messages: bounded in number and in bytes. Who writes waits for room; where a client
//! reads, not for ever.

use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{Notify, Semaphore, SemaphorePermit, mpsc, watch};

/// How many bytes may wait. One message may be larger, and then is alone.
const BYTES_MAX: usize = 4 << 20;

/// Nobody reads.
#[derive(Debug)]
pub(crate) struct Unread;

/// Where messages are written.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    to: mpsc::Sender<Bytes>,
    room: Arc<Room>,
    patience: Option<Duration>,
}

/// Where they are read.
#[derive(Debug)]
pub(crate) struct Reader {
    from: mpsc::Receiver<Bytes>,
    room: Arc<Room>,
}

#[derive(Debug)]
struct Room {
    bytes: Semaphore,
    /// The reader took nothing for too long.
    given_up: watch::Sender<bool>,
    /// Who hangs up on it then.
    hang_up: OnceLock<Arc<Notify>>,
}

/// A queue for so many messages.
pub(crate) fn queue(most: usize) -> (Writer, Reader) {
    let (to, from) = mpsc::channel(most);
    let room = Arc::new(Room {
        bytes: Semaphore::new(BYTES_MAX),
        given_up: watch::Sender::new(false),
        hang_up: OnceLock::new(),
    });
    (Writer { to, room: Arc::clone(&room), patience: None }, Reader { from, room })
}

/// What a message takes of the room.
fn weight(message: &Bytes) -> usize {
    message.len().min(BYTES_MAX)
}

impl Writer {
    /// The same, giving its reader up when that makes no room for so long.
    pub(crate) fn giving_up_after(self, patience: Duration) -> Self {
        Self { patience: Some(patience), ..self }
    }

    /// Write a message, when there is room for it.
    ///
    /// # Errors
    /// [`Unread`] when nobody reads any more.
    pub(crate) async fn send(&self, message: Bytes) -> Result<(), Unread> {
        if self.is_closed() {
            return Err(Unread);
        }
        // Mostly there is room, and nobody looks at the clock.
        if let Some((bytes, place)) = self.room_now(&message) {
            bytes.forget();
            place.send(message);
            return Ok(());
        }
        let Some(patience) = self.patience else { return self.put(message).await };
        tokio::time::timeout(patience, self.put(message)).await.unwrap_or_else(|_| {
            self.room.given_up.send_replace(true);
            if let Some(hang_up) = self.room.hang_up.get() {
                hang_up.notify_one();
            }
            Err(Unread)
        })
    }

    async fn put(&self, message: Bytes) -> Result<(), Unread> {
        let weight = u32::try_from(weight(&message)).unwrap_or(u32::MAX);
        let bytes = self.room.bytes.acquire_many(weight).await.map_err(|_| Unread)?;
        let place = self.to.reserve().await.map_err(|_| Unread)?;
        // Given back by the reader.
        bytes.forget();
        place.send(message);
        Ok(())
    }

    /// Room for a message, if there is some now.
    fn room_now(&self, message: &Bytes) -> Option<(SemaphorePermit<'_>, mpsc::Permit<'_, Bytes>)> {
        let weight = u32::try_from(weight(message)).unwrap_or(u32::MAX);
        let bytes = self.room.bytes.try_acquire_many(weight).ok()?;
        Some((bytes, self.to.try_reserve().ok()?))
    }

    /// Write a message if there is room for it now.
    pub(crate) fn try_send(&self, message: Bytes) -> Result<(), Unread> {
        let (bytes, place) = self.room_now(&message).ok_or(Unread)?;
        bytes.forget();
        place.send(message);
        Ok(())
    }

    /// Whether nobody reads any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.to.is_closed() || *self.room.given_up.borrow()
    }

    /// Wait until nobody reads any more.
    pub(crate) async fn closed(&self) {
        let mut given_up = self.room.given_up.subscribe();
        tokio::select! {
            () = self.to.closed() => {}
            _ = given_up.wait_for(|it| *it) => {}
        }
    }
}

impl Reader {
    /// The next message; `None` when there are no more.
    pub(crate) async fn recv(&mut self) -> Option<Bytes> {
        std::future::poll_fn(|cx| self.poll_recv(cx)).await
    }

    /// The same, to be polled.
    pub(crate) fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let came = self.from.poll_recv(cx);
        if let Poll::Ready(Some(message)) = &came {
            self.room.bytes.add_permits(weight(message));
        }
        came
    }

    /// Tell who it is that hangs up when this is given up.
    pub(crate) fn hung_up_by(&self, hang_up: &Arc<Notify>) {
        let _ = self.room.hang_up.set(Arc::clone(hang_up));
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.room.bytes.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(bytes: usize) -> Bytes {
        Bytes::from(vec![b'x'; bytes])
    }

    #[tokio::test]
    async fn it_is_bounded_in_number_and_in_bytes() {
        for (size, most) in [(1, 8), (BYTES_MAX / 4, 4), (2 * BYTES_MAX, 1)] {
            let (writer, mut reader) = queue(8);
            let fits = (0..100).take_while(|_| writer.try_send(message(size)).is_ok()).count();
            assert_eq!(fits, most);
            // What was read makes room again, for one.
            assert_eq!(reader.recv().await.map(|it| it.len()), Some(size));
            assert!(writer.try_send(message(size)).is_ok());
            assert!(writer.try_send(message(size)).is_err());
        }
    }

    #[tokio::test]
    async fn heavy_a_reader_that_takes_nothing_is_given_up_and_one_that_is_slow_is_not() {
        let patience = Duration::from_secs(1);
        let (writer, mut reader) = queue(1);
        let writer = writer.giving_up_after(patience);
        let hang_up = Arc::new(Notify::new());
        reader.hung_up_by(&hang_up);
        let slow = tokio::spawn(async move {
            for _ in 0..3 {
                tokio::time::sleep(Duration::from_millis(300)).await;
                reader.recv().await;
            }
            reader
        });
        for _ in 0..4 {
            assert!(writer.send(message(1)).await.is_ok());
        }
        let _reader = slow.await.unwrap();
        let began = tokio::time::Instant::now();
        assert!(writer.send(message(1)).await.is_err());
        assert!(began.elapsed() >= patience);
        assert!(writer.is_closed());
        writer.closed().await;
        hang_up.notified().await;
        // Nobody waits for it a second time.
        let again = tokio::time::timeout(Duration::ZERO, writer.send(message(1)));
        assert!(again.await.is_ok_and(|it| it.is_err()));
    }

    #[tokio::test]
    async fn a_reader_that_is_gone_keeps_nobody() {
        let (writer, reader) = queue(1);
        writer.send(message(1)).await.unwrap();
        drop(reader);
        assert!(writer.send(message(1)).await.is_err());
        assert!(writer.is_closed());
        writer.closed().await;
    }
}

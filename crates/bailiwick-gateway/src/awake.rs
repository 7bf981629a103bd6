//! A task that looks once more, instead of being put at the end of the queue, when it wakes itself.
//!
//! A connection and the call on it are one task, and so is the way to the server: each side wakes
//! the other while both are looked at. The scheduler takes that for a task that gives way. It would
//! queue it anew and wake another thread to take it over, with all that the first has in its
//! caches.

use std::pin::pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// How often one looks in a row. What still goes on then lets others go first.
const LOOKS: usize = 8;

/// Nobody looks: whoever wakes it wakes the task.
const RESTING: u8 = 0;
/// It is being looked at.
const LOOKING: u8 = 1;
/// Something may have changed since it was last looked at.
const WOKEN: u8 = 2;

/// Do this work as the whole of a task.
pub(crate) async fn awake<T>(work: impl Future<Output = T>) -> T {
    let bell = Arc::new(Bell::default());
    let waker = Waker::from(Arc::clone(&bell));
    let mut work = pin!(work);
    std::future::poll_fn(|cx| {
        bell.rings_for(cx.waker());
        for _ in 0..LOOKS {
            bell.state.store(LOOKING, Ordering::Release);
            if let Poll::Ready(done) = work.as_mut().poll(&mut Context::from_waker(&waker)) {
                return Poll::Ready(done);
            }
            if bell.rests() {
                return Poll::Pending;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}

/// What wakes the work.
#[derive(Default)]
struct Bell {
    state: AtomicU8,
    task: Mutex<Option<Waker>>,
}

impl Bell {
    /// The task to wake.
    fn rings_for(&self, waker: &Waker) {
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        if !task.as_ref().is_some_and(|it| it.will_wake(waker)) {
            *task = Some(waker.clone());
        }
    }

    /// Whether nothing woke it while it was looked at. From then on the task is woken.
    fn rests(&self) -> bool {
        let rested =
            self.state.compare_exchange(LOOKING, RESTING, Ordering::AcqRel, Ordering::Acquire);
        rested.is_ok()
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // While it is looked at, or the task was woken already, that is all.
        if self.state.swap(WOKEN, Ordering::AcqRel) != RESTING {
            return;
        }
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).clone();
        task.iter().for_each(Waker::wake_by_ref);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    /// Counts how often the task is woken.
    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How often work that wakes itself `most` times is looked at in one go, and wakes its task.
    fn looked_at(most: usize) -> (usize, usize, bool) {
        let (woken, mut looks) = (Arc::new(Woken::default()), 0);
        let mut work = Box::pin(awake(std::future::poll_fn(|cx| {
            looks += 1;
            if looks > most {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })));
        let waker = Waker::from(Arc::clone(&woken));
        let is_done = work.as_mut().poll(&mut Context::from_waker(&waker)).is_ready();
        drop(work);
        (looks, woken.0.load(Ordering::Relaxed), is_done)
    }

    #[test]
    fn who_wakes_itself_is_looked_at_again_at_once_and_lets_others_go_first_in_time() {
        assert_eq!(looked_at(0), (1, 0, true));
        assert_eq!(looked_at(3), (4, 0, true));
        assert_eq!(looked_at(usize::MAX), (LOOKS, 1, false));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn who_is_woken_by_others_is_never_left_alone() {
        const TURNS: usize = 20_000;
        let (to, mut from) = tokio::sync::mpsc::channel(1);
        let other = tokio::spawn(async move {
            for turn in 0..TURNS {
                to.send(turn).await.unwrap();
            }
        });
        let heard = awake(async {
            let mut heard = 0;
            while from.recv().await.is_some() {
                heard += 1;
            }
            heard
        });
        let heard = tokio::time::timeout(std::time::Duration::from_secs(60), heard).await;
        assert_eq!(heard, Ok(TURNS));
        other.await.unwrap();
    }
}

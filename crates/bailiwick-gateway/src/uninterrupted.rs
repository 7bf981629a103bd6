//! Work that is finished even when nobody waits for it any more.
//!
//! A client that goes away does not cancel its call in the protocol revisions up to 2025-11-25, and
//! a call that went out owes the log its outcome. So when the connection drops the future of an
//! exchange, the rest of it goes on as a task of its own.

use std::pin::Pin;
use std::task::{Context, Poll};

/// A future that is detached instead of dropped.
pub(crate) struct Uninterrupted<T: Send + 'static>(Option<Pin<Box<dyn Future<Output = T> + Send>>>);

impl<T: Send + 'static> Uninterrupted<T> {
    pub(crate) fn new(work: impl Future<Output = T> + Send + 'static) -> Self {
        Self(Some(Box::pin(work)))
    }
}

impl<T: Send + 'static> Future for Uninterrupted<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let Some(work) = self.0.as_mut() else { return Poll::Pending };
        let done = std::task::ready!(work.as_mut().poll(cx));
        self.0 = None;
        Poll::Ready(done)
    }
}

impl<T: Send + 'static> Drop for Uninterrupted<T> {
    fn drop(&mut self) {
        if let (Some(work), Ok(runtime)) = (self.0.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(work);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn dropped_work_is_finished_all_the_same() {
        let (tell, told) = tokio::sync::oneshot::channel();
        let (go, gone) = tokio::sync::oneshot::channel::<()>();
        let work = Uninterrupted::new(async move {
            let _ = gone.await;
            let _ = tell.send(7);
        });
        drop(work);
        go.send(()).unwrap();
        assert_eq!(told.await, Ok(7));
    }
}

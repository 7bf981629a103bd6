//! The caller of one call, as far as it matters whether it still waits.
//!
//! In the modern era closing the stream of an answer is how a call is cancelled.

use tokio::sync::watch;

/// Tells when a caller has gone away.
#[derive(Clone, Debug)]
pub(crate) struct Away(Option<watch::Receiver<()>>);

impl Away {
    /// A caller that is here for as long as the sender is held.
    pub(crate) fn new() -> (watch::Sender<()>, Self) {
        let (here, away) = watch::channel(());
        (here, Self(Some(away)))
    }

    /// A caller that never goes away.
    pub(crate) const fn never() -> Self {
        Self(None)
    }

    /// Whether the caller has gone.
    pub(crate) fn is_gone(&self) -> bool {
        self.0.as_ref().is_some_and(|it| it.has_changed().is_err())
    }

    /// Wait until the caller has gone.
    pub(crate) async fn gone(&self) {
        match self.0.clone() {
            Some(mut away) => while away.changed().await.is_ok() {},
            None => std::future::pending().await,
        }
    }
}

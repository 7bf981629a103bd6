//! What went wrong with a server last, in words for the people who run the gateway. No caller is
//! told of it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

/// How long a cause may take to be known after its effect: a process says no more before it ends.
const SOON: Duration = Duration::from_millis(500);

/// The last trouble of one server.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trouble(Arc<watch::Sender<Told>>);

#[derive(Clone, Debug, Default)]
struct Told {
    what: Option<Arc<str>>,
    /// Whether it is of the try that is looked at, and not of one before.
    is_fresh: bool,
}

impl Trouble {
    /// This went wrong.
    pub(crate) fn tell(&self, what: String) {
        self.0.send_replace(Told { what: Some(what.into()), is_fresh: true });
    }

    /// What went wrong before is why this try was not made.
    pub(super) fn again(&self) {
        self.0.send_modify(|it| it.is_fresh = it.what.is_some());
    }

    /// A new try begins.
    pub(crate) fn begin(&self) {
        self.0.send_modify(|it| it.is_fresh = false);
    }

    /// What went wrong since the try began.
    pub(crate) fn known(&self) -> Option<Arc<str>> {
        let told = self.0.borrow();
        told.what.clone().filter(|_| told.is_fresh)
    }

    /// What went wrong since the try began, waiting a moment for it.
    pub(crate) async fn known_soon(&self) -> Option<Arc<str>> {
        let mut watched = self.0.subscribe();
        let told = watched.wait_for(|it| it.is_fresh);
        tokio::time::timeout(SOON, told).await.ok()?.ok()?.what.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_trouble_belongs_to_its_try() {
        let trouble = Trouble::default();
        assert_eq!(trouble.known_soon().await, None);
        trouble.tell("it broke".into());
        assert_eq!(trouble.known_soon().await.as_deref(), Some("it broke"));
        trouble.begin();
        assert_eq!(trouble.known_soon().await, None);
        trouble.again();
        assert_eq!(trouble.known_soon().await.as_deref(), Some("it broke"));
    }
}

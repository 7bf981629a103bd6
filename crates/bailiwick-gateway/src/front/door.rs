//! A door: where connections are accepted, and how patient one is there.

use std::sync::Arc;
use std::time::Duration;

use crate::gate::Gate;
use crate::listener::Listener;

/// Where connections are accepted, and in whose name they are turned away.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) gate: Arc<Gate>,
    pub(crate) listener: Listener,
    /// How many connections may be open.
    pub(crate) most: usize,
}

impl Door {
    /// How long a client may take to greet, to send a request's head, and again its body.
    pub(super) fn patience(&self) -> Duration {
        Duration::from_secs(self.gate.settings().limits.message_seconds)
    }

    /// How long a client may leave unread what it is told.
    pub(super) fn unread(&self) -> Duration {
        Duration::from_secs(self.gate.settings().limits.unread_seconds)
    }
}

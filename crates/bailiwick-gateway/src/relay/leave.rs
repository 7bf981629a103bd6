//! Leave to listen on: a stream has no end of its own, and policies change.

use std::sync::Arc;

use bailiwick_core::{Call, Decision, Disposition, decide, screen};
use bailiwick_wire::mcp::Asked;
use tokio::sync::watch;
use tokio::time::{Interval, interval};

use super::watch::Next;
use super::{MINUTE, Relay};
use crate::gate::Gate;
use crate::session::Session;

/// Decides again on listening: when other policies are in force, and now and then, because what
/// they permit may depend on the time.
pub(super) struct Leave {
    gate: Arc<Gate>,
    session: Arc<Session>,
    stop: watch::Receiver<bool>,
    rules: watch::Receiver<u64>,
    look: Interval,
}

impl Leave {
    pub(super) fn of(relay: &Relay) -> Self {
        Self {
            gate: Arc::clone(&relay.gate),
            session: Arc::clone(&relay.session),
            stop: relay.gate.parts.stop.subscribe(),
            rules: relay.gate.parts.rules.changes(),
            // The first look is at once: other policies may have come since the decision.
            look: interval(MINUTE),
        }
    }

    /// Wait until a listener may listen no more, or a call is killed.
    pub(super) async fn over(&mut self, call: &Call, listens: bool) -> Next {
        if listens {
            self.ended(call).await;
            return Next::Stop;
        }
        self.gate.parts.store.kills().stopped(call).await;
        Next::Ended(Disposition::Killed)
    }

    /// Wait until the gateway stops, or this call would not be permitted any more.
    async fn ended(&mut self, call: &Call) {
        loop {
            let goes_on = tokio::select! {
                changed = self.rules.changed() => changed.is_ok(),
                _ = self.look.tick() => true,
                _ = self.stop.wait_for(|it| *it) => false,
            };
            if !goes_on || !self.permits(call) {
                return;
            }
        }
    }

    /// The same votes and the same kernel as when it began.
    fn permits(&self, call: &Call) -> bool {
        let gate = &self.gate;
        let asked = Asked {
            action: call.action(),
            resource: call.resource().clone(),
            arguments: call.arguments().clone(),
            trace: None,
            progress_token: None,
        };
        let known = self.session.server.catalogue.known();
        let again = gate.call(call.who(), asked, call.ask().clone(), Some(&known));
        let Ok(again) = again else { return false };
        let screened = screen(gate.inspectors(), again);
        let rules = gate.rules();
        match decide(&gate.ordered(&rules), screened, gate.now(), gate.stance()) {
            Decision::Permit(_) => true,
            Decision::Denial(_) => false,
        }
    }
}

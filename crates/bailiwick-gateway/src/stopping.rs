//! What follows from a kill besides the decisions: views and listeners change, sessions are closed,
//! and what another process killed is heard of.

use std::sync::Arc;
use std::time::Duration;

use bailiwick_core::Resource;
use tokio::time::timeout;

use crate::gate::Gate;

/// How often one looks whether another process has changed what is killed.
const LOOK: Duration = Duration::from_millis(500);

/// Keep up with what is killed: views and listeners change with it as with new policies, and
/// sessions of what is killed are closed, which ends their processes.
pub(crate) async fn keep(gate: Arc<Gate>) {
    let kills = Arc::clone(gate.parts.store.kills());
    let mut changed = kills.changed();
    loop {
        if let Ok(Ok(())) = timeout(LOOK, changed.changed()).await {
            gate.parts.rules.touch();
            gate.sessions().close_where(|owner, server| match server {
                Some(server) => {
                    kills.stops_from(owner, &Resource::Server(server.clone())).is_some()
                }
                None => kills.stops_caller(owner).is_some(),
            });
        } else if gate.parts.store.follow().is_err() {
            gate.parts.diary.keep("what is killed could not be read again; the former holds");
        }
    }
}

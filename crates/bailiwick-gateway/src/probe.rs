//! Finding out which era a server speaks: asked once, when it first matters, and remembered.

use std::sync::Arc;
use std::time::Duration;

use bailiwick_core::Timestamp;
use bailiwick_wire::mcp::modern::VERSION;
use tokio::task::JoinHandle;

use crate::era::Found;
use crate::gate::Gate;
use crate::own::{Own, Probed};
use crate::server::Server;

/// How long a server may take to answer: some start slowly.
const PATIENCE: Duration = Duration::from_secs(20);
/// For how long a server that said nothing is taken for one of the older era.
const SILENCE_NS: u64 = 60_000_000_000;

/// Whether a server speaks the modern era; `None` when that cannot be told now. Not to be let go of
/// before it is found out: the log is owed what came of asking.
pub(crate) async fn is_modern(gate: &Arc<Gate>, server: &Arc<Server>) -> Option<bool> {
    let found = async {
        let (name, tell) = (&server.name, &gate.parts.diary);
        match probe(gate, server).await {
            Ok(()) => {
                tell.tell(&format!("server {name}: it speaks revision {VERSION}"));
                Some(Found { modern: true, until: None })
            }
            Err(Probed::Legacy) => {
                tell.tell(&format!("server {name}: it speaks older revisions only"));
                Some(Found { modern: false, until: None })
            }
            // A server that is there in the older era, and mute when it is probed, is of that era.
            // An outage is no verdict: so not for ever.
            Err(Probed::Silent) if server.catalogue.rounds() > 0 => {
                let until = Timestamp::from_ns(gate.now().ns().saturating_add(SILENCE_NS));
                Some(Found { modern: false, until: Some(until) })
            }
            Err(Probed::Silent) => None,
        }
    };
    server.eras.find_out(|| gate.now(), found).await
}

/// The same, by itself: whoever waits for it may go.
pub(crate) fn begun(gate: &Arc<Gate>, server: &Arc<Server>) -> JoinHandle<Option<bool>> {
    let (gate, server) = (Arc::clone(gate), Arc::clone(server));
    tokio::spawn(async move { is_modern(&gate, &server).await })
}

/// Ask the server what it offers, as only a server of the modern era is asked.
async fn probe(gate: &Arc<Gate>, server: &Arc<Server>) -> Result<(), Probed> {
    let mut own = Own::new(gate, server, PATIENCE).map_err(|_| Probed::Silent)?;
    own.discover().await.map(drop)
}

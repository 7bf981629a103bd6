//! Leave to stay: a stream is open for as long as the key that opened it is good, and not only
//! while it was shown.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bailiwick_core::Evidence;
use hyper::body::Incoming;
use hyper::{Request, Response};

use super::body::Body;
use super::{knock, mcp};
use crate::gate::Gate;

/// How often a key is looked at again when nothing says that any was revoked: it may have expired.
const LOOK: Duration = Duration::from_secs(1);

/// Answer one request on the agents' listener; a stream ends when its caller's key does.
pub(crate) async fn answer(
    gate: Arc<Gate>,
    request: Request<Incoming>,
    peer: SocketAddr,
) -> Response<Body> {
    let key = knock::Key::shown_by(request.headers());
    let reply = mcp::answer(Arc::clone(&gate), request, peer).await;
    match key {
        Some(key) => reply.map(|body| body.until(|| ended(gate, key))),
        None => reply,
    }
}

/// Wait until the key proves nobody any more. What was asked goes on to its outcome's record; only
/// the caller is told nothing more.
async fn ended(gate: Arc<Gate>, key: String) {
    let mut revoked = gate.parts.store.revoked();
    // The gate is held by exchanges only: a stream must not keep a stopping gateway.
    let gate = {
        let weak = Arc::downgrade(&gate);
        drop(gate);
        weak
    };
    loop {
        let Some(gate) = gate.upgrade() else { return };
        let good = gate.identify(&Evidence::Bearer(&key)).is_ok();
        drop(gate);
        if !good {
            return;
        }
        let _ = tokio::time::timeout(LOOK, revoked.changed()).await;
    }
}

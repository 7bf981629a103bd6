//! Who ends a streamed answer from outside.

use std::sync::Arc;

use bailiwick_core::Call;

use crate::gate::Gate;
use crate::queue::Writer;

/// Who ends a stream from outside.
pub(super) enum Interrupted {
    /// Its client does not read it any more.
    Gone,
    /// An operator killed who asked, or what was asked.
    Killed,
}

/// Wait until the stream is ended from outside.
pub(super) fn interrupted(
    gate: &Gate,
    client: &Writer,
    call: &Call,
) -> impl Future<Output = Interrupted> + use<> {
    let (client, kills) = (client.clone(), Arc::clone(gate.parts.store.kills()));
    let (who, what) = (call.who().clone(), call.resource().clone());
    async move {
        tokio::select! {
            biased;
            () = client.closed() => Interrupted::Gone,
            () = kills.keeping(&who, &what) => Interrupted::Killed,
        }
    }
}

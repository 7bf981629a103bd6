//! What nobody waits for is read to its end all the same: its outcome is owed to the log.

use std::time::Duration;

use bailiwick_core::Disposition;

use crate::exchange::Reply;
use crate::gate::Gate;

/// Read what nobody waits for to its end, so that its outcome is on record.
pub(crate) async fn drain(gate: &Gate, reply: Reply) {
    let Reply::Stream(mut owed, mut messages) = reply else { return };
    let patience = Duration::from_secs(gate.settings().limits.answer_seconds);
    let read = async {
        while let Some(piece) = messages.next().await {
            drop(owed.interim(gate.inspectors(), piece.message));
        }
    };
    let ended = tokio::time::timeout(patience, read).await.is_ok();
    let came = if ended { Disposition::Accepted } else { Disposition::TimedOut };
    if owed.failed(came).record(gate.log(), gate.now()).is_err() {
        gate.parts.diary.keep("an outcome could not be recorded");
    }
}

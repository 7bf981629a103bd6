//! Calls of the modern era on standard input and output: a notification takes them back, as closing
//! the stream does over HTTP.

use bailiwick_wire::rpc::Id;
use tokio::sync::watch;
use tokio::task::AbortHandle;

/// The calls under way that belong to no session. There are no more than have room.
#[derive(Default)]
pub(super) struct Free(Vec<Call>);

struct Call {
    id: Id,
    /// While it is held, the caller waits.
    here: watch::Sender<()>,
    answering: AbortHandle,
}

impl Free {
    pub(super) fn add(&mut self, id: Id, here: watch::Sender<()>, answering: AbortHandle) {
        self.0.retain(|it| !it.answering.is_finished());
        self.0.push(Call { id, here, answering });
    }

    /// End a call that the client does not want any more, without an answer: the exchange learns
    /// of it, and goes on to the outcome's record. False when there is no such call.
    pub(super) fn take_back(&mut self, id: &Id) -> bool {
        let Some(at) = self.0.iter().position(|it| it.id.plain() == id.plain()) else {
            return false;
        };
        let Call { here, answering, .. } = self.0.swap_remove(at);
        drop(here);
        answering.abort();
        true
    }
}

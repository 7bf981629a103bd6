//! Calls whose stream ended before their answer, at a place from which it can be resumed: a server
//! may close it and let the client ask again, and a client may lose its connection. The call is
//! still owed its outcome, so it waits here until its answer comes on another stream.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bailiwick_core::Disposition;
use bailiwick_wire::rpc::Id;
use tokio::sync::oneshot;

use crate::queue::Writer;
use crate::upstream::Piece;

/// How many calls of one session may be adrift.
const ADRIFT_MAX: usize = 64;

/// An answer that came on another stream than its call's.
pub(crate) struct Landing {
    pub(crate) piece: Piece,
    pub(crate) disposition: Disposition,
    /// The client that reads that stream.
    pub(crate) client: Writer,
}

/// The calls of one session that wait for an answer on another stream.
#[derive(Default)]
pub(crate) struct Adrift(Mutex<HashMap<Id, oneshot::Sender<Landing>>>);

impl Adrift {
    fn table(&self) -> MutexGuard<'_, HashMap<Id, oneshot::Sender<Landing>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wait for the answer to this request; `None` when too many do.
    pub(crate) fn wait(&self, id: &Id) -> Option<oneshot::Receiver<Landing>> {
        let mut table = self.table();
        table.retain(|_, it| !it.is_closed());
        if table.len() >= ADRIFT_MAX || table.contains_key(&id.plain()) {
            return None;
        }
        let (land, landed) = oneshot::channel();
        table.insert(id.plain(), land);
        Some(landed)
    }

    /// An answer came on a stream that is not its call's. It goes no further when no call waits
    /// for it.
    pub(crate) fn land(&self, id: &Id, landing: Landing) {
        let waiting = self.table().remove(&id.plain());
        if let Some(waiting) = waiting {
            // A call that gave up waiting has its outcome.
            let _ = waiting.send(landing);
        }
    }

    /// The session is over: nothing comes any more.
    pub(crate) fn end(&self) {
        self.table().clear();
    }
}

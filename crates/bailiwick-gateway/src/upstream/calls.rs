//! The calls under way with one child process, and which message belongs to which.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bailiwick_wire::mcp::Notice;
use bailiwick_wire::rpc::Id;
use bytes::Bytes;
use tokio::sync::mpsc;

use crate::reading::Heard;

/// How many messages may wait for one call's reader.
const CALL_QUEUE: usize = 256;

/// The calls under way, by request id.
#[derive(Default)]
pub(super) struct Calls(Mutex<HashMap<Id, Slot>>);

struct Slot {
    progress: Option<Box<str>>,
    to: mpsc::Sender<Bytes>,
    /// Its answer came: what comes now belongs to it no more.
    answered: bool,
}

/// A call's place in the table, given up when the call is over however it ends.
pub(crate) struct CallGuard {
    calls: Arc<Calls>,
    id: Id,
}

impl Drop for CallGuard {
    fn drop(&mut self) {
        self.calls.table().remove(&self.id);
    }
}

/// Those that still await their answer.
fn open(table: &HashMap<Id, Slot>) -> impl Iterator<Item = &Slot> {
    table.values().filter(|it| !it.answered)
}

impl Calls {
    fn table(&self) -> MutexGuard<'_, HashMap<Id, Slot>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// No more messages come: whoever waits for one learns of it.
    pub(super) fn end(&self) {
        self.table().clear();
    }

    /// Take a place; `None` when the id is in use.
    pub(super) fn enter(
        self: &Arc<Self>,
        id: &Id,
        progress: Option<Box<str>>,
    ) -> Option<(CallGuard, mpsc::Receiver<Bytes>)> {
        let (to, from) = mpsc::channel(CALL_QUEUE);
        let mut table = self.table();
        if table.contains_key(&id.plain()) {
            return None;
        }
        table.insert(id.plain(), Slot { progress, to, answered: false });
        Some((CallGuard { calls: Arc::clone(self), id: id.plain() }, from))
    }

    /// The call that a message belongs to: by id for answers, by token for progress, and to the
    /// only call under way for the rest.
    pub(super) fn reader_of(&self, heard: &Heard) -> Option<mpsc::Sender<Bytes>> {
        let mut table = self.table();
        match heard {
            Heard::Answer(id, _) => {
                let slot = table.get_mut(&id.plain()).filter(|it| !it.answered)?;
                slot.answered = true;
                Some(slot.to.clone())
            }
            Heard::Notice(Some(Notice::Progress { token })) => open(&table)
                .find(|it| it.progress.as_deref() == Some(&**token))
                .map(|it| it.to.clone()),
            Heard::Notice(Some(
                Notice::ToolsChanged
                | Notice::ResourcesChanged
                | Notice::PromptsChanged
                | Notice::ResourceUpdated { .. },
            )) => None,
            Heard::Request(_) | Heard::Notice(_) => {
                let mut all = open(&table);
                let only = all.next().filter(|_| all.next().is_none());
                only.map(|it| it.to.clone())
            }
        }
    }
}

//! The calls under way with one child process, and which message belongs to which.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bailiwick_wire::mcp::Notice;
use bailiwick_wire::rpc::Id;
use tokio::sync::oneshot;

use crate::queue::{Reader, Writer, queue};
use crate::reading::Heard;

/// How many messages may wait for one call's reader.
const CALL_QUEUE: usize = 256;
/// How long the answer to a call that was called off is still waited for.
const GRACE: Duration = Duration::from_secs(1);

/// The calls under way, by request id.
#[derive(Default)]
pub(super) struct Calls(Mutex<HashMap<Id, Slot>>);

struct Slot {
    progress: Option<Box<str>>,
    /// Gone when the call was called off: whoever waits for its end learns of it.
    waited: Option<Waited>,
    called_off: Arc<AtomicBool>,
    /// Its answer came: what comes now belongs to it no more.
    answered: bool,
    /// Whether what belongs to no call in particular may be told to this one's reader.
    hears_all: bool,
}

/// What waits for something about a call.
enum Waited {
    /// Messages, until there are no more.
    Reader(Writer),
    /// Nothing but its being called off: its messages come another way.
    End(#[expect(dead_code, reason = "dropping it is the message")] oneshot::Sender<Infallible>),
}

impl Slot {
    fn reader(&self) -> Option<Writer> {
        match &self.waited {
            Some(Waited::Reader(to)) => Some(to.clone()),
            Some(Waited::End(_)) | None => None,
        }
    }
}

/// A call's place in the table, given up when the call is over however it ends.
pub(crate) struct CallGuard {
    calls: Arc<Calls>,
    id: Id,
    called_off: Arc<AtomicBool>,
}

/// A call's place, and what comes for it. Nothing more comes when the call is called off.
pub(super) type Place = (CallGuard, Reader);

/// A call's place, when its messages come another way: it tells when the call is called off.
pub(super) struct Unheard {
    // Dropped first: the end of the place would wake whoever waits for it, who is awake.
    called_off: Option<oneshot::Receiver<Infallible>>,
    guard: CallGuard,
}

impl Unheard {
    /// Wait until the call is called off.
    pub(super) async fn called_off(&mut self) {
        if let Some(called_off) = &mut self.called_off {
            let Err(_) = called_off.await;
            self.called_off = None;
        }
    }

    /// Whether it was.
    pub(super) fn was_called_off(&self) -> bool {
        self.guard.was_called_off()
    }
}

impl CallGuard {
    /// Whether nothing comes any more because the call was called off.
    pub(super) fn was_called_off(&self) -> bool {
        self.called_off.load(Ordering::Acquire)
    }
}

impl Drop for CallGuard {
    fn drop(&mut self) {
        // Its id may be another call's by now.
        let mut table = self.calls.table();
        if table.get(&self.id).is_some_and(|it| Arc::ptr_eq(&it.called_off, &self.called_off)) {
            table.remove(&self.id);
        }
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

    /// How many calls are under way.
    pub(super) fn count(&self) -> usize {
        self.table().len()
    }

    /// The reader of the call with this id.
    pub(super) fn reader(&self, id: &Id) -> Option<Writer> {
        self.table().get(id).and_then(Slot::reader)
    }

    /// The reader of the only call under way.
    pub(super) fn only_reader(&self) -> Option<Writer> {
        let table = self.table();
        let mut all = table.values();
        let only = all.next().filter(|_| all.next().is_none());
        only.and_then(Slot::reader)
    }

    /// Take a place; `None` when the id is in use. A call of the gateway's own, inside a client's
    /// session, does not hear what a server says to the client.
    pub(super) fn enter(
        self: &Arc<Self>,
        id: &Id,
        progress: Option<Box<str>>,
        hears_all: bool,
    ) -> Option<Place> {
        let (to, from) = queue(CALL_QUEUE);
        let guard = self.take(id, progress, Waited::Reader(to), hears_all)?;
        Some((guard, from))
    }

    /// Take a place for a call whose messages come another way; `None` when the id is in use.
    pub(super) fn enter_unheard(self: &Arc<Self>, id: &Id) -> Option<Unheard> {
        let (end, called_off) = oneshot::channel();
        let guard = self.take(id, None, Waited::End(end), false)?;
        Some(Unheard { guard, called_off: Some(called_off) })
    }

    fn take(
        self: &Arc<Self>,
        id: &Id,
        progress: Option<Box<str>>,
        waited: Waited,
        hears_all: bool,
    ) -> Option<CallGuard> {
        let id = id.plain();
        let called_off = Arc::<AtomicBool>::default();
        let held = Arc::clone(&called_off);
        let slot = Slot { progress, waited: Some(waited), called_off, answered: false, hears_all };
        match self.table().entry(id.clone()) {
            Entry::Occupied(_) => return None,
            Entry::Vacant(place) => place.insert(slot),
        };
        Some(CallGuard { calls: Arc::clone(self), id, called_off: held })
    }

    /// The caller does not want the answer any more. One that is on its way is waited for a
    /// little while: some servers give one all the same.
    pub(super) fn call_off(self: &Arc<Self>, id: &Id) {
        let Some(which) = self.table().get(&id.plain()).map(|it| Arc::clone(&it.called_off)) else {
            return;
        };
        let (calls, id) = (Arc::clone(self), id.plain());
        tokio::spawn(async move {
            tokio::time::sleep(GRACE).await;
            // Not another call that came to bear the same id meanwhile.
            if let Some(slot) = calls.table().get_mut(&id)
                && Arc::ptr_eq(&slot.called_off, &which)
            {
                slot.called_off.store(true, Ordering::Release);
                slot.waited = None;
            }
        });
    }

    /// The call that a message belongs to: by id for answers, by token for progress, and to the
    /// only call under way for the rest.
    pub(super) fn reader_of(&self, heard: &Heard) -> Option<Writer> {
        let mut table = self.table();
        match heard {
            Heard::Answer(id, _) => {
                let slot = table.get_mut(&id.plain()).filter(|it| !it.answered)?;
                slot.answered = true;
                slot.reader()
            }
            Heard::Notice(Some(Notice::Progress { token })) => open(&table)
                .find(|it| it.progress.as_deref() == Some(&**token))
                .and_then(Slot::reader),
            Heard::Notice(Some(
                Notice::ToolsChanged
                | Notice::ResourcesChanged
                | Notice::PromptsChanged
                | Notice::ResourceUpdated { .. },
            )) => None,
            Heard::Request(_) | Heard::Notice(_) => {
                let mut all = open(&table).filter(|it| it.hears_all);
                let only = all.next().filter(|_| all.next().is_none());
                only.and_then(Slot::reader)
            }
        }
    }
}

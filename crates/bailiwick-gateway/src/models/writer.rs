//! Who owns what, on its way to the disk: one thread writes it in order, so that no answer waits.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use crate::diary::Diary;
use crate::store::{Change, Store, StoreError};

/// The most that waits to be written. Of what comes on top the next start knows nothing, and then
/// it is nobody's.
const WAITING_MAX: usize = 65_536;
/// The most that is written at once.
const TOGETHER_MAX: usize = 1_024;

/// The thread's other end. When it is dropped, all that waits is written first.
pub(super) struct Writer {
    queue: Option<SyncSender<Change>>,
    thread: Option<JoinHandle<()>>,
    diary: Arc<Diary>,
}

impl Writer {
    /// Start the thread.
    ///
    /// # Errors
    /// [`StoreError`] when there can be no thread.
    pub(super) fn start(store: Arc<Store>, diary: Arc<Diary>) -> Result<Self, StoreError> {
        let (queue, changes) = sync_channel(WAITING_MAX);
        let told = Arc::clone(&diary);
        let thread = std::thread::Builder::new().name("owners".to_owned());
        let thread = thread.spawn(move || keep(&store, &told, &changes))?;
        Ok(Self { queue: Some(queue), thread: Some(thread), diary })
    }

    /// Have a change written.
    pub(super) fn write(&self, change: Change) {
        let sent = self.queue.as_ref().map(|it| it.try_send(change));
        if !matches!(sent, Some(Ok(()))) {
            self.diary.keep("a restart will not know who owns something that a provider keeps");
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn keep(store: &Store, diary: &Diary, changes: &Receiver<Change>) {
    while let Ok(first) = changes.recv() {
        let mut together = vec![first];
        together.extend(changes.try_iter().take(TOGETHER_MAX - 1));
        if let Err(problem) = store.keep_owned(&together) {
            let count = together.len();
            diary.tell(&format!("a restart will not know who owns {count} things: {problem}"));
        }
    }
}

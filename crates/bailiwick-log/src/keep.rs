//! The keeper makes segments ready before they are needed; the publishing thread makes tiles.

use std::io;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::error::{LogError, Tried as _};
use crate::layout::segments;
use crate::shared::{Room, Shared};

/// How long to wait before something that failed is tried again.
const RETRY: Duration = Duration::from_secs(1);

impl Shared {
    /// Runs until the log closes.
    pub(crate) fn keep_loop(&self) {
        loop {
            let settled = self.keep();
            let Ok(state) = self.keeper.state.lock() else { return };
            let quiet = |it: &mut crate::shared::Rung| !(it.now || it.stop);
            let state = if settled {
                self.keeper.heard.wait_while(state, quiet).ok()
            } else {
                let waited = self.keeper.heard.wait_timeout_while(state, RETRY, quiet);
                waited.ok().map(|(state, _)| state)
            };
            let Some(mut state) = state else { return };
            if state.stop {
                return;
            }
            state.now = false;
        }
    }

    /// Make spare segments until there are enough. Gives whether there are.
    pub(crate) fn keep(&self) -> bool {
        loop {
            let Ok(writer) = self.writer() else { return true };
            let enough = writer.journal.spares() >= self.options.spares;
            drop(writer);
            if enough {
                self.set_room(Room::Open);
                self.drop_released();
                return true;
            }
            if let Some(room) = self.short_of_room() {
                self.set_room(room);
                return false;
            }
            if let Err(error) = self.prepare() {
                self.note_trouble(Some(&error.to_string()));
                self.set_room(room_of(&error));
                return false;
            }
        }
    }

    fn set_room(&self, room: Room) {
        if let Ok(mut writer) = self.writer() {
            writer.room = room;
        }
        self.room.notify_all();
    }

    /// Why no further segment may be made ready, if so.
    fn short_of_room(&self) -> Option<Room> {
        let segments = self.segments.load(Ordering::Acquire);
        let none_released = self.released.lock().is_ok_and(|it| it.is_empty());
        let fresh = u64::from(none_released);
        // What stands in the journal will stand in tiles too, before its segments are given up.
        let journal = (segments + fresh).saturating_mul(2 * self.options.segment_bytes);
        let used = self.stored_bytes.load(Ordering::Acquire).saturating_add(journal);
        if self.options.max_bytes.is_some_and(|max| used > max) {
            return Some(Room::CapReached);
        }
        let behind = none_released && segments >= self.options.segments_max as u64;
        behind.then_some(Room::Behind)
    }

    /// Make one spare: out of a segment that is wholly in tiles, or a new file.
    fn prepare(&self) -> Result<(), LogError> {
        let spare = self.layout.spare(self.spare_seq.fetch_add(1, Ordering::AcqRel));
        let len = self.options.segment_bytes;
        if !self.take_released(&spare)? {
            let made = self.disk.preallocate(&spare, len);
            if made.is_err() {
                // A part of a file takes room that others need; that it stays is no harm.
                let _ = self.disk.remove(&spare);
            }
            made.tried("prepare", &spare)?;
            self.segments.fetch_add(1, Ordering::AcqRel);
        }
        // INVARIANT: the new name is flushed before the file is written to, so that an old
        // name never leads to new frames.
        let dir = self.layout.journal();
        self.disk.sync_dir(&dir).tried("flush", &dir)?;
        if let Ok(mut writer) = self.writer() {
            writer.journal.add_spare(spare, len);
            writer.room = Room::Open;
        }
        self.room.notify_all();
        Ok(())
    }

    /// Make a spare of a released segment, if there is one.
    fn take_released(&self, spare: &Path) -> Result<bool, LogError> {
        // Held over the renaming, so that nobody lists the old name and releases it again.
        let Ok(mut released) = self.released.lock() else { return Ok(false) };
        let Some(number) = released.pop() else { return Ok(false) };
        let path = self.layout.segment(number);
        self.disk.rename(&path, spare).tried("rename", &path)?;
        Ok(true)
    }

    /// Remove segments that are in tiles and not wanted as spares.
    fn drop_released(&self) {
        let Ok(mut released) = self.released.lock() else { return };
        for number in released.drain(..) {
            if self.disk.remove(&self.layout.segment(number)).is_ok() {
                self.segments.fetch_sub(1, Ordering::AcqRel);
            }
        }
    }

    /// Runs until the log closes.
    pub(crate) fn publish_loop(&self) {
        let mut failed = false;
        loop {
            let Ok(state) = self.publishing.state.lock() else { return };
            let quiet = |it: &mut crate::shared::Rung| !(it.soon || it.now || it.stop);
            let state = if failed {
                let patient = |it: &mut crate::shared::Rung| !(it.now || it.stop);
                self.publishing.heard.wait_timeout_while(state, RETRY, patient).map(|it| it.0).ok()
            } else {
                self.publishing.heard.wait_while(state, quiet).ok()
            };
            let Some(mut state) = state else { return };
            if state.stop {
                return;
            }
            (state.soon, state.now) = (false, false);
            drop(state);
            failed = self.publish().is_err();
            // Not more often than was asked for; those who close do not wait.
            let Ok(state) = self.publishing.state.lock() else { return };
            let pause = self.options.publish_every;
            let waited =
                self.publishing.heard.wait_timeout_while(state, pause, |it| !(it.now || it.stop));
            if waited.is_err() {
                return;
            }
        }
    }

    /// Publish the newest durable checkpoint, if it is newer than what is published.
    pub(crate) fn publish(&self) -> Result<bool, LogError> {
        let Ok(mut publisher) = self.publisher.lock() else {
            self.stop("the publishing thread failed");
            return Ok(false);
        };
        // Looked at under the lock: whoever had it before may have gone further by now.
        let target = self.signed_durable.load(Ordering::Acquire);
        if target <= self.published.load(Ordering::Acquire) {
            return Ok(false);
        }
        let published = publisher.publish(target);
        self.stored_bytes.store(publisher.stored_bytes, Ordering::Release);
        match published {
            Ok(done) => {
                self.published.store(done.size, Ordering::Release);
                self.note_trouble(None);
                self.release(done.segment);
                self.sample(done.size);
                Ok(true)
            }
            Err(error) => {
                if matches!(error, LogError::Corrupt(_)) {
                    // What was appended does not read back: nothing may be built on it.
                    self.stop(&error.to_string());
                } else {
                    self.note_trouble(Some(&error.to_string()));
                }
                Err(error)
            }
        }
    }

    /// Give segments below `number` free to be used again.
    fn release(&self, number: u64) {
        let Ok(active) = self.writer().map(|it| it.journal.number()) else { return };
        let Ok(mut released) = self.released.lock() else { return };
        let Ok(numbers) = segments(&*self.disk, &self.layout) else { return };
        let mut freed: Vec<u64> =
            numbers.into_iter().filter(|it| *it < number && *it < active).collect();
        freed.reverse();
        *released = freed;
        drop(released);
        self.keeper.ring(|it| it.now = true);
    }
}

/// What the failure to make a segment ready says about room.
fn room_of(error: &LogError) -> Room {
    let full = |kind: io::ErrorKind| {
        kind == io::ErrorKind::StorageFull || kind == io::ErrorKind::QuotaExceeded
    };
    if let LogError::Io { source, .. } = error
        && full(source.kind())
    {
        return Room::DiskFull;
    }
    Room::Failed
}

//! What the log's threads share: the writing end behind one lock, the marks that say how firmly
//! records stand, and appending itself.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, TryLockError};

use bailiwick_core::{Record, Sealed, Timestamp, Unrecorded};

use crate::disk::Disk;
use crate::entry::{ENTRY_BYTES_MAX, STAMP_BYTES, Stamp};
use crate::frame::{Frame, FrameKind, SEALED_BYTES_MAX, SEGMENT_HEADER, frame_len};
use crate::growth::Growth;
use crate::journal::Journal;
use crate::layout::Layout;
use crate::note::SigningKey;
use crate::options::{Clock, Options};
use crate::publish::Publisher;
use crate::seal::Sealer;
use crate::tree::{CompactRange, leaf_hash};

/// How often the writing end's lock is looked at before waiting for it asleep, and how many pauses
/// of the processor lie between: some microseconds in all.
const LOOKS: u32 = 32;
const PAUSES: u32 = 8;
/// Room that an entry is given to begin with.
const ENTRY_BYTES_USUAL: usize = 1024;

/// What waits for a record to be durable.
pub(crate) type Callback = Box<dyn FnOnce(Result<(), Unrecorded>) + Send>;

/// Why there is no more room, when there is none.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Room {
    /// There is room.
    Open,
    /// The disk is full.
    DiskFull,
    /// The configured cap is reached.
    CapReached,
    /// Tiles are made too slowly, or not at all, so that the journal may not grow further.
    Behind,
    /// A segment could not be made ready for another reason.
    Failed,
}

/// The writing end. Whoever holds its lock gives out indexes.
pub(crate) struct Writer {
    pub(crate) journal: Journal,
    pub(crate) tree: CompactRange,
    /// The size of the last checkpoint in the journal.
    pub(crate) signed: u64,
    pub(crate) signed_at: Timestamp,
    pub(crate) room: Room,
    /// How many bytes of entries and seals were appended since the log was opened.
    pub(crate) appended_bytes: u64,
}

/// Who signs, and who signed before when a change is fresh.
pub(crate) struct Signer {
    pub(crate) key: SigningKey,
    pub(crate) before: Option<SigningKey>,
}

/// A question to one of the log's threads.
#[derive(Default)]
pub(crate) struct Bell {
    pub(crate) state: Mutex<Rung>,
    pub(crate) heard: Condvar,
}

/// What was asked of a thread.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rung {
    /// There is something to do, at leisure.
    pub(crate) soon: bool,
    /// Somebody waits.
    pub(crate) now: bool,
    /// A checkpoint is wanted, however fresh the last one is.
    pub(crate) sign: bool,
    /// The log closes.
    pub(crate) stop: bool,
}

impl Bell {
    pub(crate) fn ring(&self, change: impl FnOnce(&mut Rung)) {
        // A poisoned lock still rings: the state is plain flags.
        let mut state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        change(&mut state);
        self.heard.notify_all();
    }
}

/// All that the threads share.
pub(crate) struct Shared {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) layout: Layout,
    pub(crate) options: Options,
    pub(crate) clock: Clock,
    pub(crate) sealer: Sealer,
    pub(crate) boot: u64,
    pub(crate) writer: Mutex<Writer>,
    /// Rung when a spare segment is ready, or none can be had.
    pub(crate) room: Condvar,
    pub(crate) signer: Mutex<Signer>,
    pub(crate) publisher: Mutex<Publisher>,
    /// Segments that are wholly in tiles and may be used again.
    pub(crate) released: Mutex<Vec<u64>>,
    pub(crate) waiters: Mutex<Vec<(u64, Callback)>>,
    pub(crate) committer: Bell,
    pub(crate) keeper: Bell,
    pub(crate) publishing: Bell,
    pub(crate) stopped: AtomicBool,
    pub(crate) dirty: AtomicBool,
    pub(crate) durable_end: AtomicU64,
    /// The size of the newest checkpoint that is durable in the journal.
    pub(crate) signed_durable: AtomicU64,
    pub(crate) published: AtomicU64,
    pub(crate) stored_bytes: AtomicU64,
    pub(crate) segments: AtomicU64,
    pub(crate) spare_seq: AtomicU64,
    /// How often the journal was flushed.
    pub(crate) flushes: AtomicU64,
    pub(crate) trouble: Mutex<Option<String>>,
    pub(crate) growth: Mutex<Growth>,
}

impl Writer {
    pub(crate) fn new(journal: Journal, tree: CompactRange, signed: u64) -> Self {
        Self {
            journal,
            tree,
            signed,
            signed_at: Timestamp::default(),
            room: Room::Open,
            appended_bytes: 0,
        }
    }
}

/// Whether a record may use the reserve: what ends a call that was let through, or the log. What is
/// kept of an answer may not: the reserve is for the outcomes of other calls, too.
const fn may_use_reserve(record: &Record, sealed: &Sealed) -> bool {
    matches!(record, Record::Outcome(_) | Record::Stopped) && sealed.ciphertext.is_empty()
}

impl Shared {
    /// The writing end.
    pub(crate) fn writer(&self) -> Result<MutexGuard<'_, Writer>, Unrecorded> {
        // Held for a few microseconds, mostly: to look again is cheaper than to sleep and be woken.
        for _ in 0..LOOKS {
            match self.writer.try_lock() {
                Ok(writer) => return Ok(writer),
                Err(TryLockError::Poisoned(_)) => return Err(Unrecorded::Stopped),
                Err(TryLockError::WouldBlock) => (0..PAUSES).for_each(|_| std::hint::spin_loop()),
            }
        }
        // A thread that panicked while writing left nobody knows what: the log stops.
        self.writer.lock().map_err(|_| Unrecorded::Stopped)
    }

    /// Stamp, hash and write one record. One lock, one write, no other thread.
    pub(crate) fn append(
        &self,
        at: Timestamp,
        record: &Record,
        sealed: &Sealed,
    ) -> Result<u64, Unrecorded> {
        if self.stopped.load(Ordering::Acquire) {
            return Err(Unrecorded::Stopped);
        }
        if sealed.ciphertext.len() > SEALED_BYTES_MAX {
            return Err(Unrecorded::TooLarge);
        }
        // What needs no lock is done before it is taken.
        let mut entry = Vec::with_capacity(ENTRY_BYTES_USUAL);
        entry.extend_from_slice(&[0; STAMP_BYTES]);
        record.encode(&mut entry);
        let lens = (entry.len(), sealed.ciphertext.len());
        let span = (frame_len(lens.0, lens.1) + SEGMENT_HEADER) as u64;
        if entry.len() > ENTRY_BYTES_MAX || span > self.options.segment_bytes {
            return Err(Unrecorded::TooLarge);
        }
        let mut guard = self.make_room(self.writer()?, lens, may_use_reserve(record, sealed))?;
        let writer = &mut *guard;
        let index = writer.tree.size();
        if let Some(slot) = entry.first_chunk_mut::<STAMP_BYTES>() {
            *slot = Stamp { boot: self.boot, index, at }.encode();
        }
        let hash = leaf_hash(&entry);
        let durable = self.durable_end.load(Ordering::Acquire);
        let kind = FrameKind::Entry;
        let frame = Frame { kind, index, durable, body: &entry, sealed: &sealed.ciphertext };
        if writer.journal.write(&frame, &hash).is_err() {
            drop(guard);
            return Err(self.stop("a write to the journal failed"));
        }
        writer.tree.push(hash);
        writer.appended_bytes += (lens.0 + lens.1) as u64;
        drop(guard);
        if !self.dirty.swap(true, Ordering::AcqRel) {
            self.committer.ring(|it| it.soon = true);
        }
        Ok(index)
    }

    /// Have a segment with room for a frame, or refuse.
    fn make_room<'a>(
        &'a self,
        mut guard: MutexGuard<'a, Writer>,
        lens: (usize, usize),
        reserve: bool,
    ) -> Result<MutexGuard<'a, Writer>, Unrecorded> {
        loop {
            let short = guard.room != Room::Open;
            let low = guard.journal.room() < self.options.reserve_bytes;
            let kept = short && low && !reserve;
            if !kept {
                if guard.journal.fits(lens.0, lens.1) {
                    return Ok(guard);
                }
                if self.turn(&mut guard)? {
                    continue;
                }
            }
            // Where tiles are made too slowly, waiting helps; where there is no room, it does not.
            if short && guard.room != Room::Behind {
                return Err(Unrecorded::Full);
            }
            let wait = self.options.room_wait;
            let waited = self.room.wait_timeout_while(guard, wait, |it| {
                let behind = it.room == Room::Behind;
                behind || (it.journal.spares() == 0 && it.room == Room::Open)
            });
            let (after, timeout) = waited.map_err(|_| Unrecorded::Stopped)?;
            if timeout.timed_out() {
                return Err(Unrecorded::Full);
            }
            guard = after;
        }
    }

    /// Begin the next segment; `false` when none is ready.
    pub(crate) fn turn(&self, writer: &mut Writer) -> Result<bool, Unrecorded> {
        let durable = self.durable_end.load(Ordering::Acquire);
        let turned = writer.journal.turn(writer.tree.size(), durable);
        self.keeper.ring(|it| it.now = true);
        turned.map_err(|_| self.stop("a new segment could not be begun"))
    }

    /// Take nothing more, for ever: nobody knows what is on the disk.
    pub(crate) fn stop(&self, why: &str) -> Unrecorded {
        self.stopped.store(true, Ordering::Release);
        self.note_trouble(Some(why));
        self.committer.ring(|it| it.now = true);
        Unrecorded::Stopped
    }

    pub(crate) fn note_trouble(&self, why: Option<&str>) {
        let mut trouble = self.trouble.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // Why the log stopped is not overwritten by what follows from it.
        if !(self.stopped.load(Ordering::Acquire) && trouble.is_some()) {
            *trouble = why.map(str::to_owned);
        }
    }

    /// Call back when the entry is durable, or will never be.
    pub(crate) fn on_durable(&self, index: u64, callback: Callback) {
        if index < self.durable_end.load(Ordering::Acquire) {
            return callback(Ok(()));
        }
        if self.stopped.load(Ordering::Acquire) {
            return callback(Err(Unrecorded::Stopped));
        }
        let mut waiters = self.waiters.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        waiters.push((index, callback));
        drop(waiters);
        self.committer.ring(|it| it.now = true);
    }
}

//! The committer: one flush for all that was written before it began, checkpoints signed into the
//! journal, and word to those who wait.

use std::sync::atomic::Ordering;

use bailiwick_core::Unrecorded;

use crate::checkpoint::Checkpoint;
use crate::frame::{Frame, FrameKind};
use crate::shared::{Callback, Shared, Signer, Writer};
use crate::tree::{Head, leaf_hash};

impl Shared {
    /// Runs until the log closes.
    pub(crate) fn commit_loop(&self) {
        loop {
            let Ok(state) = self.committer.state.lock() else { return };
            let idle = self.committer.heard.wait_while(state, |it| !(it.soon || it.now || it.stop));
            let Ok(state) = idle else { return };
            let flush_after = self.options.flush_after;
            let patient = |it: &mut crate::shared::Rung| !(it.now || it.stop);
            let waited = self.committer.heard.wait_timeout_while(state, flush_after, patient);
            let Ok((mut state, _)) = waited else { return };
            let linger = self.options.linger;
            if state.now && !state.stop && !linger.is_zero() {
                let waited = self.committer.heard.wait_timeout_while(state, linger, |it| !it.stop);
                let Ok((after, _)) = waited else { return };
                state = after;
            }
            let (stop, sign) = (state.stop, state.sign);
            (state.soon, state.now, state.sign) = (false, false, false);
            drop(state);
            if self.commit(stop || sign) {
                self.committer.ring(|it| it.soon = true);
            }
            if stop {
                return;
            }
        }
    }

    /// Flush once. Gives whether something is left that has to be signed later.
    pub(crate) fn commit(&self, last: bool) -> bool {
        if self.stopped.load(Ordering::Acquire) {
            self.tell(0);
            return false;
        }
        match self.flush(last) {
            Ok((durable, more)) => {
                self.tell(durable);
                more
            }
            Err(_) => {
                self.stop("the journal could not be flushed");
                self.tell(0);
                false
            }
        }
    }

    fn flush(&self, last: bool) -> Result<(u64, bool), Unrecorded> {
        self.dirty.store(false, Ordering::Release);
        // A change of keys holds the signer; what is flushed meanwhile is signed later.
        let mut signer = self.signer.try_lock().ok();
        let mut writer = self.writer()?;
        if let Some(signer) = signer.as_deref_mut() {
            self.sign(&mut writer, signer, last)?;
        }
        let (size, signed) = (writer.tree.size(), writer.signed);
        let unflushed = writer.journal.take_unflushed();
        drop(writer);
        drop(signer);
        for file in &unflushed.files {
            file.sync_data().map_err(|_| Unrecorded::Stopped)?;
        }
        if unflushed.names {
            let dir = self.layout.journal();
            self.disk.sync_dir(&dir).map_err(|_| Unrecorded::Stopped)?;
        }
        self.flushes.fetch_add(1, Ordering::Relaxed);
        self.durable_end.fetch_max(size, Ordering::AcqRel);
        // INVARIANT: a checkpoint leaves the journal only after it and all it covers are durable.
        if self.signed_durable.fetch_max(signed, Ordering::AcqRel) < signed {
            self.publishing.ring(|it| it.soon = true);
        }
        Ok((size, signed < size))
    }

    /// Sign what is there, when that is due and there is room.
    fn sign(&self, writer: &mut Writer, signer: &mut Signer, last: bool) -> Result<(), Unrecorded> {
        let size = writer.tree.size();
        let now = (self.clock)();
        let since = u128::from(now.since_ns(writer.signed_at));
        // A clock that was set back must not keep the log from signing.
        let due = since >= self.options.sign_every.as_nanos() || now < writer.signed_at;
        if size == writer.signed || !(due || last) {
            return Ok(());
        }
        let head = Head { size, root: writer.tree.root() };
        let origin = signer.key.verifier().name().into();
        let mut keys = vec![&signer.key];
        keys.extend(&signer.before);
        let note = Checkpoint { origin, head }.sign(&keys);
        if !writer.journal.fits(note.len(), 0) && !self.turn(writer)? {
            // Signed when there is room again.
            return Ok(());
        }
        let body = note.as_bytes();
        let durable = self.durable_end.load(Ordering::Acquire);
        let kind = FrameKind::Checkpoint;
        let frame = Frame { kind, index: size, durable, body, sealed: &[] };
        writer.journal.write(&frame, &leaf_hash(body)).map_err(|_| Unrecorded::Stopped)?;
        (writer.signed, writer.signed_at) = (size, now);
        signer.before = None;
        Ok(())
    }

    /// Tell those who wait for entries below `durable`; all of them, when the log has stopped.
    fn tell(&self, durable: u64) {
        let stopped = self.stopped.load(Ordering::Acquire);
        let mut waiters = self.waiters.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let ready: Vec<(u64, Callback)> =
            waiters.extract_if(.., |(index, _)| stopped || *index < durable).collect();
        drop(waiters);
        for (index, callback) in ready {
            let done = index < self.durable_end.load(Ordering::Acquire);
            callback(if done { Ok(()) } else { Err(Unrecorded::Stopped) });
        }
    }
}

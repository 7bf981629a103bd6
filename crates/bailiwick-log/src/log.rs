//! The log that a gateway writes: making one, opening one, appending, closing.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use bailiwick_core::{
    Digest, Ledger, Position, Record, Sealed, TenantId, Timestamp, Token, Unrecorded,
};

use crate::assemble::{assemble, lock, signing_key};
use crate::checkpoint::Checkpoint;
use crate::error::{LogError, Tried as _};
use crate::forecast::{Forecast, Health};
use crate::journal::first_segment;
use crate::keys::{KeyChain, KeyFiles, Succession};
use crate::layout::{Layout, replace_durably, spare_number};
use crate::note::{SigningKey, VerifierKey};
use crate::options::{Options, World};
use crate::reader::Reader;
use crate::recover::{Recovery, look};
use crate::shared::{Callback, Rung, Shared};
use crate::store::Store;
use crate::tree::{Head, empty_root};

/// How long a copy waits for the newest records to be signed.
const SIGNING_PATIENCE: Duration = Duration::from_secs(5);

/// The tamper-evident log, open for writing. One process at a time can have it.
pub struct Log {
    pub(crate) shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    rotating: Mutex<()>,
    recovery: Recovery,
    _lock: Box<dyn Send + Sync>,
}

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Log").field("dir", &self.shared.layout.dir).finish_non_exhaustive()
    }
}

impl Log {
    /// Make a log in an empty directory, with a new signing key, and open it. `origin` names the
    /// log for ever; it should look like a host name and a path, without a scheme.
    ///
    /// # Errors
    /// [`LogError::Exists`] when there is one; others when the disk says no.
    pub fn create(
        dir: &Path,
        origin: &str,
        options: Options,
        world: World,
    ) -> Result<Self, LogError> {
        Self::make(dir, origin, &options, &world)?;
        Self::open(dir, options, world)
    }

    /// Make what a log needs to be opened. The list of keys comes last: with it, there is a log.
    pub(crate) fn make(
        dir: &Path,
        origin: &str,
        options: &Options,
        world: &World,
    ) -> Result<(), LogError> {
        options.check()?;
        let (disk, layout) = (&*world.disk, Layout::new(dir));
        disk.create_dir(&layout.journal()).tried("create", dir)?;
        let _lock = lock(disk, &layout)?;
        if disk.read(&layout.keys()).is_ok() {
            return Err(LogError::Exists(dir.to_owned()));
        }
        let files = KeyFiles::new(&layout, options);
        let key = KeyFiles::generate(disk, &*world.entropy, &files.key, origin)?;
        let head = Head { size: 0, root: empty_root() };
        let note = Checkpoint { origin: origin.into(), head }.sign(&[&key]);
        replace_durably(disk, &layout.checkpoint(), note.as_bytes())?;
        first_segment(disk, &layout, 0, options.segment_bytes)?;
        KeyChain::new(key.verifier().clone()).store(disk, &layout)
    }

    /// Open a log for writing, recovering what the last writer left.
    ///
    /// # Errors
    /// [`LogError::Locked`] when another process has it, [`LogError::Corrupt`] when something
    /// that was durable is missing, and others when the disk says no.
    pub fn open(dir: &Path, options: Options, world: World) -> Result<Self, LogError> {
        let log = Self::open_still(dir, options, world)?;
        log.start()?;
        Ok(log)
    }

    /// Open without threads: nothing is flushed or published but by hand.
    pub(crate) fn open_still(dir: &Path, options: Options, world: World) -> Result<Self, LogError> {
        options.check()?;
        let (disk, layout) = (Arc::clone(&world.disk), Layout::new(dir));
        let mut chain = KeyChain::load(&*disk, &layout)?;
        let lock = lock(&*disk, &layout)?;
        let (signer, succession) = signing_key(&*disk, &layout, &options, &chain)?;
        let store = Store { disk: Arc::clone(&disk), layout: layout.clone() };
        let (found, leftovers) = look(&store, &chain.all())?;
        leftovers.clear(&disk, &layout, found.tail.map_or(0, |it| it.segment))?;
        let recovery = found.report;
        let shared = Arc::new(assemble(store, options, world, (found, signer))?);
        let log = Self {
            shared,
            threads: Mutex::default(),
            rotating: Mutex::default(),
            recovery,
            _lock: lock,
        };
        log.adopt_spares()?;
        if let Some((succession, key)) = succession {
            log.finish_rotation(&mut chain, (&succession, key), "system")?;
        }
        Ok(log)
    }

    fn start(&self) -> Result<(), LogError> {
        let jobs: [(&str, Job); 3] = [
            ("log-commit", Shared::commit_loop),
            ("log-keep", Shared::keep_loop),
            ("log-publish", Shared::publish_loop),
        ];
        let mut threads = self.threads.lock().map_err(|_| Unrecorded::Stopped)?;
        for (name, job) in jobs {
            let shared = Arc::clone(&self.shared);
            let thread = std::thread::Builder::new().name(name.into()).spawn(move || job(&shared));
            threads.push(thread.tried("start a thread for", &self.shared.layout.dir)?);
        }
        drop(threads);
        // What the last writer left unsigned is signed, and what it left unpublished published.
        self.shared.committer.ring(|it| it.soon = true);
        self.shared.publishing.ring(|it| it.soon = true);
        Ok(())
    }

    /// Spares of the last writer are used again, when they have the right size.
    fn adopt_spares(&self) -> Result<(), LogError> {
        let shared = &self.shared;
        let dir = shared.layout.journal();
        let mut spares = Vec::new();
        for name in shared.disk.list(&dir).tried("list", &dir)? {
            let Some(number) = spare_number(&name) else { continue };
            let path = dir.join(&name);
            let len = shared.disk.open(&path, false).and_then(|it| it.size());
            if len.is_ok_and(|it| it == shared.options.segment_bytes) {
                spares.push((number, path));
            } else {
                shared.disk.remove(&path).tried("remove", &path)?;
            }
        }
        let next = spares.iter().map(|(number, _)| number + 1).max().unwrap_or_default();
        shared.spare_seq.store(next, Ordering::Release);
        shared.segments.fetch_add(spares.len() as u64, Ordering::AcqRel);
        let mut writer = shared.writer()?;
        for (_, path) in spares {
            writer.journal.add_spare(path, shared.options.segment_bytes);
        }
        Ok(())
    }

    /// What opening the log found.
    pub const fn recovery(&self) -> Recovery {
        self.recovery
    }

    /// The key that checkpoints are signed with, as verifiers need it.
    ///
    /// # Errors
    /// [`Unrecorded::Stopped`] when a thread of the log panicked.
    pub fn verifier_key(&self) -> Result<VerifierKey, Unrecorded> {
        let signer = self.shared.signer.lock().map_err(|_| Unrecorded::Stopped)?;
        Ok(signer.key.verifier().clone())
    }

    /// Call back, from the committer's thread or at once, when the entry with this index is
    /// durable, or will never be. Callbacks must not wait for anything.
    pub fn on_durable(&self, index: u64, callback: Box<dyn FnOnce(Result<(), Unrecorded>) + Send>) {
        self.shared.on_durable(index, callback);
    }

    /// Wait until the entry with this index is durable.
    ///
    /// # Errors
    /// [`Unrecorded::Stopped`] when it will never be.
    pub fn wait_durable(&self, index: u64) -> Result<(), Unrecorded> {
        let (send, receive) = mpsc::sync_channel(1);
        let callback: Callback = Box::new(move |done| {
            let _ = send.send(done);
        });
        self.shared.on_durable(index, callback);
        receive.recv().unwrap_or(Err(Unrecorded::Stopped))
    }

    /// Have all that is appended by now signed and published, as far as that can be done: a copy
    /// should not lack the last second.
    pub(crate) fn publish_all(&self) -> Result<(), LogError> {
        let shared = &self.shared;
        let target = shared.writer()?.tree.size();
        if self.threads.lock().is_ok_and(|it| it.is_empty()) {
            return Ok(());
        }
        shared.committer.ring(|it| (it.now, it.sign) = (true, true));
        let bell = &shared.publishing;
        let state = bell.state.lock().map_err(|_| Unrecorded::Stopped)?;
        // Whoever signs rings there.
        let unsigned = |_: &mut Rung| {
            shared.signed_durable.load(Ordering::Acquire) < target
                && !shared.stopped.load(Ordering::Acquire)
        };
        drop(bell.heard.wait_timeout_while(state, SIGNING_PATIENCE, unsigned));
        shared.publish()?;
        Ok(())
    }

    /// A reader of the same log.
    ///
    /// # Errors
    /// [`LogError`] when the list of keys cannot be read.
    pub fn reader(&self) -> Result<Reader, LogError> {
        Reader::open_on(&self.shared.disk, &self.shared.layout.dir)
    }

    /// What was sealed beside an entry, in the clear; `None` when nothing was, or its key or the
    /// seal itself was erased.
    ///
    /// # Errors
    /// [`LogError`] when it cannot be read or a key cannot be had.
    pub fn unseal(&self, index: u64) -> Result<Option<Vec<u8>>, LogError> {
        let Some(sealed) = self.reader()?.sealed(index)? else { return Ok(None) };
        Ok(self.shared.sealer.unseal(&sealed)?)
    }

    /// How the log is.
    pub fn health(&self) -> Health {
        let shared = &self.shared;
        let writer = shared.writer();
        let stopped = shared.stopped.load(Ordering::Acquire) || writer.is_err();
        let (room, size) =
            writer.map_or((crate::shared::Room::Failed, 0), |it| (it.room, it.tree.size()));
        let trouble = shared.trouble.lock().ok().and_then(|it| it.clone());
        let durable = shared.durable_end.load(Ordering::Acquire);
        let published = shared.published.load(Ordering::Acquire);
        Health { stopped, room, size, durable, published, trouble }
    }

    /// How the log grows, and when it will be full.
    ///
    /// # Errors
    /// [`LogError::Io`] when the disk does not tell how much is free.
    pub fn forecast(&self) -> Result<Forecast, LogError> {
        self.shared.forecast()
    }

    /// Change the signing key. The record of it, in which the old key vouches for the new one,
    /// is durable before the new key signs; the first checkpoint after it has both signatures.
    ///
    /// # Errors
    /// [`LogError`] when it could not be done; opening the log again then completes it.
    pub fn rotate_key(&self, operator: &str, world: &World) -> Result<VerifierKey, LogError> {
        let shared = &self.shared;
        // Held from reading the list of keys to writing it: two changes at once would each vouch
        // for a key of their own, and the list would hold for neither.
        let _alone = self.rotating.lock().map_err(|_| Unrecorded::Stopped)?;
        let mut chain = KeyChain::load(&*shared.disk, &shared.layout)?;
        let files = KeyFiles::new(&shared.layout, &shared.options);
        let origin = chain.origin().to_owned();
        let key = KeyFiles::generate(&*shared.disk, &*world.entropy, &files.next, &origin)?;
        let new = key.verifier().clone();
        let succession = {
            let signer = shared.signer.lock().map_err(|_| Unrecorded::Stopped)?;
            Succession::make(&signer.key, &new)
        };
        self.finish_rotation(&mut chain, (&succession, key), operator)?;
        Ok(new)
    }

    fn finish_rotation(
        &self,
        chain: &mut KeyChain,
        step: (&Succession, SigningKey),
        operator: &str,
    ) -> Result<(), LogError> {
        let shared = &self.shared;
        let (succession, key) = step;
        // Held throughout, so that the old key signs nothing behind the record.
        let mut signer = shared.signer.lock().map_err(|_| Unrecorded::Stopped)?;
        let record = succession.record(operator);
        let index = shared.append((shared.clock)(), &record, &Sealed::default())?;
        if self.threads.lock().is_ok_and(|it| it.is_empty()) {
            shared.commit(false);
        }
        self.wait_durable(index)?;
        chain.push(succession.clone());
        chain.store(&*shared.disk, &shared.layout)?;
        KeyFiles::new(&shared.layout, &shared.options).promote(&*shared.disk)?;
        signer.before = Some(std::mem::replace(&mut signer.key, key));
        drop(signer);
        shared.committer.ring(|it| it.soon = true);
        Ok(())
    }

    /// Flush, sign and publish all that was appended, and end the log's threads.
    ///
    /// # Errors
    /// [`LogError`] when that could not be done. What was durable stays so.
    pub fn close(self) -> Result<(), LogError> {
        self.end();
        let shared = &self.shared;
        shared.commit(true);
        if shared.stopped.load(Ordering::Acquire) {
            return Err(Unrecorded::Stopped.into());
        }
        shared.publish()?;
        shared.save_usage(shared.published.load(Ordering::Acquire));
        Ok(())
    }

    fn end(&self) {
        let shared = &self.shared;
        for bell in [&shared.committer, &shared.keeper, &shared.publishing] {
            bell.ring(|it| it.stop = true);
        }
        let threads = self.threads.lock().map(|mut it| std::mem::take(&mut *it));
        for thread in threads.unwrap_or_default() {
            // A thread that panicked has poisoned its lock, which stops the log.
            let _ = thread.join();
        }
    }
}

impl Drop for Log {
    /// Ends the threads, so that the directory's lock is free when the log is gone.
    fn drop(&mut self) {
        self.end();
    }
}

impl Ledger for Log {
    fn append(
        &self,
        at: Timestamp,
        record: &Record,
        sealed: &Sealed,
    ) -> Result<Position, Unrecorded> {
        self.shared.append(at, record, sealed).map(Position::at)
    }

    fn durable_end(&self) -> u64 {
        self.shared.durable_end.load(Ordering::Acquire)
    }

    fn token(&self, tenant: &TenantId, kind: &str, name: &str) -> Result<Token, Unrecorded> {
        self.shared.sealer.token(tenant, kind, name).map_err(|_| Unrecorded::NoKey)
    }

    fn keyed_digest(&self, tenant: &TenantId, content: &Digest) -> Result<Digest, Unrecorded> {
        self.shared.sealer.keyed_digest(tenant, content).map_err(|_| Unrecorded::NoKey)
    }

    fn seal(&self, tenant: &TenantId, subject: &str, clear: &[u8]) -> Result<Sealed, Unrecorded> {
        self.shared.sealer.seal(tenant, subject, clear).map_err(|_| Unrecorded::NoKey)
    }
}

/// What one thread of the log does.
type Job = fn(&Shared);

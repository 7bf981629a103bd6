//! Putting an open log together: its lock, its signing key, its state.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Condvar, Mutex};

use crate::disk::{Disk, RealDisk};
use crate::error::LogError;
use crate::frame::{Place, SEGMENT_HEADER};
use crate::journal::Journal;
use crate::keys::{KeyChain, KeyFiles, Succession};
use crate::layout::{Layout, segments};
use crate::note::SigningKey;
use crate::options::{Options, World};
use crate::publish::Publisher;
use crate::recover::Recovered;
use crate::seal::Sealer;
use crate::shared::{Bell, Shared, Signer, Writer};
use crate::store::Store;

/// Take the log's lock, which one writer at a time can have.
pub(crate) fn lock(disk: &dyn Disk, layout: &Layout) -> Result<Box<dyn Send + Sync>, LogError> {
    let path = layout.lock();
    disk.lock(&path).map_err(|source| {
        if source.kind() == std::io::ErrorKind::WouldBlock {
            LogError::Locked(layout.dir.clone())
        } else {
            LogError::Io { what: "lock", path, source }
        }
    })
}

/// Hold the lock of the log in that directory while what is given back lives: nobody else writes
/// to it meanwhile.
///
/// # Errors
/// [`LogError::Locked`] when somebody does, others when the disk says no.
pub fn hold(dir: &Path) -> Result<impl Send + Sync + use<>, LogError> {
    lock(&RealDisk, &Layout::new(dir))
}

/// A change of keys that was begun and not completed.
pub(crate) type Unfinished = Option<(Succession, SigningKey)>;

/// The key that signs, and a change of keys that was begun and not completed.
pub(crate) fn signing_key(
    disk: &dyn Disk,
    layout: &Layout,
    options: &Options,
    chain: &KeyChain,
) -> Result<(SigningKey, Unfinished), LogError> {
    let files = KeyFiles::new(layout, options);
    let missing = || LogError::SigningKey(files.key.clone());
    let next = KeyFiles::read(disk, &files.next, chain.origin())?;
    if let Some(next) = next.as_ref().filter(|it| it.verifier() == chain.newest()) {
        debug_assert_eq!(next.verifier(), chain.newest(), "the list names it already");
        files.promote(disk)?;
    }
    let key = KeyFiles::read(disk, &files.key, chain.origin())?.ok_or_else(missing)?;
    if key.verifier() != chain.newest() {
        return Err(missing());
    }
    let unfinished = next
        .filter(|it| it.verifier() != key.verifier())
        .map(|next| (Succession::make(&key, next.verifier()), next));
    Ok((key, unfinished))
}

/// Put together what the log's threads share.
pub(crate) fn assemble(
    store: Store,
    options: Options,
    world: World,
    parts: (Recovered, SigningKey),
) -> Result<Shared, LogError> {
    let (found, key) = parts;
    let layout = store.layout.clone();
    let tail = found.tail.unwrap_or(Place { segment: 1, offset: SEGMENT_HEADER as u64 });
    let journal = Journal::resume(&store.disk, &layout, tail)?;
    let (size, published) = (found.tree.size(), found.published.head.size);
    let stored = stored_bytes(&store, published);
    let count = segments(&*store.disk, &layout)?.len() as u64;
    Ok(Shared {
        disk: Arc::clone(&store.disk),
        layout,
        options,
        clock: world.clock,
        sealer: Sealer::new(world.keyring, world.entropy),
        boot: found.boot + 1,
        writer: Mutex::new(Writer::new(journal, found.tree, published)),
        room: Condvar::new(),
        signer: Mutex::new(Signer { key, before: None }),
        publisher: Mutex::new(Publisher::new(store, found.edge, stored)),
        released: Mutex::default(),
        waiters: Mutex::default(),
        committer: Bell::default(),
        keeper: Bell::default(),
        publishing: Bell::default(),
        stopped: AtomicBool::new(false),
        dirty: AtomicBool::new(false),
        durable_end: AtomicU64::new(size),
        signed_durable: AtomicU64::new(published),
        published: AtomicU64::new(published),
        stored_bytes: AtomicU64::new(stored),
        segments: AtomicU64::new(count),
        spare_seq: AtomicU64::new(0),
        flushes: AtomicU64::new(0),
        trouble: Mutex::default(),
        growth: Mutex::default(),
    })
}

/// How many bytes are stored for `size` entries: as written down last, and guessed from there.
fn stored_bytes(store: &Store, size: u64) -> u64 {
    let text = store.disk.read(&store.layout.usage()).unwrap_or_default();
    let text = String::from_utf8(text).unwrap_or_default();
    let known = text
        .trim_end()
        .split_once(' ')
        .and_then(|(size, bytes)| Some((size.parse::<u64>().ok()?, bytes.parse::<u64>().ok()?)));
    match known {
        Some((known, bytes)) if known > 0 => {
            let part = u128::from(bytes) * u128::from(size) / u128::from(known);
            u64::try_from(part).unwrap_or(u64::MAX)
        }
        _ => {
            let last = size.saturating_sub(1) / 256;
            let (bytes, width) = store.bundle(last, size).unwrap_or_default();
            let each = (bytes.len() as u64).checked_div(u64::from(width)).unwrap_or_default();
            size.saturating_mul(each + 33)
        }
    }
}

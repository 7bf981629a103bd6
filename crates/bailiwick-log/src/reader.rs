//! Reading a log, also while another process writes it: entries, seals, resources and proofs.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::checkpoint::{Checkpoint, Proof};
use crate::cursor::Cursor;
use crate::disk::{Disk, RealDisk};
use crate::entry::Entry;
use crate::error::{Corruption, LogError};
use crate::frame::FrameKind;
use crate::keys::KeyChain;
use crate::layout::Layout;
use crate::note::VerifierKey;
use crate::store::{Store, TileHashes};
use crate::tile::{Seal, Shelf, TILE_WIDTH, TileName, parse_entries, parse_seals};
use crate::tree::{consistency_proof, inclusion_proof};

/// Reads a log. It takes no lock and changes nothing.
#[derive(Debug)]
pub struct Reader {
    pub(crate) store: Store,
    chain: KeyChain,
    /// The note that was verified last, and what it says.
    verified: Mutex<Option<(Vec<u8>, Checkpoint)>>,
}

/// An entry's bytes, and what was sealed beside it.
type Found = (Vec<u8>, Option<Vec<u8>>);

impl Reader {
    /// Open the log in that directory for reading.
    ///
    /// # Errors
    /// [`LogError::NotALog`] when there is none.
    pub fn open(dir: &Path) -> Result<Self, LogError> {
        let disk: Arc<dyn Disk> = Arc::new(RealDisk);
        Self::open_on(&disk, dir)
    }

    /// Open a log on some disk for reading.
    ///
    /// # Errors
    /// [`LogError::NotALog`] when there is none.
    pub fn open_on(disk: &Arc<dyn Disk>, dir: &Path) -> Result<Self, LogError> {
        let store = Store { disk: Arc::clone(disk), layout: Layout::new(dir) };
        let chain = KeyChain::load(&**disk, &store.layout)?;
        Ok(Self { store, chain, verified: Mutex::default() })
    }

    /// The log's keys, as its directory lists them.
    pub const fn key_chain(&self) -> &KeyChain {
        &self.chain
    }

    fn keys(&self) -> Result<Vec<VerifierKey>, LogError> {
        // The list may have grown since: the writer adds a key before it signs with it.
        Ok(KeyChain::load(&*self.store.disk, &self.store.layout)?.all())
    }

    /// The published checkpoint, as the signed note that it is.
    ///
    /// # Errors
    /// [`LogError`] when it cannot be read.
    pub fn note(&self) -> Result<String, LogError> {
        let bytes = self.store.note()?;
        let form = crate::note::NoteError::Form;
        Ok(String::from_utf8(bytes).map_err(|_| Corruption::Checkpoint(form))?)
    }

    /// The published checkpoint.
    ///
    /// # Errors
    /// [`LogError`] when it cannot be read or is not signed by a key of the log.
    pub fn checkpoint(&self) -> Result<Checkpoint, LogError> {
        let note = self.store.note()?;
        self.judge(&note)
    }

    /// The checkpoint of a note. The same note is verified once.
    fn judge(&self, note: &[u8]) -> Result<Checkpoint, LogError> {
        let mut verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, checkpoint)) = verified.as_ref().filter(|(bytes, _)| bytes == note) {
            return Ok(checkpoint.clone());
        }
        let made = Checkpoint::open(note, &self.keys()?).map_err(Corruption::Checkpoint)?;
        *verified = Some((note.to_vec(), made.clone()));
        Ok(made)
    }

    /// A resource by its tlog-tiles path, such as `checkpoint` or `tile/0/000.p/5`; `None` when
    /// there is no such. A narrower partial is cut from a wider one. Seals are not given out.
    ///
    /// # Errors
    /// [`LogError`] when it cannot be read.
    pub fn resource(&self, path: &str) -> Result<Option<Vec<u8>>, LogError> {
        if path == "checkpoint" {
            return self.store.note().map(Some);
        }
        match TileName::parse(path).filter(|it| it.shelf != Shelf::Seals) {
            Some(name) => self.store.read(name),
            None => Ok(None),
        }
    }

    /// The bytes of an entry, from the tiles or the journal; `None` when there is no such entry.
    ///
    /// # Errors
    /// [`LogError`] when they cannot be read.
    pub fn entry_bytes(&self, index: u64) -> Result<Option<Vec<u8>>, LogError> {
        Ok(self.look_up(index)?.map(|(entry, _)| entry))
    }

    /// An entry; `None` when there is no such.
    ///
    /// # Errors
    /// [`LogError`] when it cannot be read.
    pub fn entry(&self, index: u64) -> Result<Option<Entry>, LogError> {
        let Some(bytes) = self.entry_bytes(index)? else { return Ok(None) };
        Ok(Some(Entry::parse(&bytes).map_err(|source| Corruption::Entry { index, source })?))
    }

    /// What was sealed beside an entry, still encrypted; `None` when nothing was, or it was
    /// erased.
    ///
    /// # Errors
    /// [`LogError`] when it cannot be read.
    pub fn sealed(&self, index: u64) -> Result<Option<Vec<u8>>, LogError> {
        Ok(self.look_up(index)?.and_then(|(_, sealed)| sealed))
    }

    fn look_up(&self, index: u64) -> Result<Option<Found>, LogError> {
        // An entry may move from the journal to the tiles between two looks: look again.
        for _ in 0..4 {
            let size = self.checkpoint()?.head.size;
            if index < size {
                return self.stored(index, size);
            }
            let Some(mut cursor) = Cursor::start(&self.store.disk, &self.store.layout, index)?
            else {
                continue;
            };
            while let Some(step) = cursor.step()? {
                if step.frame.kind == FrameKind::Entry && step.frame.index == index {
                    let sealed = step.frame.sealed;
                    let sealed = (!sealed.is_empty()).then(|| sealed.to_vec());
                    return Ok(Some((step.frame.body.to_vec(), sealed)));
                }
            }
            if self.checkpoint()?.head.size <= index {
                return Ok(None);
            }
        }
        Ok(None)
    }

    fn stored(&self, index: u64, size: u64) -> Result<Option<Found>, LogError> {
        let (number, offset) = (index / TILE_WIDTH, index % TILE_WIDTH);
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let (bytes, width) = self.store.bundle(number, size)?;
        let entries = parse_entries(&bytes, width).unwrap_or_default();
        let Some(entry) = entries.get(offset) else { return Ok(None) };
        let seals = self.store.seals(number, size)?;
        let seals = seals.as_deref().and_then(|it| parse_seals(it, width).ok());
        let sealed = match seals.as_ref().and_then(|it| it.get(offset)) {
            Some(Seal::Kept(bytes)) => Some(bytes.to_vec()),
            Some(Seal::None | Seal::Erased) | None => None,
        };
        Ok(Some((entry.to_vec(), sealed)))
    }

    /// The proof that the entry with this index stands under the published checkpoint.
    ///
    /// # Errors
    /// [`LogError::NoEntry`] when it does not, or not yet.
    pub fn prove(&self, index: u64) -> Result<Proof, LogError> {
        let checkpoint = self.note()?;
        let head = self.judge(checkpoint.as_bytes())?.head;
        let hashes = TileHashes::new(&self.store, head.size);
        let path = inclusion_proof(&hashes, index, head.size)?;
        Ok(Proof { index, path: path.ok_or(LogError::NoEntry(index))?, checkpoint })
    }

    /// The hashes that show the tree of `old` entries to be a prefix of the published one;
    /// `None` when `old` is nought or more than is published.
    ///
    /// # Errors
    /// [`LogError`] when they cannot be read.
    pub fn prove_consistency(&self, old: u64) -> Result<Option<Vec<[u8; 32]>>, LogError> {
        let size = self.checkpoint()?.head.size;
        consistency_proof(&TileHashes::new(&self.store, size), old, size)
    }
}

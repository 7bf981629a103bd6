//! Reading the tile store: the published checkpoint, tiles, bundles, and the hashes for proofs.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use crate::checkpoint::Checkpoint;
use crate::disk::Disk;
use crate::edge::Edge;
use crate::error::{Corruption, LogError};
use crate::layout::Layout;
use crate::note::VerifierKey;
use crate::tile::{
    Shelf, TILE_WIDTH, TileName, cut, parse_entries, parse_hashes, parse_seals, subtree_root,
};
use crate::tree::{Hash, HashSource};

/// Tiles that a [`TileHashes`] keeps; beyond that it starts anew.
const TILES_KEPT: usize = 64;

/// The stored part of a log.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) layout: Layout,
}

impl Store {
    /// The published checkpoint's note, unread.
    pub(crate) fn note(&self) -> Result<Vec<u8>, LogError> {
        let path = self.layout.checkpoint();
        self.disk.read(&path).map_err(|source| {
            if source.kind() == io::ErrorKind::NotFound {
                Corruption::Missing(path).into()
            } else {
                LogError::Io { what: "read", path, source }
            }
        })
    }

    /// The published checkpoint, signed by one of these keys.
    pub(crate) fn checkpoint(&self, keys: &[VerifierKey]) -> Result<Checkpoint, LogError> {
        Ok(Checkpoint::open(&self.note()?, keys).map_err(Corruption::Checkpoint)?)
    }

    /// The bytes of a resource: the file itself, or its beginning cut from a wider one. `None`
    /// when there is neither.
    pub(crate) fn read(&self, name: TileName) -> Result<Option<Vec<u8>>, LogError> {
        // A wider partial may take the place of one that was just listed: look again, a few times.
        for _ in 0..4 {
            if let Some(bytes) = self.read_file(name)? {
                return Ok(Some(bytes));
            }
            if u64::from(name.width) == TILE_WIDTH {
                return Ok(None);
            }
            if let Some(bytes) = self.read_file(TileName { width: 256, ..name })? {
                return Ok(cut(name.shelf, &bytes, name.width).map(<[u8]>::to_vec));
            }
            let Some(wider) = self.wider(name)? else { return Ok(None) };
            if let Some(bytes) = self.read_file(wider)? {
                return Ok(cut(name.shelf, &bytes, name.width).map(<[u8]>::to_vec));
            }
        }
        Ok(None)
    }

    fn read_file(&self, name: TileName) -> Result<Option<Vec<u8>>, LogError> {
        let path = self.layout.dir.join(name.path());
        match self.disk.read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(LogError::Io { what: "read", path, source }),
        }
    }

    fn wider(&self, name: TileName) -> Result<Option<TileName>, LogError> {
        let path = self.layout.dir.join(name.path());
        let Some(dir) = path.parent() else { return Ok(None) };
        let names = self.disk.list(dir).map_err(|source| LogError::Io {
            what: "list",
            path: dir.to_owned(),
            source,
        })?;
        let widths = names.iter().filter_map(|it| it.parse::<u16>().ok());
        let widest = widths.filter(|it| *it > name.width && u64::from(*it) < TILE_WIDTH).max();
        Ok(widest.map(|width| TileName { width, ..name }))
    }

    /// A resource that has to be there.
    pub(crate) fn need(&self, name: TileName) -> Result<Vec<u8>, LogError> {
        Ok(self.read(name)?.ok_or_else(|| Corruption::Missing(name.path()))?)
    }

    /// The hashes of a tile that has to be there.
    pub(crate) fn hashes(&self, name: TileName) -> Result<Vec<Hash>, LogError> {
        let bytes = self.need(name)?;
        Ok(parse_hashes(&bytes, name.width)
            .map_err(|source| Corruption::Tile { path: name.path(), source })?)
    }

    /// The bundle of entries with this number, of a tree of `size`: its bytes and its width.
    pub(crate) fn bundle(&self, number: u64, size: u64) -> Result<(Vec<u8>, u16), LogError> {
        let name = TileName { shelf: Shelf::Entries, number, width: width_at(number, size) };
        let bytes = self.need(name)?;
        parse_entries(&bytes, name.width)
            .map_err(|source| Corruption::Tile { path: name.path(), source })?;
        Ok((bytes, name.width))
    }

    /// The bundle of seals with this number, of a tree of `size`; `None` when nothing was sealed.
    pub(crate) fn seals(&self, number: u64, size: u64) -> Result<Option<Vec<u8>>, LogError> {
        let name = TileName { shelf: Shelf::Seals, number, width: width_at(number, size) };
        let Some(bytes) = self.read(name)? else { return Ok(None) };
        parse_seals(&bytes, name.width)
            .map_err(|source| Corruption::Tile { path: name.path(), source })?;
        Ok(Some(bytes))
    }

    /// The right edge of the tree of `size`.
    pub(crate) fn edge(&self, size: u64) -> Result<Edge, LogError> {
        let mut levels = Vec::new();
        let mut count = size;
        for level in 0u8.. {
            if count == 0 {
                break;
            }
            let (number, width) = (count / TILE_WIDTH, count % TILE_WIDTH);
            let width = u16::try_from(width).unwrap_or_default();
            let name = TileName { shelf: Shelf::Hashes(level), number, width };
            levels.push(if width == 0 { Vec::new() } else { self.hashes(name)? });
            count /= TILE_WIDTH;
        }
        let number = size / TILE_WIDTH;
        let bundles = if size.is_multiple_of(TILE_WIDTH) {
            (Vec::new(), Vec::new())
        } else {
            let entries = self.bundle(number, size)?.0;
            (entries, self.seals(number, size)?.unwrap_or_default())
        };
        Ok(Edge::load(size, levels, bundles))
    }
}

/// How wide the tile of this number is when the level has `count` hashes.
pub(crate) fn width_at(number: u64, count: u64) -> u16 {
    let width = count.saturating_sub(number.saturating_mul(TILE_WIDTH)).min(TILE_WIDTH);
    u16::try_from(width).unwrap_or(256)
}

/// The hashes of a tree of some size, out of its tiles.
pub(crate) struct TileHashes<'a> {
    store: &'a Store,
    size: u64,
    kept: RefCell<HashMap<TileName, Arc<[Hash]>>>,
}

impl<'a> TileHashes<'a> {
    pub(crate) fn new(store: &'a Store, size: u64) -> Self {
        Self { store, size, kept: RefCell::default() }
    }

    fn tile(&self, name: TileName) -> Result<Arc<[Hash]>, LogError> {
        if let Some(tile) = self.kept.borrow().get(&name) {
            return Ok(Arc::clone(tile));
        }
        let tile: Arc<[Hash]> = self.store.hashes(name)?.into();
        let mut kept = self.kept.borrow_mut();
        if kept.len() >= TILES_KEPT {
            kept.clear();
        }
        kept.insert(name, Arc::clone(&tile));
        Ok(tile)
    }
}

impl HashSource for TileHashes<'_> {
    type Error = LogError;

    fn subtree(&self, level: u32, index: u64) -> Result<Hash, LogError> {
        let (tile_level, below) = (level / 8, level % 8);
        let first = index << below;
        let (number, offset) = (first / TILE_WIDTH, first % TILE_WIDTH);
        let count = self.size.checked_shr(8 * tile_level).unwrap_or_default();
        let shelf = Shelf::Hashes(u8::try_from(tile_level).unwrap_or(u8::MAX));
        let name = TileName { shelf, number, width: width_at(number, count) };
        let missing = || LogError::from(Corruption::Missing(name.path()));
        if name.width == 0 {
            return Err(missing());
        }
        let tile = self.tile(name)?;
        let offset = usize::try_from(offset).map_err(|_| missing())?;
        let slice = tile.get(offset..offset + (1usize << below)).ok_or_else(missing)?;
        subtree_root(slice).ok_or_else(missing)
    }
}

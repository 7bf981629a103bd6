//! The right edge of the tile store: what the partial tiles hold, and how entries fill them.
//! Writing, recovery and verification all grow trees through here.

use crate::tile::{Shelf, TILE_WIDTH, TileName, push_entry, push_seal, subtree_root};
use crate::tree::{CompactRange, Hash, leaf_hash};

/// One resource that is due to be stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Due {
    pub(crate) name: TileName,
    pub(crate) bytes: Vec<u8>,
}

/// The partial tiles of a growing log, kept in memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Edge {
    size: u64,
    /// Per level, the hashes of its partial tile.
    levels: Vec<Vec<Hash>>,
    entries: Vec<u8>,
    seals: Vec<u8>,
    any_seal: bool,
}

impl Edge {
    /// The edge whose partial tiles hold this, lowest level first.
    pub(crate) fn load(size: u64, levels: Vec<Vec<Hash>>, bundles: (Vec<u8>, Vec<u8>)) -> Self {
        let (entries, mut seals) = bundles;
        let any_seal = !seals.is_empty();
        if !any_seal {
            (0..size % TILE_WIDTH).for_each(|_| push_seal(&mut seals, &[]));
        }
        Self { size, levels, entries, seals, any_seal }
    }

    pub(crate) const fn size(&self) -> u64 {
        self.size
    }

    /// Add an entry; what becomes full is added to `due`.
    pub(crate) fn push(&mut self, entry: &[u8], sealed: &[u8], due: &mut Vec<Due>) -> Hash {
        let leaf = leaf_hash(entry);
        self.add(leaf, entry, sealed, due);
        leaf
    }

    /// Add an entry whose leaf hash is known.
    pub(crate) fn add(&mut self, leaf: Hash, entry: &[u8], sealed: &[u8], due: &mut Vec<Due>) {
        push_entry(&mut self.entries, entry);
        push_seal(&mut self.seals, sealed);
        self.any_seal |= !sealed.is_empty();
        self.push_leaf(leaf, due);
    }

    fn push_leaf(&mut self, leaf: Hash, due: &mut Vec<Due>) {
        self.size += 1;
        let number = (self.size - 1) / TILE_WIDTH;
        if self.size.is_multiple_of(TILE_WIDTH) {
            let full = |shelf| TileName { shelf, number, width: 256 };
            due.push(Due { name: full(Shelf::Entries), bytes: std::mem::take(&mut self.entries) });
            let bytes = std::mem::take(&mut self.seals);
            if std::mem::take(&mut self.any_seal) {
                due.push(Due { name: full(Shelf::Seals), bytes });
            }
        }
        let mut hash = leaf;
        let mut count = self.size;
        for level in 0u8.. {
            if self.levels.len() <= usize::from(level) {
                self.levels.push(Vec::with_capacity(256));
            }
            let Some(row) = self.levels.get_mut(usize::from(level)) else { return };
            row.push(hash);
            if !count.is_multiple_of(TILE_WIDTH) {
                return;
            }
            count /= TILE_WIDTH;
            let name = TileName { shelf: Shelf::Hashes(level), number: count - 1, width: 256 };
            due.push(Due { name, bytes: row.concat() });
            let Some(root) = subtree_root(row) else { return };
            hash = root;
            row.clear();
        }
    }

    /// The partial tiles and bundles as they stand.
    pub(crate) fn partials(&self) -> Vec<Due> {
        let mut due = Vec::new();
        let mut count = self.size;
        for (level, row) in (0u8..).zip(&self.levels) {
            if !row.is_empty() {
                let number = count / TILE_WIDTH;
                let name = partial(Shelf::Hashes(level), number, row.len());
                due.push(Due { name, bytes: row.concat() });
            }
            count /= TILE_WIDTH;
        }
        let width = usize::try_from(self.size % TILE_WIDTH).unwrap_or_default();
        if width > 0 {
            let number = self.size / TILE_WIDTH;
            let name = partial(Shelf::Entries, number, width);
            due.push(Due { name, bytes: self.entries.clone() });
            if self.any_seal {
                let name = partial(Shelf::Seals, number, width);
                due.push(Due { name, bytes: self.seals.clone() });
            }
        }
        due
    }

    /// The compact range of the same tree.
    pub(crate) fn range(&self) -> CompactRange {
        let mut range = CompactRange::default();
        for (level, row) in (0u32..64).zip(&self.levels).rev() {
            let mut rest = row.as_slice();
            while !rest.is_empty() {
                let step = 1usize << rest.len().ilog2();
                let (whole, after) = rest.split_at(step);
                let Some(root) = subtree_root(whole) else { break };
                range.push_subtree(root, level * 8 + step.trailing_zeros());
                rest = after;
            }
        }
        range
    }
}

fn partial(shelf: Shelf, number: u64, width: usize) -> TileName {
    TileName { shelf, number, width: u16::try_from(width).unwrap_or(256) }
}

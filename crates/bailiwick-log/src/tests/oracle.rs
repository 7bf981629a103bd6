//! The tree and the proofs against a second implementation, the crate `tlog_tiles`.

use proptest::prelude::*;
use tlog_tiles::{
    Hash as TheirHash, HashReader, Tile, TileHashReader, TileReader, check_record, check_tree,
    prove_record, prove_tree, record_hash, stored_hashes, tree_hash,
};

use super::closed_log;
use crate::edge::Edge;
use crate::tree::{CompactRange, Hash, HashSource, Head};
use crate::{
    Reader, check_consistency, check_inclusion, consistency_proof, inclusion_proof, leaf_hash,
    node_hash, root_at,
};

struct Stored(Vec<TheirHash>);

impl HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<TheirHash>, tlog_tiles::Error> {
        Ok(indexes.iter().map(|it| self.0[*it as usize]).collect())
    }
}

fn leaf(n: u64) -> Vec<u8> {
    format!("leaf {n}").into_bytes()
}

fn theirs(size: u64) -> Stored {
    let mut stored = Stored(Vec::new());
    for n in 0..size {
        let hashes = stored_hashes(n, &leaf(n), &stored).unwrap();
        stored.0.extend(hashes);
    }
    stored
}

struct Leaves(Vec<Hash>);

impl HashSource for Leaves {
    type Error = std::convert::Infallible;

    fn subtree(&self, level: u32, index: u64) -> Result<Hash, Self::Error> {
        if level == 0 {
            return Ok(self.0[index as usize]);
        }
        let left = self.subtree(level - 1, index * 2)?;
        Ok(node_hash(&left, &self.subtree(level - 1, index * 2 + 1)?))
    }
}

fn ours(size: u64) -> (CompactRange, Leaves) {
    let hashes: Vec<Hash> = (0..size).map(|n| leaf_hash(&leaf(n))).collect();
    let mut range = CompactRange::default();
    hashes.iter().for_each(|it| range.push(*it));
    (range, Leaves(hashes))
}

fn their_proof(path: &[Hash]) -> Vec<TheirHash> {
    path.iter().map(|it| TheirHash(*it)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn roots_and_proofs_agree(size in 1u64..900, a in 0u64..900, b in 0u64..900) {
        let (index, old) = (a % size, b % size + 1);
        let (range, leaves) = ours(size);
        let stored = theirs(size);
        let root = range.root();
        let their_root = tree_hash(size, &stored).unwrap();
        prop_assert_eq!(root, their_root.0);
        prop_assert_eq!(root_at(&leaves, size).unwrap(), root);

        let path = inclusion_proof(&leaves, index, size).unwrap().unwrap();
        let mine = their_proof(&path);
        prop_assert_eq!(&prove_record(size, index, &stored).unwrap(), &mine);
        let hash = record_hash(&leaf(index));
        prop_assert!(check_record(&mine, size, their_root, index, hash).is_ok());
        prop_assert!(check_inclusion(&path, index, size, hash.0, &root));
        prop_assert!(!check_inclusion(&path, index, size, leaf_hash(b"other"), &root));
        for at in 0..path.len() {
            let mut bad = path.clone();
            bad[at][0] ^= 1;
            prop_assert!(!check_inclusion(&bad, index, size, hash.0, &root));
            prop_assert!(check_record(&their_proof(&bad), size, their_root, index, hash).is_err());
        }

        let path = consistency_proof(&leaves, old, size).unwrap().unwrap();
        let mine = their_proof(&path);
        prop_assert_eq!(&prove_tree(size, old, &stored).unwrap(), &mine);
        let old_root = root_at(&leaves, old).unwrap();
        let (was, is) = (Head { size: old, root: old_root }, Head { size, root });
        prop_assert!(check_tree(&mine, size, their_root, old, TheirHash(old_root)).is_ok());
        prop_assert!(check_consistency(&path, &was, &is));
        let forked = Head { root: [1; 32], ..was };
        prop_assert!(!check_consistency(&path, &forked, &is));
        for at in 0..path.len() {
            let mut bad = path.clone();
            bad[at][0] ^= 1;
            prop_assert!(!check_consistency(&bad, &was, &is));
        }
    }

    #[test]
    fn the_edge_is_the_same_tree(size in 0u64..70_000) {
        // Only the shape matters, so that large sizes are cheap: leaves repeat.
        let leaves: Vec<Vec<u8>> = (0..7).map(leaf).collect();
        let (mut edge, mut range) = (Edge::default(), CompactRange::default());
        let mut due = Vec::new();
        for n in 0..size.min(3_000) + size % 256 {
            let entry = &leaves[(n % 7) as usize];
            range.push(edge.push(entry, &[], &mut due));
            due.clear();
        }
        prop_assert_eq!(edge.range(), range);
    }
}

/// The log's directory, read as any tlog-tiles client would.
struct Dir<'a>(&'a Reader);

impl TileReader for Dir<'_> {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
        let read = |tile: &Tile| {
            let path = tile.path();
            let path = path.strip_prefix("tile/8/").map(|it| format!("tile/{it}")).unwrap();
            self.0.resource(&path).unwrap().unwrap_or_else(|| panic!("{path} is missing"))
        };
        Ok(tiles.iter().map(read).collect())
    }

    fn save_tiles(&self, _tiles: &[Tile], _data: &[Vec<u8>]) {}
}

#[test]
fn their_client_reads_our_tiles_and_accepts_our_proofs() {
    let dir = tempfile::tempdir().unwrap();
    closed_log(dir.path(), 800);
    let reader = Reader::open(&dir.path().join("log")).unwrap();
    let head = reader.checkpoint().unwrap().head;
    let root = TheirHash(head.root);
    let tiles = Dir(&reader);
    let client = TileHashReader::new(head.size, root, &tiles);
    for index in [0, 255, 256, 700, head.size - 1] {
        let entry = reader.entry_bytes(index).unwrap().unwrap();
        let proof = prove_record(head.size, index, &client).unwrap();
        assert!(check_record(&proof, head.size, root, index, record_hash(&entry)).is_ok());
        let path = reader.prove(index).unwrap().path;
        assert_eq!(their_proof(&path), proof);
    }
    let path = reader.prove_consistency(300).unwrap().unwrap();
    let old = tree_hash(300, &client).unwrap();
    assert!(check_tree(&their_proof(&path), head.size, root, 300, old).is_ok());
    // A narrower partial is cut from the wider one that is kept.
    let narrow = reader.resource("tile/0/005.p/3").unwrap().unwrap();
    assert_eq!(narrow.len(), 96);
    assert_eq!(reader.resource("tile/0/999").unwrap(), None);
    assert_eq!(reader.resource("seal/000").unwrap(), None);
    assert_eq!(reader.resource("tile/0/../../key").unwrap(), None);
}

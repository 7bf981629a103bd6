//! Tiles and bundles: their names, and their bytes (C2SP tlog-tiles, and seals beside them).

use std::path::PathBuf;

use crate::tree::{Hash as NodeHash, node_hash};

/// How many hashes a full tile has, and how many entries a full bundle.
pub const TILE_WIDTH: u64 = 256;

/// What a stored resource holds.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Shelf {
    /// Hashes of one level: the `i`-th stands for `256^level` leaves.
    Hashes(u8),
    /// Entries.
    Entries,
    /// What was sealed beside the entries.
    Seals,
}

/// The name of one stored resource.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct TileName {
    /// What it holds.
    pub shelf: Shelf,
    /// Its number on its shelf.
    pub number: u64,
    /// How many items it holds: 256 when it is full.
    pub width: u16,
}

impl TileName {
    /// The path below the log's directory.
    pub fn path(&self) -> PathBuf {
        let mut path = String::from(match self.shelf {
            Shelf::Hashes(_) | Shelf::Entries => "tile/",
            Shelf::Seals => "seal",
        });
        match self.shelf {
            Shelf::Hashes(level) => path.push_str(&level.to_string()),
            Shelf::Entries => path.push_str("entries"),
            Shelf::Seals => {}
        }
        path.push_str(&number_path(self.number));
        if u64::from(self.width) < TILE_WIDTH {
            path.push_str(&format!(".p/{}", self.width));
        }
        path.into()
    }

    /// The name that a path below the log's directory writes.
    pub fn parse(path: &str) -> Option<Self> {
        let (shelf, rest) = match path.strip_prefix("tile/") {
            Some(rest) => {
                let (word, rest) = rest.split_once('/')?;
                let shelf = if word == "entries" {
                    Shelf::Entries
                } else {
                    Shelf::Hashes(u8::try_from(small(word)?).ok().filter(|it| *it < 64)?)
                };
                (shelf, rest)
            }
            None => (Shelf::Seals, path.strip_prefix("seal/")?),
        };
        let (number, width) = match rest.split_once(".p/") {
            Some((number, width)) => (number, small(width).filter(|it| (1..256).contains(it))?),
            None => (rest, 256),
        };
        Some(Self { shelf, number: parse_number(number)?, width })
    }
}

/// `/x001/x234/067` for 1234067.
fn number_path(number: u64) -> String {
    let mut path = format!("/{:03}", number % 1000);
    let mut rest = number / 1000;
    while rest > 0 {
        path = format!("/x{:03}{path}", rest % 1000);
        rest /= 1000;
    }
    path
}

fn parse_number(text: &str) -> Option<u64> {
    let mut number = 0u64;
    let mut parts = text.split('/').peekable();
    while let Some(part) = parts.next() {
        let digits = if parts.peek().is_some() { part.strip_prefix('x')? } else { part };
        if digits.len() != 3 || !digits.bytes().all(|it| it.is_ascii_digit()) {
            return None;
        }
        number = number.checked_mul(1000)?.checked_add(digits.parse().ok()?)?;
    }
    // The same number has one spelling only.
    (number_path(number).strip_prefix('/') == Some(text)).then_some(number)
}

fn small(text: &str) -> Option<u16> {
    let plain = text.bytes().all(|it| it.is_ascii_digit()) && !text.is_empty();
    let short = text == "0" || !text.starts_with('0');
    if plain && short { text.parse().ok() } else { None }
}

/// Append an entry to a bundle: its length in two bytes, and its bytes.
pub(crate) fn push_entry(bundle: &mut Vec<u8>, entry: &[u8]) {
    // INVARIANT: entries are at most `ENTRY_BYTES_MAX` long.
    bundle.extend_from_slice(&(entry.len() as u16).to_be_bytes());
    bundle.extend_from_slice(entry);
}

/// Why some bytes are not a tile or a bundle.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the bytes are not a tile or a bundle of that width")]
pub struct NotATile;

/// The `width` entries of a bundle.
///
/// # Errors
/// [`NotATile`] when the bytes hold fewer, or more.
pub fn parse_entries(bytes: &[u8], width: u16) -> Result<Vec<&[u8]>, NotATile> {
    let mut rest = bytes;
    let mut entries = Vec::with_capacity(usize::from(width));
    for _ in 0..width {
        let (len, after) = rest.split_first_chunk().ok_or(NotATile)?;
        let len = usize::from(u16::from_be_bytes(*len));
        let (entry, after) = after.split_at_checked(len).ok_or(NotATile)?;
        entries.push(entry);
        rest = after;
    }
    if rest.is_empty() { Ok(entries) } else { Err(NotATile) }
}

/// The bytes of the first `width` items of a bundle of entries or seals: how a narrower partial
/// is cut from a wider one.
pub(crate) fn cut(shelf: Shelf, bytes: &[u8], width: u16) -> Option<&[u8]> {
    let mut at = 0usize;
    for _ in 0..width {
        let rest = bytes.get(at..)?;
        at = at.checked_add(match shelf {
            Shelf::Hashes(_) => 32,
            Shelf::Entries => 2 + usize::from(u16::from_be_bytes(*rest.first_chunk()?)),
            Shelf::Seals => {
                let (_, len) = rest.split_first()?;
                5 + usize::try_from(u32::from_be_bytes(*len.first_chunk()?)).ok()?
            }
        })?;
    }
    bytes.get(..at)
}

/// The hashes of a tile.
///
/// # Errors
/// [`NotATile`] when the bytes are not `width` hashes.
pub fn parse_hashes(bytes: &[u8], width: u16) -> Result<Vec<NodeHash>, NotATile> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    if !rest.is_empty() || hashes.len() != usize::from(width) {
        return Err(NotATile);
    }
    Ok(hashes.to_vec())
}

/// What a bundle of seals holds for one entry.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Seal<'a> {
    /// Nothing was sealed beside it.
    None,
    /// The sealed bytes, salt included.
    Kept(&'a [u8]),
    /// There was a seal; salt and bytes were erased.
    Erased,
}

/// Append what was sealed beside one entry to a bundle; nothing when nothing was.
pub(crate) fn push_seal(bundle: &mut Vec<u8>, sealed: &[u8]) {
    bundle.push(u8::from(!sealed.is_empty()));
    // INVARIANT: seals are at most `SEALED_BYTES_MAX` long.
    bundle.extend_from_slice(&(sealed.len() as u32).to_be_bytes());
    bundle.extend_from_slice(sealed);
}

/// The `width` seals of a bundle.
///
/// # Errors
/// [`NotATile`] when the bytes are not such a bundle.
pub fn parse_seals(bytes: &[u8], width: u16) -> Result<Vec<Seal<'_>>, NotATile> {
    let mut rest = bytes;
    let mut seals = Vec::with_capacity(usize::from(width));
    for _ in 0..width {
        let (&state, after) = rest.split_first().ok_or(NotATile)?;
        let (len, after) = after.split_first_chunk().ok_or(NotATile)?;
        let len = usize::try_from(u32::from_be_bytes(*len)).map_err(|_| NotATile)?;
        let (seal, after) = after.split_at_checked(len).ok_or(NotATile)?;
        seals.push(match (state, len) {
            (0, 0) => Seal::None,
            (1, 1..) => Seal::Kept(seal),
            (2, 0) => Seal::Erased,
            _ => return Err(NotATile),
        });
        rest = after;
    }
    if rest.is_empty() { Ok(seals) } else { Err(NotATile) }
}

/// The root of a power of two of hashes; `None` for any other number.
pub(crate) fn subtree_root(hashes: &[NodeHash]) -> Option<NodeHash> {
    if !hashes.len().is_power_of_two() {
        return None;
    }
    let mut row = hashes.to_vec();
    while row.len() > 1 {
        row = row.as_chunks::<2>().0.iter().map(|[left, right]| node_hash(left, right)).collect();
    }
    row.first().copied()
}

//! Journal segments, byte by byte: the segment's header and the frames after it.
//!
//! A frame's check is bound to its segment and place, so that what an earlier use of the file
//! left behind never reads as a frame.

use sha2::{Digest as _, Sha256};

use crate::tree::{Hash, leaf_hash};

/// The bytes of a segment's header.
pub(crate) const SEGMENT_HEADER: usize = 64;
/// The bytes of a frame's header, its check included.
pub(crate) const FRAME_HEADER: usize = 48;
/// Frames begin at multiples of this.
pub(crate) const ALIGN: usize = 8;
/// What is sealed beside one entry may have at most so many bytes.
pub const SEALED_BYTES_MAX: usize = 4 << 20;

const SEGMENT_MAGIC: &[u8; 8] = b"bwlogsg1";
const FRAME_MAGIC: &[u8; 4] = b"bwF1";
const CHECKED: usize = FRAME_HEADER - 16;

/// What a frame holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FrameKind {
    /// An entry, and what was sealed beside it. The frame's index is the leaf's.
    Entry,
    /// A signed checkpoint. The frame's index is its size.
    Checkpoint,
}

/// One frame of the journal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Frame<'a> {
    /// What it holds.
    pub kind: FrameKind,
    /// The leaf's index, or the checkpoint's size.
    pub index: u64,
    /// How many entries were known to be durable when it was written.
    pub durable: u64,
    /// The entry, or the checkpoint's note.
    pub body: &'a [u8],
    /// What was sealed beside the entry; empty when nothing was.
    pub sealed: &'a [u8],
}

/// Where a frame stands: this is part of its check.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Place {
    /// The number of the segment.
    pub segment: u64,
    /// The offset in the segment's file.
    pub offset: u64,
}

/// Why there is no frame at a place.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NoFrame {
    /// The bytes end before it does; so many are needed to go on.
    Short(usize),
    /// The bytes there are none.
    Invalid,
}

/// How many bytes a frame with these lengths takes.
pub(crate) const fn frame_len(body: usize, sealed: usize) -> usize {
    (FRAME_HEADER + body + sealed).next_multiple_of(ALIGN)
}

impl Frame<'_> {
    /// Append the frame's bytes, as they stand at that place. `body_hash` is [`leaf_hash`] of the
    /// body, which whoever appends an entry knows already.
    pub(crate) fn encode(&self, place: Place, body_hash: &Hash, out: &mut Vec<u8>) {
        let begin = out.len();
        let kind = match self.kind {
            FrameKind::Entry => 1u8,
            FrameKind::Checkpoint => 2,
        };
        out.extend_from_slice(FRAME_MAGIC);
        out.extend_from_slice(&[kind, 0, 0, 0]);
        // INVARIANT: callers hold bodies and seals below four gigabytes.
        out.extend_from_slice(&(self.body.len() as u32).to_be_bytes());
        out.extend_from_slice(&(self.sealed.len() as u32).to_be_bytes());
        out.extend_from_slice(&self.index.to_be_bytes());
        out.extend_from_slice(&self.durable.to_be_bytes());
        let check = check(place, out.get(begin..).unwrap_or_default(), body_hash, self.sealed);
        out.extend_from_slice(&check);
        out.extend_from_slice(self.body);
        out.extend_from_slice(self.sealed);
        out.resize(begin + frame_len(self.body.len(), self.sealed.len()), 0);
    }
}

/// A frame that was read, its length and its body's hash.
pub type Parsed<'a> = (Frame<'a>, usize, Hash);

/// Read the frame that begins at `bytes`, which stand at that place.
///
/// # Errors
/// [`NoFrame`] when there is none, or not all of it.
pub fn parse_frame(place: Place, bytes: &[u8]) -> Result<Parsed<'_>, NoFrame> {
    let head: &[u8; FRAME_HEADER] = bytes.first_chunk().ok_or(NoFrame::Short(FRAME_HEADER))?;
    let (checked, check_bytes) = head.split_at(CHECKED);
    let rest = checked.strip_prefix(FRAME_MAGIC).ok_or(NoFrame::Invalid)?;
    let (kind, rest) = rest.split_first_chunk::<4>().ok_or(NoFrame::Invalid)?;
    let (body, rest) = rest.split_first_chunk::<4>().ok_or(NoFrame::Invalid)?;
    let (sealed, rest) = rest.split_first_chunk::<4>().ok_or(NoFrame::Invalid)?;
    let (index, rest) = rest.split_first_chunk::<8>().ok_or(NoFrame::Invalid)?;
    let (durable, _) = rest.split_first_chunk::<8>().ok_or(NoFrame::Invalid)?;
    let kind = match kind {
        [1, 0, 0, 0] => FrameKind::Entry,
        [2, 0, 0, 0] => FrameKind::Checkpoint,
        _ => return Err(NoFrame::Invalid),
    };
    let body_len = u32::from_be_bytes(*body) as usize;
    let sealed_len = u32::from_be_bytes(*sealed) as usize;
    if body_len > usize::from(u16::MAX) || sealed_len > SEALED_BYTES_MAX {
        return Err(NoFrame::Invalid);
    }
    let len = frame_len(body_len, sealed_len);
    let whole = bytes.get(..len).ok_or(NoFrame::Short(len))?;
    let (_, content) = whole.split_at_checked(FRAME_HEADER).ok_or(NoFrame::Invalid)?;
    let (body, content) = content.split_at_checked(body_len).ok_or(NoFrame::Invalid)?;
    let sealed = content.get(..sealed_len).ok_or(NoFrame::Invalid)?;
    let body_hash = leaf_hash(body);
    if check(place, checked, &body_hash, sealed) != check_bytes {
        return Err(NoFrame::Invalid);
    }
    let (index, durable) = (u64::from_be_bytes(*index), u64::from_be_bytes(*durable));
    Ok((Frame { kind, index, durable, body, sealed }, len, body_hash))
}

/// Sixteen bytes over all that the frame says, and over where it stands.
fn check(place: Place, head: &[u8], body_hash: &Hash, sealed: &[u8]) -> [u8; 16] {
    let mut hasher = Sha256::new();
    hasher.update(place.segment.to_be_bytes());
    hasher.update(place.offset.to_be_bytes());
    hasher.update(head);
    hasher.update(body_hash);
    if !sealed.is_empty() {
        hasher.update(Sha256::digest(sealed));
    }
    hasher.finalize().first_chunk().copied().unwrap_or_default()
}

/// The header of a segment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SegmentHeader {
    /// The segment's number.
    pub segment: u64,
    /// The index of the first entry in it.
    pub first: u64,
    /// How many entries were known to be durable when it was begun.
    pub durable: u64,
}

impl SegmentHeader {
    /// The header's bytes.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = SEGMENT_MAGIC.to_vec();
        for number in [self.segment, self.first, self.durable] {
            out.extend_from_slice(&number.to_be_bytes());
        }
        let check = Sha256::digest(&out);
        out.extend_from_slice(&check);
        out
    }

    /// Read a header; `None` when the bytes are none.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.get(..SEGMENT_HEADER)?;
        let (checked, check) = bytes.split_at_checked(32)?;
        let rest = checked.strip_prefix(SEGMENT_MAGIC)?;
        let (segment, rest) = rest.split_first_chunk()?;
        let (first, durable) = rest.split_first_chunk()?;
        if Sha256::digest(checked).as_slice() != check {
            return None;
        }
        Some(Self {
            segment: u64::from_be_bytes(*segment),
            first: u64::from_be_bytes(*first),
            durable: u64::from_be_bytes(durable.try_into().ok()?),
        })
    }
}

/// How many bytes the frame that begins here says it has; `None` when no frame begins here. Only
/// [`parse_frame`] tells whether to believe it.
pub(crate) fn frame_span(bytes: &[u8]) -> Option<usize> {
    let rest = bytes.get(..FRAME_HEADER)?.strip_prefix(FRAME_MAGIC)?;
    let (_, rest) = rest.split_first_chunk::<4>()?;
    let (body, rest) = rest.split_first_chunk::<4>()?;
    let (sealed, _) = rest.split_first_chunk::<4>()?;
    let (body, sealed) = (u32::from_be_bytes(*body) as usize, u32::from_be_bytes(*sealed) as usize);
    let fits = body <= usize::from(u16::MAX) && sealed <= SEALED_BYTES_MAX;
    fits.then(|| frame_len(body, sealed))
}

/// The index and the length that the frame here claims; `None` when no frame begins here.
pub(crate) fn frame_claim(bytes: &[u8]) -> Option<(u64, usize)> {
    let span = frame_span(bytes)?;
    let index = bytes.get(16..24)?.first_chunk()?;
    Some((u64::from_be_bytes(*index), span))
}

/// Whether a frame may begin with these bytes.
pub(crate) fn begins_frame(bytes: &[u8]) -> bool {
    bytes.starts_with(FRAME_MAGIC)
}

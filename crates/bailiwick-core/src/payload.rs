//! Payloads: what was asked and what was answered, byte for byte, sealed beside the records of a
//! call whose route keeps them. The keyed digests in the records are of these very bytes.

use crate::cbor::{CborError, Reader, Writer};
use crate::record::RecordError;

const ITEMS: usize = 2;

/// The bytes of an ask or of an answer, or as many of the first of them as are kept.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Payload {
    bytes: Vec<u8>,
    total: u64,
}

impl Payload {
    /// At most so many bytes of a whole one.
    pub fn of(whole: &[u8], max: usize) -> Self {
        let mut payload = Self::default();
        payload.add(whole, max);
        payload
    }

    /// One more piece.
    pub(crate) fn add(&mut self, piece: &[u8], max: usize) {
        let room = max.saturating_sub(self.bytes.len()).min(piece.len());
        // What comes after a piece that was cut is no part of the beginning.
        if self.is_whole() {
            self.bytes.extend_from_slice(piece.get(..room).unwrap_or_default());
        }
        self.total += piece.len() as u64;
    }

    /// What is kept.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many bytes there were.
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// Whether all of it is kept.
    pub const fn is_whole(&self) -> bool {
        self.bytes.len() as u64 == self.total
    }

    /// What was answered, out of what was sealed beside an outcome.
    ///
    /// # Errors
    /// [`RecordError`] when the bytes are anything else.
    pub fn of_answer(clear: &[u8]) -> Result<Self, RecordError> {
        let mut r = Reader::new(clear);
        let payload = Self::read(&mut r)?;
        r.end()?;
        Ok(payload)
    }

    /// The bytes to be sealed beside an outcome.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.bytes.len() + 16);
        self.write(&mut Writer(&mut out));
        out
    }

    /// `[total, bytes]`.
    pub(crate) fn write(&self, w: &mut Writer<'_>) {
        w.array(ITEMS);
        w.uint(self.total);
        w.bytes(&self.bytes);
    }

    pub(crate) fn read(r: &mut Reader<'_>) -> Result<Self, RecordError> {
        if r.array()? != ITEMS {
            return Err(CborError::Kind.into());
        }
        let (total, bytes) = (r.uint()?, r.bytes()?.to_vec());
        if bytes.len() as u64 > total {
            return Err(CborError::Kind.into());
        }
        Ok(Self { bytes, total })
    }
}

/// What people said stays out of messages.
impl std::fmt::Debug for Payload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Payload({} of {} bytes)", self.bytes.len(), self.total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_a_beginning_and_says_how_much_there_was() {
        for (pieces, kept, total) in [
            (&[&b"abc"[..], b"de"][..], &b"abcde"[..], 5),
            (&[b"abcd", b"efg", b"h"], b"abcde", 8),
            (&[b"abcdefgh"], b"abcde", 8),
            (&[], b"", 0),
        ] {
            let mut payload = Payload::default();
            pieces.iter().for_each(|it| payload.add(it, 5));
            assert_eq!((payload.bytes(), payload.total()), (kept, total));
            assert_eq!(payload.is_whole(), kept.len() as u64 == total);
            assert_eq!(Payload::of_answer(&payload.encode()), Ok(payload));
        }
        assert!(Payload::of_answer(&[0x82, 0, 0x41, 7]).is_err(), "more is kept than there was");
        assert!(Payload::of_answer(b"").is_err());
    }
}

//! Amazon's event streams: binary frames, each with headers, a payload and two checksums.
//!
//! ```text
//! 4  length of the whole frame            all numbers are big endian
//! 4  length of the headers
//! 4  CRC-32 of the eight bytes before
//!    headers: length of the name (1), name, type (1), value
//!    payload
//! 4  CRC-32 of all bytes before
//! ```

use bytes::{Buf as _, Bytes, BytesMut};

/// Two lengths and their checksum.
const PRELUDE: usize = 12;
const CHECKSUM: usize = 4;
/// The most bytes of headers; the standard says 128 KiB, and those that are sent have a hundred.
const HEADERS_MAX: usize = 16 << 10;

/// One frame.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Frame {
    /// The headers that are texts, in their order. No name is there twice.
    headers: Vec<(Box<str>, Box<str>)>,
    /// What it carries.
    pub payload: Bytes,
}

impl Frame {
    /// What a header says, where it is a text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(it, _)| &**it == name).map(|(_, value)| &**value)
    }
}

/// Why a stream cannot be read on.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum FrameError {
    /// One frame is longer than the limit.
    #[error("a frame is longer than {max} bytes")]
    TooLong {
        /// The limit.
        max: usize,
    },
    /// More bytes came although as many as the limit were waiting to be taken.
    #[error("frames are not taken")]
    Unread,
    /// A checksum is wrong.
    #[error("a checksum is wrong")]
    Checksum,
    /// Its lengths or headers are none.
    #[error("a frame cannot be read")]
    Malformed,
}

/// Cuts a stream into frames. It holds those that were not yet taken, and one that is not complete.
#[derive(Debug)]
pub struct Frames {
    max: usize,
    bytes: BytesMut,
    broken: Option<FrameError>,
}

impl Frames {
    /// For one stream, none of whose frames may be longer than `max_frame_bytes`.
    pub fn new(max_frame_bytes: usize) -> Self {
        Self { max: max_frame_bytes, bytes: BytesMut::new(), broken: None }
    }

    /// Take in the next bytes. Take the frames out before pushing more.
    pub fn push(&mut self, chunk: &[u8]) {
        if self.broken.is_some() {
            return;
        }
        if self.bytes.len() > self.max {
            self.broken = Some(FrameError::Unread);
        } else {
            self.bytes.extend_from_slice(chunk);
        }
    }

    /// The next frame; nothing while it is not complete.
    ///
    /// # Errors
    /// [`FrameError`], after which the stream cannot be read on.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, FrameError> {
        if let Some(why) = self.broken {
            return Err(why);
        }
        let frame = self.cut();
        if let Err(why) = frame {
            self.end(why);
        }
        frame
    }

    /// What a frame carries cannot be read: nothing comes behind it.
    pub(crate) fn break_off(&mut self) {
        self.end(FrameError::Malformed);
    }

    /// Why the stream cannot be read on.
    pub const fn broken(&self) -> Option<FrameError> {
        self.broken
    }

    fn end(&mut self, why: FrameError) {
        self.broken = Some(why);
        self.bytes.clear();
    }

    fn cut(&mut self) -> Result<Option<Frame>, FrameError> {
        let Some((prelude, rest)) = self.bytes.split_first_chunk::<8>() else { return Ok(None) };
        let Some(sum) = rest.first_chunk::<CHECKSUM>() else { return Ok(None) };
        // Before anything is believed of it: a wrong length would wait for bytes without end.
        if crc32(prelude) != u32::from_be_bytes(*sum) {
            return Err(FrameError::Checksum);
        }
        let [total, headers] = lengths(prelude).ok_or(FrameError::Malformed)?;
        if total > self.max {
            return Err(FrameError::TooLong { max: self.max });
        }
        let content = total.checked_sub(PRELUDE + CHECKSUM).ok_or(FrameError::Malformed)?;
        if headers > content || headers > HEADERS_MAX {
            return Err(FrameError::Malformed);
        }
        if self.bytes.len() < total {
            return Ok(None);
        }
        let mut frame = self.bytes.split_to(total).freeze();
        let sum = frame.split_off(total - CHECKSUM);
        if crc32(&frame) != sum.clone().get_u32() {
            return Err(FrameError::Checksum);
        }
        frame.advance(PRELUDE);
        let payload = frame.split_off(headers);
        let headers = texts(&frame).ok_or(FrameError::Malformed)?;
        Ok(Some(Frame { headers, payload }))
    }
}

fn lengths(prelude: &[u8; 8]) -> Option<[usize; 2]> {
    let (total, rest) = prelude.split_first_chunk::<4>()?;
    let length = |it: [u8; 4]| usize::try_from(u32::from_be_bytes(it)).ok();
    Some([length(*total)?, length(*rest.first_chunk::<4>()?)?])
}

/// More headers than this are no frame of anybody's.
const NAMES_MAX: usize = 64;

/// The headers that are texts; nothing when they are too many, cannot be read, or one is there
/// twice.
fn texts(mut bytes: &[u8]) -> Option<Vec<(Box<str>, Box<str>)>> {
    let mut texts = Vec::new();
    let mut names: Vec<&str> = Vec::new();
    while !bytes.is_empty() {
        let length = take(&mut bytes, 1)?;
        let name = take(&mut bytes, usize::from(*length.first()?))?;
        let name = std::str::from_utf8(name).ok().filter(|it| !it.is_empty())?;
        // Each is compared with each, so there cannot be many; Amazon sends three.
        if names.contains(&name) || names.len() == NAMES_MAX {
            return None;
        }
        names.push(name);
        let kind = *take(&mut bytes, 1)?.first()?;
        let length = match kind {
            // True and false say it all.
            0 | 1 => 0,
            2 => 1,
            3 => 2,
            4 => 4,
            // A number of 64 bits, a time.
            5 | 8 => 8,
            6 | 7 => usize::from(u16::from_be_bytes(*take(&mut bytes, 2)?.first_chunk()?)),
            // A UUID.
            9 => 16,
            _ => return None,
        };
        let value = take(&mut bytes, length)?;
        if kind == 7 {
            texts.push((name.into(), std::str::from_utf8(value).ok()?.into()));
        }
    }
    Some(texts)
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(taken)
}

/// The remainders of each byte, for the polynomial that gzip uses too.
const REMAINDERS: [u32; 256] = remainders();

#[expect(clippy::indexing_slicing, reason = "both run from 0 to 255, when the program is built")]
const fn remainders() -> [u32; 256] {
    let mut table = [0; 256];
    let mut at = 0;
    while at < 256 {
        let mut remainder = at as u32;
        let mut bit = 0;
        while bit < 8 {
            let is_odd = remainder & 1 == 1;
            remainder >>= 1;
            if is_odd {
                remainder ^= 0xEDB8_8320;
            }
            bit += 1;
        }
        table[at] = remainder;
        at += 1;
    }
    table
}

fn crc32(bytes: &[u8]) -> u32 {
    let sum = bytes.iter().fold(u32::MAX, |sum, byte| {
        let at = usize::from(sum.to_le_bytes().first().copied().unwrap_or(0) ^ byte);
        // INVARIANT: a byte is never beyond the table.
        REMAINDERS.get(at).copied().unwrap_or(0) ^ (sum >> 8)
    });
    !sum
}

/// A frame with these headers, as a provider writes it.
#[cfg(any(test, feature = "generate"))]
pub fn frame(headers: &[(&str, &str)], payload: &[u8]) -> Bytes {
    let mut text = Vec::new();
    for (name, value) in headers {
        text.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
        text.extend_from_slice(name.as_bytes());
        text.push(7);
        text.extend_from_slice(&u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes());
        text.extend_from_slice(value.as_bytes());
    }
    let length = |it: usize| u32::try_from(it).unwrap_or(u32::MAX).to_be_bytes();
    let total = PRELUDE + text.len() + payload.len() + CHECKSUM;
    let mut out = [length(total), length(text.len())].concat();
    out.extend_from_slice(&crc32(&out).to_be_bytes());
    out.extend_from_slice(&text);
    out.extend_from_slice(payload);
    out.extend_from_slice(&crc32(&out).to_be_bytes());
    Bytes::from(out)
}

#[cfg(test)]
mod tests;

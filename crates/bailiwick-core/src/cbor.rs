//! The part of CBOR (RFC 8949) that records use, in its deterministic form: shortest heads,
//! definite lengths, no tags, no floats. Reading refuses every other spelling.

/// Why some bytes are not a deterministic encoding.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CborError {
    /// The bytes end too early.
    #[error("the bytes end too early")]
    Short,
    /// Another kind of item was due.
    #[error("another kind of item was due")]
    Kind,
    /// The item could be written shorter.
    #[error("the item is not in its shortest form")]
    Form,
    /// A text is not UTF-8.
    #[error("a text is not UTF-8")]
    Utf8,
    /// Bytes follow the item.
    #[error("bytes follow the item")]
    Trailing,
}

const UNSIGNED: u8 = 0;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const FALSE: u8 = 0xf4;
const TRUE: u8 = 0xf5;
const NULL: u8 = 0xf6;

/// Writes items to a buffer.
#[derive(Debug)]
pub struct Writer<'a>(pub &'a mut Vec<u8>);

impl Writer<'_> {
    /// An unsigned number.
    pub fn uint(&mut self, value: u64) {
        self.head(UNSIGNED, value);
    }

    /// A byte string.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.head(BYTES, bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    /// A text string.
    pub fn text(&mut self, text: &str) {
        self.head(TEXT, text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
    }

    /// The head of an array whose `len` items follow.
    pub fn array(&mut self, len: usize) {
        self.head(ARRAY, len as u64);
    }

    /// True or false.
    pub fn bool(&mut self, value: bool) {
        self.0.push(if value { TRUE } else { FALSE });
    }

    /// Null.
    pub fn null(&mut self) {
        self.0.push(NULL);
    }

    fn head(&mut self, major: u8, value: u64) {
        let major = major << 5;
        let bytes = value.to_be_bytes();
        let (info, len) = match value {
            0..=23 => return self.0.push(major | bytes[7]),
            24..=0xff => (24, 1),
            0x100..=0xffff => (25, 2),
            0x1_0000..=0xffff_ffff => (26, 4),
            _ => (27, 8),
        };
        self.0.push(major | info);
        self.0.extend(bytes.into_iter().skip(8 - len));
    }
}

/// Reads items from bytes.
#[derive(Clone, Debug)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// A reader of these bytes.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// An unsigned number.
    ///
    /// # Errors
    /// [`CborError`] when the next item is another.
    pub fn uint(&mut self) -> Result<u64, CborError> {
        self.head(UNSIGNED)
    }

    /// A byte string.
    ///
    /// # Errors
    /// [`CborError`] when the next item is another.
    pub fn bytes(&mut self) -> Result<&'a [u8], CborError> {
        let len = self.head(BYTES)?;
        self.take(len)
    }

    /// A byte string of a fixed size.
    ///
    /// # Errors
    /// [`CborError`] when the next item is another or of another size.
    pub fn array_of<const N: usize>(&mut self) -> Result<[u8; N], CborError> {
        self.bytes()?.try_into().map_err(|_| CborError::Kind)
    }

    /// A text string.
    ///
    /// # Errors
    /// [`CborError`] when the next item is another.
    pub fn text(&mut self) -> Result<&'a str, CborError> {
        let len = self.head(TEXT)?;
        std::str::from_utf8(self.take(len)?).map_err(|_| CborError::Utf8)
    }

    /// The number of items of the array that begins here.
    ///
    /// # Errors
    /// [`CborError`] when the next item is another, or claims more items than bytes are left.
    pub fn array(&mut self) -> Result<usize, CborError> {
        let len = usize::try_from(self.head(ARRAY)?).map_err(|_| CborError::Short)?;
        if len > self.0.len() { Err(CborError::Short) } else { Ok(len) }
    }

    /// True or false.
    ///
    /// # Errors
    /// [`CborError`] when the next item is another.
    pub fn bool(&mut self) -> Result<bool, CborError> {
        match self.take(1)? {
            [FALSE] => Ok(false),
            [TRUE] => Ok(true),
            _ => Err(CborError::Kind),
        }
    }

    /// Whether the next item is null; takes it if so.
    pub fn null(&mut self) -> bool {
        match self.0.split_first() {
            Some((&NULL, rest)) => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    /// The end of the bytes.
    ///
    /// # Errors
    /// [`CborError::Trailing`] when bytes are left.
    pub const fn end(&self) -> Result<(), CborError> {
        if self.0.is_empty() { Ok(()) } else { Err(CborError::Trailing) }
    }

    fn take(&mut self, len: u64) -> Result<&'a [u8], CborError> {
        let len = usize::try_from(len).map_err(|_| CborError::Short)?;
        let (taken, rest) = self.0.split_at_checked(len).ok_or(CborError::Short)?;
        self.0 = rest;
        Ok(taken)
    }

    fn head(&mut self, major: u8) -> Result<u64, CborError> {
        let &[first] = self.take(1)? else { return Err(CborError::Short) };
        if first >> 5 != major {
            return Err(CborError::Kind);
        }
        let (len, least) = match first & 0x1f {
            small @ 0..=23 => return Ok(u64::from(small)),
            24 => (1, 24),
            25 => (2, 0x100),
            26 => (4, 0x1_0000),
            27 => (8, 0x1_0000_0000),
            _ => return Err(CborError::Form),
        };
        let value = self.take(len)?.iter().fold(0u64, |sum, &byte| sum << 8 | u64::from(byte));
        if value < least { Err(CborError::Form) } else { Ok(value) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_spelling() {
        for value in [0, 23, 24, 255, 256, 65_535, 65_536, u64::from(u32::MAX), 1 << 32, u64::MAX] {
            let mut bytes = Vec::new();
            Writer(&mut bytes).uint(value);
            let mut reader = Reader::new(&bytes);
            assert_eq!(reader.uint(), Ok(value));
            assert_eq!(reader.end(), Ok(()));
        }
        assert_eq!(Reader::new(&[0x18, 23]).uint(), Err(CborError::Form));
        assert_eq!(Reader::new(&[0x19, 0, 255]).uint(), Err(CborError::Form));
        assert_eq!(Reader::new(&[0x1f]).uint(), Err(CborError::Form));
    }

    #[test]
    fn what_is_cut_short_is_refused() {
        assert_eq!(Reader::new(&[]).uint(), Err(CborError::Short));
        assert_eq!(Reader::new(&[0x62, b'a']).text(), Err(CborError::Short));
        assert_eq!(Reader::new(&[0x9a, 0xff, 0xff, 0xff, 0xff]).array(), Err(CborError::Short));
        assert_eq!(Reader::new(&[0x61, 0xff]).text(), Err(CborError::Utf8));
    }
}

//! What processes say to each other that share one log: whoever has not its lock hands records
//! over to whoever has. Each message is one CBOR array; the door that carries them adds its length.

use bailiwick_core::cbor::{CborError, Reader, Writer};
use bailiwick_core::{Record, RecordError, Sealed, Timestamp, Unrecorded};

use crate::entry::ENTRY_BYTES_MAX;
use crate::frame::SEALED_BYTES_MAX;
use crate::seal::commitment;

/// The most bytes of one message.
pub const HANDED_BYTES_MAX: usize = ENTRY_BYTES_MAX + SEALED_BYTES_MAX + 64;
/// The version that this build speaks. Another is not understood.
const VERSION: u64 = 1;
const APPEND: u64 = 1;
const DURABLE: u64 = 2;
const MAKE_WAY: u64 = 3;
const DONE: u64 = 1;
const REFUSED: u64 = 2;
const REASONS: [Unrecorded; 4] =
    [Unrecorded::Full, Unrecorded::Stopped, Unrecorded::TooLarge, Unrecorded::NoKey];

/// What is asked of the writer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Handed {
    /// Append this.
    Append {
        /// When it was made.
        at: Timestamp,
        /// The record.
        record: Box<Record>,
        /// What was sealed beside it.
        sealed: Sealed,
    },
    /// Tell when the entry with this index is durable.
    Durable(u64),
    /// Let go of the log: a gateway starts, which writes it from now on.
    MakeWay,
}

impl Handed {
    /// The bytes that ask to append.
    pub fn append(at: Timestamp, record: &Record, sealed: &Sealed) -> Vec<u8> {
        let (mut bytes, mut body) = (Vec::new(), Vec::new());
        record.encode(&mut body);
        let mut w = Writer(&mut bytes);
        w.array(5);
        w.uint(VERSION);
        w.uint(APPEND);
        w.uint(at.ns());
        w.bytes(&body);
        w.bytes(&sealed.ciphertext);
        bytes
    }

    /// The bytes that ask when an entry is durable.
    pub fn durable(index: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut w = Writer(&mut bytes);
        w.array(3);
        w.uint(VERSION);
        w.uint(DURABLE);
        w.uint(index);
        bytes
    }

    /// The bytes that ask to let go of the log.
    pub fn make_way() -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut w = Writer(&mut bytes);
        w.array(2);
        w.uint(VERSION);
        w.uint(MAKE_WAY);
        bytes
    }

    /// What the bytes ask.
    ///
    /// # Errors
    /// [`RecordError`] when they are anything but one message of this version.
    pub fn parse(bytes: &[u8]) -> Result<Self, RecordError> {
        let mut r = Reader::new(bytes);
        let items = r.array()?;
        let version = r.uint()?;
        if version != VERSION {
            return Err(RecordError::Version(version));
        }
        let handed = match (r.uint()?, items) {
            (APPEND, 5) => {
                let at = Timestamp::from_ns(r.uint()?);
                let record = Box::new(Record::decode(r.bytes()?)?);
                let ciphertext = r.bytes()?.to_vec();
                let commitment = commitment(&ciphertext);
                Self::Append { at, record, sealed: Sealed { ciphertext, commitment } }
            }
            (DURABLE, 3) => Self::Durable(r.uint()?),
            (MAKE_WAY, 2) => Self::MakeWay,
            (_, _) => return Err(CborError::Kind.into()),
        };
        r.end()?;
        Ok(handed)
    }
}

/// What the writer answers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Taken {
    /// It was done.
    Done {
        /// The entry's index.
        index: u64,
        /// The first index that might not survive a loss of power.
        durable_end: u64,
    },
    /// It was not.
    Refused(Unrecorded),
}

impl Taken {
    /// The bytes that say so.
    pub fn encode(self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut w = Writer(&mut bytes);
        w.array(4);
        w.uint(VERSION);
        let (kind, one, two) = match self {
            Self::Done { index, durable_end } => (DONE, index, durable_end),
            Self::Refused(why) => {
                let place = REASONS.iter().position(|it| *it == why).unwrap_or(1);
                (REFUSED, place as u64, 0)
            }
        };
        w.uint(kind);
        w.uint(one);
        w.uint(two);
        bytes
    }

    /// What the bytes say.
    ///
    /// # Errors
    /// [`RecordError`] when they are anything but one message of this version.
    pub fn parse(bytes: &[u8]) -> Result<Self, RecordError> {
        let mut r = Reader::new(bytes);
        let (items, version) = (r.array()?, r.uint()?);
        if version != VERSION {
            return Err(RecordError::Version(version));
        }
        let (kind, one, two) = (r.uint()?, r.uint()?, r.uint()?);
        r.end()?;
        let reason = usize::try_from(one).ok().and_then(|it| REASONS.get(it));
        match (items, kind, reason) {
            (4, DONE, _) => Ok(Self::Done { index: one, durable_end: two }),
            (4, REFUSED, Some(why)) if two == 0 => Ok(Self::Refused(*why)),
            (_, _, _) => Err(CborError::Kind.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_handed_over_arrives_as_it_was() {
        let at = Timestamp::from_ns(7);
        let record = Box::new(Record::Started { version: "1".into() });
        let ciphertext = vec![9; 64];
        let sealed = Sealed { commitment: commitment(&ciphertext), ciphertext };
        let bytes = Handed::append(at, &record, &sealed);
        assert_eq!(Handed::parse(&bytes), Ok(Handed::Append { at, record, sealed }));
        assert_eq!(Handed::parse(&Handed::durable(3)), Ok(Handed::Durable(3)));
        assert_eq!(Handed::parse(&Handed::make_way()), Ok(Handed::MakeWay));
        for cut in 0..bytes.len() {
            assert!(Handed::parse(&bytes[..cut]).is_err(), "{cut}");
        }
        assert!(Handed::parse(&[&bytes[..], b"\0"].concat()).is_err());
        let done = Taken::Done { index: 5, durable_end: 4 };
        for taken in REASONS.map(Taken::Refused).into_iter().chain([done]) {
            assert_eq!(Taken::parse(&taken.encode()), Ok(taken));
        }
    }
}

//! Names, digests and times: one type for each, so that none is taken for another.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

/// Declares an immutable name that is cheap to clone.
macro_rules! names {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(Arc::from(text))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

names! {
    /// A software agent, as the operator named it.
    AgentId;
    /// A person, as the operator's directory names them.
    PersonId;
    /// A tenant: the unit inside which equal content may be linked.
    TenantId;
    /// An upstream server, as the configuration names it.
    ServerId;
    /// The public half of an API key: it names the key and proves nothing.
    KeyId;
    /// One policy of the loaded set.
    PolicyId;
    /// A task that a person started.
    TaskId;
    /// A protocol session between a client and this gateway.
    SessionId;
}

/// A point in time, in nanoseconds since the Unix epoch. Always an argument, never read here.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Timestamp(u64);

impl Timestamp {
    /// A time from nanoseconds since the Unix epoch.
    pub const fn from_ns(ns: u64) -> Self {
        Self(ns)
    }

    /// Nanoseconds since the Unix epoch.
    pub const fn ns(self) -> u64 {
        self.0
    }

    /// Whole milliseconds since the Unix epoch.
    pub const fn ms(self) -> u64 {
        self.0 / 1_000_000
    }

    /// Nanoseconds from `earlier` to this; zero when the clock went back.
    pub const fn since_ns(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// One exchange and its decision: a 48-bit millisecond time, then 80 random bits.
///
/// Written `d-` and 32 hexadecimal digits, so that ids sort by time.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ExchangeId([u8; 16]);

impl ExchangeId {
    /// A new id for an exchange that begins `now`.
    pub fn new(now: Timestamp, random: [u8; 10]) -> Self {
        let mut id = [0u8; 16];
        let ms = now.ms().to_be_bytes();
        for (slot, byte) in id.iter_mut().zip(ms.into_iter().skip(2).chain(random)) {
            *slot = byte;
        }
        Self(id)
    }

    /// The id from its 16 bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The id that `text` writes, with or without its `d-`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("d-").unwrap_or(text);
        unhex(digits).map(Self)
    }
}

impl fmt::Display for ExchangeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("d-")?;
        hex(&self.0, f)
    }
}

impl fmt::Debug for ExchangeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A SHA-256 digest, or a keyed digest of the same size.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The plain SHA-256 of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// A digest from its bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The digest that 64 hexadecimal digits write.
    pub fn parse(text: &str) -> Option<Self> {
        unhex(text).map(Self)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(&self.0, f)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A pseudonym: a keyed digest of a name, equal within one tenant and meaningless outside it.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Token([u8; 16]);

impl Token {
    /// A token from its bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(&self.0, f)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn hex(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(*DIGITS.get(usize::from(value)).unwrap_or(&b'?'));
    // Not `{:02x}` for each byte: every reply names its decision, and that is ten times as slow.
    bytes.iter().try_for_each(|byte| {
        f.write_char(digit(byte >> 4))?;
        f.write_char(digit(byte & 15))
    })
}

fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut out = [0u8; N];
    let digits = text.as_bytes();
    if digits.len() != N * 2 {
        return None;
    }
    for (slot, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
        let &[high, low] = pair else { return None };
        let (high, low) = (char::from(high).to_digit(16)?, char::from(low).to_digit(16)?);
        *slot = u8::try_from(high * 16 + low).ok()?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exchange_id_reads_back_and_sorts_by_time() {
        let early = ExchangeId::new(Timestamp::from_ns(1_000_000_000_000_000), [9; 10]);
        let late = ExchangeId::new(Timestamp::from_ns(2_000_000_000_000_000), [0; 10]);
        assert!(early < late);
        assert_eq!(ExchangeId::parse(&early.to_string()), Some(early));
        assert_eq!(ExchangeId::parse("d-12"), None);
        assert_eq!(ExchangeId::parse(&"é".repeat(16)), None);
    }
}

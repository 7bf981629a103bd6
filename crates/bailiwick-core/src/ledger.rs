//! Record: what the log must offer, and what it means that something stands in it.

use crate::call::Call;
use crate::names::{Digest, ExchangeId, TenantId, Timestamp, Token};
use crate::record::{Record, RefusalReason, RefusalRecord};

/// Where a record stands: its leaf's index in the log.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Position(u64);

impl Position {
    /// The position of the leaf with this index.
    pub const fn at(index: u64) -> Self {
        Self(index)
    }

    /// The leaf's index.
    pub const fn index(self) -> u64 {
        self.0
    }
}

/// A record was not written. Nothing that depends on it may happen.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Unrecorded {
    /// There is no room for it.
    #[error("the log has no room")]
    Full,
    /// A write failed, so that its effect is unknown; the log takes nothing more.
    #[error("the log has stopped after a failed write")]
    Stopped,
    /// The record is larger than the log allows.
    #[error("the record is too large")]
    TooLarge,
    /// A key that the record needs could not be had.
    #[error("a key for the record could not be had")]
    NoKey,
}

/// Decision inputs, encrypted, and the commitment to them that the leaf holds.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Sealed {
    /// The ciphertext, which lies beside the leaf. Empty when nothing was sealed.
    pub ciphertext: Vec<u8>,
    /// The commitment, salted, so that nothing can be guessed from it.
    pub commitment: Option<Digest>,
}

/// The append-only, tamper-evident log, as the kernel needs it.
pub trait Ledger: Send + Sync {
    /// Append one record with what was sealed beside it. When this returns, the record survives
    /// the process, though not yet a loss of power.
    ///
    /// # Errors
    /// [`Unrecorded`]: the record is not there, or nobody can know.
    fn append(
        &self,
        at: Timestamp,
        record: &Record,
        sealed: &Sealed,
    ) -> Result<Position, Unrecorded>;

    /// The index of the first record that might not survive a loss of power.
    fn durable_end(&self) -> u64;

    /// The pseudonym of a name of some kind within a tenant.
    ///
    /// # Errors
    /// [`Unrecorded::NoKey`] when the tenant's key cannot be had.
    fn token(&self, tenant: &TenantId, kind: &str, name: &str) -> Result<Token, Unrecorded>;

    /// The digest of some content, keyed so that it says nothing outside the tenant.
    ///
    /// # Errors
    /// [`Unrecorded::NoKey`] when the tenant's key cannot be had.
    fn keyed_digest(&self, tenant: &TenantId, content: &Digest) -> Result<Digest, Unrecorded>;

    /// The same of several contents, in their order.
    ///
    /// # Errors
    /// [`Unrecorded::NoKey`] when the tenant's key cannot be had.
    fn keyed_digests(
        &self,
        tenant: &TenantId,
        contents: &[Digest],
    ) -> Result<Vec<Digest>, Unrecorded> {
        contents.iter().map(|it| self.keyed_digest(tenant, it)).collect()
    }

    /// Encrypt what is about one data subject under that subject's key.
    ///
    /// # Errors
    /// [`Unrecorded::NoKey`] when the subject's key cannot be had.
    fn seal(&self, tenant: &TenantId, subject: &str, clear: &[u8]) -> Result<Sealed, Unrecorded>;
}

/// Proof that the record of one exchange stands in the log. Only this crate makes one, and only
/// out of [`Ledger::append`].
#[derive(Debug)]
pub struct Appended {
    exchange: ExchangeId,
    position: Position,
}

impl Appended {
    pub(crate) fn write(
        ledger: &dyn Ledger,
        at: Timestamp,
        exchange: ExchangeId,
        record: &Record,
        sealed: &Sealed,
    ) -> Result<Self, Unrecorded> {
        let position = ledger.append(at, record, sealed)?;
        Ok(Self { exchange, position })
    }

    /// The exchange whose record it is.
    pub const fn exchange(&self) -> ExchangeId {
        self.exchange
    }

    /// Where it stands.
    pub const fn position(&self) -> Position {
        self.position
    }

    /// Whether it survives a loss of power by now.
    pub fn is_durable(&self, ledger: &dyn Ledger) -> bool {
        self.position.index() < ledger.durable_end()
    }
}

/// Record that somebody was turned away before there was a call: not identified, not understood,
/// or over a limit.
///
/// # Errors
/// [`Unrecorded`] when it could not be written; then nothing more may be said than that.
pub fn turn_away(
    ledger: &dyn Ledger,
    at: Timestamp,
    exchange: ExchangeId,
    refusal: RefusalRecord,
) -> Result<Appended, Unrecorded> {
    let record = Record::Refusal(refusal);
    Appended::write(ledger, at, exchange, &record, &Sealed::default())
}

/// Record something that is no exchange: an administrative act, a start, a stop, a heartbeat.
///
/// # Errors
/// [`Unrecorded`] when it could not be written.
pub fn note(ledger: &dyn Ledger, at: Timestamp, record: &Record) -> Result<Position, Unrecorded> {
    ledger.append(at, record, &Sealed::default())
}

impl RefusalRecord {
    /// The record of a caller that was turned away.
    pub fn new(exchange: ExchangeId, reason: RefusalReason, listener: &str) -> Self {
        Self { exchange, reason, listener: listener.into(), who: None, count: 1 }
    }

    /// The same, naming who the caller proved to be.
    #[must_use]
    pub fn by(mut self, call: &Call) -> Self {
        self.who = call.who().agent().cloned();
        self
    }
}

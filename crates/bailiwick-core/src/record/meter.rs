//! The meter: what one call of a model used and cost.

use super::error::RecordError;
use super::field::{
    maybe_digest, maybe_text, maybe_uint, read_maybe_digest, read_maybe_text, read_maybe_uint,
};
use crate::cbor::{CborError, Reader, Writer};
use crate::names::Digest;

/// What one call of a model used and cost.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Meter {
    /// The model, as the provider names the one that answered.
    pub model: Option<Box<str>>,
    /// Tokens of the ask, all of them.
    pub input: u64,
    /// Those of them that the provider remembered.
    pub cached: u64,
    /// Those of them that the provider was paid to remember.
    pub cache_write: u64,
    /// Tokens of the answer, all of them.
    pub output: u64,
    /// Those of them in which the model reasoned.
    pub reasoning: u64,
    /// Whether the tokens were counted here, since the provider did not tell.
    pub estimated: bool,
    /// What it cost, in micro-dollars. Absent: nobody knows, which is not nothing.
    pub cost: Option<u64>,
    /// The digest of the prices that it was counted with.
    pub prices: Option<Digest>,
    /// Why the model stopped, in the provider's words.
    pub stop: Option<Box<str>>,
    /// The status of the provider's reply; 0 when there was none.
    pub status: u16,
    /// From the sending of the ask to the head of the answer, in nanoseconds.
    pub first_ns: u64,
}

const METER_FIELDS: usize = 12;

impl Meter {
    pub(super) fn encode(&self, w: &mut Writer<'_>) {
        w.array(METER_FIELDS);
        maybe_text(w, self.model.as_deref());
        for tokens in [self.input, self.cached, self.cache_write, self.output, self.reasoning] {
            w.uint(tokens);
        }
        w.bool(self.estimated);
        maybe_uint(w, self.cost);
        maybe_digest(w, self.prices);
        maybe_text(w, self.stop.as_deref());
        w.uint(u64::from(self.status));
        w.uint(self.first_ns);
    }
}

pub(super) fn read_meter(r: &mut Reader<'_>) -> Result<Option<Box<Meter>>, RecordError> {
    if r.null() {
        return Ok(None);
    }
    if r.array()? != METER_FIELDS {
        return Err(CborError::Kind.into());
    }
    Ok(Some(Box::new(Meter {
        model: read_maybe_text(r)?.map(Into::into),
        input: r.uint()?,
        cached: r.uint()?,
        cache_write: r.uint()?,
        output: r.uint()?,
        reasoning: r.uint()?,
        estimated: r.bool()?,
        cost: read_maybe_uint(r)?,
        prices: read_maybe_digest(r)?,
        stop: read_maybe_text(r)?.map(Into::into),
        status: u16::try_from(r.uint()?).map_err(|_| RecordError::Word)?,
        first_ns: r.uint()?,
    })))
}

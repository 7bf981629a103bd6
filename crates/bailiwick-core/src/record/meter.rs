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
    /// Why the model stopped, in the provider's words. Of a call that was not made (`unmet`): why
    /// it was not paid for, such as `budget:key:day, $0.004000 left of $0.010000`.
    pub stop: Option<Box<str>>,
    /// The status of the provider's reply; 0 when there was none.
    pub status: u16,
    /// From the sending of the ask to the head of the answer, in nanoseconds.
    pub first_ns: u64,
    /// Of `cache_write`, the tokens to be remembered for an hour.
    pub cache_write_long: u64,
    /// Of `input`, the tokens that stand for sound.
    pub audio_input: u64,
    /// Of `output`, the tokens that stand for sound.
    pub audio_output: u64,
    /// In which class the call was served, where it was not the usual one: the provider's words for
    /// tier, speed and place, joined by `+`.
    pub class: Option<Box<str>>,
    /// How often the provider ran tools of its own, by kind.
    pub uses: Vec<(Box<str>, u64)>,
}

/// The fields that every meter has.
const METER_FIELDS: usize = 12;
/// With those that few have: they stand there when one of them says something, and only then.
const METER_FIELDS_ALL: usize = METER_FIELDS + 5;

impl Meter {
    pub(super) fn encode(&self, w: &mut Writer<'_>) {
        w.array(if self.is_plain() { METER_FIELDS } else { METER_FIELDS_ALL });
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
        if self.is_plain() {
            return;
        }
        for tokens in [self.cache_write_long, self.audio_input, self.audio_output] {
            w.uint(tokens);
        }
        maybe_text(w, self.class.as_deref());
        w.array(self.uses.len());
        for (kind, count) in &self.uses {
            w.array(2);
            w.text(kind);
            w.uint(*count);
        }
    }

    /// Whether nothing is to be said beside what every meter says.
    const fn is_plain(&self) -> bool {
        let tokens = [self.cache_write_long, self.audio_input, self.audio_output];
        matches!(tokens, [0, 0, 0]) && self.class.is_none() && self.uses.is_empty()
    }

    fn read_rest(&mut self, r: &mut Reader<'_>) -> Result<(), RecordError> {
        self.cache_write_long = r.uint()?;
        self.audio_input = r.uint()?;
        self.audio_output = r.uint()?;
        self.class = read_maybe_text(r)?.map(Into::into);
        for _ in 0..r.array()? {
            if r.array()? != 2 {
                return Err(CborError::Kind.into());
            }
            self.uses.push((r.text()?.into(), r.uint()?));
        }
        // There is one way to say nothing.
        if self.is_plain() { Err(CborError::Kind.into()) } else { Ok(()) }
    }
}

pub(super) fn read_meter(r: &mut Reader<'_>) -> Result<Option<Box<Meter>>, RecordError> {
    if r.null() {
        return Ok(None);
    }
    let fields = r.array()?;
    if fields != METER_FIELDS && fields != METER_FIELDS_ALL {
        return Err(CborError::Kind.into());
    }
    let mut meter = Meter {
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
        ..Meter::default()
    };
    if fields == METER_FIELDS_ALL {
        meter.read_rest(r)?;
    }
    Ok(Some(Box::new(meter)))
}

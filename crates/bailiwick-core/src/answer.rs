//! Inspect, record, release: what an upstream said, until it may leave.
//!
//! A [`Pending`] is the debt of a call that was carried out: every piece of its answer is shown to
//! the inspectors, and the last piece leaves only when the outcome is on record. It holds its own
//! decision's [`Appended`], and nothing takes another's: a reply cannot leave on the record of
//! another exchange, because there is no way to say so.

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use crate::call::Call;
use crate::class::{self, Classed};
use crate::decision::Denial;
use crate::finding::{Findings, Inspectors, Seen, Surface};
use crate::ledger::{Appended, Ledger, Sealed, Unrecorded};
use crate::names::{Digest, ExchangeId, TenantId, Timestamp};
use crate::payload::Payload;
use crate::record::{Meter, OutcomeRecord, Record};
use crate::resource::NamedResource;

/// What came of a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Disposition {
    /// The upstream answered with a result.
    Answered,
    /// The upstream answered that the tool failed.
    ToolFailed,
    /// The upstream answered with a protocol error.
    Erred,
    /// The upstream took it and owes no answer.
    Accepted,
    /// The upstream could not be reached, broke off, or answered nonsense.
    Unreachable,
    /// The upstream did not answer in time.
    TimedOut,
    /// The caller cancelled it.
    Cancelled,
    /// An operator killed who called, or what was called.
    Killed,
    /// The answer held something that must not pass.
    Withheld,
    /// A duty of the permit was not met, so it was never sent.
    Unmet,
}

impl Disposition {
    /// The same when no answer may leave: an answer is withheld, anything else had none.
    const fn without_an_answer(self) -> Self {
        match self {
            Self::Answered | Self::ToolFailed | Self::Erred | Self::Withheld => Self::Withheld,
            Self::Accepted
            | Self::Unreachable
            | Self::TimedOut
            | Self::Cancelled
            | Self::Killed
            | Self::Unmet => self,
        }
    }

    /// The word for it in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::ToolFailed => "tool_failed",
            Self::Erred => "erred",
            Self::Accepted => "accepted",
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timed_out",
            Self::Cancelled => "cancelled",
            Self::Killed => "killed",
            Self::Withheld => "withheld",
            Self::Unmet => "unmet",
        }
    }
}

/// A call that went out and whose outcome is still owed to the log.
#[must_use = "the outcome of a call that went out must be recorded"]
#[derive(Debug)]
pub struct Pending {
    call: Call,
    appended: Appended,
    decided: Timestamp,
    duties: Duties,
    seen: Box<SeenSoFar>,
}

/// What the permit asks for of the answer.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Duties {
    pub(crate) mask: bool,
    pub(crate) block: bool,
}

#[derive(Debug)]
struct SeenSoFar {
    findings: Findings,
    hash: Sha256,
    bytes: u64,
    chunks: u64,
    meter: Option<Box<Meter>>,
    items: Vec<Digest>,
    named: Vec<NamedResource>,
    classes: Vec<Classed>,
    /// What left or may leave, where it is kept.
    payload: Option<Payload>,
}

/// A piece of an answer that was inspected and is not the last: it may leave at once.
#[derive(Debug)]
pub struct Interim(Bytes);

impl Interim {
    /// The bytes that may leave.
    pub fn into_bytes(self) -> Bytes {
        self.0
    }
}

/// A whole answer, or the last piece of one, that every inspector has seen.
#[must_use = "an inspected answer is released by recording its outcome"]
#[derive(Debug)]
pub struct Inspected {
    pending: Pending,
    last: Bytes,
    disposition: Disposition,
}

impl Pending {
    pub(crate) fn new(
        call: Call,
        (appended, decided): (Appended, Timestamp),
        duties: Duties,
    ) -> Self {
        let seen = SeenSoFar {
            findings: Findings::default(),
            hash: Sha256::new(),
            bytes: 0,
            chunks: 0,
            meter: None,
            items: Vec::new(),
            named: Vec::new(),
            classes: Vec::new(),
            payload: call.keeps().map(|_| Payload::default()),
        };
        Self { call, appended, decided, duties, seen: Box::new(seen) }
    }

    /// The call that went out.
    pub fn call(&self) -> &Call {
        &self.call
    }

    /// Where its decision stands.
    pub const fn appended(&self) -> &Appended {
        &self.appended
    }

    /// Whether secrets in the answer are to be replaced before it is released.
    pub const fn masks(&self) -> bool {
        self.duties.mask
    }

    /// Look at what belongs to the answer and is not released as it is: text whose pieces came
    /// apart, or what another text will stand in the place of. False when nothing may pass any
    /// more.
    pub fn glance(&mut self, inspectors: Inspectors<'_>, text: &[u8]) -> bool {
        let seen = Seen { surface: Surface::Answer, bytes: text, offset: self.seen.bytes };
        inspectors.scan(&seen, &mut self.seen.findings);
        !self.must_withhold()
    }

    const fn must_withhold(&self) -> bool {
        let findings = &self.seen.findings;
        findings.must_withhold() || self.duties.block && findings.is_alarming()
    }

    /// Inspect one piece that is not the last. `None` when it must not pass; then nothing of this
    /// answer passes any more.
    pub fn interim(&mut self, inspectors: Inspectors<'_>, piece: Bytes) -> Option<Interim> {
        self.look(inspectors, &piece);
        (!self.must_withhold()).then(|| {
            self.keep(&piece);
            Interim(piece)
        })
    }

    /// Inspect the last piece, or the whole answer.
    pub fn last(
        mut self,
        inspectors: Inspectors<'_>,
        piece: Bytes,
        disposition: Disposition,
    ) -> Inspected {
        self.look(inspectors, &piece);
        if self.must_withhold() {
            return Inspected {
                pending: self,
                last: Bytes::new(),
                disposition: Disposition::Withheld,
            };
        }
        self.keep(&piece);
        Inspected { pending: self, last: piece, disposition }
    }

    /// End without an answer: nothing is left to inspect, and the failure still goes on record.
    pub const fn failed(self, disposition: Disposition) -> Inspected {
        Inspected { pending: self, last: Bytes::new(), disposition }
    }

    fn keep(&mut self, piece: &Bytes) {
        if let (Some(payload), Some(max)) = (&mut self.seen.payload, self.call.keeps()) {
            payload.add(piece, max);
        }
    }

    fn look(&mut self, inspectors: Inspectors<'_>, piece: &Bytes) {
        let seen = Seen { surface: Surface::Answer, bytes: piece, offset: self.seen.bytes };
        inspectors.scan(&seen, &mut self.seen.findings);
        self.seen.hash.update(piece);
        self.seen.bytes += piece.len() as u64;
        self.seen.chunks += u64::from(!piece.is_empty());
    }
}

impl Inspected {
    /// Say what a model used and cost.
    pub fn metered(mut self, meter: Meter) -> Self {
        self.pending.seen.meter = Some(Box::new(meter));
        self
    }

    /// Say which budget did not suffice, where the call has a meter: it stands in the place of why
    /// the model stopped.
    pub fn unpaid(mut self, budget: &str) -> Self {
        if let Some(meter) = &mut self.pending.seen.meter {
            meter.stop = Some(budget.into());
        }
        self
    }

    /// Say which pieces of content the answer holds.
    pub fn holding(mut self, items: Vec<Digest>) -> Self {
        self.pending.seen.items = items;
        self
    }

    /// Say which things the answer names, or touches all of, and what they counted as when the
    /// call was decided.
    pub fn naming(mut self, named: Vec<NamedResource>, classes: Vec<Classed>) -> Self {
        self.pending.seen.named = named;
        self.pending.seen.classes = class::fitting(classes);
        self
    }

    /// What came of the call.
    pub const fn disposition(&self) -> Disposition {
        self.disposition
    }

    /// The call that it answers.
    pub fn call(&self) -> &Call {
        &self.pending.call
    }

    /// Whether the permit has what is in the answer masked or blocked.
    pub const fn is_guarded(&self) -> bool {
        self.pending.duties.mask || self.pending.duties.block
    }

    /// What the inspectors saw in the answer.
    pub fn findings(&self) -> &Findings {
        &self.pending.seen.findings
    }

    /// Put the outcome on record; only then is the answer free to leave. An answer that has to be
    /// kept and cannot be is withheld, and that is on record; of a stream its end is.
    ///
    /// # Errors
    /// [`Unrecorded`]: then the answer must not leave.
    pub fn record(self, ledger: &dyn Ledger, now: Timestamp) -> Result<Released, Unrecorded> {
        let Self { pending, last, disposition } = self;
        let Pending { call, appended, decided, seen, .. } = pending;
        let tenant: &TenantId = &call.who().principal().tenant;
        let SeenSoFar { findings, hash, bytes, chunks, meter, items, named, classes, payload } =
            *seen;
        let token =
            |it: &NamedResource| Ok((it.kind.clone(), ledger.token(tenant, &it.kind, &it.id)?));
        let plain = Digest::from_bytes(hash.finalize().into());
        let mut outcome = OutcomeRecord {
            exchange: call.id(),
            decision: appended.position().index(),
            disposition: disposition.as_str().into(),
            answer: ledger.keyed_digest(tenant, &plain)?,
            answer_bytes: bytes,
            chunks,
            findings: findings.kept().to_vec(),
            findings_dropped: findings.dropped(),
            latency_ns: now.since_ns(decided),
            meter,
            items: ledger.keyed_digests(tenant, &items)?,
            sealed: None,
            named: named.iter().map(token).collect::<Result<_, Unrecorded>>()?,
            classes,
        };
        let write = |outcome: &OutcomeRecord, sealed: &Sealed| {
            let record = Record::Outcome(outcome.clone());
            Appended::write(ledger, now, call.id(), &record, sealed)
        };
        let released = |last, disposition| Body::Answer { last, disposition };
        let Some(payload) = payload.filter(|it| it.total() > 0) else {
            write(&outcome, &Sealed::default())?;
            return Ok(Released { appended, body: released(last, disposition) });
        };
        let person = call.who().person().map_or("", |it| it.as_str());
        let kept = ledger.seal(tenant, person, &payload.encode()).and_then(|sealed| {
            outcome.sealed = sealed.commitment;
            write(&outcome, &sealed)
        });
        let (last, disposition) = match kept {
            Ok(_) => (last, disposition),
            Err(Unrecorded::Stopped) => return Err(Unrecorded::Stopped),
            // The outcome alone may still have room, and is owed.
            Err(Unrecorded::Full | Unrecorded::TooLarge | Unrecorded::NoKey) => {
                let disposition = disposition.without_an_answer();
                outcome.sealed = None;
                outcome.disposition = disposition.as_str().into();
                write(&outcome, &Sealed::default())?;
                (Bytes::new(), disposition)
            }
        };
        Ok(Released { appended, body: released(last, disposition) })
    }
}

/// What may leave. The only thing that the end of a reply is made of.
#[derive(Debug)]
pub struct Released {
    appended: Appended,
    body: Body,
}

#[derive(Debug)]
enum Body {
    Answer { last: Bytes, disposition: Disposition },
    Refusal(Box<Denial>),
}

impl Released {
    pub(crate) fn refused(denial: Denial, appended: Appended) -> Self {
        Self { appended, body: Body::Refusal(Box::new(denial)) }
    }

    /// The exchange.
    pub const fn exchange(&self) -> ExchangeId {
        self.appended.exchange()
    }

    /// Where its decision stands: the caller learns it in the reply's headers.
    pub const fn decision(&self) -> &Appended {
        &self.appended
    }

    /// The denial, when the call was refused.
    pub fn denial(&self) -> Option<&Denial> {
        match &self.body {
            Body::Refusal(denial) => Some(denial),
            Body::Answer { .. } => None,
        }
    }

    /// What came of the call, when it was not refused.
    pub const fn disposition(&self) -> Option<Disposition> {
        match &self.body {
            Body::Answer { disposition, .. } => Some(*disposition),
            Body::Refusal(_) => None,
        }
    }

    /// The bytes that may leave, while they are still here.
    pub fn bytes(&self) -> &[u8] {
        match &self.body {
            Body::Answer { last, .. } => last,
            Body::Refusal(_) => &[],
        }
    }

    /// The bytes that may leave: empty for a refusal, a failure, or what was withheld.
    pub fn into_bytes(self) -> Bytes {
        match self.body {
            Body::Answer { last, .. } => last,
            Body::Refusal(_) => Bytes::new(),
        }
    }
}

#[cfg(test)]
mod tests;

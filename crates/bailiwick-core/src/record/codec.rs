//! Records to canonical bytes and back. Reading accepts only what writing makes.

use super::error::RecordError;
use super::field::{
    classes, digests, findings, list, maybe_digest, maybe_id, maybe_text, maybe_token, maybe_uint,
    named, pair, read_classed, read_finding, read_maybe_digest, read_maybe_id, read_maybe_text,
    read_maybe_token, read_maybe_uint, read_named,
};
use super::meter::read_meter;
use super::{
    AdminAct, DecisionRecord, Durability, Noticed, OutcomeRecord, RECORD_VERSION, Record,
    RefusalReason, RefusalRecord, Subject,
};
use crate::cbor::{CborError, Reader, Writer};
use crate::names::{Digest, ExchangeId, ServerId, Token};

const DECISION: u64 = 1;
const OUTCOME: u64 = 2;
const REFUSAL: u64 = 3;
const ADMIN: u64 = 4;
const STARTED: u64 = 5;
const STOPPED: u64 = 6;
const HEARTBEAT: u64 = 7;
const NOTICED: u64 = 8;

impl Record {
    /// Append the canonical bytes to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let mut w = Writer(out);
        let (kind, fields) = match self {
            Self::Decision(_) => (DECISION, 32),
            Self::Outcome(_) => (OUTCOME, 14),
            Self::Refusal(_) => (REFUSAL, 5),
            Self::Admin(_) => (ADMIN, 5),
            Self::Started { .. } => (STARTED, 1),
            Self::Stopped => (STOPPED, 0),
            Self::Heartbeat => (HEARTBEAT, 0),
            Self::Noticed(_) => (NOTICED, 4),
        };
        w.array(2 + fields);
        w.uint(RECORD_VERSION);
        w.uint(kind);
        match self {
            Self::Decision(it) => it.encode(&mut w),
            Self::Outcome(it) => it.encode(&mut w),
            Self::Refusal(it) => it.encode(&mut w),
            Self::Admin(it) => it.encode(&mut w),
            Self::Noticed(it) => it.encode(&mut w),
            Self::Started { version } => w.text(version),
            Self::Stopped | Self::Heartbeat => {}
        }
    }

    /// The version in which some bytes say that they are written.
    ///
    /// # Errors
    /// [`RecordError`] when they do not begin like a record.
    pub fn version_of(bytes: &[u8]) -> Result<u64, RecordError> {
        let mut r = Reader::new(bytes);
        r.array()?;
        Ok(r.uint()?)
    }

    /// The record that the bytes write.
    ///
    /// # Errors
    /// [`RecordError`] when they are anything but the canonical bytes of one record.
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        let mut r = Reader::new(bytes);
        let items = r.array()?;
        let version = r.uint()?;
        if version == 0 || version > RECORD_VERSION {
            return Err(RecordError::Version(version));
        }
        let kind = r.uint()?;
        let (record, fields) = match kind {
            DECISION => {
                let mut decision = DecisionRecord::decode(&mut r)?;
                if version > 1 {
                    decision.parent = read_maybe_id(&mut r)?;
                }
                if version > 2 {
                    decision.read_model(&mut r)?;
                }
                if version > 5 {
                    decision.classes = list(&mut r, read_classed)?;
                }
                let fields = match version {
                    1 => 26,
                    2 => 27,
                    3..=5 => 31,
                    _ => 32,
                };
                (Self::Decision(Box::new(decision)), fields)
            }
            OUTCOME => {
                let mut outcome = OutcomeRecord::decode(&mut r)?;
                if version > 2 {
                    outcome.meter = read_meter(&mut r)?;
                    outcome.items = digests(&mut r)?;
                }
                if version > 3 {
                    outcome.sealed = read_maybe_digest(&mut r)?;
                }
                if version > 4 {
                    outcome.named = list(&mut r, read_named)?;
                }
                if version > 5 {
                    outcome.classes = list(&mut r, read_classed)?;
                }
                let fields = match version {
                    1 | 2 => 9,
                    3 => 11,
                    4 => 12,
                    5 => 13,
                    _ => 14,
                };
                (Self::Outcome(outcome), fields)
            }
            REFUSAL => (Self::Refusal(RefusalRecord::decode(&mut r)?), 5),
            ADMIN => (Self::Admin(AdminAct::decode(&mut r)?), 5),
            STARTED => (Self::Started { version: r.text()?.into() }, 1),
            STOPPED => (Self::Stopped, 0),
            HEARTBEAT => (Self::Heartbeat, 0),
            NOTICED if version > 5 => (Self::Noticed(Noticed::decode(&mut r)?), 4),
            other => return Err(RecordError::Kind(other)),
        };
        r.end()?;
        if items == 2 + fields { Ok(record) } else { Err(RecordError::Cbor(CborError::Kind)) }
    }
}

impl DecisionRecord {
    fn encode(&self, w: &mut Writer<'_>) {
        w.bytes(self.exchange.as_bytes());
        w.text(self.tenant.as_str());
        w.array(self.chain.len());
        self.chain.iter().for_each(|link| subject(w, link));
        maybe_text(w, self.credential.as_ref().map(|it| it.as_str()));
        maybe_token(w, self.task);
        maybe_token(w, self.session);
        maybe_token(w, self.trace);
        w.text(&self.action);
        w.text(&self.resource_kind);
        w.text(self.server.as_str());
        maybe_text(w, self.name.as_deref());
        w.bytes(self.name_token.as_bytes());
        named(w, &self.named);
        w.text(&self.effect);
        maybe_digest(w, self.pin);
        w.bytes(self.ask.as_bytes());
        w.bool(self.permitted);
        maybe_text(w, self.cause.as_deref());
        w.bool(self.visible);
        w.array(self.policies.len());
        self.policies.iter().for_each(|it| w.text(it.as_str()));
        w.array(self.obligations.len());
        self.obligations.iter().for_each(|it| w.text(it));
        w.bytes(self.policy_set.as_bytes());
        w.text(self.durability.as_str());
        findings(w, &self.findings);
        w.uint(self.latency_ns);
        maybe_digest(w, self.sealed);
        maybe_id(w, self.parent);
        maybe_uint(w, self.bound);
        maybe_digest(w, self.view);
        w.array(self.items.len());
        self.items.iter().for_each(|it| w.bytes(it.as_bytes()));
        w.uint(self.items_dropped);
        classes(w, &self.classes);
    }

    /// What version 3 knows of calls of a model.
    fn read_model(&mut self, r: &mut Reader<'_>) -> Result<(), RecordError> {
        self.bound = read_maybe_uint(r)?;
        self.view = read_maybe_digest(r)?;
        self.items = digests(r)?;
        self.items_dropped = r.uint()?;
        Ok(())
    }

    fn decode(r: &mut Reader<'_>) -> Result<Self, RecordError> {
        Ok(Self {
            exchange: ExchangeId::from_bytes(r.array_of()?),
            tenant: r.text()?.into(),
            chain: list(r, read_subject)?,
            credential: read_maybe_text(r)?.map(Into::into),
            task: read_maybe_token(r)?,
            session: read_maybe_token(r)?,
            trace: read_maybe_token(r)?,
            action: r.text()?.into(),
            resource_kind: r.text()?.into(),
            server: r.text()?.into(),
            name: read_maybe_text(r)?.map(Into::into),
            name_token: Token::from_bytes(r.array_of()?),
            named: list(r, read_named)?,
            effect: r.text()?.into(),
            pin: read_maybe_digest(r)?,
            ask: Digest::from_bytes(r.array_of()?),
            permitted: r.bool()?,
            cause: read_maybe_text(r)?.map(Into::into),
            visible: r.bool()?,
            policies: list(r, |r| Ok(r.text()?.into()))?,
            obligations: list(r, |r| Ok(r.text()?.into()))?,
            policy_set: Digest::from_bytes(r.array_of()?),
            durability: Durability::parse(r.text()?).ok_or(RecordError::Word)?,
            findings: list(r, read_finding)?,
            latency_ns: r.uint()?,
            sealed: read_maybe_digest(r)?,
            // These are read where the version has them.
            parent: None,
            bound: None,
            view: None,
            items: Vec::new(),
            items_dropped: 0,
            classes: Vec::new(),
        })
    }
}

impl OutcomeRecord {
    fn encode(&self, w: &mut Writer<'_>) {
        w.bytes(self.exchange.as_bytes());
        w.uint(self.decision);
        w.text(&self.disposition);
        w.bytes(self.answer.as_bytes());
        w.uint(self.answer_bytes);
        w.uint(self.chunks);
        findings(w, &self.findings);
        w.uint(self.findings_dropped);
        w.uint(self.latency_ns);
        match &self.meter {
            Some(meter) => meter.encode(w),
            None => w.null(),
        }
        w.array(self.items.len());
        self.items.iter().for_each(|it| w.bytes(it.as_bytes()));
        maybe_digest(w, self.sealed);
        named(w, &self.named);
        classes(w, &self.classes);
    }

    fn decode(r: &mut Reader<'_>) -> Result<Self, RecordError> {
        Ok(Self {
            exchange: ExchangeId::from_bytes(r.array_of()?),
            decision: r.uint()?,
            disposition: r.text()?.into(),
            answer: Digest::from_bytes(r.array_of()?),
            answer_bytes: r.uint()?,
            chunks: r.uint()?,
            findings: list(r, read_finding)?,
            findings_dropped: r.uint()?,
            latency_ns: r.uint()?,
            // These are read where the version has them.
            meter: None,
            items: Vec::new(),
            sealed: None,
            named: Vec::new(),
            classes: Vec::new(),
        })
    }
}

impl RefusalRecord {
    fn encode(&self, w: &mut Writer<'_>) {
        w.bytes(self.exchange.as_bytes());
        w.text(self.reason.as_str());
        w.text(&self.listener);
        maybe_text(w, self.who.as_ref().map(|it| it.as_str()));
        w.uint(self.count);
    }

    fn decode(r: &mut Reader<'_>) -> Result<Self, RecordError> {
        Ok(Self {
            exchange: ExchangeId::from_bytes(r.array_of()?),
            reason: RefusalReason::parse(r.text()?).ok_or(RecordError::Word)?,
            listener: r.text()?.into(),
            who: read_maybe_text(r)?.map(Into::into),
            count: r.uint()?,
        })
    }
}

impl AdminAct {
    fn encode(&self, w: &mut Writer<'_>) {
        w.text(&self.operator);
        w.text(&self.role);
        w.text(&self.act);
        w.text(&self.target);
        w.bool(self.done);
    }

    fn decode(r: &mut Reader<'_>) -> Result<Self, RecordError> {
        Ok(Self {
            operator: r.text()?.into(),
            role: r.text()?.into(),
            act: r.text()?.into(),
            target: r.text()?.into(),
            done: r.bool()?,
        })
    }
}

impl Noticed {
    fn encode(&self, w: &mut Writer<'_>) {
        w.text(self.server.as_str());
        maybe_text(w, self.tool.as_deref());
        w.text(&self.what);
        w.text(&self.detail);
    }

    fn decode(r: &mut Reader<'_>) -> Result<Self, RecordError> {
        Ok(Self {
            server: ServerId::from(r.text()?),
            tool: read_maybe_text(r)?.map(Into::into),
            what: r.text()?.into(),
            detail: r.text()?.into(),
        })
    }
}

fn subject(w: &mut Writer<'_>, subject: &Subject) {
    w.array(2);
    match subject {
        Subject::Person(token) => {
            w.uint(0);
            w.bytes(token.as_bytes());
        }
        Subject::Agent(agent) => {
            w.uint(1);
            w.text(agent.as_str());
        }
        Subject::System(purpose) => {
            w.uint(2);
            w.text(purpose);
        }
        Subject::Server(server) => {
            w.uint(3);
            w.text(server.as_str());
        }
    }
}

fn read_subject(r: &mut Reader<'_>) -> Result<Subject, RecordError> {
    pair(r)?;
    match r.uint()? {
        0 => Ok(Subject::Person(Token::from_bytes(r.array_of()?))),
        1 => Ok(Subject::Agent(r.text()?.into())),
        2 => Ok(Subject::System(r.text()?.into())),
        3 => Ok(Subject::Server(r.text()?.into())),
        _ => Err(RecordError::Word),
    }
}

#[cfg(test)]
mod tests;

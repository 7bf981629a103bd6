//! Payloads: on which calls what is asked and answered is kept, and how it is read again.

use std::path::Path;

use bailiwick_core::{
    Action, DecisionRecord, Digest, ExchangeId, Inputs, Payload, Record, RecordError,
};
use bailiwick_log::{Entry, KeyUnavailable, LogError, Reader, World};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// Whether anything is said with it that is worth keeping.
pub(crate) const fn has_content(action: Action) -> bool {
    match action {
        Action::InvokeTool
        | Action::ReadResource
        | Action::GetPrompt
        | Action::CompleteArgument
        | Action::Sample
        | Action::Elicit
        | Action::Complete
        | Action::Embed
        | Action::CreateState
        | Action::ReadState
        | Action::Other => true,
        Action::Connect
        | Action::ListTools
        | Action::ListResources
        | Action::ListTemplates
        | Action::ListPrompts
        | Action::Subscribe
        | Action::SetLogLevel
        | Action::Ping
        | Action::Notify
        | Action::Disconnect
        | Action::ListRoots
        | Action::ListModels
        | Action::DeleteState => false,
    }
}

/// What was asked, or what was answered.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The ask, as it went out.
    Ask,
    /// The answer, as its caller saw it.
    Answer,
}

impl Part {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::Answer => "answer",
        }
    }
}

/// What of which call is to be read.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PayloadAsked {
    /// The decision's id.
    #[serde(deserialize_with = "id", serialize_with = "spelled")]
    pub decision: ExchangeId,
    /// Which part.
    pub part: Part,
}

/// What was kept.
#[derive(Debug)]
pub struct Opened {
    /// The bytes.
    pub payload: Payload,
    /// Whether they are those of which the record has the digest; `None` when not all are kept.
    pub is_proven: Option<bool>,
}

/// What was kept, as the operators' listener says it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Shown {
    /// The bytes that are kept, in base64.
    pub base64: String,
    /// How many there were.
    pub total_bytes: u64,
    /// Whether they are those of which the record has the digest; absent when not all are kept.
    pub is_proven: Option<bool>,
}

/// Why a payload cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Unread {
    /// There is no such call.
    #[error("the log has no decision {0}")]
    Unknown(ExchangeId),
    /// Nothing was kept of it.
    #[error("nothing is kept of it: its route keeps nothing, it was refused, or nothing was said")]
    NotKept,
    /// It was kept, and its person or its seal was erased.
    #[error("it was kept and is erased")]
    Erased,
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// What was sealed is no payload.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The tenant's key is not to be had.
    #[error(transparent)]
    Key(#[from] KeyUnavailable),
}

impl PayloadAsked {
    /// What the record of the act names.
    pub fn target(&self) -> String {
        format!("{} {}", self.decision, self.part.as_str())
    }

    /// Read it out of the log in this folder.
    ///
    /// # Errors
    /// [`Unread`] when there is nothing to read, or when it cannot be.
    pub fn open(&self, folder: &Path, world: &World) -> Result<Opened, Unread> {
        let reader = Reader::open(folder)?;
        let unknown = || Unread::Unknown(self.decision);
        let index = reader.find(self.decision)?.ok_or_else(unknown)?;
        let entry = reader.entry(index)?.ok_or_else(unknown)?;
        let Record::Decision(decision) = &entry.record else { return Err(unknown()) };
        let (payload, digest) = match self.part {
            Part::Ask => {
                let clear = unsealed(&reader, world, (index, decision.sealed))?;
                (Inputs::asked(&clear)?.ok_or(Unread::NotKept)?, decision.ask)
            }
            Part::Answer => self.answer(&reader, world, index)?,
        };
        let is_proven = payload.is_whole().then(|| is_of(world, decision, &payload, digest));
        Ok(Opened { is_proven: is_proven.transpose()?, payload })
    }

    fn answer(
        &self,
        reader: &Reader,
        world: &World,
        decision: u64,
    ) -> Result<(Payload, Digest), Unread> {
        for entry in reader.entries_from(decision)? {
            let Entry { index, record, .. } = entry?;
            if let Record::Outcome(it) = record
                && it.exchange == self.decision
            {
                let clear = unsealed(reader, world, (index, it.sealed))?;
                return Ok((Payload::of_answer(&clear)?, it.answer));
            }
        }
        Err(Unread::NotKept)
    }
}

fn unsealed(
    reader: &Reader,
    world: &World,
    (index, commitment): (u64, Option<Digest>),
) -> Result<Vec<u8>, Unread> {
    commitment.ok_or(Unread::NotKept)?;
    let sealed = reader.sealed(index)?.ok_or(Unread::Erased)?;
    world.unseal(&sealed)?.ok_or(Unread::Erased)
}

fn is_of(
    world: &World,
    decision: &DecisionRecord,
    payload: &Payload,
    digest: Digest,
) -> Result<bool, Unread> {
    let plain = Digest::of(payload.bytes());
    Ok(world.sealer().keyed_digest(&decision.tenant, &plain)? == digest)
}

impl From<&Opened> for Shown {
    fn from(it: &Opened) -> Self {
        Self {
            base64: STANDARD.encode(it.payload.bytes()),
            total_bytes: it.payload.total(),
            is_proven: it.is_proven,
        }
    }
}

impl Shown {
    /// The bytes that are kept; `None` when the text is no base64.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        STANDARD.decode(&self.base64).ok()
    }
}

fn id<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<ExchangeId, D::Error> {
    let text = String::deserialize(deserializer)?;
    let bad = || serde::de::Error::custom(format!("`{text}` is no decision's id"));
    ExchangeId::parse(&text).ok_or_else(bad)
}

fn spelled<S: serde::Serializer>(id: &ExchangeId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

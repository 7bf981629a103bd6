//! The records: one entry of the log each, in canonical bytes.
//!
//! A record is a deterministic CBOR array `[version, kind, field, ...]`; fields stand in a fixed
//! order, absent ones are null. A new field is added at the end with a new version, so that old
//! records stay readable. `docs/log-format.md` tells every byte.

mod codec;
mod error;
mod field;
mod meter;

use crate::class::Classed;
use crate::finding::Finding;
use crate::names::{AgentId, Digest, ExchangeId, KeyId, PolicyId, ServerId, TenantId, Token};

pub use error::RecordError;
pub use meter::Meter;

/// The version that this build writes. It reads version 1, too, whose decisions have no parent,
/// version 2, which knows no models, version 3, which keeps no answers, version 4, whose outcomes
/// name nothing, and version 5, in which nothing is noticed and nothing has classes.
pub const RECORD_VERSION: u64 = 6;

/// How firmly a record had to stand before the call went out. It bounds what the absence of a
/// record may claim, so it is in the record.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Durability {
    /// Written: it survives the process.
    Appended,
    /// Flushed: it survives a loss of power.
    Durable,
}

impl Durability {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Appended => "appended",
            Self::Durable => "durable",
        }
    }

    /// The class that the word names.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Appended, Self::Durable].into_iter().find(|it| it.as_str() == word)
    }
}

/// One link of a chain as the log holds it. Persons are pseudonyms there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Subject {
    /// A person, by the tenant's pseudonym.
    Person(Token),
    /// An agent, by name.
    Agent(AgentId),
    /// The gateway, and what for.
    System(Box<str>),
    /// An upstream server.
    Server(ServerId),
}

/// A decision, written before the upstream is touched.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DecisionRecord {
    /// The exchange.
    pub exchange: ExchangeId,
    /// The tenant.
    pub tenant: TenantId,
    /// The chain, root first: principal and actor.
    pub chain: Vec<Subject>,
    /// The credential that proved it.
    pub credential: Option<KeyId>,
    /// The task, when one is known.
    pub task: Option<Token>,
    /// The protocol session, as a pseudonym.
    pub session: Option<Token>,
    /// The caller's trace id, as a pseudonym.
    pub trace: Option<Token>,
    /// The action's word.
    pub action: Box<str>,
    /// The resource's type.
    pub resource_kind: Box<str>,
    /// The server.
    pub server: ServerId,
    /// The resource's name in the clear, for tools, prompts, templates and methods.
    pub name: Option<Box<str>>,
    /// The resource's name as a pseudonym, always.
    pub name_token: Token,
    /// The things that the arguments name: type and pseudonym.
    pub named: Vec<(Box<str>, Token)>,
    /// The effect's word: the class of the operation.
    pub effect: Box<str>,
    /// The digest of the tool's definition, where it is known.
    pub pin: Option<Digest>,
    /// The keyed digest of the ask's bytes.
    pub ask: Digest,
    /// Whether it may proceed.
    pub permitted: bool,
    /// Why not, when it may not. While the gateway only observes: `observed:` and the cause for
    /// which it would have been denied, or `observed:permit`.
    pub cause: Option<Box<str>>,
    /// Whether the caller may know that the thing exists.
    pub visible: bool,
    /// The determining policies.
    pub policies: Vec<PolicyId>,
    /// The duties.
    pub obligations: Vec<Box<str>>,
    /// The digest of the policy set.
    pub policy_set: Digest,
    /// How firmly this record must stand before the call goes out.
    pub durability: Durability,
    /// What the inspectors saw in the ask.
    pub findings: Vec<Finding>,
    /// From arrival to decision, in nanoseconds.
    pub latency_ns: u64,
    /// The commitment to the sealed decision inputs.
    pub sealed: Option<Digest>,
    /// The exchange of which this one is a part: the call during which a server asks, or the first
    /// leg of a call that is made in several.
    pub parent: Option<ExchangeId>,
    /// The most that it can cost, in micro-dollars.
    pub bound: Option<u64>,
    /// The digest of the tools that a model is shown.
    pub view: Option<Digest>,
    /// The keyed digests of the pieces of content in it, in their order.
    pub items: Vec<Digest>,
    /// How many more pieces there were.
    pub items_dropped: u64,
    /// What the named things counted as, of those whose class is to be on record.
    pub classes: Vec<Classed>,
}

impl DecisionRecord {
    /// Why policy would have denied what went on because the gateway only observed.
    pub fn would_be_denied(&self) -> Option<&str> {
        let observed = self.cause.as_deref()?.strip_prefix("observed:")?;
        (observed != "permit").then_some(observed)
    }
}

/// What came of a call, written before its reply ends.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OutcomeRecord {
    /// The exchange.
    pub exchange: ExchangeId,
    /// The index of its decision's leaf.
    pub decision: u64,
    /// The disposition's word.
    pub disposition: Box<str>,
    /// The keyed digest of the answer's bytes.
    pub answer: Digest,
    /// How many bytes the answer had.
    pub answer_bytes: u64,
    /// In how many pieces it came.
    pub chunks: u64,
    /// What the inspectors saw in the answer.
    pub findings: Vec<Finding>,
    /// How many more findings there were.
    pub findings_dropped: u64,
    /// From decision to the end of the answer, in nanoseconds.
    pub latency_ns: u64,
    /// What a model used and cost.
    pub meter: Option<Box<Meter>>,
    /// The keyed digests of the pieces of content in the answer, in their order.
    pub items: Vec<Digest>,
    /// The commitment to the sealed answer, where it is kept.
    pub sealed: Option<Digest>,
    /// The things that the answer names: type and pseudonym.
    pub named: Vec<(Box<str>, Token)>,
    /// What they counted as when the call was decided.
    pub classes: Vec<Classed>,
}

/// Why somebody was turned away before there was a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RefusalReason {
    /// Nobody was proven.
    Unidentified,
    /// The bytes could not be understood.
    Malformed,
    /// A limit was reached.
    Limit,
    /// Host or Origin is not allowed.
    Origin,
    /// The key may not be used from where it came.
    Network,
    /// The session is another's, or is gone.
    Session,
    /// There is no such address.
    NoSuchPlace,
    /// The operator's role does not suffice.
    Role,
}

impl RefusalReason {
    /// Every reason.
    pub const ALL: [Self; 8] = [
        Self::Unidentified,
        Self::Malformed,
        Self::Limit,
        Self::Origin,
        Self::Network,
        Self::Session,
        Self::NoSuchPlace,
        Self::Role,
    ];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unidentified => "unidentified",
            Self::Malformed => "malformed",
            Self::Limit => "limit",
            Self::Origin => "origin",
            Self::Network => "network",
            Self::Session => "session",
            Self::NoSuchPlace => "no_such_place",
            Self::Role => "role",
        }
    }

    /// The reason that the word names.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// Somebody was turned away before there was a call.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RefusalRecord {
    /// The exchange.
    pub exchange: ExchangeId,
    /// Why.
    pub reason: RefusalReason,
    /// Where it knocked: `agents` or `operators`.
    pub listener: Box<str>,
    /// The agent, when one was proven.
    pub who: Option<AgentId>,
    /// How many such refusals this record stands for. A flood is counted, not written out.
    pub count: u64,
}

/// An administrative act.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AdminAct {
    /// Who did it: an operator's name, or `system`.
    pub operator: Box<str>,
    /// The operator's role.
    pub role: Box<str>,
    /// What was done, such as `keys.new` or `policies.loaded`.
    pub act: Box<str>,
    /// To what: public names and digests only.
    pub target: Box<str>,
    /// Whether it was done; a refused act is on record too.
    pub done: bool,
}

/// Something was found about a server: that its state changed, that it drifts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Noticed {
    /// The server.
    pub server: ServerId,
    /// The tool, where it is about one.
    pub tool: Option<Box<str>>,
    /// What was noticed, as a word with its room before it, such as `health.abandoned`.
    pub what: Box<str>,
    /// More of it in words, without anything of a call's contents.
    pub detail: Box<str>,
}

/// One entry of the log.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Record {
    /// A decision.
    Decision(Box<DecisionRecord>),
    /// What came of a call.
    Outcome(OutcomeRecord),
    /// Somebody was turned away before there was a call.
    Refusal(RefusalRecord),
    /// An administrative act.
    Admin(AdminAct),
    /// Something was found about a server.
    Noticed(Noticed),
    /// A gateway began to write.
    Started {
        /// The version of the program.
        version: Box<str>,
    },
    /// A gateway stopped in good order.
    Stopped,
    /// Nothing happened, and that is on record too.
    Heartbeat,
}

//! What a query asks of an entry.

use bailiwick_core::{
    AgentId, DecisionRecord, Digest, ExchangeId, Noticed, Record, ServerId, Subject, Timestamp,
    Token,
};

use crate::classed::Sought;
use crate::entry::Entry;

/// The kinds of records.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// A decision.
    Decision,
    /// What came of a call.
    Outcome,
    /// Somebody was turned away before there was a call.
    Refusal,
    /// An administrative act.
    Admin,
    /// Something was found about a server.
    Noticed,
    /// A gateway began or stopped to write, or had nothing to write.
    Life,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Decision, Self::Outcome, Self::Refusal, Self::Admin, Self::Noticed, Self::Life];

    /// The kind of a record.
    pub const fn of(record: &Record) -> Self {
        match record {
            Record::Decision(_) => Self::Decision,
            Record::Outcome(_) => Self::Outcome,
            Record::Refusal(_) => Self::Refusal,
            Record::Admin(_) => Self::Admin,
            Record::Noticed(_) => Self::Noticed,
            Record::Started { .. } | Record::Stopped | Record::Heartbeat => Self::Life,
        }
    }

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Decision => "decision",
            Self::Outcome => "outcome",
            Self::Refusal => "refusal",
            Self::Admin => "admin",
            Self::Noticed => "noticed",
            Self::Life => "life",
        }
    }

    /// The kind that the word names.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// What an entry has to be to be found. What is `None` is not asked for. Agent, person, tool and
/// server are asked of decisions (the agent of refusals, tool and server of what was noticed, too);
/// other records do not have them.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// The agent in the chain.
    pub agent: Option<AgentId>,
    /// The person in the chain, by pseudonym.
    pub person: Option<Token>,
    /// The resource's name: the tool.
    pub tool: Option<Box<str>>,
    /// The server.
    pub server: Option<ServerId>,
    /// Whether it was permitted.
    pub permitted: Option<bool>,
    /// Whether it went on though policy would have denied it.
    pub would_deny: Option<bool>,
    /// The kind of record.
    pub kind: Option<Kind>,
    /// Stamped at this time or later.
    pub since: Option<Timestamp>,
    /// Stamped before this time.
    pub until: Option<Timestamp>,
    /// The exchange.
    pub exchange: Option<ExchangeId>,
    /// A piece of content in the ask of a decision or in the answer of an outcome, by keyed digest.
    pub item: Option<Digest>,
    /// What a call or its answer names: any of these, by type and pseudonym. Empty: not asked for.
    pub named: Vec<(Box<str>, Token)>,
    /// What a named thing counted as.
    pub classed: Option<Sought>,
}

impl Filter {
    /// Whether an entry fits.
    pub fn fits(&self, entry: &Entry) -> bool {
        let record = &entry.record;
        self.since.is_none_or(|it| entry.at >= it)
            && self.until.is_none_or(|it| entry.at < it)
            && self.kind.is_none_or(|it| Kind::of(record) == it)
            && self.exchange.is_none_or(|it| exchange_of(record) == Some(it))
            && self.item.is_none_or(|it| items_of(record).contains(&it))
            && (self.named.is_empty() || named_by(record).iter().any(|it| self.named.contains(it)))
            && self.classed.as_ref().is_none_or(|it| it.in_record(record).is_some())
            && self.fits_agent(record)
            && self.fits_decision(record)
    }

    fn fits_agent(&self, record: &Record) -> bool {
        let Some(agent) = &self.agent else { return true };
        match record {
            Record::Decision(it) => it.chain.contains(&Subject::Agent(agent.clone())),
            Record::Refusal(it) => it.who.as_ref() == Some(agent),
            Record::Outcome(_)
            | Record::Admin(_)
            | Record::Noticed(_)
            | Record::Started { .. }
            | Record::Stopped
            | Record::Heartbeat => false,
        }
    }

    fn fits_decision(&self, record: &Record) -> bool {
        let asked = self.person.is_some()
            || self.tool.is_some()
            || self.server.is_some()
            || self.permitted.is_some()
            || self.would_deny.is_some();
        match record {
            Record::Decision(it) => self.fits_fields(it),
            Record::Noticed(it) => self.fits_noticed(it),
            Record::Outcome(_)
            | Record::Refusal(_)
            | Record::Admin(_)
            | Record::Started { .. }
            | Record::Stopped
            | Record::Heartbeat => !asked,
        }
    }

    fn fits_noticed(&self, it: &Noticed) -> bool {
        let asked = self.person.is_some() || self.permitted.is_some() || self.would_deny.is_some();
        !asked
            && self.tool.as_ref().is_none_or(|tool| it.tool.as_ref() == Some(tool))
            && self.server.as_ref().is_none_or(|server| it.server == *server)
    }

    fn fits_fields(&self, it: &DecisionRecord) -> bool {
        let person = |token: &Token| it.chain.contains(&Subject::Person(*token));
        self.person.as_ref().is_none_or(person)
            && self.tool.as_ref().is_none_or(|tool| it.name.as_ref() == Some(tool))
            && self.server.as_ref().is_none_or(|server| it.server == *server)
            && self.permitted.is_none_or(|permitted| it.permitted == permitted)
            && self.would_deny.is_none_or(|would| it.would_be_denied().is_some() == would)
    }
}

/// The exchange that a record is about.
const fn exchange_of(record: &Record) -> Option<ExchangeId> {
    match record {
        Record::Decision(it) => Some(it.exchange),
        Record::Outcome(it) => Some(it.exchange),
        Record::Refusal(it) => Some(it.exchange),
        Record::Admin(_)
        | Record::Noticed(_)
        | Record::Started { .. }
        | Record::Stopped
        | Record::Heartbeat => None,
    }
}

/// The pieces of content that a record names.
fn items_of(record: &Record) -> &[Digest] {
    match record {
        Record::Decision(it) => &it.items,
        Record::Outcome(it) => &it.items,
        Record::Refusal(_)
        | Record::Admin(_)
        | Record::Noticed(_)
        | Record::Started { .. }
        | Record::Stopped
        | Record::Heartbeat => &[],
    }
}

/// The things that a record names.
fn named_by(record: &Record) -> &[(Box<str>, Token)] {
    match record {
        Record::Decision(it) => &it.named,
        Record::Outcome(it) => &it.named,
        Record::Refusal(_)
        | Record::Admin(_)
        | Record::Noticed(_)
        | Record::Started { .. }
        | Record::Stopped
        | Record::Heartbeat => &[],
    }
}

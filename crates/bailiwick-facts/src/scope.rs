//! Whose money it is, and for how long a limit counts it.

use bailiwick_core::{AgentId, DecisionRecord, KeyId, Subject, TenantId, Timestamp, Token};

use bailiwick_core::Day;

use crate::money::MicroDollars;
use crate::month::Month;

/// One of those on whose account a call goes. A call goes on several at once.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Scope {
    /// A tenant.
    Tenant(TenantId),
    /// A person of a tenant, by pseudonym.
    Person(TenantId, Token),
    /// An agent of a tenant.
    Agent(TenantId, AgentId),
    /// A key. Keys that were rotated share one account: it has the name of the first of their line.
    Key(KeyId),
    /// A task of a tenant, by pseudonym.
    Task(TenantId, Token),
}

/// For how long money counts. Days and months are those of UTC.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Period {
    /// From midnight to midnight.
    Day,
    /// From the first of a month to the next.
    Month,
    /// For ever; of a task, until nothing was asked in it for 40 days.
    Total,
}

/// The most that may be spent on one account in a period.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Limit {
    /// On whose account.
    pub scope: Scope,
    /// In which period.
    pub period: Period,
    /// How much.
    pub most: MicroDollars,
}

impl Scope {
    /// On whose account a decided call goes: its tenant, every person and agent of its chain, its
    /// key and its task. The one rule, for calls that go on and for the log that is read again.
    pub fn of(decision: &DecisionRecord) -> Vec<Self> {
        let tenant = &decision.tenant;
        let mut scopes = vec![Self::Tenant(tenant.clone())];
        for subject in &decision.chain {
            match subject {
                Subject::Person(token) => scopes.push(Self::Person(tenant.clone(), *token)),
                Subject::Agent(agent) => scopes.push(Self::Agent(tenant.clone(), agent.clone())),
                Subject::System(_) | Subject::Server(_) => {}
            }
        }
        scopes.extend(decision.credential.clone().map(Self::Key));
        scopes.extend(decision.task.map(|task| Self::Task(tenant.clone(), task)));
        scopes
    }
}

impl Period {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
            Self::Total => "total",
        }
    }

    /// The period that a word names.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Day, Self::Month, Self::Total].into_iter().find(|it| it.as_str() == word)
    }

    /// When the period of a day is over. Nothing: never.
    pub(crate) fn ends(self, day: Day) -> Option<Timestamp> {
        match self {
            Self::Day => day.next().begins(),
            Self::Month => Month::of(day).ends(),
            Self::Total => None,
        }
    }
}

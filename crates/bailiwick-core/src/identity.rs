//! Identify: who makes the call. A principal is a chain, and only evidence makes it count.

use std::sync::Arc;

use crate::names::{AgentId, KeyId, PersonId, ServerId, SessionId, TaskId, TenantId, Timestamp};

/// One link of a principal's chain. Each link can only narrow what the links before it may do.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Link {
    /// The person at the root.
    Person(PersonId),
    /// An agent, or a sub-agent of the link before it.
    Agent(AgentId),
    /// The gateway itself, for one purpose.
    System(Purpose),
    /// An upstream server that asks something of the person's client.
    Server(ServerId),
}

/// Why the gateway makes a call of its own.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Purpose {
    /// To learn what a server offers.
    Catalogue,
    /// To see whether a tool still gives an answer that is known.
    Canary,
}

impl Purpose {
    /// The word for it in policies and records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Catalogue => "catalogue",
            Self::Canary => "canary",
        }
    }

    /// The purpose that the word names.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Catalogue, Self::Canary].into_iter().find(|it| it.as_str() == word)
    }
}

/// Who makes a call: the chain from the person at the root to whoever acts.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Principal {
    /// The links, root first. Never empty once identified.
    pub chain: Vec<Link>,
    /// The tenant that the chain acts in.
    pub tenant: TenantId,
    /// The credential that proved it, by its public name.
    pub credential: Option<KeyId>,
    /// The task that it works on, when one is known.
    pub task: Option<TaskId>,
    /// The protocol session, when there is one.
    pub session: Option<SessionId>,
}

/// What a caller shows for who it is.
#[derive(Clone, Copy, Debug)]
pub enum Evidence<'a> {
    /// A bearer token from the `Authorization` header.
    Bearer(&'a str),
    /// Nothing at all.
    Nothing {
        /// Whether the other end of the connection is this machine.
        loopback: bool,
    },
    /// The call comes from inside the gateway.
    Gateway(Purpose),
    /// A server, inside an exchange of this caller, asks something of the caller's client.
    Upstream {
        /// The server that asks.
        server: &'a ServerId,
        /// Whose client it asks.
        client: &'a Identified,
    },
}

/// Why evidence proves nobody.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Unproved {
    /// No way of authentication knows this kind of evidence.
    #[error("no credential was shown")]
    Missing,
    /// The credential is not known, or does not match.
    #[error("the credential is not valid")]
    Invalid,
    /// The credential was known once.
    #[error("the credential was revoked or has expired")]
    Revoked,
}

/// One way to check who is calling.
pub trait Authenticator: Send + Sync {
    /// The name used in configuration, records and docs.
    fn name(&self) -> &'static str;

    /// The principal that the evidence proves; `None` when this way does not know such evidence.
    fn authenticate(
        &self,
        evidence: &Evidence<'_>,
        now: Timestamp,
    ) -> Option<Result<Principal, Unproved>>;
}

/// A principal whose evidence was checked. Only [`identify`] makes one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Identified(Arc<Principal>);

/// The principal that the evidence proves: the first way that knows the evidence answers.
///
/// # Errors
/// [`Unproved`] when no way knows it, when it is wrong, or when it proves an empty chain.
pub fn identify(
    ways: &[&dyn Authenticator],
    evidence: &Evidence<'_>,
    now: Timestamp,
) -> Result<Identified, Unproved> {
    let proved = ways.iter().find_map(|way| way.authenticate(evidence, now));
    let principal = proved.ok_or(Unproved::Missing)??;
    if principal.chain.is_empty() {
        return Err(Unproved::Invalid);
    }
    Ok(Identified(Arc::new(principal)))
}

impl Identified {
    /// Who it is.
    pub fn principal(&self) -> &Principal {
        &self.0
    }

    /// The same caller, now inside a protocol session.
    #[must_use]
    pub fn in_session(&self, session: SessionId) -> Self {
        let mut principal = Principal::clone(&self.0);
        principal.session = Some(session);
        Self(Arc::new(principal))
    }

    /// Whether both are the same chain, tenant and credential, whatever their sessions.
    ///
    /// A session id alone never authenticates: each request in a session must show its owner.
    pub fn is_same_caller(&self, other: &Self) -> bool {
        self.0.chain == other.0.chain
            && self.0.tenant == other.0.tenant
            && self.0.credential == other.0.credential
    }

    /// The person at the root of the chain, when there is one.
    pub fn person(&self) -> Option<&PersonId> {
        self.0.chain.iter().find_map(|link| match link {
            Link::Person(person) => Some(person),
            Link::Agent(_) | Link::System(_) | Link::Server(_) => None,
        })
    }

    /// The agent that acts: the last one of the chain.
    pub fn agent(&self) -> Option<&AgentId> {
        self.0.chain.iter().rev().find_map(|link| match link {
            Link::Agent(agent) => Some(agent),
            Link::Person(_) | Link::System(_) | Link::Server(_) => None,
        })
    }
}

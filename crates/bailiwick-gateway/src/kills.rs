//! Kills: what operators have stopped by name, in force at once for what comes and for what is
//! under way.
//!
//! They are kept in the administrative state (`store/kills.rs`) and held here in memory, so that
//! every decision can ask. What is killed is not there: for its caller, or for everybody.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use bailiwick_core::{Call, Identified, Link, PolicyId, Resource};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// What can be killed.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KillKind {
    /// An agent, whatever its key.
    Agent,
    /// A person, with every agent that acts on her behalf.
    Person,
    /// One key.
    Key,
    /// A tool, named `server/tool`, for everybody.
    Tool,
    /// A server or a provider, for everybody.
    Server,
    /// A model, named `provider/model`, for everybody.
    Model,
    /// A tenant, with all that is in it.
    Tenant,
}

impl KillKind {
    /// Every kind.
    pub const ALL: [Self; 7] =
        [Self::Agent, Self::Person, Self::Key, Self::Tool, Self::Server, Self::Model, Self::Tenant];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Person => "person",
            Self::Key => "key",
            Self::Tool => "tool",
            Self::Server => "server",
            Self::Model => "model",
            Self::Tenant => "tenant",
        }
    }

    /// The kind that the word names.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }

    /// Whether something can have this name: what is in a server is named with it.
    pub fn can_be_named(self, name: &str) -> bool {
        let is_within = match self {
            Self::Tool | Self::Model => name
                .split_once('/')
                .is_some_and(|(server, rest)| !server.is_empty() && !rest.is_empty()),
            Self::Agent | Self::Person | Self::Key | Self::Server | Self::Tenant => true,
        };
        is_within && (1..=NAME_MAX).contains(&name.len()) && !name.chars().any(char::is_control)
    }
}

/// What the record of a refusal names when a key does not cover what it was used for.
pub const KEY_TERMS: &str = "order:key-terms";

/// The longest name, in bytes.
const NAME_MAX: usize = 256;

/// One kill.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Kill {
    /// What kind of thing.
    pub kind: KillKind,
    /// Its name.
    pub name: String,
    /// The order's id, as records name it among the policies. It holds the name, but a person's.
    pub order: String,
    /// Why, in the operator's words.
    pub reason: String,
    /// Who did it.
    pub operator: String,
    /// Since when, in nanoseconds since the epoch.
    pub since_ns: u64,
}

/// The orders by what they stop.
#[derive(Default)]
struct Orders(BTreeMap<KillKind, HashMap<Box<str>, PolicyId>>);

impl Orders {
    fn of(&self, kind: KillKind, name: &str) -> Option<&PolicyId> {
        self.0.get(&kind)?.get(name)
    }

    /// The orders that stop one link of a chain, whatever it does.
    fn of_link(&self, link: &Link) -> Option<&PolicyId> {
        match link {
            Link::Person(it) => self.of(KillKind::Person, it.as_str()),
            Link::Agent(it) => self.of(KillKind::Agent, it.as_str()),
            Link::Server(it) => self.of(KillKind::Server, it.as_str()),
            Link::System(_) => None,
        }
    }

    /// The orders that stop a caller, whichever of its links acts.
    fn of_caller(&self, who: &Identified) -> impl Iterator<Item = &PolicyId> {
        let principal = who.principal();
        let key = principal.credential.as_ref();
        let tenant = self.of(KillKind::Tenant, principal.tenant.as_str());
        tenant.into_iter().chain(key.and_then(|it| self.of(KillKind::Key, it.as_str())))
    }

    /// The orders that stop a thing for everybody.
    fn of_thing(&self, what: &Resource) -> impl Iterator<Item = &PolicyId> {
        let within = match what {
            Resource::Tool { server, name } => Some((KillKind::Tool, server, name)),
            Resource::Model { server, name } => Some((KillKind::Model, server, name)),
            Resource::Server(_)
            | Resource::Prompt { .. }
            | Resource::Document { .. }
            | Resource::Template { .. }
            | Resource::State { .. }
            | Resource::Client { .. }
            | Resource::Method { .. } => None,
        };
        let within = within
            .filter(|(kind, ..)| self.0.contains_key(kind))
            .and_then(|(kind, server, name)| self.of(kind, &format!("{server}/{name}")));
        let server = self.of(KillKind::Server, what.server().as_str());
        server.into_iter().chain(within)
    }
}

/// The kills in force.
pub struct Kills {
    orders: RwLock<Arc<Orders>>,
    changed: watch::Sender<()>,
}

impl Default for Kills {
    fn default() -> Self {
        Self { orders: RwLock::default(), changed: watch::Sender::new(()) }
    }
}

/// The orders that stop a call: for each link of its chain, and for all of them.
pub(crate) struct Stops {
    /// In the order of the chain.
    pub(crate) each: Vec<Option<PolicyId>>,
    /// For every link alike.
    pub(crate) all: Vec<PolicyId>,
}

impl Kills {
    fn now(&self) -> Arc<Orders> {
        Arc::clone(&self.orders.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Tells when other kills are in force.
    pub fn changed(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Whether nothing is killed.
    pub fn is_empty(&self) -> bool {
        self.now().0.is_empty()
    }

    /// The order that stops a call, when there is one.
    pub fn stops(&self, call: &Call) -> Option<PolicyId> {
        self.stops_from(call.who(), call.resource())
    }

    /// The order that keeps a caller from a thing, when there is one.
    pub(crate) fn stops_from(&self, who: &Identified, what: &Resource) -> Option<PolicyId> {
        let orders = self.now();
        orders.of_thing(what).next().cloned().or_else(|| self.stops_caller(who))
    }

    /// The order that keeps a caller from everything, when there is one.
    pub(crate) fn stops_caller(&self, who: &Identified) -> Option<PolicyId> {
        let orders = self.now();
        let mut links = who.principal().chain.iter();
        let link = links.find_map(|it| orders.of_link(it));
        link.or_else(|| orders.of_caller(who).next()).cloned()
    }

    /// Every order that keeps a caller from a thing; `None` when there is none at all.
    pub(crate) fn all_from(&self, who: &Identified, what: &Resource) -> Option<Stops> {
        let orders = self.now();
        if orders.0.is_empty() {
            return None;
        }
        let links = who.principal().chain.iter();
        let each = links.map(|it| orders.of_link(it).cloned()).collect();
        let all = orders.of_caller(who).chain(orders.of_thing(what)).cloned().collect();
        Some(Stops { each, all })
    }

    /// Wait until a call is stopped.
    pub(crate) async fn stopped(&self, call: &Call) {
        self.keeping(call.who(), call.resource()).await;
    }

    /// Wait until a caller is kept from a thing.
    pub(crate) async fn keeping(&self, who: &Identified, what: &Resource) {
        let mut changed = self.changed();
        while self.stops_from(who, what).is_none() {
            // Never closed: whoever could close it is asked here.
            if changed.changed().await.is_err() {
                return;
            }
        }
    }

    /// Put other kills in force. What is under way learns of it.
    pub(crate) fn replace(&self, kills: &[Kill]) {
        let mut orders = Orders::default();
        for kill in kills {
            let of_kind = orders.0.entry(kill.kind).or_default();
            of_kind.insert(kill.name.as_str().into(), kill.order.as_str().into());
        }
        *self.orders.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(orders);
        self.changed.send_replace(());
    }
}

#[cfg(test)]
mod tests;

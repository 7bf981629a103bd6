//! What the health of servers forbids: a vote beside the policies, as admission's.

use bailiwick_contracts::health::State;
use bailiwick_core::{Day, Effect, PolicyId, Question, Resource, ServerId};

use super::Health;
use super::users::Users;
use crate::contract::Contracts;

/// What the record of a refusal names when the server's record is not whole.
pub const BARE: &str = "health:no_record";
/// What it names when the server is quarantined.
pub const QUARANTINED: &str = "health:quarantined";
/// What it names when the server is abandoned, and the call writes or the agent is new.
pub const ABANDONED: &str = "health:abandoned";
/// What it names when nobody answers for the server, and the agent is new.
pub const ORPHANED: &str = "health:orphaned";

/// Servers that somebody looks after, or nobody.
pub(crate) struct Tended<'a> {
    pub(crate) health: &'a Health,
    pub(crate) contracts: &'a Contracts,
    /// Who has used what; absent where that cannot be known: then nobody is new.
    pub(crate) users: Option<&'a Users>,
}

/// The name of what forbids that something is known of, or done.
#[derive(Default)]
pub(crate) struct Held {
    pub(crate) discover: Option<PolicyId>,
    pub(crate) invoke: Option<PolicyId>,
}

impl Held {
    fn whole(policy: &str) -> Self {
        let policy = Some(PolicyId::from(policy));
        Self { discover: policy.clone(), invoke: policy }
    }
}

impl Tended<'_> {
    pub(crate) fn forbids(&self, question: &Question<'_>) -> Held {
        let (health, server) = (self.health, question.resource.server());
        let Some(stage) = health.on(server, Day::of(question.context.now)) else {
            return Held::default();
        };
        // What is off is off for the gateway itself, too: it must not start or ask it.
        if health.is_off(stage) {
            let no_record = stage.acts != State::Quarantined;
            return Held::whole(if no_record { BARE } else { QUARANTINED });
        }
        if !stage.acts.takes_no_new_agents() || question.who.agent().is_none() {
            return Held::default();
        }
        let policy = if stage.acts.only_reads() { ABANDONED } else { ORPHANED };
        if self.users.is_some_and(|it| !it.knows(server, question.who)) {
            return Held::whole(policy);
        }
        if !stage.acts.only_reads() {
            return Held::default();
        }
        // What else there is than tools may be known of; a method of its own may do anything.
        let reads = if let Resource::Tool { server, name } = question.resource {
            reads(self.contracts, server, name)
        } else {
            true
        };
        // Of a tool that is shown as several, one may read and another write.
        let this_reads = question.call.map_or(reads, |it| it.effect() == Effect::Read);
        let held = |reads: bool| (!reads).then(|| PolicyId::from(policy));
        Held { discover: held(reads), invoke: held(this_reads) }
    }
}

/// Whether a tool reads, or one of the tools as which it is shown.
fn reads(contracts: &Contracts, server: &ServerId, tool: &str) -> bool {
    if contracts.effect(server, tool) == Effect::Read {
        return true;
    }
    let views = contracts.tool(server, tool).into_iter().flat_map(|it| it.views.keys());
    let mut views = views.filter_map(|it| contracts.view(server, it));
    views.any(|it| it.effect == Effect::Read)
}

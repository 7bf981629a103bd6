//! Admission: is a tool the one that a person approved? A vote beside the policies, so that the
//! same kernel hides and refuses what is held, in lists and in calls.

use std::collections::HashMap;
use std::sync::Arc;

use bailiwick_contracts::Pin;
use bailiwick_core::{Call, PolicyId, Question, Resource, ServerId};
use serde::{Deserialize, Serialize};

use crate::contract::Contracts;
use crate::server::Server;

/// What the record of a refusal names when nobody approved the tool.
pub const UNAPPROVED: &str = "contract:unapproved";
/// What it names when another definition was approved than its server shows now.
pub const CHANGED: &str = "contract:changed";

/// How a tool stands.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Admitted {
    /// This definition was approved.
    Approved,
    /// Nobody approved it.
    Unapproved,
    /// Another definition was approved.
    Changed,
}

/// Who is admitted.
pub(crate) struct Admission<'a> {
    pub(crate) contracts: &'a Contracts,
    /// What they show; absent where nothing is connected, and whatever was approved is believed to
    /// be as it was.
    pub(crate) servers: Option<&'a HashMap<ServerId, Arc<Server>>>,
    /// Whether what nobody approved may be used as yet.
    pub(crate) is_open: bool,
}

impl Admission<'_> {
    /// The name of what forbids it, if anything does. What is listed by the gateway itself must be
    /// seen to be approved; what it calls itself must be approved like what agents call.
    pub(crate) fn forbids(&self, question: &Question<'_>) -> Option<PolicyId> {
        let Resource::Tool { server, name } = question.resource else { return None };
        if question.who.agent().is_none() && question.call.is_none() {
            return None;
        }
        let admitted = match self.servers {
            // A call is of the definition that was known when it was read; what is known of none is
            // not approved.
            Some(servers) => {
                let shown = || Some(servers.get(server)?.catalogue.known().tool(name)?.pin);
                let pin = match question.call {
                    Some(call) => call.pin().map(Pin::of_digest),
                    None => shown(),
                };
                pin.map_or(Admitted::Unapproved, |it| admitted(self.contracts, server, name, it))
            }
            None => match question.call.and_then(Call::pin) {
                Some(pin) => admitted(self.contracts, server, name, Pin::of_digest(pin)),
                None if self.approves_any(server, name) => Admitted::Approved,
                None => Admitted::Unapproved,
            },
        };
        match admitted {
            Admitted::Approved => None,
            Admitted::Unapproved if self.is_open => None,
            Admitted::Unapproved => Some(PolicyId::from(UNAPPROVED)),
            Admitted::Changed => Some(PolicyId::from(CHANGED)),
        }
    }

    fn approves_any(&self, server: &ServerId, tool: &str) -> bool {
        self.contracts.lock(server).is_some_and(|it| it.tools.contains_key(tool))
    }
}

/// How a tool stands whose definition has this pin.
pub(crate) fn admitted(contracts: &Contracts, server: &ServerId, tool: &str, pin: Pin) -> Admitted {
    match contracts.lock(server).and_then(|it| it.tools.get(tool)) {
        None => Admitted::Unapproved,
        Some(approved) if approved.pin == pin => Admitted::Approved,
        Some(_) => Admitted::Changed,
    }
}

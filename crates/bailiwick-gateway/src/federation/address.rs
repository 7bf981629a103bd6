//! Whose it is: a name or URI that the client uses, and the server that has it.
//!
//! A bare URI belongs to the one server that has it, of those that the caller may see. Where two
//! have it, it belongs to none: else a server could draw to itself what was meant for another.

use std::sync::Arc;

use bailiwick_core::{Action, Resource, ServerId};
use bailiwick_wire::mcp::federation::{split, split_uri};

use crate::federated::{Federated, Member};
use crate::gate::Gate;

/// The server that has what the client calls so, and what the server calls it where that differs.
pub(crate) fn find(
    gate: &Gate,
    federated: &Federated,
    called: &Resource,
) -> Option<(Arc<Member>, Option<Box<str>>)> {
    let parts = match called {
        Resource::Tool { name, .. } | Resource::Prompt { name, .. } => split(name),
        Resource::Document { uri, .. } | Resource::Template { uri, .. } => split_uri(uri),
        Resource::Server(_) | Resource::Client { .. } | Resource::Method { .. } => return None,
    };
    let members = federated.visible(gate);
    let named = parts.and_then(|(server, own)| {
        let member = members.iter().find(|it| it.server.name.as_str() == server)?;
        Some((Arc::clone(member), Some(Box::from(own))))
    });
    match called {
        Resource::Tool { .. } | Resource::Prompt { .. } => named,
        Resource::Document { .. } | Resource::Template { .. } => named
            .or_else(|| sole(gate, federated, &members, called).map(|it| (Arc::clone(it), None))),
        Resource::Server(_) | Resource::Client { .. } | Resource::Method { .. } => None,
    }
}

/// The only one of these servers that has the resource, as far as the caller may know.
fn sole<'m>(
    gate: &Gate,
    federated: &Federated,
    members: &'m [Arc<Member>],
    called: &Resource,
) -> Option<&'m Arc<Member>> {
    // Until each has said what it has, nobody can tell whose it is.
    if members.iter().any(|it| it.server.catalogue.rounds() == 0) {
        return None;
    }
    let mut having = members.iter().filter(|it| has(gate, federated, it, called));
    let first = having.next()?;
    having.next().is_none().then_some(first)
}

/// Whether its own name is enough to find a resource of this server.
pub(crate) fn is_sole(
    gate: &Gate,
    federated: &Federated,
    members: &[Arc<Member>],
    called: &Resource,
) -> bool {
    // It would be understood as another server's.
    if called.name().starts_with("bailiwick://") {
        return false;
    }
    let found = sole(gate, federated, members, called);
    found.is_some_and(|it| it.server.name == *called.server())
}

fn has(gate: &Gate, federated: &Federated, member: &Member, called: &Resource) -> bool {
    let Some((action, own)) = of_server(called, &member.server.name) else { return false };
    member.server.catalogue.known().has(&own) && gate.is_visible(&federated.owner, action, &own)
}

/// The resource as one of this server's.
fn of_server(called: &Resource, server: &ServerId) -> Option<(Action, Resource)> {
    let server = server.clone();
    match called {
        Resource::Document { uri, .. } => {
            Some((Action::ReadResource, Resource::Document { server, uri: uri.clone() }))
        }
        Resource::Template { uri, .. } => {
            Some((Action::CompleteArgument, Resource::Template { server, uri: uri.clone() }))
        }
        Resource::Server(_)
        | Resource::Tool { .. }
        | Resource::Prompt { .. }
        | Resource::Client { .. }
        | Resource::Method { .. } => None,
    }
}

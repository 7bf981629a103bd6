//! Whose it is: a name or URI that the client uses, and the server that has it.
//!
//! A bare URI belongs to the one server that has it, of those that the caller may see. Where two
//! have it, it belongs to none: else a server could draw to itself what was meant for another.

use std::cell::Cell;
use std::sync::Arc;

use bailiwick_core::{Action, Identified, Resource, ServerId};
use bailiwick_wire::mcp::federation::{split, split_uri};

use crate::gate::Gate;
use crate::server::Server;

/// How many steps it may take to tell whose a URI is, or those of a whole list: some tens of
/// milliseconds.
pub(crate) const LOOK_STEPS_MAX: usize = 1 << 23;

/// The server that has what the client calls so, of those that it may know of, and what the server
/// calls it where that differs.
pub(crate) fn find(
    gate: &Gate,
    who: &Identified,
    servers: &[Arc<Server>],
    called: &Resource,
) -> Option<(Arc<Server>, Option<Box<str>>)> {
    let parts = match called {
        Resource::Tool { name, .. } | Resource::Prompt { name, .. } => split(name),
        Resource::Document { uri, .. } | Resource::Template { uri, .. } => split_uri(uri),
        Resource::Server(_)
        | Resource::Model { .. }
        | Resource::State { .. }
        | Resource::Client { .. }
        | Resource::Method { .. } => return None,
    };
    let named = parts.and_then(|(server, own)| {
        let server = servers.iter().find(|it| it.name.as_str() == server)?;
        Some((Arc::clone(server), Some(Box::from(own))))
    });
    match called {
        Resource::Tool { .. } | Resource::Prompt { .. } => named,
        Resource::Document { .. } | Resource::Template { .. } => {
            let found = || sole(gate, who, servers, called, &Cell::new(LOOK_STEPS_MAX));
            named.or_else(|| found().map(|it| (Arc::clone(it), None)))
        }
        Resource::Server(_)
        | Resource::Model { .. }
        | Resource::State { .. }
        | Resource::Client { .. }
        | Resource::Method { .. } => None,
    }
}

/// The only one of these servers that has the resource, as far as the caller may know, and as far
/// as that can be told in so many steps.
fn sole<'s>(
    gate: &Gate,
    who: &Identified,
    servers: &'s [Arc<Server>],
    called: &Resource,
    steps: &Cell<usize>,
) -> Option<&'s Arc<Server>> {
    // Until each has said what it has, nobody can tell whose it is.
    if servers.iter().any(|it| it.catalogue.rounds() == 0) {
        return None;
    }
    let mut having = servers.iter().filter(|it| has(gate, who, it, called, steps));
    let first = having.next()?;
    let is_sole = having.next().is_none();
    // Where there was no time left, another may have it.
    (is_sole && steps.get() > 0).then_some(first)
}

/// Whether its own name is enough to find a resource of this server.
pub(crate) fn is_sole(
    gate: &Gate,
    who: &Identified,
    servers: &[Arc<Server>],
    called: &Resource,
    steps: &Cell<usize>,
) -> bool {
    // It would be understood as another server's.
    if called.name().starts_with("bailiwick://") {
        return false;
    }
    let found = sole(gate, who, servers, called, steps);
    found.is_some_and(|it| it.name == *called.server())
}

fn has(
    gate: &Gate,
    who: &Identified,
    server: &Server,
    called: &Resource,
    steps: &Cell<usize>,
) -> bool {
    let Some((action, own)) = of_server(called, &server.name) else { return false };
    server.catalogue.known().has_within(&own, steps) && gate.is_visible(who, action, &own)
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
        | Resource::Model { .. }
        | Resource::State { .. }
        | Resource::Client { .. }
        | Resource::Method { .. } => None,
    }
}

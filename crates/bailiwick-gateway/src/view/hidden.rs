//! What is hidden from a caller of models: tools of the gateway's servers that it may not discover,
//! and roles that it is not in.

use std::collections::HashSet;
use std::sync::Arc;

use bailiwick_core::{Action, Identified, Pending, Resource, ServerId};
use bailiwick_guard::{HIDDEN_ROLE, HIDDEN_TOOL};

use crate::gate::Gate;
use crate::hidden::{Hidden, Ready, found_call};

/// What hosts that know many servers write before a tool's name.
const HOST_PREFIX: &str = "mcp__";
/// How many tools are decided on for one caller; more are not looked for, and a call of one is
/// noticed all the same.
const TOOLS_MAX: usize = 4096;

/// What is hidden from this caller, who brought tools of which some were kept and some cut. `None`
/// when nothing is: then nothing is looked for.
pub(crate) fn hidden(
    gate: &Gate,
    who: &Identified,
    (kept, cut): (Vec<Box<str>>, Vec<Box<str>>),
) -> Option<Hidden> {
    if gate.hides_nothing() {
        return None;
    }
    let ready = ready(gate, who);
    if !ready.any && cut.is_empty() {
        return None;
    }
    let is_missing = cut.iter().any(|it| !ready.names.has(it));
    let names = if is_missing || kept.iter().any(|it| ready.names.has(it)) {
        let cut = cut.iter().map(|it| (HIDDEN_TOOL, &**it));
        Arc::new(ready.names.changed(cut, kept.iter().map(|it| &**it)))
    } else {
        ready.names
    };
    Some(Hidden { names, who: who.clone(), kept, cut })
}

/// Whether these calls of a model may reach its caller. One of a tool that the caller may not know
/// of is a finding, and nothing of the answer passes any more.
pub(crate) fn passes(gate: &Gate, hidden: &Hidden, owed: &mut Pending, calls: &[Box<str>]) -> bool {
    calls.iter().all(|name| !hides(gate, hidden, name) || found_call(owed, name))
}

/// Whether the caller may not know of the tool of this name. What it brought, and what nobody has,
/// is its own.
fn hides(gate: &Gate, hidden: &Hidden, name: &str) -> bool {
    // A tool of a namespace is called without it.
    let bare = |it: &str| it.rsplit_once('.').is_some_and(|(_, it)| it == name);
    let is_own = hidden.kept.iter().any(|it| **it == *name || bare(it));
    let is_cut = || hidden.cut.iter().any(|it| **it == *name);
    let is_told = || !hidden.names.find(name).is_empty();
    !is_own && (is_cut() || is_told() || !is_tool_visible(gate, &hidden.who, name))
}

fn ready(gate: &Gate, who: &Identified) -> Ready {
    let (now, rules) = (gate.now(), gate.parts.rules.count());
    let held = &gate.parts.hidden;
    held.of(who, rules, now).unwrap_or_else(|| {
        let (names, any) = names(gate, who);
        let ready = Ready { since: now, rules, names: held.looking_for(names), any };
        held.keep(who, ready.clone());
        ready
    })
}

/// The names of what the caller may not know of, by kind, and whether there is any such thing.
fn names(gate: &Gate, who: &Identified) -> (Vec<(&'static str, String)>, bool) {
    let (mut hidden, mut seen) = (Vec::new(), HashSet::new());
    let mut left = TOOLS_MAX;
    for (server, it) in &gate.parts.servers {
        let known = it.catalogue.known();
        let tools = known.names().filter(|(action, _)| *action == Action::InvokeTool);
        for (_, name) in tools.take(left) {
            left -= 1;
            let tool = Resource::Tool { server: server.clone(), name: name.into() };
            if gate.is_visible(who, Action::InvokeTool, &tool) {
                seen.insert(name.to_owned());
            } else {
                hidden.push((server.clone(), name.to_owned()));
            }
        }
    }
    let any = !hidden.is_empty();
    let rules = gate.rules();
    let roles = rules.policies.roles_beyond(&who.principal().chain);
    let mut names: Vec<_> = roles.map(|it| (HIDDEN_ROLE, it.to_owned())).collect();
    for (server, name) in hidden {
        names.push((HIDDEN_TOOL, format!("{server}__{name}")));
        names.push((HIDDEN_TOOL, format!("{HOST_PREFIX}{server}__{name}")));
        // The same name elsewhere is no secret.
        if !seen.contains(&name) {
            names.push((HIDDEN_TOOL, name));
        }
    }
    let any = any || !names.is_empty();
    (names, any)
}

/// Whether the caller may know of the tool of this name, wherever it is. A name that no server has
/// is the caller's own: there is nothing to hide about it.
pub(crate) fn is_tool_visible(gate: &Gate, who: &Identified, name: &str) -> bool {
    let bare = name.strip_prefix(HOST_PREFIX).unwrap_or(name);
    let mut meant = Vec::new();
    // Federated names, and those of a namespace that is called like a server.
    for apart in ["__", "."] {
        let parts = bare.split_once(apart);
        meant.extend(parts.and_then(|(server, tool)| tool_of(gate, server, tool)));
    }
    let servers = gate.parts.servers.keys();
    meant.extend(servers.filter_map(|server| tool_of(gate, server.as_str(), bare)));
    meant.is_empty() || meant.iter().any(|it| gate.is_visible(who, Action::InvokeTool, it))
}

/// The tool, when its server has it.
fn tool_of(gate: &Gate, server: &str, name: &str) -> Option<Resource> {
    let known = gate.server(server)?.catalogue.known();
    let tool = Resource::Tool { server: ServerId::from(server), name: name.into() };
    known.has(&tool).then_some(tool)
}

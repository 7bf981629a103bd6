//! What is hidden from a caller of models: tools of the gateway's servers that it may not discover,
//! and roles that it is not in.

use std::collections::HashSet;
use std::sync::Arc;

use bailiwick_core::{Action, Identified, Pending, Resource, ServerId};
use bailiwick_guard::{HIDDEN_ROLE, HIDDEN_TOOL};

use crate::gate::Gate;
use crate::hidden::{Hidden, Ready, found_call};
use crate::rules::Rules;
use crate::server::Server;

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
    let rules = gate.rules();
    for (server, names) in shared(listed(gate, &rules), TOOLS_MAX) {
        for name in &names {
            let tool = Resource::Tool { server: server.clone(), name: name.clone() };
            let is_visible = gate.is_visible(who, Action::InvokeTool, &tool);
            let shown = rules.contracts.shown(&server, name);
            // What is shown by its views only is not known by its own name.
            let own = (!shown.contains(&&**name)).then_some((&**name, false));
            for (name, is_seen) in shown.into_iter().map(|it| (it, is_visible)).chain(own) {
                if is_seen {
                    seen.insert(name.to_owned());
                } else {
                    hidden.push((server.clone(), name.to_owned()));
                }
            }
        }
    }
    let any = !hidden.is_empty();
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

/// The tools of each server, those first that a person approved.
fn listed(gate: &Gate, rules: &Rules) -> Vec<(ServerId, Vec<Box<str>>)> {
    let of = |(server, it): (&ServerId, &Arc<Server>)| {
        let (known, lock) = (it.catalogue.known(), rules.contracts.lock(server));
        let is_approved = |name: &&str| lock.is_some_and(|it| it.tools.contains_key(*name));
        let tools = known.tools().map(|(name, _)| name);
        let (first, others): (Vec<_>, Vec<_>) = tools.partition(is_approved);
        (server.clone(), first.into_iter().chain(others).map(Box::from).collect())
    };
    gate.parts.servers.iter().map(of).collect()
}

/// As many of these tools as may be, and of each server its share: one that lists thousands takes
/// no room from others. What small ones leave is for larger ones.
fn shared(mut all: Vec<(ServerId, Vec<Box<str>>)>, most: usize) -> Vec<(ServerId, Vec<Box<str>>)> {
    all.sort_by_key(|(_, names)| names.len());
    let (mut left, mut waiting) = (most, all.len());
    for (_, names) in &mut all {
        names.truncate(left.checked_div(waiting).unwrap_or(0));
        left = left.saturating_sub(names.len());
        waiting = waiting.saturating_sub(1);
    }
    all
}

/// Whether the caller may know of the tool of this name, wherever it is. A name that no server has
/// is the caller's own: there is nothing to hide about it.
pub(crate) fn is_tool_visible(gate: &Gate, who: &Identified, name: &str) -> bool {
    let bare = name.strip_prefix(HOST_PREFIX).unwrap_or(name);
    let (mut named, rules) = (Vec::new(), gate.rules());
    // Federated names, and those of a namespace that is called like a server.
    for apart in ["__", "."] {
        let parts = bare.split_once(apart);
        named.extend(parts.and_then(|(server, tool)| named_by(gate, &rules, server, tool)));
    }
    let servers = gate.parts.servers.keys();
    named.extend(servers.filter_map(|server| named_by(gate, &rules, server.as_str(), bare)));
    let is_seen = |it: &Named| match it {
        Named::Tool(tool) => gate.is_visible(who, Action::InvokeTool, tool),
        Named::ByViewsOnly => false,
    };
    named.is_empty() || named.iter().any(is_seen)
}

/// What a name is of a server's.
enum Named {
    Tool(Resource),
    /// A tool that nobody may call by its own name.
    ByViewsOnly,
}

/// What a name is, when its server has a tool of it, or one that is shown by it.
fn named_by(gate: &Gate, rules: &Rules, server: &str, name: &str) -> Option<Named> {
    let known = gate.server(server)?.catalogue.known();
    let server = ServerId::from(server);
    let own = rules.contracts.own_name(&server, name);
    let is_shown = rules.contracts.shown(&server, own).contains(&name);
    let tool = Resource::Tool { server: server.clone(), name: own.into() };
    let is_there = known.has(&tool);
    is_there.then_some(if is_shown { Named::Tool(tool) } else { Named::ByViewsOnly })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_with_thousands_of_tools_takes_no_room_from_others() {
        let tools = |len: usize| (0..len).map(|it| it.to_string().into()).collect::<Vec<_>>();
        let of = |sizes: &[usize]| {
            let all = sizes.iter().map(|it| (ServerId::from("s"), tools(*it))).collect();
            shared(all, 100).into_iter().map(|(_, names)| names.len()).collect::<Vec<_>>()
        };
        assert_eq!(of(&[4_096, 3, 40]), [3, 40, 57]);
        assert_eq!(of(&[4_096, 4_096, 20]), [20, 40, 40]);
        assert_eq!(of(&[70, 30]), [30, 70], "all, where there is room");
        assert_eq!(shared(vec![(ServerId::from("s"), tools(5))], 2)[0].1, tools(2));
        assert!(of(&[]).is_empty());
    }
}

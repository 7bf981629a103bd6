//! What of the tools in a request its caller may show to a model.
//!
//! A name that no server has is the caller's own tool and stays: there is nothing to hide about it.
//! A tool that the provider runs itself stays only by a permit to invoke it.

use std::collections::BTreeMap;

use super::{Visit, hosted};
use crate::gate::Gate;
use crate::upstream::Route;
use bailiwick_core::{Action, Digest, ExchangeId, Resource, ServerId};
use bailiwick_wire::llm::{Ask, OfferedTool, ToolKind};

/// What hosts that know many servers write before a tool's name.
const HOST_PREFIX: &str = "mcp__";
/// How many kinds of tools one request may bring that the provider runs.
const KINDS_MAX: usize = 32;

/// Which of the tools stay, in their order.
pub(super) async fn kept(visit: &Visit, route: &Route, ask: &Ask, within: ExchangeId) -> Vec<bool> {
    let mut kept = Vec::with_capacity(ask.tools.len());
    // Each kind is decided once, however often it is brought.
    let mut hosted: BTreeMap<&str, bool> = BTreeMap::new();
    for tool in &ask.tools {
        let may = match &tool.kind {
            ToolKind::Function => is_visible(visit, &tool.name),
            ToolKind::Hosted(kind) => match hosted.get(&**kind) {
                Some(may) => *may,
                None if hosted.len() == KINDS_MAX => false,
                None => {
                    let may = hosted::may(visit, route, kind, within).await;
                    hosted.insert(kind, may);
                    may
                }
            },
        };
        kept.push(may);
    }
    kept
}

/// The digest of the tools that a model is shown.
pub(super) fn digest(tools: &[OfferedTool]) -> Digest {
    let mut names: Vec<&str> = tools.iter().map(|it| &*it.name).collect();
    names.sort_unstable();
    let mut all = Vec::new();
    for name in names {
        all.extend_from_slice(&(name.len() as u64).to_be_bytes());
        all.extend_from_slice(name.as_bytes());
    }
    Digest::of(&all)
}

/// Whether the caller may know of the tool of this name, wherever it is.
fn is_visible(visit: &Visit, name: &str) -> bool {
    let bare = name.strip_prefix(HOST_PREFIX).unwrap_or(name);
    let mut meant = Vec::new();
    // Federated names, and those of a namespace that is called like a server.
    for apart in ["__", "."] {
        let parts = bare.split_once(apart);
        meant.extend(parts.and_then(|(server, tool)| tool_of(&visit.gate, server, tool)));
    }
    let servers = visit.gate.parts.servers.keys();
    meant.extend(servers.filter_map(|server| tool_of(&visit.gate, server.as_str(), bare)));
    meant.is_empty()
        || meant.iter().any(|it| visit.gate.is_visible(&visit.who, Action::InvokeTool, it))
}

/// The tool, when its server has it.
fn tool_of(gate: &Gate, server: &str, name: &str) -> Option<Resource> {
    let known = gate.server(server)?.catalogue.known();
    let tool = Resource::Tool { server: ServerId::from(server), name: name.into() };
    known.has(&tool).then_some(tool)
}

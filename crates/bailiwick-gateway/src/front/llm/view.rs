//! What of the tools in a request its caller may show to a model.
//!
//! A name that no server has is the caller's own tool and stays: there is nothing to hide about it.
//! A tool that the provider runs itself stays only by a permit to invoke it, which nobody has with
//! a model that does not exist for the caller.

use std::collections::BTreeMap;

use super::{Visit, hosted};
use crate::hidden::Hidden;
use crate::upstream::Route;
use crate::view::is_tool_visible;
use bailiwick_core::{Digest, ExchangeId};
use bailiwick_wire::llm::{Ask, OfferedTool, ToolKind};

/// How many kinds of tools one request may bring that the provider runs.
const KINDS_MAX: usize = 32;

/// Which of the tools stay, in their order.
pub(super) async fn kept(visit: &Visit, route: &Route, ask: &Ask, within: ExchangeId) -> Vec<bool> {
    let mut kept = Vec::with_capacity(ask.tools.len());
    // Each kind is decided once, however often it is brought.
    let mut hosted: BTreeMap<&str, bool> = BTreeMap::new();
    let mut knows = None;
    for tool in &ask.tools {
        let may = match &tool.kind {
            ToolKind::Function => is_tool_visible(&visit.gate, &visit.who, &tool.name),
            ToolKind::Hosted(kind) => match hosted.get(&**kind) {
                Some(may) => *may,
                None if hosted.len() == KINDS_MAX => false,
                None => {
                    // INVARIANT: nothing is on record before the call of a model that is hidden, as
                    // nothing is before that of one that never was.
                    let knows = *knows.get_or_insert_with(|| visit.knows(route));
                    let may = knows && hosted::may(visit, route, kind, within).await;
                    hosted.insert(kind, may);
                    may
                }
            },
        };
        kept.push(may);
    }
    kept
}

/// What is hidden from the caller, besides the tools that were cut.
pub(super) fn hidden(visit: &Visit, ask: &Ask, keep: &[bool]) -> Option<Hidden> {
    let own = ask.tools.iter().zip(keep).filter(|(it, _)| it.kind == ToolKind::Function);
    let (kept, cut): (Vec<_>, Vec<_>) = own.partition(|(_, stays)| **stays);
    let names = |all: Vec<(&OfferedTool, _)>| all.iter().map(|(it, _)| it.name.clone()).collect();
    crate::view::hidden(&visit.gate, &visit.who, (names(kept), names(cut)))
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

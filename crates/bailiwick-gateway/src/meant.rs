//! What a call means: one of a narrow tool becomes, before anything is decided, a call of the
//! server's tool, with what is fixed and whom it is bound to put in.

use bailiwick_contracts::{Caller, canonical};
use bailiwick_core::{Action, Effect, Identified, Resource, Value};
use bailiwick_wire::mcp::{Asked, called_as};
use bytes::Bytes;

use crate::contract::Contracts;

/// What a call is taken for.
pub(crate) struct Meant {
    pub(crate) asked: Asked,
    pub(crate) ask: Bytes,
    /// What the view does to the world, where it is called by one.
    pub(crate) effect: Option<Effect>,
    /// The tool is shown by its views only.
    pub(crate) is_gone: bool,
    /// Why it may not be said like this.
    pub(crate) misfit: Option<Box<str>>,
}

/// What a call means once its tool is taken for the server's.
pub(crate) fn meant(contracts: &Contracts, who: &Identified, asked: Asked, ask: Bytes) -> Meant {
    let mut meant = Meant { asked, ask, effect: None, is_gone: false, misfit: None };
    let Resource::Tool { server, name } = &meant.asked.resource else { return meant };
    if meant.asked.action != Action::InvokeTool || who.agent().is_none() {
        return meant;
    }
    let Some(view) = contracts.view(server, name).cloned() else {
        meant.is_gone = contracts.tool(server, name).is_some_and(|it| !it.views.is_empty());
        return meant;
    };
    let (server, renamed) = (server.clone(), (*view.tool != **name).then_some(&*view.tool));
    let principal = who.principal();
    let caller = Caller {
        tenant: principal.tenant.as_str(),
        person: who.person().map(|it| it.as_str()),
        agent: who.agent().map(|it| it.as_str()),
    };
    let narrowing = view.narrowing.as_deref();
    let misfit = narrowing.and_then(|it| it.check(&meant.asked.arguments, caller).err());
    let sent = narrowing.map(|it| it.sent(caller)).unwrap_or_default();
    let texts: Vec<_> = sent.iter().map(|(name, it)| (*name, it.as_ref().map(canonical))).collect();
    match called_as(&meant.ask, renamed, &texts) {
        Some(ask) => meant.ask = ask,
        // It goes nowhere: what is sent would not be what is decided on.
        None => meant.is_gone = true,
    }
    if let Value::Record(members) = &mut meant.asked.arguments {
        for (name, value) in &sent {
            members.retain(|(it, _)| **it != **name);
            members.extend(value.clone().map(|it| ((*name).into(), it)));
        }
    }
    meant.asked.resource = Resource::Tool { server, name: view.tool.clone() };
    meant.misfit = misfit.map(|it| it.to_string().into());
    meant.effect = Some(view.effect);
    meant
}

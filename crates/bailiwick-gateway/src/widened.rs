//! A call of a narrow tool becomes, before anything is decided, a call of the server's tool, with
//! what is fixed and whom it is bound to put in.

use bailiwick_contracts::{Caller, canonical};
use bailiwick_core::{Action, Effect, Identified, Resource, ServerId, Value};
use bailiwick_wire::mcp::{Asked, called_as};
use bytes::Bytes;

use crate::contract::Contracts;

/// What a call is taken for.
pub(crate) struct Widened {
    pub(crate) asked: Asked,
    pub(crate) ask: Bytes,
    /// What the view does to the world, where it is called by one.
    pub(crate) effect: Option<Effect>,
    /// The tool is shown by its views only.
    pub(crate) is_gone: bool,
    /// Why it may not be said like this.
    pub(crate) misfit: Option<Box<str>>,
}

/// What a call is taken for once its tool is the server's.
pub(crate) fn widened(
    contracts: &Contracts,
    who: &Identified,
    asked: Asked,
    ask: Bytes,
) -> Widened {
    let mut widened = Widened { asked, ask, effect: None, is_gone: false, misfit: None };
    let asked = &mut widened.asked;
    let Resource::Tool { server, name } = &asked.resource else { return widened };
    if asked.action != Action::InvokeTool || who.agent().is_none() {
        return widened;
    }
    match wide(contracts, who, (server, name), &mut asked.arguments) {
        Wide::Own => {}
        Wide::Gone => widened.is_gone = true,
        Wide::View { tool, effect, sent, misfit } => {
            let renamed = (*tool != **name).then_some(&*tool);
            let texts: Vec<_> =
                sent.iter().map(|(name, it)| (&**name, it.as_ref().map(canonical))).collect();
            match called_as(&widened.ask, renamed, &texts) {
                Some(ask) => widened.ask = ask,
                // It goes nowhere: what is sent would not be what is decided on.
                None => widened.is_gone = true,
            }
            asked.resource = Resource::Tool { server: server.clone(), name: tool };
            widened.misfit = misfit;
            widened.effect = Some(effect);
        }
    }
    widened
}

/// What a call is taken for of which its caller may know nothing: a call of the server's own tool,
/// for the record. Nothing of its arguments is looked at, so it fits nothing: should other rules
/// come into force before it is decided, it is refused all the same.
pub(crate) fn unseen(contracts: &Contracts, asked: Asked, ask: Bytes) -> Widened {
    let resource = contracts.own(&asked.resource).unwrap_or(asked.resource);
    let (asked, misfit) = (Asked { resource, ..asked }, Some("not looked at".into()));
    Widened { asked, ask, effect: None, is_gone: false, misfit }
}

/// What a tool's name stands for.
pub(crate) enum Wide {
    /// The server's own tool, as the server shows it.
    Own,
    /// A tool that is shown by its views only.
    Gone,
    /// A narrower tool.
    View {
        /// The server's tool.
        tool: Box<str>,
        /// What the view does to the world.
        effect: Effect,
        /// The arguments that are put in, or taken out.
        sent: Vec<(Box<str>, Option<Value>)>,
        /// Why the arguments that were given may not be said.
        misfit: Option<Box<str>>,
    },
}

/// What a tool's name stands for; its arguments become those of the server's tool.
pub(crate) fn wide(
    contracts: &Contracts,
    who: &Identified,
    (server, name): (&ServerId, &str),
    arguments: &mut Value,
) -> Wide {
    let Some(view) = contracts.view(server, name) else {
        let is_gone = contracts.tool(server, name).is_some_and(|it| !it.views.is_empty());
        return if is_gone { Wide::Gone } else { Wide::Own };
    };
    let caller = Caller {
        tenant: who.principal().tenant.as_str(),
        person: who.person().map(|it| it.as_str()),
        agent: who.agent().map(|it| it.as_str()),
    };
    let narrowing = view.narrowing.as_deref();
    let misfit = narrowing.and_then(|it| it.check(arguments, caller).err());
    let sent = narrowing.map(|it| it.sent(caller)).unwrap_or_default();
    if let Value::Record(members) = arguments {
        for (name, value) in &sent {
            members.retain(|(it, _)| **it != **name);
            members.extend(value.clone().map(|it| ((*name).into(), it)));
        }
    }
    Wide::View {
        tool: view.tool.clone(),
        effect: view.effect,
        sent: sent.into_iter().map(|(name, it)| (name.into(), it)).collect(),
        misfit: misfit.map(|it| it.to_string().into()),
    }
}

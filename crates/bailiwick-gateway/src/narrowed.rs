//! Narrowing: tools as operators show them, made from a contract when it is read.

use std::collections::HashMap;
use std::sync::Arc;

use bailiwick_contracts::{Contract, Definition, Lock, Narrowing, Tool};
use bailiwick_core::Effect;
use bailiwick_wire::json::{Document, Limits};

/// A tool as it is shown: its own, narrower, or one of its views.
#[derive(Clone, Debug)]
pub(crate) struct View {
    /// The server's tool.
    pub(crate) tool: Box<str>,
    pub(crate) narrowing: Option<Arc<Narrowing>>,
    /// What it does to the world.
    pub(crate) effect: Effect,
}

/// The narrowed tools of one server, by the names under which they are shown.
pub(crate) type Views = HashMap<Box<str>, View>;

/// The narrowed tools that a contract makes.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn views(contract: &Contract) -> Result<Views, String> {
    let mut views = Views::new();
    for (name, tool) in &contract.tools {
        let told = |why: String| format!("tool `{name}`: {why}");
        let own = Narrowing::of_tool(tool).map_err(told)?;
        if tool.views.is_empty() {
            if let Some(own) = own {
                let effect = effect(tool, None);
                let view = View { tool: name.as_str().into(), narrowing: Some(own.into()), effect };
                views.insert(name.as_str().into(), view);
            }
            continue;
        }
        for shown in tool.views.keys() {
            let narrowing = Narrowing::of_view(tool, shown).map_err(told)?.map(Arc::new);
            let effect = effect(tool, Some(shown));
            let view = View { tool: name.as_str().into(), narrowing, effect };
            let is_taken = shown != name && contract.tools.contains_key(shown);
            if views.insert(shown.as_str().into(), view).is_some() || is_taken {
                return Err(told(format!("its view `{shown}` is called as another tool is")));
            }
        }
    }
    Ok(views)
}

/// What is wrong with narrowed tools for the definitions that a person approved.
pub(crate) fn misfits(views: &Views, lock: &Lock) -> Vec<String> {
    let misfit = |view: &View| {
        let approved = lock.tools.get(&*view.tool)?;
        view.narrowing.as_ref()?.misfit(&definition(&approved.definition)?)
    };
    let takes = views.iter().filter(|(shown, view)| **shown != view.tool);
    let taken =
        takes.filter(|(shown, _)| lock.tools.contains_key(&***shown)).map(|(shown, view)| {
            let tool = &view.tool;
            format!("tool `{tool}`: its view `{shown}` is called as another tool of the server is")
        });
    views.values().filter_map(misfit).chain(taken).collect()
}

/// A definition as it was approved.
pub(crate) fn definition(text: &str) -> Option<Definition> {
    let document = Document::parse(text.as_bytes(), Limits::default()).ok()?;
    Definition::of(&document.root().to_value()).ok()
}

/// A view's own effect, where it has one, else its tool's; `unknown` where nobody stands for it.
fn effect(tool: &Tool, view: Option<&str>) -> Effect {
    let own = view.and_then(|it| tool.views.get(it)).and_then(|it| it.effect.as_ref());
    let word = own.unwrap_or(&tool.effect).verified();
    word.map_or(Effect::Unknown, |it| (*it).into())
}

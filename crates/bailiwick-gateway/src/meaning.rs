//! What is meant: do arguments say what a contract says that they mean, and which things does an
//! answer name?

use bailiwick_contracts::{meant, named_by_answer};
use bailiwick_core::{Action, Call, Disposition, NamedResource, Resource, ServerId, Value};
use bailiwick_wire::json::{Document, Limits, Node};

use crate::contract::Contracts;

/// Why the arguments of a call do not mean what the contract says, if they do not. What is called
/// may be a view: then both it and its tool have something to say.
pub(crate) fn misfit(
    contracts: &Contracts,
    server: &ServerId,
    name: &str,
    arguments: &Value,
) -> Option<Box<str>> {
    let tool = contracts.tool(server, contracts.own_name(server, name))?;
    let view = tool.views.get(name).map(|it| &it.arguments);
    let said: Vec<_> = std::iter::once(&tool.arguments).chain(view).collect();
    Some(meant(&said, arguments).err()?.to_string().into())
}

/// The things that an answer names, or all of a type where nobody can say which.
pub(crate) fn named_in(
    contracts: &Contracts,
    call: &Call,
    answer: &[u8],
    disposition: Disposition,
) -> Vec<NamedResource> {
    let Resource::Tool { server, name } = call.resource() else { return Vec::new() };
    let is_result = matches!(disposition, Disposition::Answered | Disposition::ToolFailed);
    let tool = contracts.tool(server, name).filter(|it| !it.results.is_empty());
    match tool {
        Some(tool) if is_result && call.action() == Action::InvokeTool => {
            named_by_answer(&tool.results, &contents(answer))
        }
        Some(_) | None => Vec::new(),
    }
}

/// The structured content of an answer; where there is none, its texts that are JSON.
fn contents(answer: &[u8]) -> Vec<Value> {
    let Ok(document) = Document::parse(answer, Limits::default()) else { return Vec::new() };
    let Some(result) = document.root().member("result") else { return Vec::new() };
    if let Some(content) = result.member("structuredContent") {
        return vec![content.to_value()];
    }
    let pieces = result.member("content").into_iter().flat_map(Node::elements);
    let texts = pieces.filter_map(|it| it.member("text").and_then(|it| it.text()));
    let values = texts.filter_map(|text| {
        let document = Document::parse(text.as_bytes(), Limits::default()).ok()?;
        Some(document.root().to_value())
    });
    values.collect()
}

//! What a body asks of a model: what decisions, bounds and records are made from.
//!
//! Only what these need is looked at. A member whose name differs from one that is looked at in
//! case only is refused: a provider that ignores case would do something else than was decided.

use bailiwick_core::Value;

use super::choice;
use super::fields::{Read, count, flag, given, inner, needed, object, text};
use super::item::Item;
use super::operation::Operation;
use super::parameters;
use super::prompt::{self, Prompt};
use super::state::{self, STATE_MAX};
use super::thought;
use super::tools::{self, OfferedTool};
use crate::Unintelligible;
use crate::json::{Document, Kind, Node};

/// What one body asks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Ask {
    /// The model, as the caller names it.
    pub model: Box<str>,
    /// Whether the answer is to come as it is written.
    pub stream: bool,
    /// Whether the client itself asked for the usage in a stream; always so but in chats.
    pub tells_usage: bool,
    /// The most tokens that may be written, for each choice; the largest where several are given.
    pub output_max: Option<u64>,
    /// How many answers are written; none for embeddings and counts.
    pub choices: u64,
    /// What policy may read: always a record.
    pub parameters: Value,
    /// The tools that the model is offered: those of the body's `tools` in their order, then those
    /// that it offers elsewhere.
    pub tools: Vec<OfferedTool>,
    /// The tool that must be called, where one is named.
    pub chosen: Option<Box<str>>,
    /// The items of the prompt in their order, at most [`super::ITEMS_MAX`].
    pub items: Vec<Item>,
    /// How many more items there are.
    pub items_dropped: u64,
    /// How many bytes of the body are images that stand in it, which no model reads as text.
    pub image_bytes: u64,
    /// Ids that the body names of what the provider keeps, each once.
    pub state: Vec<Box<str>>,
    /// The one of them that is the answer with which it goes on.
    pub previous: Option<Box<str>>,
    /// Whether the model is to think before it writes, where the body says anything about that.
    pub is_to_think: Option<bool>,
}

/// The members of a body that are looked at, in any operation.
const KNOWN: &[&str] = &[
    "model",
    "stream",
    "stream_options",
    "max_completion_tokens",
    "max_tokens",
    "max_output_tokens",
    "n",
    "messages",
    "input",
    "instructions",
    "system",
    "tools",
    "functions",
    "web_search_options",
    "mcp_servers",
    "tool_choice",
    "function_call",
    "store",
    "background",
    "previous_response_id",
    "conversation",
    "prompt",
    "container",
    "thread",
    "fallbacks",
    "models",
    "plugins",
    "data_sources",
    "dataSources",
    "enable_search",
    "search_parameters",
    "user_profile_id",
    "diagnostics",
    "prompt_cache_options",
    "background_options",
    "temperature",
    "top_p",
    "reasoning_effort",
    "reasoning",
    "service_tier",
    "speed",
    "inference_geo",
    "max_tool_calls",
    "response_format",
    "text",
    "output_config",
    "output_format",
];

/// Read a body.
///
/// # Errors
/// [`Unintelligible`] when it cannot be told what is asked.
pub fn read(operation: Operation, document: &Document<'_>) -> Result<Ask, Unintelligible> {
    let root = object(document.root(), "body", KNOWN)?;
    refuse_other_models(root)?;
    let model: Box<str> = needed(root, "model")?.into();
    let stream = operation.writes() && flag(root, "stream")?.unwrap_or(false);
    let output_max = output_max(operation, root)?;
    let choices = choices(operation, root)?;
    let tells_usage = tells_usage(operation, root)?;
    let calls_max = count(root, "max_tool_calls")?;
    let tools = tools::offered(operation, root)?.into_iter();
    let tools: Vec<OfferedTool> = tools.map(|it| it.at_most(calls_max)).collect();
    let chosen = choice::chosen(operation, root)?;
    let Prompt { items, messages, state } = prompt::read(operation, root)?;
    let state = all_state(operation, root, state)?;
    let facts = parameters::Facts {
        stream,
        output_max,
        choices,
        messages,
        images: items.images,
        files: items.files,
        tools: &tools,
        chosen: chosen.as_deref(),
    };
    let parameters = parameters::of(operation, root, &facts)?;
    let image_bytes = items.image_bytes;
    let (items, items_dropped) = (items.kept, items.dropped);
    Ok(Ask {
        model,
        stream,
        tells_usage,
        output_max,
        choices,
        parameters,
        tools,
        chosen,
        items,
        items_dropped,
        image_bytes,
        state,
        previous: text(root, "previous_response_id")?.map(Box::from),
        is_to_think: thought::asked(root),
    })
}

/// Other models than the one that was decided on, where a provider would ask those.
fn refuse_other_models(root: Node<'_>) -> Read<()> {
    for name in ["fallbacks", "models"] {
        let named = given(root, name);
        let is_empty = |it: Node<'_>| it.kind() == Kind::Array && it.elements().next().is_none();
        if named.is_some_and(|it| !is_empty(it)) {
            return Err(Unintelligible::Unsupported(name));
        }
    }
    Ok(())
}

/// The members that bound what is written.
pub(super) const fn bounds(operation: Operation) -> &'static [&'static str] {
    match operation {
        Operation::Chat => &["max_completion_tokens", "max_tokens"],
        Operation::Responses => &["max_output_tokens"],
        Operation::Messages => &["max_tokens"],
        Operation::Embeddings | Operation::CountTokens => &[],
    }
}

fn output_max(operation: Operation, root: Node<'_>) -> Read<Option<u64>> {
    let mut most = None;
    for name in bounds(operation).iter().copied() {
        most = most.max(count(root, name)?);
    }
    Ok(most)
}

fn choices(operation: Operation, root: Node<'_>) -> Read<u64> {
    match operation {
        Operation::Chat => match count(root, "n")? {
            Some(0) => Err(Unintelligible::IllTyped("n")),
            n => Ok(n.unwrap_or(1)),
        },
        Operation::Responses | Operation::Messages => Ok(1),
        Operation::Embeddings | Operation::CountTokens => Ok(0),
    }
}

fn tells_usage(operation: Operation, root: Node<'_>) -> Read<bool> {
    if operation != Operation::Chat {
        return Ok(true);
    }
    let Some(options) = inner(root, "stream_options")? else { return Ok(false) };
    let options = object(options, "stream_options", &["include_usage"])?;
    Ok(flag(options, "include_usage")?.unwrap_or(false))
}

/// Every id that is named anywhere, each once.
fn all_state(
    operation: Operation,
    root: Node<'_>,
    mut named: Vec<Box<str>>,
) -> Read<Vec<Box<str>>> {
    state::of_root(root, &mut named)?;
    for tool in tools::hosted_nodes(operation, root)? {
        state::within(tool, &mut named)?;
        // The container of a code interpreter may stand there as its id alone.
        if let Some(id) = tool.member("container").filter(|it| it.kind() == Kind::String) {
            state::push(id, &mut named);
        }
    }
    named.sort_unstable();
    named.dedup();
    if named.len() > STATE_MAX {
        return Err(Unintelligible::TooMany("state"));
    }
    Ok(named)
}

//! What policy may read of a body, in one shape for all operations.

use bailiwick_core::{Number, Value};

use super::fields::{Read, count, flag, inner, text, typed};
use super::operation::Operation;
use super::tools::{OfferedTool, ToolKind};
use crate::json::{Kind, Node};

/// What was already read.
pub(super) struct Facts<'a> {
    pub(super) stream: bool,
    pub(super) output_max: Option<u64>,
    pub(super) choices: u64,
    pub(super) messages: u64,
    pub(super) images: u64,
    pub(super) files: u64,
    pub(super) tools: &'a [OfferedTool],
    pub(super) chosen: Option<&'a str>,
}

type Members = Vec<(Box<str>, Value)>;

/// The record: what is always told, then what the body gives.
pub(super) fn of(operation: Operation, root: Node<'_>, facts: &Facts<'_>) -> Read<Value> {
    let mut members: Members = vec![
        ("stream".into(), Value::Bool(facts.stream)),
        ("choices".into(), number(facts.choices)),
        ("messages".into(), number(facts.messages)),
        ("images".into(), number(facts.images)),
        ("files".into(), number(facts.files)),
        ("tools".into(), names(facts.tools)),
        ("hosted_tools".into(), kinds(facts.tools)),
    ];
    if let Some(most) = facts.output_max {
        members.push(("output_max".into(), number(most)));
    }
    if let Some(name) = facts.chosen {
        members.push(("tool_choice".into(), Value::Text(name.into())));
    }
    for name in ["store", "background"] {
        if let Some(said) = flag(root, name)? {
            members.push((name.into(), Value::Bool(said)));
        }
    }
    for name in ["temperature", "top_p"] {
        if let Some(lexeme) = typed(root, name, Kind::Number)?.and_then(Node::lexeme) {
            members.push((name.into(), Value::Number(Number::from_lexeme(lexeme))));
        }
    }
    if let Some(calls) = count(root, "max_tool_calls")? {
        members.push(("max_tool_calls".into(), number(calls)));
    }
    for (name, said) in [
        ("reasoning_effort", effort(operation, root)?),
        ("service_tier", text(root, "service_tier")?.map(Box::from)),
        ("speed", text(root, "speed")?.map(Box::from)),
        ("inference_geo", text(root, "inference_geo")?.map(Box::from)),
        ("response_format", format(operation, root)?),
    ] {
        if let Some(text) = said {
            members.push((name.into(), Value::Text(text)));
        }
    }
    Ok(Value::Record(members))
}

fn number(count: u64) -> Value {
    Value::Number(Number::from_lexeme(&count.to_string()))
}

fn names(tools: &[OfferedTool]) -> Value {
    let own = tools.iter().filter(|it| it.kind == ToolKind::Function);
    Value::List(own.map(|it| Value::Text(it.name.clone())).collect())
}

fn kinds(tools: &[OfferedTool]) -> Value {
    let kinds = tools.iter().filter_map(|it| match &it.kind {
        ToolKind::Function => None,
        ToolKind::Hosted(kind) => Some(Value::Text(kind.clone())),
    });
    Value::List(kinds.collect())
}

/// How hard the model is to think.
fn effort(operation: Operation, root: Node<'_>) -> Read<Option<Box<str>>> {
    let (holder, name) = match operation {
        Operation::Chat | Operation::Embeddings => (Some(root), "reasoning_effort"),
        Operation::Responses => (inner(root, "reasoning")?, "effort"),
        Operation::Messages | Operation::CountTokens => (inner(root, "output_config")?, "effort"),
    };
    let Some(holder) = holder else { return Ok(None) };
    Ok(text(holder, name)?.map(Box::from))
}

/// The kind of format that the answer must have.
fn format(operation: Operation, root: Node<'_>) -> Read<Option<Box<str>>> {
    let format = match operation {
        Operation::Chat | Operation::Embeddings => inner(root, "response_format")?,
        Operation::Responses => match inner(root, "text")? {
            Some(text) => inner(text, "format")?,
            None => None,
        },
        Operation::Messages | Operation::CountTokens => {
            let nested = match inner(root, "output_config")? {
                Some(config) => inner(config, "format")?,
                None => None,
            };
            nested.map_or_else(|| inner(root, "output_format"), |it| Ok(Some(it)))?
        }
    };
    let Some(format) = format else { return Ok(None) };
    Ok(text(format, "type")?.map(Box::from))
}

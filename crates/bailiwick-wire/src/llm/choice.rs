//! The tool that a body makes the model choose.

use std::collections::BTreeSet;

use super::fields::{Read, given, list, needed, object, text};
use super::operation::Operation;
use super::tools::{OfferedTool, family};
use crate::Unintelligible;
use crate::json::{Kind, Node};
use crate::splice::Splice;

const KNOWN: &[&str] =
    &["type", "name", "function", "custom", "server_label", "allowed_tools", "tools"];

/// The member that holds the choice; chats before tools had another one.
fn choices(root: Node<'_>) -> impl Iterator<Item = (&'static str, Node<'_>)> {
    ["tool_choice", "function_call"]
        .into_iter()
        .filter_map(move |name| given(root, name).map(|node| (name, node)))
}

/// The name of the tool that must be called, where one is named.
pub(super) fn chosen(operation: Operation, root: Node<'_>) -> Read<Option<Box<str>>> {
    let mut named = None;
    for (member, choice) in choices(root) {
        if choice.kind() == Kind::String {
            continue;
        }
        object(choice, member, KNOWN)?;
        // Each is read, whichever counts: what is left when one is cut must still be understood.
        if allowed(choice)?.is_none() {
            let one = name(operation, choice)?;
            named = named.or(one);
        }
    }
    Ok(named)
}

/// The list of those tools that alone may be called.
fn allowed(choice: Node<'_>) -> Read<Option<Node<'_>>> {
    if !choice.member("type").is_some_and(|it| it.says("allowed_tools")) {
        return Ok(None);
    }
    let holder = match given(choice, "allowed_tools") {
        Some(inner) => object(inner, "allowed_tools", &["tools"])?,
        None => choice,
    };
    list(holder, "tools")
}

/// The name that a choice, or an entry of an allowed list, gives.
fn name(operation: Operation, choice: Node<'_>) -> Read<Option<Box<str>>> {
    let kind = text(choice, "type")?;
    let plain = |it: Node<'_>| -> Read<_> { Ok(Some(Box::from(&*needed(it, "name")?))) };
    let inside = |member: &'static str| match given(choice, member) {
        Some(inner) => plain(object(inner, member, &["name"])?),
        None => Err(Unintelligible::Missing(member)),
    };
    match (operation, kind.as_deref()) {
        (Operation::Chat, Some("function")) => inside("function"),
        (Operation::Chat, Some("custom")) => inside("custom"),
        (Operation::Messages | Operation::CountTokens, Some("auto" | "any" | "none")) => Ok(None),
        (Operation::Responses, Some("mcp")) => Ok(Some(needed(choice, "server_label")?.into())),
        (_, None) => plain(choice),
        (_, Some(kind)) => {
            let name = text(choice, "name")?;
            Ok(Some(name.map_or_else(|| family(kind).into(), Box::from)))
        }
    }
}

/// Take back a choice of what is not offered any more. `left` are the tools that stay.
pub(super) fn cut(
    operation: Operation,
    root: Node<'_>,
    left: &[&OfferedTool],
    splice: &mut Splice<'_>,
) -> Read<()> {
    // A tool of a namespace may be named without it.
    let both = left.iter().flat_map(|it| [Some(&*it.name), it.name.rsplit('.').next()]);
    let names: BTreeSet<&str> = both.flatten().collect();
    let is_left = |name: Option<Box<str>>| name.is_none_or(|it| names.contains(&*it));
    for (member, choice) in choices(root) {
        if left.is_empty() {
            splice.remove_member(root, member);
            continue;
        }
        if choice.kind() == Kind::String {
            continue;
        }
        let Some(list) = allowed(choice)? else {
            if !is_left(name(operation, choice)?) {
                splice.remove_member(root, member);
            }
            continue;
        };
        let mut keep = Vec::new();
        for entry in list.elements() {
            keep.push(is_left(name(operation, object(entry, "tools", KNOWN)?)?));
        }
        if !keep.contains(&true) {
            splice.remove_member(root, member);
        } else if keep.contains(&false) {
            splice.remove_elements(list, &keep);
        }
    }
    Ok(())
}

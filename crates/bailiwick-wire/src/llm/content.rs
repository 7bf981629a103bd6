//! The content of a message: a text, or parts of many kinds.

use super::fields::{Read, given, needed, object};
use super::item::{ItemKind, Items, Role};
use crate::Unintelligible;
use crate::json::{Kind, Node};

/// Put down the items of a content. `kind` is what its texts are.
pub(super) fn content(
    items: &mut Items,
    role: Role,
    kind: ItemKind,
    content: Node<'_>,
) -> Read<()> {
    match content.kind() {
        Kind::String => {
            items.text(role, kind, &content.text().unwrap_or_default());
            Ok(())
        }
        Kind::Array => content.elements().try_for_each(|it| part(items, role, kind, it)),
        Kind::Null | Kind::Bool | Kind::Number | Kind::Object => {
            Err(Unintelligible::IllTyped("content"))
        }
    }
}

const KNOWN: &[&str] = &["type", "text", "content", "source", "image_url", "file", "tool", "input"];

fn part(items: &mut Items, role: Role, kind: ItemKind, part: Node<'_>) -> Read<()> {
    object(part, "content", KNOWN)?;
    let name = needed(part, "type")?;
    let said = |member: &str| part.member(member).and_then(Node::text);
    let text = match &*name {
        "text" | "input_text" | "output_text" | "summary_text" | "reasoning_text" => {
            Some(needed(part, "text")?)
        }
        "refusal" => said("refusal"),
        "thinking" => said("thinking"),
        "image_url" | "input_image" | "image" => {
            whole(items, role, ItemKind::Image, part);
            return Ok(());
        }
        "input_audio" | "file" | "input_file" | "document" | "container_upload" => {
            return file(items, role, kind, part);
        }
        "tool_use" | "server_tool_use" | "mcp_tool_use" => {
            let input = given(part, "input").unwrap_or(part);
            items.call(role, input.raw());
            return Ok(());
        }
        // What defines or takes away tools in the middle of a conversation is not decided on here.
        "tool_addition" | "tool_removal" => {
            return Err(Unintelligible::Unsupported("tool_addition"));
        }
        "search_result" => return nested(items, role, kind, part),
        result if result.ends_with("tool_result") => {
            return nested(items, Role::Tool, ItemKind::ToolResult, part);
        }
        _ => None,
    };
    match text {
        Some(text) => items.text(role, kind, &text),
        None => items.raw(role, kind, part),
    }
    Ok(())
}

/// The content of a part that has content of its own.
fn nested(items: &mut Items, role: Role, kind: ItemKind, part: Node<'_>) -> Read<()> {
    match given(part, "content") {
        Some(inner) if matches!(inner.kind(), Kind::String | Kind::Array) => {
            content(items, role, kind, inner)
        }
        Some(inner) => {
            items.raw(role, kind, inner);
            Ok(())
        }
        None => Ok(()),
    }
}

/// A document may hold parts again.
fn file(items: &mut Items, role: Role, kind: ItemKind, part: Node<'_>) -> Read<()> {
    if let Some(source) = given(part, "source").filter(|it| it.member("content").is_some()) {
        items.files += 1;
        return nested(items, role, kind, source);
    }
    whole(items, role, ItemKind::File, part);
    Ok(())
}

/// An image or a file, known by its data, its URL or its id.
fn whole(items: &mut Items, role: Role, kind: ItemKind, part: Node<'_>) {
    let body = body(part);
    if let (ItemKind::Image, Some(node)) = (kind, body)
        && is_inline(part, node)
    {
        items.image_bytes += node.raw().len() as u64;
    }
    match body.and_then(Node::text) {
        Some(text) => items.text(role, kind, &text),
        None => items.raw(role, kind, part),
    }
}

/// Whether an image stands in the body itself, in base64.
fn is_inline(part: Node<'_>, body: Node<'_>) -> bool {
    let of_anthropic = part.member("source").and_then(|it| it.member("data"));
    let is_data = body.text().is_some_and(|it| it.starts_with("data:image/"));
    is_data || of_anthropic.is_some_and(|it| it.span() == body.span())
}

fn body(part: Node<'_>) -> Option<Node<'_>> {
    const HOLDERS: [&str; 4] = ["source", "image_url", "file", "input_audio"];
    const BODIES: [&str; 7] =
        ["data", "url", "file_data", "file_url", "image_url", "file_id", "id"];
    let inner = HOLDERS.iter().find_map(|it| part.member(it).filter(|it| it.is_object()));
    let holder = inner.unwrap_or(part);
    let strings = BODIES.iter().filter_map(|it| holder.member(it));
    strings.into_iter().find(|it| it.kind() == Kind::String)
}

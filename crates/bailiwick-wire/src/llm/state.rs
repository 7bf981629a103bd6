//! Ids of what a provider keeps: files, containers, stores, earlier answers. Whoever names one must
//! have made it.

use super::fields::{Read, given, object, text};
use crate::Unintelligible;
use crate::json::{Kind, Node, twin};

/// A body that names more is refused, and of an answer no more are told.
pub const STATE_MAX: usize = 512;

/// Members that hold one id wherever they stand.
const ONE: &[&str] = &["file_id", "container_id", "vector_store_id", "skill_id"];

/// Members that hold a list of ids.
const MANY: &[&str] = &["file_ids", "vector_store_ids"];

/// Members under which names mean what the caller wants them to mean.
const OPAQUE: &[&str] =
    &["input", "arguments", "parameters", "input_schema", "output_schema", "schema", "metadata"];

/// Members of the outermost object that name what an earlier call left behind: the member, and the
/// one within it that holds the id where it is an object.
const ROOT: &[(&str, &str)] = &[
    ("previous_response_id", ""),
    ("conversation", "id"),
    ("prompt", "id"),
    ("container", "id"),
    ("user_profile_id", ""),
    ("diagnostics", "previous_message_id"),
    ("prompt_cache_options", "comparison_response_id"),
    ("background_options", "continuation_id"),
];

/// The ids that the members of the outermost object name.
pub(super) fn of_root(root: Node<'_>, into: &mut Vec<Box<str>>) -> Read<()> {
    for (name, member) in ROOT {
        let Some(node) = given(root, name) else { continue };
        match node.kind() {
            Kind::String => push(node, into),
            Kind::Object => {
                object(node, name, std::slice::from_ref(member))?;
                if let Some(id) = text(node, member)? {
                    into.push(id.into());
                }
                within(node, into)?;
            }
            Kind::Null | Kind::Bool | Kind::Number | Kind::Array => {
                return Err(Unintelligible::IllTyped(name));
            }
        }
    }
    if let Some(thread) = given(root, "thread") {
        for (name, value) in thread.members() {
            if name == "id" || name.ends_with("_id") {
                push(value, into);
            }
        }
    }
    Ok(())
}

/// The ids that stand anywhere within a value. It recurses as deep as the document, which is
/// limited.
pub(super) fn within(node: Node<'_>, into: &mut Vec<Box<str>>) -> Read<()> {
    node.elements().try_for_each(|it| within(it, into))?;
    for (name, value) in node.members() {
        if let Some(known) = twin(&name, ONE.iter().chain(MANY)) {
            return Err(Unintelligible::LookAlike(known));
        }
        match value.kind() {
            // Skills that the vendor brings are everybody's.
            Kind::String if name == "skill_id" && is_of(node, &["anthropic"]) => {}
            Kind::String if ONE.contains(&&*name) => push(value, into),
            Kind::Array if MANY.contains(&&*name) => {
                value.elements().for_each(|it| push(it, into));
            }
            Kind::Array | Kind::Object if !OPAQUE.contains(&&*name) => within(value, into)?,
            Kind::Null | Kind::Bool | Kind::Number | Kind::String | Kind::Array | Kind::Object => {}
        }
    }
    Ok(())
}

/// The ids of what an item of a response's input only names: one that brings its content along is
/// taken as it stands, one that does not is looked up by its own id.
pub(super) fn of_item(item: Node<'_>, kind: Option<&str>, into: &mut Vec<Box<str>>) {
    let own: &[&str] = match kind {
        None | Some("message") => &["content"],
        Some("function_call") => &["arguments"],
        Some("custom_tool_call") => &["input"],
        // A summary is not what the model thought.
        Some("reasoning" | "compaction") => &["encrypted_content"],
        Some("image_generation_call") => &["result"],
        Some(kind) if kind.ends_with("_output") => &["output"],
        Some(_) => &[],
    };
    let brings = own.iter().any(|it| given(item, it).is_some_and(|it| !is_empty(it)));
    if !brings && let Some(id) = given(item, "id") {
        push(id, into);
    }
    if let Some(id) = given(item, "approval_request_id") {
        push(id, into);
    }
}

fn is_empty(node: Node<'_>) -> bool {
    match node.kind() {
        Kind::String => node.says(""),
        Kind::Array => node.elements().next().is_none(),
        Kind::Object => node.members().next().is_none(),
        Kind::Null | Kind::Bool | Kind::Number => true,
    }
}

/// What in an answer holds a file that was made for it. Other files that an answer names were there
/// before, and naming them gives them to nobody.
const MADE: &[&str] = &[
    "container_file_citation",
    "file_path",
    "container_upload",
    "code_execution_output",
    "bash_code_execution_output",
];

/// The ids of what was made for an answer, wherever in it they stand. It recurses as deep as the
/// document, which is limited.
pub(super) fn made(node: Node<'_>, into: &mut Vec<Box<str>>) {
    node.elements().for_each(|it| made(it, into));
    for (name, value) in node.members() {
        match value.kind() {
            Kind::String if name == "container_id" => push(value, into),
            Kind::String if name == "file_id" && is_of(node, MADE) => push(value, into),
            Kind::Array | Kind::Object if !OPAQUE.contains(&&*name) => made(value, into),
            Kind::Null | Kind::Bool | Kind::Number | Kind::String | Kind::Array | Kind::Object => {}
        }
    }
}

fn is_of(object: Node<'_>, kinds: &[&str]) -> bool {
    object.member("type").is_some_and(|it| kinds.iter().any(|kind| it.says(kind)))
}

/// Put an id down, where it is one.
pub(super) fn push(node: Node<'_>, into: &mut Vec<Box<str>>) {
    into.extend(node.text().map(Box::from));
}

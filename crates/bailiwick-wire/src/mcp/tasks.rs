//! Tasks: the handle that a request is about, and lists of them with only the caller's own.

use bailiwick_core::{Resource, Value};
use bytes::Bytes;

use super::interpret::Asked;
use super::list::{ListError, name, page};
use crate::json::{Document, Node};
use crate::splice::Splice;

/// The method that lists tasks.
pub const LIST: &str = "tasks/list";

/// The handle that a request of an older revision is about.
pub fn handle_of(asked: &Asked) -> Option<&str> {
    let handle = asked.arguments.member("taskId").filter(|_| is_about_one(&asked.resource));
    handle.and_then(Value::as_text)
}

/// Whether a request for this is about one task.
pub fn is_about_one(resource: &Resource) -> bool {
    let Resource::Method { name, .. } = resource else { return false };
    name.starts_with("tasks/") && **name != *LIST
}

/// Whether an answer about a task tells how its call failed: as the answer of the call itself, or
/// with that answer, or an error in its place, inside.
pub fn tells_failure(document: &Document<'_>) -> bool {
    let Some(about) = document.root().member("result") else { return false };
    let failed = |it: Node<'_>| it.member("isError").and_then(Node::as_bool) == Some(true);
    failed(about)
        || about.member("result").is_some_and(failed)
        || about.member("error").is_some_and(|it| !it.is_null())
        || about.member("status").is_some_and(|it| it.says("failed"))
}

/// The list of tasks with only those whose handle is the caller's. `document` must have been parsed
/// from `body`.
///
/// # Errors
/// [`ListError`] when the answer is no such list.
pub fn only_own(
    body: &Bytes,
    document: &Document<'_>,
    is_own: impl Fn(&str) -> bool,
) -> Result<Bytes, ListError> {
    let (_, tasks) = page(document, "tasks")?;
    let keep: Vec<bool> = tasks.elements().map(|it| is_own(&name(it, "taskId"))).collect();
    let mut splice = Splice::new(body);
    splice.remove_elements(tasks, &keep);
    Ok(splice.finish())
}

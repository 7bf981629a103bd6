//! Tasks: the handle that a request is about, and lists of them with only the caller's own.

use bailiwick_core::{Resource, Value};
use bytes::Bytes;

use super::interpret::Asked;
use super::list::{ListError, name, page};
use crate::json::Document;
use crate::splice::Splice;

/// The method that lists tasks.
pub const LIST: &str = "tasks/list";

/// The handle that a request of an older revision is about.
pub fn handle_of(asked: &Asked) -> Option<&str> {
    let Resource::Method { name, .. } = &asked.resource else { return None };
    let is_about_one = name.starts_with("tasks/") && **name != *LIST;
    let handle = asked.arguments.member("taskId").filter(|_| is_about_one);
    handle.and_then(Value::as_text)
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

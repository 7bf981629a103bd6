//! What is changed in a body before it is decided on: each change is a splice, and what none
//! touches goes on as it came.

use bytes::Bytes;

use super::ask::bounds;
use super::choice;
use super::fields::{Read, flag, given, inner};
use super::operation::Operation;
use super::tools;
use crate::Unintelligible;
use crate::json::{Document, Limits, Node, quote};
use crate::splice::Splice;

/// What is to be changed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Changes<'a> {
    /// The model that the provider is asked for.
    pub model: Option<&'a str>,
    /// For each tool of [`super::Ask::tools`] whether it stays; what this says nothing about goes.
    pub keep: Option<&'a [bool]>,
    /// The most tokens that may be written: each bound that is there is set to it, or one added.
    pub output_max: Option<u64>,
    /// Make a streamed chat tell its usage.
    pub include_usage: bool,
}

impl Changes<'_> {
    const fn are_none(&self) -> bool {
        self.model.is_none()
            && self.keep.is_none()
            && self.output_max.is_none()
            && !self.include_usage
    }
}

/// The body with the changes made; the very same bytes where nothing must change.
///
/// # Errors
/// [`Unintelligible`] when the body cannot be read.
pub fn changed(
    operation: Operation,
    body: &Bytes,
    changes: &Changes<'_>,
) -> Result<Bytes, Unintelligible> {
    if changes.are_none() {
        return Ok(body.clone());
    }
    let document = Document::parse(body, Limits::default()).map_err(|_| Unintelligible::NotJson)?;
    let root = document.root();
    if !root.is_object() {
        return Err(Unintelligible::IllTyped("body"));
    }
    let mut splice = Splice::new(body);
    if let Some(model) =
        changes.model.filter(|it| !root.member("model").is_some_and(|m| m.says(it)))
    {
        splice.set_member(root, "model", quote(model).into_bytes());
    }
    if let Some(keep) = changes.keep {
        thin(operation, root, keep, &mut splice)?;
    }
    if let Some(most) = changes.output_max {
        bound(operation, root, most, &mut splice);
    }
    if changes.include_usage && operation == Operation::Chat {
        include_usage(root, &mut splice)?;
    }
    Ok(splice.finish())
}

/// Give a member a value unless it has it, spelled the same.
fn set(object: Node<'_>, name: &'static str, raw: &str, splice: &mut Splice<'_>) {
    if object.member(name).is_none_or(|it| it.raw() != raw) {
        splice.set_member(object, name, raw.as_bytes().to_vec());
    }
}

fn thin(operation: Operation, root: Node<'_>, keep: &[bool], splice: &mut Splice<'_>) -> Read<()> {
    let offered = tools::offered(operation, root)?;
    let flags = keep.iter().copied().chain(std::iter::repeat(false));
    let left: Vec<_> = offered.iter().zip(flags).filter(|(_, it)| *it).map(|(it, _)| it).collect();
    if left.len() == offered.len() {
        return Ok(());
    }
    tools::cut(operation, root, keep, splice)?;
    choice::cut(operation, root, &left, splice)?;
    if left.is_empty() {
        splice.remove_member(root, "parallel_tool_calls");
    }
    Ok(())
}

fn bound(operation: Operation, root: Node<'_>, most: u64, splice: &mut Splice<'_>) {
    let raw = most.to_string();
    let mut is_bound = false;
    for name in bounds(operation).iter().copied() {
        if given(root, name).is_some() {
            is_bound = true;
            set(root, name, &raw, splice);
        }
    }
    if let (false, Some(name)) = (is_bound, bounds(operation).first().copied()) {
        set(root, name, &raw, splice);
    }
}

/// Only streams may be asked for it.
fn include_usage(root: Node<'_>, splice: &mut Splice<'_>) -> Read<()> {
    if !flag(root, "stream")?.unwrap_or(false) {
        return Ok(());
    }
    match inner(root, "stream_options")? {
        Some(options) => set(options, "include_usage", "true", splice),
        None => set(root, "stream_options", r#"{"include_usage":true}"#, splice),
    }
    Ok(())
}

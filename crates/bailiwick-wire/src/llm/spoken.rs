//! The texts of an ask, to be counted where its provider does not tell how many tokens they were.

use super::ask::read;
use super::item::ItemKind;
use super::operation::Operation;
use super::tools::ToolKind;
use crate::json::{Document, Kind, Limits, Node};

/// Where a model is told something.
const SAID: &[&str] = &["system", "instructions", "messages", "input"];
/// Where it is offered something, or a schema is set: that is read as it is written.
const OFFERED: &[&str] =
    &["tools", "functions", "response_format", "text", "output_config", "output_format"];

/// What a model reads of an ask: the texts and numbers in what it is told, and the tools that it is
/// offered as they are written. Nothing where that is not all that it reads: images, files, what
/// the provider keeps, or tools of the provider's own.
pub fn spoken(operation: Operation, body: &[u8]) -> Option<String> {
    let document = Document::parse(body, Limits::default()).ok()?;
    let ask = read(operation, &document).ok()?;
    let is_text = ask.items.iter().all(|it| match it.kind {
        ItemKind::Image | ItemKind::File => false,
        ItemKind::Text | ItemKind::Call | ItemKind::ToolResult => true,
    });
    let has_hosted = ask.tools.iter().any(|it| matches!(it.kind, ToolKind::Hosted(_)));
    if !is_text || has_hosted || !ask.state.is_empty() || ask.items_dropped > 0 {
        return None;
    }
    let root = document.root();
    let mut out = String::with_capacity(body.len());
    SAID.iter().filter_map(|it| root.member(it)).for_each(|it| gather(it, &mut out));
    for offered in OFFERED.iter().filter_map(|it| root.member(it)) {
        out.push_str(offered.raw());
    }
    Some(out)
}

/// Each text and number, on a line of its own.
fn gather(node: Node<'_>, out: &mut String) {
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        let first = open.len();
        match node.kind() {
            Kind::Object => open.extend(node.pairs().map(|(_, value)| value)),
            Kind::Array => open.extend(node.elements()),
            Kind::String => out.extend([node.text().as_deref().unwrap_or_default(), "\n"]),
            Kind::Number => out.extend([node.raw(), "\n"]),
            Kind::Null | Kind::Bool => {}
        }
        if let Some(inner) = open.get_mut(first..) {
            inner.reverse();
        }
    }
}

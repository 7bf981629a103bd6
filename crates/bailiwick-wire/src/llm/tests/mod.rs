//! Bodies and answers in the shapes that the vendors document.

mod answers;
mod asks;
mod bedrock;
mod changes;
mod kept;
mod replies;

use bytes::Bytes;

use super::*;
use crate::Unintelligible;
use crate::json::{Document, Limits};

fn ask(operation: Operation, body: &str) -> Ask {
    tried(operation, body).unwrap_or_else(|why| panic!("{why}: {body}"))
}

fn tried(operation: Operation, body: &str) -> Result<Ask, Unintelligible> {
    let document = Document::parse(body.as_bytes(), Limits::default()).expect("JSON");
    read(operation, &document)
}

fn with(operation: Operation, body: &str, changes: &Changes<'_>) -> String {
    let changed = changed(operation, &Bytes::copy_from_slice(body.as_bytes()), changes);
    String::from_utf8(changed.expect("readable").to_vec()).expect("text")
}

fn names(ask: &Ask) -> Vec<&str> {
    ask.tools.iter().map(|it| &*it.name).collect()
}

fn hosted(ask: &Ask) -> Vec<&str> {
    let kinds = ask.tools.iter().filter_map(|it| match &it.kind {
        ToolKind::Function => None,
        ToolKind::Hosted(kind) => Some(&**kind),
    });
    kinds.collect()
}

fn said(items: &[Item], role: Role, kind: ItemKind, text: &str) -> bool {
    let digest = bailiwick_core::Digest::of(text.as_bytes());
    items.contains(&Item { role, kind, digest })
}

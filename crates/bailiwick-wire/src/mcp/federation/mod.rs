//! Several servers as one: names that say whose they are, pages put together, ids kept apart.
//!
//! Nothing here is decided: a name is split before the decision, so that what is decided on is the
//! server's own. What does not name anything passes byte for byte.

mod discover;
mod hello;
mod ids;
mod listen;
mod names;
mod page;
mod task;

pub use discover::{Discovery, discovered, good_ms, merged_discovery};
pub use hello::{Hello, agreed_revision, hello, merged_hello};
pub use ids::{cancelled_by, question, question_id, restored, restored_progress};
pub use listen::{Filter, acknowledged, acknowledges, followed};
pub use names::{joined, joined_uri, missed, renamed, split, split_uri, subscribe};
pub use page::{Cursors, merged_list, page_asked, read_cursors};
pub use task::{split_task, task_told};

use bytes::Bytes;

use crate::json::{Document, Limits, Node};
use crate::splice::Splice;

/// The message with another value in one place; `None` when there is no such place.
fn replaced(body: &Bytes, path: &[&str], raw: &str) -> Option<Bytes> {
    let document = Document::parse(body, Limits::default()).ok()?;
    let node = at(&document, path)?;
    let mut splice = Splice::new(body);
    splice.replace(node.span(), raw.as_bytes());
    Some(splice.finish())
}

fn at<'d>(document: &'d Document<'_>, path: &[&str]) -> Option<Node<'d>> {
    path.iter().try_fold(document.root(), |node, name| node.member(name))
}

#[cfg(test)]
mod tests;

//! Texts of an answer: which text each goes on with, where it stands, and another in its place.

use std::ops::Range;

use bytes::Bytes;

use crate::json::{Node, quote};
use crate::sse::Event;

/// A text that a model writes, or a piece of one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Delta {
    /// Which text it goes on with: pieces of one channel, in order, are one text.
    pub channel: u64,
    /// What it says.
    pub text: Box<str>,
    /// Where its JSON string, quotes included, stands in the event's data or in the body.
    pub span: Range<usize>,
    /// Whether the text stands here as a whole and no other piece belongs to it. In a stream, such
    /// a one mostly repeats what came in pieces, and is not counted again.
    pub is_whole: bool,
    /// Whether it is the name of a member of what a tool is given. It says something to the tool,
    /// and may be any word.
    pub is_name: bool,
}

/// What kind of text a channel has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Channel {
    Text = 0,
    Reasoning = 1,
    Summary = 2,
    Refusal = 3,
    Arguments = 4,
    Transcript = 5,
    /// A string within something that is no text, numbered in its order.
    Leaf = 6,
    /// A string that stands where no API has one.
    Beside = 7,
}

/// The text of this kind that stands in this part of this choice, item or block.
pub(super) const fn channel(outer: u64, inner: u64, kind: Channel) -> u64 {
    ((outer & 0xFF_FFFF) << 40) | ((inner & 0xFFFF_FFFF) << 8) | kind as u64
}

/// The choice, item or block that a channel belongs to.
pub(super) const fn outer_of(channel: u64) -> u64 {
    channel >> 40
}

impl Delta {
    /// The string that a node is, where it is one.
    pub(super) fn of(channel: u64, node: Node<'_>, is_whole: bool) -> Option<Self> {
        let text = node.text()?.into();
        Some(Self { channel, text, span: node.span(), is_whole, is_name: false })
    }

    /// The name of a member that a node is, which stands for itself.
    pub(super) fn name(channel: u64, node: Node<'_>) -> Option<Self> {
        Some(Self { is_name: true, ..Self::of(channel, node, true)? })
    }
}

/// The bytes of an event with `text` in the place of the string at `span` of its data; all else is
/// as it came.
pub fn with_text(event: &Event, span: Range<usize>, text: &str) -> Bytes {
    event.with_data(span, quote(text).as_bytes())
}

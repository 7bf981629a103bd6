//! The shape of a tool's answer, read from the document that it was parsed into anyway.

use bailiwick_contracts::{Kind, Shape};
use bailiwick_wire::json::{self, Document, Limits, Node};

/// How deep an answer is looked into, and how many items of a list and members of an object are.
const DEPTH_MAX: usize = 8;
const ITEMS_MAX: usize = 8;
const MEMBERS_MAX: usize = 64;
/// An object with more members than this maps ids to things: their names are data.
const NAMED_MAX: usize = 32;
/// So many digits make a name data, too: a date, a number, a digest.
const DIGITS_MAX: usize = 4;
/// The longest text that is read as JSON, in bytes: of a longer one the shape is not known.
const TEXT_MAX: usize = 64 << 10;
/// The most pieces of content.
const PIECES_MAX: usize = 16;

/// The shape of a result: that of its structured content, or of its texts. `None` where there is
/// neither, and where it is too large to be looked at.
pub(super) fn of(result: Node<'_>) -> Option<Shape> {
    let mut walk = Walk::default();
    if let Some(content) = result.member("structuredContent") {
        walk.value(content, 0);
        return Some(walk.shape);
    }
    let pieces = result.member("content").filter(|it| it.kind() == json::Kind::Array)?;
    let mut is_empty = true;
    for piece in pieces.elements().take(PIECES_MAX) {
        is_empty = false;
        match piece.member("text").and_then(Node::text) {
            Some(text) if text.len() > TEXT_MAX && is_json(&text) => return None,
            Some(text) => walk.text(&text),
            None => walk.see(Kind::Piece),
        }
    }
    if is_empty {
        walk.see(Kind::EmptyList);
    }
    Some(walk.shape)
}

/// Whether a text looks like an object or a list.
fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
}

#[derive(Default)]
struct Walk {
    shape: Shape,
    path: String,
    is_full: bool,
}

impl Walk {
    fn see(&mut self, kind: Kind) {
        self.is_full = !self.shape.see(&self.path, kind);
    }

    fn text(&mut self, text: &str) {
        let document = is_json(text).then(|| Document::parse(text.as_bytes(), Limits::default()));
        match document {
            Some(Ok(document)) => self.value(document.root(), 0),
            Some(Err(_)) | None => self.see(Kind::Text),
        }
    }

    fn value(&mut self, value: Node<'_>, depth: usize) {
        if self.is_full || depth > DEPTH_MAX {
            return;
        }
        match value.kind() {
            json::Kind::Null => self.see(Kind::Null),
            json::Kind::Bool => self.see(Kind::Bool),
            json::Kind::Number => self.see(Kind::Number),
            json::Kind::String => self.see(Kind::Text),
            json::Kind::Array => {
                let is_empty = value.elements().next().is_none();
                self.see(if is_empty { Kind::EmptyList } else { Kind::List });
                for item in value.elements().take(ITEMS_MAX) {
                    self.below("*", item, depth);
                }
            }
            json::Kind::Object => {
                self.see(Kind::Object);
                let is_map = value.pairs().nth(NAMED_MAX).is_some();
                for (name, member) in value.members().take(MEMBERS_MAX) {
                    let name = if is_map || is_data(&name) { "*" } else { &*name };
                    self.below(name, member, depth);
                }
            }
        }
    }

    fn below(&mut self, name: &str, value: Node<'_>, depth: usize) {
        let len = self.path.len();
        self.path.push('/');
        for letter in name.chars() {
            match letter {
                '~' => self.path.push_str("~0"),
                '/' => self.path.push_str("~1"),
                plain => self.path.push(plain),
            }
        }
        self.value(value, depth + 1);
        self.path.truncate(len);
    }
}

/// Whether a member's name is data: not what the value is, but which.
fn is_data(name: &str) -> bool {
    name.bytes().filter(u8::is_ascii_digit).count() >= DIGITS_MAX
}

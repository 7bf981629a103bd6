//! Content items of prompts and answers, known by their digests: so that one can later be found in
//! the other.

use bailiwick_core::Digest;
use sha2::{Digest as _, Sha256};

use crate::json::Node;

/// No prompt or answer is on record with more items; the rest is counted.
pub const ITEMS_MAX: usize = 512;

/// Who says something.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Role {
    /// Whoever built the agent.
    System,
    /// Whoever uses it.
    User,
    /// The model.
    Assistant,
    /// A tool that was called.
    Tool,
}

/// What an item is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ItemKind {
    /// Text, reasoning included.
    Text,
    /// What a tool answered.
    ToolResult,
    /// An image: its URL, its data, or the id of its file.
    Image,
    /// A file or a sound: its URL, its data or text, or its id.
    File,
    /// The arguments of a tool call.
    Call,
}

/// One content item.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Item {
    /// Who says it.
    pub role: Role,
    /// What it is.
    pub kind: ItemKind,
    /// The SHA-256 of its decoded text. Of the arguments of a call, without the space between their
    /// tokens, so that they are known again however they are spaced; of what is no text, the exact
    /// JSON.
    pub digest: Digest,
}

/// Items, as many as are kept, and what else there was.
#[derive(Clone, Debug, Default)]
pub(super) struct Items {
    pub(super) kept: Vec<Item>,
    pub(super) dropped: u64,
    pub(super) images: u64,
    /// How many bytes of the body are images that stand in it.
    pub(super) image_bytes: u64,
    pub(super) files: u64,
}

impl Items {
    pub(super) fn text(&mut self, role: Role, kind: ItemKind, text: &str) {
        self.push(role, kind, || Digest::of(text.as_bytes()));
    }

    pub(super) fn call(&mut self, role: Role, arguments: &str) {
        self.push(role, ItemKind::Call, || {
            let mut hash = CallHash::default();
            hash.update(arguments);
            hash.digest()
        });
    }

    /// What has no text of its own is known by its exact JSON.
    pub(super) fn raw(&mut self, role: Role, kind: ItemKind, node: Node<'_>) {
        self.push(role, kind, || Digest::of(node.raw().as_bytes()));
    }

    fn push(&mut self, role: Role, kind: ItemKind, digest: impl FnOnce() -> Digest) {
        match kind {
            ItemKind::Image => self.images += 1,
            ItemKind::File => self.files += 1,
            ItemKind::Text | ItemKind::ToolResult | ItemKind::Call => {}
        }
        if self.kept.len() < ITEMS_MAX {
            self.kept.push(Item { role, kind, digest: digest() });
        } else {
            self.dropped += 1;
        }
    }
}

/// The digest of a text that comes in pieces.
#[derive(Clone, Debug)]
pub(super) enum Hash {
    Text(Sha256),
    Call(CallHash),
}

impl Hash {
    pub(super) fn of(kind: ItemKind) -> Self {
        match kind {
            ItemKind::Call => Self::Call(CallHash::default()),
            ItemKind::Text | ItemKind::ToolResult | ItemKind::Image | ItemKind::File => {
                Self::Text(Sha256::new())
            }
        }
    }

    pub(super) fn update(&mut self, text: &str) {
        match self {
            Self::Text(hash) => hash.update(text),
            Self::Call(hash) => hash.update(text),
        }
    }

    pub(super) fn digest(self) -> Digest {
        match self {
            Self::Text(hash) => Digest::from_bytes(hash.finalize().into()),
            Self::Call(hash) => hash.digest(),
        }
    }
}

/// The digest of JSON without the space between its tokens.
#[derive(Clone, Debug, Default)]
pub(super) struct CallHash {
    hash: Sha256,
    in_string: bool,
    escaped: bool,
}

impl CallHash {
    fn update(&mut self, text: &str) {
        let mut plain = Vec::with_capacity(text.len());
        for byte in text.bytes() {
            if self.in_string {
                match (self.escaped, byte) {
                    (false, b'\\') => self.escaped = true,
                    (false, b'"') => self.in_string = false,
                    _ => self.escaped = false,
                }
            } else if matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                continue;
            } else if byte == b'"' {
                self.in_string = true;
            }
            plain.push(byte);
        }
        self.hash.update(&plain);
    }

    fn digest(self) -> Digest {
        Digest::from_bytes(self.hash.finalize().into())
    }
}

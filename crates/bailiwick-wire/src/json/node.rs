//! A scanned document and its values: spans of the text that came, looked at without copying.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use bailiwick_core::{Number, Value};

use super::scan::scan;
use super::tape::{Entry, JsonError, Kind, Limits, name_bit};
use super::text::unescape;

/// One JSON text, scanned. It borrows the bytes and copies none of them.
pub struct Document<'a> {
    text: &'a str,
    tape: Vec<Entry>,
}

impl<'a> Document<'a> {
    /// Scan a whole JSON text, in time linear in its length (names of large objects are sorted).
    ///
    /// # Errors
    /// [`JsonError`] for whatever RFC 8259 does not allow, and besides for repeated member names
    /// (escapes resolved), lone surrogates, and what passes the limits.
    pub fn parse(bytes: &'a [u8], limits: Limits) -> Result<Self, JsonError> {
        let text =
            std::str::from_utf8(bytes).map_err(|it| JsonError::Utf8 { at: it.valid_up_to() })?;
        Ok(Self { text, tape: scan(text, limits)? })
    }

    /// The outermost value.
    pub fn root(&self) -> Node<'_> {
        Node { doc: self, at: 0, entry: self.tape.first().copied().unwrap_or(Entry::NOTHING) }
    }

    /// The text that was scanned.
    pub const fn text(&self) -> &'a str {
        self.text
    }

    /// What a string of this document says, for as long as the bytes live.
    pub(crate) fn text_of(&self, node: Node<'_>) -> Option<Cow<'a, str>> {
        (node.kind() == Kind::String)
            .then(|| unescape(node.entry.inner(self.text), node.entry.escaped))
    }
}

impl fmt::Debug for Document<'_> {
    /// The size only: what a message says does not belong into a debug line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Document({} bytes, {} nodes)", self.text.len(), self.tape.len())
    }
}

/// One value of a document.
#[derive(Clone, Copy)]
pub struct Node<'d> {
    doc: &'d Document<'d>,
    at: u32,
    entry: Entry,
}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({:?})", self.kind(), self.span())
    }
}

impl<'d> Node<'d> {
    fn nth(doc: &'d Document<'d>, at: u32) -> Option<Self> {
        doc.tape.get(at as usize).map(|entry| Self { doc, at, entry: *entry })
    }

    /// The kind of the value.
    pub const fn kind(self) -> Kind {
        self.entry.kind
    }

    /// The exact text of the value.
    pub fn raw(self) -> &'d str {
        self.entry.raw(self.doc.text)
    }

    /// Where the value lies in the document's bytes.
    pub const fn span(self) -> Range<usize> {
        self.entry.start as usize..self.entry.end as usize
    }

    /// What a string says, its escapes resolved; borrowed when it has none.
    pub fn text(self) -> Option<Cow<'d, str>> {
        self.doc.text_of(self)
    }

    /// Whether it is a string that says exactly `text`.
    pub fn says(self, text: &str) -> bool {
        self.kind() == Kind::String && self.entry.says(self.doc.text, text)
    }

    /// The value of an object's member. Names are unique, escapes resolved.
    pub fn member(self, name: &str) -> Option<Self> {
        // Bodies are asked for dozens of names that most of them lack. No other kind has a bit.
        if self.entry.names & name_bit(name) == 0 {
            return None;
        }
        let mut at = self.at + 1;
        while at < self.entry.next {
            let entry = self.doc.tape.get(at as usize)?;
            let value = self.doc.tape.get(entry.next as usize)?;
            if entry.says(self.doc.text, name) {
                return Some(Self { doc: self.doc, at: entry.next, entry: *value });
            }
            at = value.next;
        }
        None
    }

    /// The members of an object in their order; nothing for any other kind.
    pub fn members(self) -> Members<'d> {
        Members(self.pairs())
    }

    /// The members of an object, each name as the string value that it is written as.
    pub fn pairs(self) -> Pairs<'d> {
        let at = if self.kind() == Kind::Object { self.at + 1 } else { self.entry.next };
        Pairs { doc: self.doc, at, end: self.entry.next }
    }

    /// The elements of an array in their order; nothing for any other kind.
    pub fn elements(self) -> Elements<'d> {
        let at = if self.kind() == Kind::Array { self.at + 1 } else { self.entry.next };
        Elements { doc: self.doc, at, end: self.entry.next }
    }

    /// Whether it is `null`.
    pub fn is_null(self) -> bool {
        self.kind() == Kind::Null
    }

    /// Whether it is an object.
    pub fn is_object(self) -> bool {
        self.kind() == Kind::Object
    }

    /// The value of a `true` or `false`.
    pub fn as_bool(self) -> Option<bool> {
        (self.kind() == Kind::Bool).then(|| self.raw() == "true")
    }

    /// The spelling of a number.
    pub fn lexeme(self) -> Option<&'d str> {
        (self.kind() == Kind::Number).then(|| self.raw())
    }

    /// The value as policy sees it. It recurses as deep as the document, which is limited.
    pub fn to_value(self) -> Value {
        match self.kind() {
            Kind::Null => Value::Null,
            Kind::Bool => Value::Bool(self.raw() == "true"),
            Kind::Number => Value::Number(Number::from_lexeme(self.raw())),
            Kind::String => Value::Text(self.text().unwrap_or_default().into()),
            Kind::Array => {
                let mut list = Vec::with_capacity(self.elements().count());
                list.extend(self.elements().map(Self::to_value));
                Value::List(list)
            }
            Kind::Object => {
                let mut members = Vec::with_capacity(self.pairs().count());
                members.extend(self.members().map(|(name, it)| (name.into(), it.to_value())));
                Value::Record(members)
            }
        }
    }
}

/// The members of an object, each name as a node.
#[derive(Clone, Debug)]
pub struct Pairs<'d> {
    doc: &'d Document<'d>,
    at: u32,
    end: u32,
}

impl<'d> Iterator for Pairs<'d> {
    type Item = (Node<'d>, Node<'d>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.end {
            return None;
        }
        let name = Node::nth(self.doc, self.at)?;
        let value = Node::nth(self.doc, name.entry.next)?;
        self.at = value.entry.next;
        Some((name, value))
    }
}

/// The members of an object, each name as text.
#[derive(Clone, Debug)]
pub struct Members<'d>(Pairs<'d>);

impl<'d> Iterator for Members<'d> {
    type Item = (Cow<'d, str>, Node<'d>);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(name, value)| (name.text().unwrap_or_default(), value))
    }
}

/// The elements of an array.
#[derive(Clone, Debug)]
pub struct Elements<'d> {
    doc: &'d Document<'d>,
    at: u32,
    end: u32,
}

impl<'d> Iterator for Elements<'d> {
    type Item = Node<'d>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.end {
            return None;
        }
        let node = Node::nth(self.doc, self.at)?;
        self.at = node.entry.next;
        Some(node)
    }
}

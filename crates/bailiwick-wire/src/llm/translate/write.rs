//! JSON of our own, written member by member.

use bytes::Bytes;

use crate::json::{Node, quote};
use crate::sse::Event;

/// An object that is being written.
#[derive(Debug)]
pub(super) struct Object(String);

impl Object {
    pub(super) fn new() -> Self {
        Self("{".to_owned())
    }

    /// A member whose value is JSON already.
    pub(super) fn raw(mut self, name: &str, value: &str) -> Self {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        self.0.push_str(&quote(name));
        self.0.push(':');
        self.0.push_str(value);
        self
    }

    pub(super) fn text(self, name: &str, text: &str) -> Self {
        self.raw(name, &quote(text))
    }

    pub(super) fn number(self, name: &str, number: u64) -> Self {
        self.raw(name, &number.to_string())
    }

    /// A value as it was written, where there is one.
    pub(super) fn copy(self, name: &str, value: Option<Node<'_>>) -> Self {
        match value {
            Some(value) => self.raw(name, value.raw()),
            None => self,
        }
    }

    /// A list, unless it is empty.
    pub(super) fn list(self, name: &str, values: &[String]) -> Self {
        if values.is_empty() { self } else { self.raw(name, &array(values)) }
    }

    pub(super) fn done(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

pub(super) fn array(values: &[String]) -> String {
    format!("[{}]", values.join(","))
}

/// An event of our own, with a name where the dialect has names.
pub(super) fn event(name: Option<&str>, data: &str) -> Event {
    let raw = match name {
        Some(name) => format!("event: {name}\ndata: {data}\n\n"),
        None => format!("data: {data}\n\n"),
    };
    let raw = Bytes::from(raw);
    let start = raw.len() - data.len() - 2;
    let data = raw.slice(start..raw.len() - 2);
    Event { raw, event: name.map(str::to_owned), id: None, retry: None, data }
}

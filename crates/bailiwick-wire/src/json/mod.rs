//! JSON as it lies on the wire: one validating pass over the bytes gives a flat tape of spans.

mod node;
mod scan;
mod tape;
mod text;

pub use node::{Document, Elements, Members, Node, Pairs};
pub use tape::{DEPTH_CEILING, JsonError, Kind, Limits};
pub use text::{looks_like, quote, twin};

#[cfg(test)]
pub(crate) mod tests;

//! W3C Trace Context: which trace a caller says that its call is part of.

/// A `traceparent` that may stand in a record: 55 bytes in the version that exists, and never many
/// more. `None`: it is none, and nothing is refused for it.
pub fn traceparent(text: &str) -> Option<Box<str>> {
    let is_plain = text.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f' | b'-'));
    ((55..=128).contains(&text.len()) && is_plain).then(|| text.into())
}

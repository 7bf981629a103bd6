//! Places in schemas, as JSON pointers.

/// How much of a place is told, in bytes.
const PLACE_MAX: usize = 200;

/// A place of a schema, short enough to be told.
pub(super) fn place(at: &str) -> Box<str> {
    let end = at.char_indices().map(|(n, _)| n).take_while(|n| *n <= PLACE_MAX).last();
    at.get(..end.filter(|_| at.len() > PLACE_MAX).unwrap_or(at.len())).unwrap_or_default().into()
}

/// A name as a part of a pointer.
pub(super) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

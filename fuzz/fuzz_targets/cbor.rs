//! CBOR: items that are read are written back as the same bytes, and no other spelling is read.
#![no_main]

use bailiwick_core::cbor::{Reader, Writer};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut reader = Reader::new(bytes);
    let mut again = Vec::new();
    while copy_item(&mut reader, &mut Writer(&mut again)) {}
    assert!(bytes.starts_with(&again), "read {bytes:02x?}, wrote {again:02x?}");
    if reader.end().is_ok() {
        assert_eq!(again.len(), bytes.len(), "bytes were skipped in {bytes:02x?}");
    }
});

/// Copies the next item, whatever kind it is of; false when there is none.
fn copy_item(reader: &mut Reader<'_>, writer: &mut Writer<'_>) -> bool {
    if reader.null() {
        writer.null();
    } else if let Some(value) = attempt(reader, Reader::uint) {
        writer.uint(value);
    } else if let Some(value) = attempt(reader, Reader::bytes) {
        writer.bytes(value);
    } else if let Some(value) = attempt(reader, Reader::text) {
        writer.text(value);
    } else if let Some(value) = attempt(reader, Reader::array) {
        writer.array(value);
    } else if let Some(value) = attempt(reader, Reader::bool) {
        writer.bool(value);
    } else {
        return false;
    }
    true
}

/// Reads with a copy first, since a reader that fails may have moved.
fn attempt<'a, T, E>(
    reader: &mut Reader<'a>,
    read: impl Fn(&mut Reader<'a>) -> Result<T, E>,
) -> Option<T> {
    let mut ahead = reader.clone();
    let value = read(&mut ahead).ok()?;
    *reader = ahead;
    Some(value)
}

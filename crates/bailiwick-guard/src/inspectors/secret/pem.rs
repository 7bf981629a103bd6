//! Private keys in PEM: a label, perhaps headers, lines of base64, and a line of dashes.

use memchr::memmem;

use super::cursor::Cursor;
use crate::inspectors::word;

const LABEL_MAX: usize = 40;
const HEADERS_MAX: usize = 256;
const KEY_LINE_MIN: usize = 32;
const DASHES: &[u8] = b"-----";

/// The longest key that is found to its end, in bytes.
pub(super) const KEY_MAX: usize = 16_384;

/// The longest stretch from the first dash to the last.
pub(super) const WHOLE_MAX: usize = 32 + 2 * LABEL_MAX + HEADERS_MAX + KEY_MAX;

/// Read what stands behind `-----BEGIN `: the label, then enough base64 for a key, and the line of
/// dashes that ends it, whatever its lines are wrapped in. Without such a line in time the key goes
/// as far as its base64.
pub(super) fn key(cursor: &mut Cursor<'_>) -> Option<usize> {
    let from = cursor.at();
    cursor.run(is_label, LABEL_MAX);
    let is_private = memmem::find(cursor.since(from), b"PRIVATE KEY").is_some();
    cursor.text(DASHES)?;
    if !is_private {
        return None;
    }
    let headers = cursor.at();
    while cursor.run(word::base64, KEY_LINE_MIN) < KEY_LINE_MIN {
        // Something else stands here: a header, or the end of a line.
        if cursor.run(any, 1) == 0 || cursor.at() - headers > HEADERS_MAX {
            return None;
        }
    }
    let mut cut_off = cursor.clone();
    cut_off.run(is_body, KEY_MAX);
    if cursor.until(DASHES, KEY_MAX).is_none() {
        return Some(cut_off.at());
    }
    let dashes = cursor.at();
    Some(last_line(cursor).unwrap_or(dashes))
}

/// Read the line of dashes that ends a key.
fn last_line(cursor: &mut Cursor<'_>) -> Option<usize> {
    cursor.text(b"-----END ")?;
    cursor.run(is_label, LABEL_MAX);
    cursor.text(DASHES)?;
    Some(cursor.at())
}

fn any(_: u8) -> bool {
    true
}

fn is_label(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte == b' '
}

/// Base64 in lines, also where their ends are escaped.
fn is_body(byte: u8) -> bool {
    word::padded(byte) || b"\\\r\n".contains(&byte)
}

//! JSON Web Tokens that are signed: three parts of base64url with dots between them.

use memchr::memmem;

use super::check::unbase64;
use super::cursor::Cursor;
use crate::inspectors::word;

/// The longest parts that are looked at, in bytes.
const HEADER_MAX: usize = 2_048;
const PAYLOAD_MAX: usize = 16_384;
const SIGNATURE_MAX: usize = 2_048;
const SIGNATURE_MIN: usize = 20;

/// The longest token that is found.
pub(super) const TOKEN_MAX: usize = HEADER_MAX + SEAM.len() + PAYLOAD_MAX + 1 + SIGNATURE_MAX;

/// How an object begins in base64, and how one begins behind a dot.
const OBJECT: &[u8] = b"eyJ";
pub(super) const SEAM: &str = ".eyJ";

/// The length of the JOSE header that ends here: base64url of an object that names an algorithm.
pub(super) fn header(before: &[u8]) -> Option<usize> {
    let header = begun(before)?;
    memmem::find(&unbase64(header), b"\"alg\"").map(|_| header.len())
}

/// Read the rest of a payload, a dot and a signature.
pub(super) fn tail(cursor: &mut Cursor<'_>) -> Option<usize> {
    cursor.run(word::url_safe, PAYLOAD_MAX);
    cursor.text(b".")?;
    let signature = cursor.run(word::url_safe, SIGNATURE_MAX);
    (signature >= SIGNATURE_MIN).then_some(cursor.at())
}

/// How many bytes at the end may be a header whose token goes on.
pub(super) fn open_header(text: &[u8]) -> usize {
    (0..SEAM.len())
        .filter_map(|seam| {
            let (before, seen) = text.split_at_checked(text.len().checked_sub(seam)?)?;
            SEAM.as_bytes().starts_with(seen).then(|| begun(before))?.map(|it| it.len() + seam)
        })
        .max()
        .unwrap_or(0)
}

/// What may be a header, up to the end. A word may be glued to its front, such as the `n` of an
/// escaped line feed.
fn begun(before: &[u8]) -> Option<&[u8]> {
    let length = word::run(before.iter().rev(), word::url_safe, HEADER_MAX);
    let run = before.get(before.len() - length..)?;
    run.get(memmem::find(run, OBJECT)?..)
}

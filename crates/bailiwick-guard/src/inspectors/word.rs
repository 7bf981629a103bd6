//! Where a token begins and how far it goes, in text that may stand inside JSON or a URL.

/// A set of bytes that a token is made of.
pub(super) type Alphabet = fn(u8) -> bool;

/// `A-Z a-z 0-9`
pub(super) fn alphanumeric(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

/// `A-Z a-z 0-9 _ -`, which is also base64url.
pub(super) fn url_safe(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// `A-Z 2-7`, which is base32.
pub(super) fn base32(byte: u8) -> bool {
    byte.is_ascii_uppercase() || (b'2'..=b'7').contains(&byte)
}

/// `A-Z 0-9`
pub(super) fn upper(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit()
}

/// `a-z 0-9`
pub(super) fn lower(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

/// `0-9`
pub(super) fn digit(byte: u8) -> bool {
    byte.is_ascii_digit()
}

/// `A-Z a-z 0-9 + / =`, which is base64 with its padding.
pub(super) fn padded(byte: u8) -> bool {
    base64(byte) || byte == b'='
}

/// `A-Z a-z 0-9 + /`, which is base64.
pub(super) fn base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/'
}

/// `0-9 a-f`
pub(super) fn hex(byte: u8) -> bool {
    byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)
}

/// `A-Z a-z 0-9 . _ -`
pub(super) fn dotted(byte: u8) -> bool {
    url_safe(byte) || byte == b'.'
}

/// How many bytes at the start belong to the alphabet. It looks no further than `most`, so that
/// hostile text costs no more than a fixed amount for each place where a token might begin.
pub(super) fn run<'a>(
    bytes: impl IntoIterator<Item = &'a u8>,
    alphabet: Alphabet,
    most: usize,
) -> usize {
    bytes.into_iter().take(most).take_while(|&&byte| alphabet(byte)).count()
}

/// Whether a token can begin after `before`: not in the middle of a word, where a word also does
/// not reach back over an escape of JSON (`\n`, `\u0022`) or of a URL (`%20`).
pub(super) fn begins_word(before: &[u8], alphabet: Alphabet) -> bool {
    let Some(&last) = before.last() else { return true };
    if !alphabet(last) && !alphanumeric(last) {
        return true;
    }
    matches!(
        before,
        [.., b'\\', b'n' | b'r' | b't' | b'b' | b'f']
            | [.., b'\\', b'u', _, _, _, _]
            | [.., b'%', _, _]
    )
}

/// How many of the bytes behind a backslash belong to the escape that it begins.
pub(super) fn escape(behind: &[u8]) -> usize {
    match behind {
        [b'u', ..] => behind.len().min(5),
        [b'n' | b'r' | b't' | b'b' | b'f', ..] => 1,
        _ => 0,
    }
}

/// Whether the bytes look random enough to be a key, and not like a placeholder such as `xxxx` or
/// `abcdefgh01234567`.
pub(super) fn is_varied(bytes: &[u8]) -> bool {
    const DISTINCT_MIN: u32 = 8;
    let mut seen = 0u128;
    for &byte in bytes {
        seen |= 1u128.checked_shl(u32::from(byte)).unwrap_or(0);
    }
    let next = |pair: &&[u8]| matches!(pair, [one, two] if one.checked_add(1) == Some(*two));
    let ascending = bytes.windows(2).filter(next).count();
    seen.count_ones() >= DISTINCT_MIN && 2 * ascending < bytes.len()
}

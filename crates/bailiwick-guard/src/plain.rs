//! JSON escapes of plain characters, undone before anybody looks: a value must not be hidden by
//! spelling one of its letters `\u006b`.

/// The bytes with `\u00XX` of a printable ASCII character, and `\/`, written as that character.
/// `None` when there is no such escape, which is nearly always.
///
/// Quotes and backslashes stay escaped, so that strings end where they ended.
pub(crate) fn without_escapes(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut found = memchr::memchr_iter(b'\\', bytes).peekable();
    found.peek()?;
    let mut plain: Option<Vec<u8>> = None;
    let (mut copied, mut skip) = (0, 0);
    for at in found {
        if at < skip {
            continue;
        }
        let Some((length, letter)) = bytes.get(at..).and_then(escape) else {
            // An escaped backslash does not begin another escape.
            skip = at + 2;
            continue;
        };
        let out = plain.get_or_insert_with(|| Vec::with_capacity(bytes.len()));
        out.extend_from_slice(bytes.get(copied..at).unwrap_or_default());
        out.push(letter);
        copied = at + length;
        skip = copied;
    }
    if let Some(out) = &mut plain {
        out.extend_from_slice(bytes.get(copied..).unwrap_or_default());
    }
    plain
}

/// The length of an escape, and the character that it stands for.
fn escape(bytes: &[u8]) -> Option<(usize, u8)> {
    match bytes {
        [b'\\', b'/', ..] => Some((2, b'/')),
        [b'\\', b'u', b'0', b'0', high, low, ..] => {
            let high = char::from(*high).to_digit(16)?;
            let low = char::from(*low).to_digit(16)?;
            let letter = u8::try_from(high * 16 + low).ok()?;
            let plain = letter.is_ascii_graphic() && !matches!(letter, b'"' | b'\\');
            plain.then_some((6, letter))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::without_escapes;

    #[test]
    fn only_escapes_of_plain_characters_are_undone() {
        for (text, plain) in [
            (r"bw\u006b_1", Some("bwk_1")),
            (r"a\/b", Some("a/b")),
            (r"\u0062\u0077k", Some("bwk")),
            (r"\\u006b", None),
            (r#"\u0022 \u005c \n \u202e"#, None),
            ("nothing", None),
            (r"\u00", None),
            (r"\", None),
        ] {
            let got = without_escapes(text.as_bytes());
            assert_eq!(got.as_deref(), plain.map(str::as_bytes), "{text}");
        }
    }
}

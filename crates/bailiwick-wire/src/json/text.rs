//! Strings: their escapes resolved and written, and names that another parser may confuse.

use std::borrow::Cow;

/// The text that lies between a string's quotes, its escapes resolved. The scanner has checked
/// them; an escape that it would refuse reads as U+FFFD.
pub(super) fn unescape(inner: &str, escaped: bool) -> Cow<'_, str> {
    if !escaped {
        return Cow::Borrowed(inner);
    }
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some((plain, escape)) = rest.split_once('\\') {
        out.push_str(plain);
        let mut chars = escape.chars();
        out.push(match chars.next() {
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => unicode(&mut chars),
            Some(itself @ ('"' | '\\' | '/')) => itself,
            Some(_) | None => char::REPLACEMENT_CHARACTER,
        });
        rest = chars.as_str();
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The character that `XXXX` or `XXXX\uXXXX` writes, after the first `\u`.
fn unicode(chars: &mut std::str::Chars<'_>) -> char {
    let high = hex4(chars);
    if !(0xD800..0xDC00).contains(&high) {
        return char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER);
    }
    let low = match (chars.next(), chars.next()) {
        (Some('\\'), Some('u')) => hex4(chars),
        _ => 0,
    };
    if !(0xDC00..0xE000).contains(&low) {
        return char::REPLACEMENT_CHARACTER;
    }
    let joined = 0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00);
    char::from_u32(joined).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// The value of the next four hexadecimal digits.
fn hex4(chars: &mut std::str::Chars<'_>) -> u32 {
    (0..4).fold(0, |sum, _| {
        (sum << 4) | chars.next().and_then(|digit| digit.to_digit(16)).unwrap_or(0)
    })
}

/// `text` as a JSON string, quotes included.
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\u{1f}' => {
                let code = u32::from(char);
                out.push_str("\\u00");
                out.extend(
                    [code >> 4, code & 15].iter().filter_map(|it| char::from_digit(*it, 16)),
                );
            }
            _ => out.push(char),
        }
    }
    out.push('"');
    out
}

/// The first of these names in ASCII that `name` is another spelling of, as [`looks_like`] has it.
pub fn twin<'k>(
    name: &str,
    known: impl IntoIterator<Item = &'k &'static str>,
) -> Option<&'static str> {
    // A name in ASCII has as many bytes as what it is another spelling of: that tells most apart.
    let is_ascii = name.is_ascii();
    let may_be = |it: &&'static str| it.len() == name.len() || !is_ascii;
    known.into_iter().copied().filter(may_be).find(|it| looks_like(name, it))
}

/// Whether `name` is another spelling of `known` to a parser that ignores case, as Go's does. Such
/// a parser also folds U+017F to `s` and U+212A to `k`. `known` itself is no other spelling.
pub fn looks_like(name: &str, known: &str) -> bool {
    if name.len() < known.len() || name.len() > known.len() * 3 || begin_apart(name, known) {
        return false;
    }
    if name == known {
        return false;
    }
    let mut theirs = name.chars().map(fold);
    let mut ours = known.chars().map(fold);
    loop {
        match (theirs.next(), ours.next()) {
            (None, None) => return true,
            (left, right) if left == right => {}
            _ => return false,
        }
    }
}

/// Whether the first letters tell the two apart already, as they mostly do.
fn begin_apart(name: &str, known: &str) -> bool {
    let first = |it: &str| it.as_bytes().first().copied().filter(u8::is_ascii);
    match (first(name), first(known)) {
        (Some(theirs), Some(ours)) => !theirs.eq_ignore_ascii_case(&ours),
        (_, _) => false,
    }
}

const fn fold(char: char) -> char {
    match char {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        _ => char.to_ascii_lowercase(),
    }
}

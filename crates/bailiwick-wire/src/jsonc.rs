//! JSON with comments, as people write it into settings: what is not JSON is blanked out.
//!
//! The result is as long as the text that came, so that every span of the strict reader holds in
//! that text too, and an edit can leave all of it but the span as it is.

use std::ops::Range;

/// The text with its byte order mark, comments and trailing commas made into spaces. Line breaks
/// stay where they are. What is wrong otherwise stays wrong, for the strict reader to refuse.
pub fn plain(text: &str) -> String {
    let mut blanking = Blanking { text: text.as_bytes(), out: text.as_bytes().to_vec() };
    blanking.run();
    // Only whole characters are blanked, so this is UTF-8; nothing at all would be refused.
    String::from_utf8(blanking.out).unwrap_or_default()
}

struct Blanking<'t> {
    text: &'t [u8],
    out: Vec<u8>,
}

impl Blanking<'_> {
    fn run(&mut self) {
        let mark = "\u{feff}".as_bytes();
        let mut at = if self.text.starts_with(mark) { mark.len() } else { 0 };
        self.blank(0..at);
        // The last byte that means something, and the comma after a value if it is that.
        let (mut before, mut comma) = (b'[', None);
        while let Some(&byte) = self.text.get(at) {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => at += 1,
                b'/' => match self.comment(at) {
                    Some(end) => {
                        self.blank(at..end);
                        at = end;
                    }
                    None => return,
                },
                b',' => {
                    let after_value = !matches!(before, b'[' | b'{' | b',' | b':');
                    comma = after_value.then_some(at);
                    (before, at) = (byte, at + 1);
                }
                b']' | b'}' => {
                    if let Some(comma) = comma.take() {
                        self.blank(comma..comma + 1);
                    }
                    (before, at) = (byte, at + 1);
                }
                _ => {
                    comma = None;
                    at = if byte == b'"' { self.string(at) } else { at + 1 };
                    before = byte;
                }
            }
        }
    }

    /// Where the comment ends that begins here; `None` when none does, or it never ends.
    fn comment(&self, at: usize) -> Option<usize> {
        let rest = self.text.get(at + 2..)?;
        match self.text.get(at + 1)? {
            b'/' => Some(at + 2 + memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len())),
            b'*' => Some(at + 4 + memchr::memmem::find(rest, b"*/")?),
            _ => None,
        }
    }

    /// The place after the string that begins here.
    fn string(&self, start: usize) -> usize {
        let mut at = start + 1;
        while let Some(byte) = self.text.get(at) {
            match byte {
                b'\\' => at += 2,
                b'"' => return at + 1,
                _ => at += 1,
            }
        }
        self.text.len()
    }

    fn blank(&mut self, span: Range<usize>) {
        for byte in self.out.get_mut(span).into_iter().flatten() {
            if !matches!(byte, b'\n' | b'\r') {
                *byte = b' ';
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::plain;
    use crate::json::{Document, Limits};

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(plain(text), expected);
    }

    #[test]
    fn what_is_not_json_is_blanked_and_keeps_its_place() {
        check("{} // é\r\n", "{}      \r\n");
        check("/* a\n b */[1]", "    \n     [1]");
        check("[1, /* , */ ]", "[1          ]");
        check("{\"a\": 1, // x\n}", "{\"a\": 1      \n}");
        check("\u{feff}{}", "   {}");
    }

    #[test]
    fn what_is_wrong_stays_wrong() {
        for text in ["[,]", "[1,,]", "{\"a\":,}", "{} /* open", "[1] / 2", "[1 /"] {
            check(text, text);
        }
        check(r#"["// no", "/* no */", "\",]"]"#, r#"["// no", "/* no */", "\",]"]"#);
    }

    /// What may stand wherever white space may.
    fn gap() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec!["", " ", "\n", "// a, ] \"\n", "/* }, é \" */", "\r\n\t"])
    }

    /// A value, written strictly and with comments and trailing commas.
    fn value() -> impl Strategy<Value = (String, String)> {
        let leaf = prop_oneof![
            Just("null".to_owned()),
            any::<i32>().prop_map(|it| it.to_string()),
            "[ -~é/*,\\]}]{0,8}".prop_map(|it| crate::json::quote(&it)),
        ];
        let leaf = leaf.prop_map(|it| (it.clone(), it));
        leaf.prop_recursive(4, 24, 4, |inner| {
            let items = prop::collection::vec((inner, gap(), gap()), 0..4);
            (items, any::<bool>(), any::<bool>(), gap()).prop_map(|(items, object, comma, end)| {
                let (mut strict, mut loose) = (Vec::new(), Vec::new());
                for (number, ((s, l), before, after)) in items.iter().enumerate() {
                    let name = if object { format!("\"n{number}\":") } else { String::new() };
                    strict.push(format!("{name}{s}"));
                    loose.push(format!("{before}{name}{after}{l}{end}"));
                }
                let comma = if comma && !loose.is_empty() { "," } else { "" };
                let (open, close) = if object { ('{', '}') } else { ('[', ']') };
                let loose = format!("{open}{}{comma}{end}{close}", loose.join(","));
                (format!("{open}{}{close}", strict.join(",")), loose)
            })
        })
    }

    proptest! {
        #[test]
        fn comments_and_trailing_commas_change_no_value((strict, loose) in value()) {
            let limits = Limits::default();
            let plain = plain(&loose);
            let expected = Document::parse(strict.as_bytes(), limits).unwrap().root().to_value();
            let read = Document::parse(plain.as_bytes(), limits);
            prop_assert_eq!(read.unwrap().root().to_value(), expected, "{}", loose);
        }

        #[test]
        fn strict_json_is_left_as_it_is((strict, _) in value()) {
            prop_assert_eq!(plain(&strict), strict);
        }

        #[test]
        fn any_text_keeps_its_length_and_settles(
            text in "[\\[\\]{},:/*\"\\\\\n a1é\u{feff}]{0,40}"
        ) {
            let once = plain(&text);
            prop_assert_eq!(once.len(), text.len());
            prop_assert_eq!(plain(&once), once);
        }
    }
}

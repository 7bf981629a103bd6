//! The texts of a document, whatever it is about, with others in their place.

use bytes::Bytes;

use crate::json::{Document, Kind, Limits, Node, quote};
use crate::splice::Splice;

/// A string of a document.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Part<'a> {
    /// The name of a member.
    Name(&'a str),
    /// A value.
    Text(&'a str),
}

/// The body with another text for each of its strings for which there is one. All else goes on
/// byte for byte. `None` when it is no JSON, or would be none with two members of one name.
///
/// ```
/// use bailiwick_wire::texts::{Part, replaced};
///
/// let body = bytes::Bytes::from(r#"{"a": ["x", 1.0], "x":"y"}"#);
/// let out = replaced(&body, |it| (it == Part::Text("x")).then(|| "\"".to_owned()));
/// assert_eq!(out.as_deref(), Some(&br#"{"a": ["\"", 1.0], "x":"y"}"#[..]));
/// ```
pub fn replaced(body: &Bytes, other: impl Fn(Part<'_>) -> Option<String>) -> Option<Bytes> {
    let document = Document::parse(body, Limits::default()).ok()?;
    let mut splice = Splice::new(body);
    let mut has_renamed = false;
    let mut open = vec![document.root()];
    while let Some(node) = open.pop() {
        match node.kind() {
            Kind::Object => {
                for (name, value) in node.pairs() {
                    has_renamed |= replace(&mut splice, name, |it| other(Part::Name(it)));
                    open.push(value);
                }
            }
            Kind::Array => open.extend(node.elements()),
            Kind::String => {
                replace(&mut splice, node, |it| other(Part::Text(it)));
            }
            Kind::Null | Kind::Bool | Kind::Number => {}
        }
    }
    let out = splice.finish();
    let is_sound = !has_renamed || Document::parse(&out, Limits::default()).is_ok();
    is_sound.then_some(out)
}

/// Whether there was another text for it.
fn replace(
    splice: &mut Splice<'_>,
    node: Node<'_>,
    other: impl Fn(&str) -> Option<String>,
) -> bool {
    let text = node.text().and_then(|it| other(&it));
    if let Some(text) = &text {
        splice.replace(node.span(), quote(text).into_bytes());
    }
    text.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_json_has_no_texts() {
        assert_eq!(replaced(&Bytes::from_static(b"{"), |_| None), None);
    }

    #[test]
    fn names_are_replaced_unless_two_were_one_then() {
        let named = |body: &'static str| {
            let body = Bytes::from_static(body.as_bytes());
            let out = replaced(&body, |it| match it {
                Part::Name(name) => name.starts_with('s').then(|| "*".to_owned()),
                Part::Text(_) => None,
            });
            out.map(|it| String::from_utf8(it.to_vec()).unwrap())
        };
        let once = named(r#"[{"\u0073" :"s"},{"s2": {"a":1}}]"#);
        assert_eq!(once.as_deref(), Some(r#"[{"*" :"s"},{"*": {"a":1}}]"#));
        assert_eq!(named(r#"{"s":1,"s2":2}"#), None);
    }

    proptest! {
        #[test]
        fn a_body_without_other_texts_is_the_same_bytes(text in "[a-z\\\\\"\u{e9}]{0,12}") {
            let body = Bytes::from(format!("[ {} , {{\"k\":{}}}]", quote(&text), quote(&text)));
            prop_assert_eq!(replaced(&body, |_| None), Some(body.clone()));
            let twice = replaced(&body, |it| match it {
                Part::Name(_) => None,
                Part::Text(text) => Some(format!("{text}!")),
            });
            let twice = twice.unwrap();
            let expected = format!("[ {0} , {{\"k\":{0}}}]", quote(&format!("{text}!")));
            prop_assert_eq!(&twice[..], expected.as_bytes());
        }
    }
}

//! The texts of a document, whatever it is about, with others in their place.

use bytes::Bytes;

use crate::json::{Document, Kind, Limits, Node, quote};
use crate::splice::Splice;

/// The body with another text for each of its strings for which there is one; names of members
/// stay. All else goes on byte for byte. `None` when it is no JSON.
///
/// ```
/// let body = bytes::Bytes::from(r#"{"a": ["x", 1.0], "x":"y"}"#);
/// let out = bailiwick_wire::texts::replaced(&body, |it| (it == "x").then(|| "\"".to_owned()));
/// assert_eq!(out.as_deref(), Some(&br#"{"a": ["\"", 1.0], "x":"y"}"#[..]));
/// ```
pub fn replaced(body: &Bytes, mut other: impl FnMut(&str) -> Option<String>) -> Option<Bytes> {
    let document = Document::parse(body, Limits::default()).ok()?;
    let mut splice = Splice::new(body);
    let mut open = vec![document.root()];
    while let Some(node) = open.pop() {
        match node.kind() {
            Kind::Object => open.extend(node.pairs().map(|(_, value)| value)),
            Kind::Array => open.extend(node.elements()),
            Kind::String => replace(&mut splice, node, &mut other),
            Kind::Null | Kind::Bool | Kind::Number => {}
        }
    }
    Some(splice.finish())
}

fn replace(
    splice: &mut Splice<'_>,
    node: Node<'_>,
    other: &mut impl FnMut(&str) -> Option<String>,
) {
    if let Some(text) = node.text().and_then(|it| other(&it)) {
        splice.replace(node.span(), quote(&text).into_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_json_has_no_texts() {
        assert_eq!(replaced(&Bytes::from_static(b"{"), |_| None), None);
    }

    proptest! {
        #[test]
        fn a_body_without_other_texts_is_the_same_bytes(text in "[a-z\\\\\"\u{e9}]{0,12}") {
            let body = Bytes::from(format!("[ {} , {{\"k\":{}}}]", quote(&text), quote(&text)));
            prop_assert_eq!(replaced(&body, |_| None), Some(body.clone()));
            let twice = replaced(&body, |it| Some(format!("{it}!"))).unwrap();
            let expected = format!("[ {0} , {{\"k\":{0}}}]", quote(&format!("{text}!")));
            prop_assert_eq!(&twice[..], expected.as_bytes());
        }
    }
}

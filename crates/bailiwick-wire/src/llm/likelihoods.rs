//! Log probabilities and numbers of tokens: they repeat a text token by token, where nobody finds
//! what is looked for in the text itself.

use std::ops::Range;

use bytes::Bytes;

use super::operation::Operation;
use crate::json::{Document, Kind, Limits, Node};
use crate::splice::Splice;

/// Members that repeat a text.
const REPEATING: [&str; 2] = ["logprobs", "token_ids"];

/// Where such members stand in an answer, or in the data of an event, and what says nothing in the
/// place of each. None in dialects that have no such thing: there, a member of this name is a
/// tool's. Of what cannot be read nothing is told.
pub fn likelihoods(operation: Operation, data: &[u8]) -> Vec<(Range<usize>, &'static str)> {
    let mut found = Vec::new();
    match operation {
        Operation::Chat | Operation::Responses => {
            if let Ok(document) = Document::parse(data, Limits::default()) {
                within(document.root(), &mut found);
            }
        }
        Operation::Messages | Operation::Embeddings | Operation::CountTokens => {}
    }
    found
}

/// The answer without them; all else is as it came.
pub fn without_likelihoods(operation: Operation, body: &Bytes) -> Bytes {
    let found = likelihoods(operation, body);
    let mut splice = Splice::new(body);
    for (span, instead) in found {
        splice.replace(span, instead.as_bytes().to_vec());
    }
    splice.finish()
}

/// It recurses as deep as the document, which is limited.
fn within(node: Node<'_>, found: &mut Vec<(Range<usize>, &'static str)>) {
    node.elements().for_each(|it| within(it, found));
    for (name, value) in node.members() {
        let repeats = REPEATING.contains(&&*name);
        match value.kind() {
            Kind::Array if repeats && value.elements().next().is_some() => {
                found.push((value.span(), "[]"));
            }
            Kind::Object if repeats => found.push((value.span(), "null")),
            Kind::Array | Kind::Object => within(value, found),
            Kind::Null | Kind::Bool | Kind::Number | Kind::String => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_repeats_a_text_says_nothing() {
        for (operation, body, expected) in [
            (
                Operation::Chat,
                r#"{"choices":[{"logprobs":{"content":[{"token":"s","bytes":[115]}]},"m":1},
                {"logprobs" : null, "token_ids":[1,2]}]}"#,
                r#"{"choices":[{"logprobs":null,"m":1},
                {"logprobs" : null, "token_ids":[]}]}"#,
            ),
            (
                Operation::Responses,
                r#"{"response":{"output":[{"content":[{"text":"t","logprobs":[{"id":7}]}]}]}}"#,
                r#"{"response":{"output":[{"content":[{"text":"t","logprobs":[]}]}]}}"#,
            ),
            (Operation::Chat, r#"{"log\u0070robs":[{"token":"t"}]}"#, r#"{"log\u0070robs":[]}"#),
            (Operation::Chat, r#"{"logprobs":[],"a":1}"#, r#"{"logprobs":[],"a":1}"#),
            (Operation::Messages, r#"{"in":{"logprobs":[1]}}"#, r#"{"in":{"logprobs":[1]}}"#),
            (Operation::Chat, "[DONE]", "[DONE]"),
        ] {
            let out = without_likelihoods(operation, &Bytes::from_static(body.as_bytes()));
            assert_eq!(std::str::from_utf8(&out).unwrap(), expected);
        }
    }
}

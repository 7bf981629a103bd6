//! The pieces of content in what a server answers, known by their digests as those of prompts are:
//! so that a tool's result is known again in the prompt into which it went.

use bailiwick_core::Digest;

use crate::json::{Document, Node};

/// No answer is on record with more pieces than this.
const ITEMS_MAX: usize = 512;

/// The digests of the pieces of content in the result of a call of a tool, of a reading of a
/// resource or of a prompt: of a text or of data the SHA-256 of the decoded string, of anything
/// else that of its exact JSON. None where there is no result.
pub fn items(message: &Document<'_>) -> Vec<Digest> {
    let Some(result) = message.root().member("result") else { return Vec::new() };
    let list = |name: &str| result.member(name).into_iter().flat_map(Node::elements);
    let said = list("messages").filter_map(|it| it.member("content"));
    let pieces = list("content").chain(list("contents")).chain(said);
    pieces.take(ITEMS_MAX).map(digest).collect()
}

fn digest(piece: Node<'_>) -> Digest {
    let holder = piece.member("resource").filter(|it| it.is_object()).unwrap_or(piece);
    let body = ["text", "data", "blob"].iter().find_map(|it| holder.member(it)?.text());
    body.map_or_else(|| Digest::of(piece.raw().as_bytes()), |it| Digest::of(it.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Limits;

    #[test]
    fn pieces_are_known_by_their_texts_and_data() {
        let of = |text: &str| Digest::of(text.as_bytes());
        for (message, expected) in [
            (
                r#"{"result":{"content":[{"type":"text","text":"a\u0062"},
                {"type":"image","data":"aGk=","mimeType":"image/png"},
                {"type":"resource","resource":{"uri":"x:1","text":"c"}},
                {"type":"resource_link","uri":"x:2"}]}}"#,
                vec![of("ab"), of("aGk="), of("c"), of(r#"{"type":"resource_link","uri":"x:2"}"#)],
            ),
            (r#"{"result":{"contents":[{"uri":"x:1","blob":"aGk="}]}}"#, vec![of("aGk=")]),
            (
                r#"{"result":{"messages":[{"role":"user","content":{"type":"text","text":"t"}}]}}"#,
                vec![of("t")],
            ),
            (r#"{"error":{"code":1,"message":"no"}}"#, vec![]),
        ] {
            let document = Document::parse(message.as_bytes(), Limits::default()).unwrap();
            assert_eq!(items(&document), expected, "{message}");
        }
    }
}

//! The tools that a model calls and that its caller runs: their names, wherever an answer or an
//! event of one has them.

use std::collections::BTreeMap;

use super::delta::{Channel, channel};
use super::fields::whole;
use super::operation::Operation;
use crate::json::{Document, Limits, Node};

/// Names that come in pieces are followed for so many calls, each up to so many bytes.
const OPEN_MAX: usize = 512;
const NAME_MAX: usize = 1024;

/// The names of the tools that a whole answer calls.
pub fn called(operation: Operation, body: &[u8]) -> Vec<Box<str>> {
    let Ok(document) = Document::parse(body, Limits::default()) else { return Vec::new() };
    let names = in_answer(operation, document.root());
    names.into_iter().filter_map(|(_, it)| it.text().map(Box::from)).collect()
}

/// A call's place in an answer, and the name in it.
type Name<'d> = (u64, Node<'d>);

fn in_answer(operation: Operation, root: Node<'_>) -> Vec<Name<'_>> {
    let list = |name: &str| root.member(name).into_iter().flat_map(Node::elements).zip(0..);
    match operation {
        Operation::Chat => list("choices")
            .filter_map(|(it, at)| Some((at, it.member("message")?)))
            .flat_map(|(at, it)| in_message(at, it))
            .collect(),
        Operation::Responses => list("output").filter_map(|(it, at)| of_item(at, it)).collect(),
        Operation::Messages => list("content").filter_map(|(it, at)| of_block(at, it)).collect(),
        Operation::Embeddings | Operation::CountTokens => Vec::new(),
    }
}

fn in_message(at: u64, message: Node<'_>) -> Vec<Name<'_>> {
    let calls = message.member("tool_calls").into_iter().flat_map(Node::elements).zip(1..);
    let calls = calls.flat_map(|(call, place)| {
        let place = call.member("index").and_then(whole).map_or(place, |it| it + 1);
        let holders = ["function", "custom"].into_iter().filter_map(move |it| call.member(it));
        holders.map(move |it| (channel(at, place, Channel::Arguments), it))
    });
    let older = message.member("function_call");
    let older = older.map(|it| (channel(at, 0, Channel::Arguments), it));
    calls.chain(older).filter_map(|(at, it)| Some((at, it.member("name")?))).collect()
}

fn of_item(at: u64, item: Node<'_>) -> Option<Name<'_>> {
    const CALLS: [&str; 2] = ["function_call", "custom_tool_call"];
    let kind = item.member("type")?;
    let is_call = CALLS.iter().any(|it| kind.says(it));
    is_call.then(|| item.member("name").map(|it| (channel(at, 0, Channel::Arguments), it)))?
}

fn of_block(at: u64, block: Node<'_>) -> Option<Name<'_>> {
    let is_call = block.member("type").is_some_and(|it| it.says("tool_use"));
    is_call.then(|| block.member("name").map(|it| (channel(at, 0, Channel::Arguments), it)))?
}

/// The names that the events of a stream have told so far: a client joins their pieces.
#[derive(Debug, Default)]
pub(super) struct Calls(BTreeMap<u64, String>);

impl Calls {
    /// The names of the calls in an event, each as far as it is known by now.
    pub(super) fn event(&mut self, operation: Operation, root: Node<'_>) -> Vec<Box<str>> {
        match operation {
            Operation::Chat => self.chunk(root),
            Operation::Responses => {
                let item = root.member("item").and_then(|it| of_item(0, it));
                let response = root.member("response");
                let whole = response.into_iter().flat_map(|it| in_answer(operation, it));
                texts(item.into_iter().chain(whole))
            }
            Operation::Messages => {
                let block = root.member("content_block").and_then(|it| of_block(0, it));
                let message = root.member("message");
                let whole = message.into_iter().flat_map(|it| in_answer(operation, it));
                texts(block.into_iter().chain(whole))
            }
            Operation::Embeddings | Operation::CountTokens => Vec::new(),
        }
    }

    fn chunk(&mut self, root: Node<'_>) -> Vec<Box<str>> {
        let mut names = Vec::new();
        for choice in root.member("choices").into_iter().flat_map(Node::elements) {
            let at = choice.member("index").and_then(whole).unwrap_or(0);
            // Some servers repeat the whole message so far.
            let message = choice.member("message").into_iter();
            names.extend(texts(message.flat_map(|it| in_message(at, it))));
            let delta = choice.member("delta");
            for (place, name) in delta.into_iter().flat_map(|it| in_message(at, it)) {
                let piece = name.text().unwrap_or_default();
                if piece.is_empty() {
                    continue;
                }
                let is_new = !self.0.contains_key(&place);
                if is_new && self.0.len() >= OPEN_MAX {
                    names.push(piece.into());
                    continue;
                }
                let so_far = self.0.entry(place).or_default();
                if so_far.len() + piece.len() <= NAME_MAX {
                    so_far.push_str(&piece);
                }
                names.push(so_far.as_str().into());
                // Some servers say the whole name with each piece of the arguments.
                if !is_new {
                    names.push(piece.into());
                }
            }
        }
        names
    }
}

fn texts<'d>(names: impl Iterator<Item = Name<'d>>) -> Vec<Box<str>> {
    names.filter_map(|(_, it)| it.text().map(Box::from)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::Following;
    use crate::sse::Decoder;

    #[test]
    fn each_dialect_names_the_tools_that_it_calls() {
        for (operation, body, names) in [
            (
                Operation::Chat,
                r#"{"choices":[{"message":{"tool_calls":[{"function":{"name":"a"}},
                {"custom":{"name":"b"}}],"function_call":{"name":"c"}}}]}"#,
                &["a", "b", "c"][..],
            ),
            (
                Operation::Responses,
                r#"{"output":[{"type":"function_call","name":"a"},{"type":"mcp_call","name":"x"},
                {"type":"custom_tool_call","name":"b"},{"type":"message"}]}"#,
                &["a", "b"],
            ),
            (
                Operation::Messages,
                r#"{"content":[{"type":"tool_use","name":"a"},{"type":"server_tool_use",
                "name":"x"}]}"#,
                &["a"],
            ),
            (Operation::Embeddings, "{}", &[]),
            (Operation::Chat, "{", &[]),
        ] {
            let called = called(operation, body.as_bytes());
            let called: Vec<&str> = called.iter().map(|it| &**it).collect();
            assert_eq!(called, names);
        }
    }

    fn followed(operation: Operation, events: &[&str]) -> Vec<Vec<Box<str>>> {
        let mut following = Following::new(operation);
        let mut decoder = Decoder::new(1 << 20);
        for it in events {
            let line = it.replace('\n', "");
            decoder.push(format!("data: {line}\n\n").as_bytes()).unwrap();
        }
        std::iter::from_fn(|| decoder.next_event()).map(|it| following.event(&it).calls).collect()
    }

    #[test]
    fn a_name_in_pieces_is_told_as_a_client_joins_it() {
        let piece = |name: &str| {
            format!(
                r#"{{"choices":[{{"index":1,"delta":{{"tool_calls":[{{"index":0,
                "function":{{"name":"{name}"}}}}]}}}}]}}"#
            )
        };
        let events = [piece("delete_"), piece("ledger"), piece("")];
        let events: Vec<&str> = events.iter().map(String::as_str).collect();
        let told = followed(Operation::Chat, &events);
        let told: Vec<Vec<&str>> =
            told.iter().map(|it| it.iter().map(|it| &**it).collect()).collect();
        assert_eq!(told, [&["delete_"][..], &["delete_ledger", "ledger"], &[]]);
        let begin = r#"{"type":"content_block_start","index":0,
            "content_block":{"type":"tool_use","name":"pay","input":{}}}"#;
        assert_eq!(followed(Operation::Messages, &[begin])[0], ["pay".into()]);
        let added = r#"{"type":"response.output_item.added","output_index":0,
            "item":{"type":"function_call","name":"pay","arguments":""}}"#;
        assert_eq!(followed(Operation::Responses, &[added])[0], ["pay".into()]);
    }
}

//! What a model says to what it was told.

use serde_json::{Value, json};

use super::WORDS_MAX;

/// The models, as lists of either dialect have them.
pub(super) fn list() -> String {
    let entry = |id: &&str| {
        json!({ "id": id, "object": "model", "created": 0, "owned_by": "bailiwick",
            "type": "model", "display_name": id, "created_at": "1970-01-01T00:00:00Z" })
    };
    let models: Vec<Value> =
        ["parrot", "parrot-leaks", "parrot-endless"].iter().map(entry).collect();
    json!({ "object": "list", "has_more": false, "data": models }).to_string()
}

pub(super) const NOWHERE: &str = r#"{"error":{"message":"The parrot does not know that"}}"#;

/// The most letters of a token.
const PIECE: usize = 12;

/// How an answer ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Ending {
    /// All is said.
    Stop,
    /// As much is said as may be.
    Length,
    /// It would not end, and is said slowly.
    Never,
    /// The connection breaks.
    Dies,
}

/// An answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Answer {
    pub(super) model: String,
    /// Each with the space that stands before it; long ones in pieces.
    pub(super) words: Vec<String>,
    pub(super) ending: Ending,
    /// Tokens of the ask: four bytes are one. Of the answer each word is one.
    pub(super) input: usize,
}

impl Answer {
    /// What is said to this body of so many bytes that offers these tools.
    pub(super) fn to(asked: &Value, bytes: usize, tools: &[&str]) -> Self {
        let model = asked.get("model").and_then(Value::as_str).unwrap_or_default().to_owned();
        let (text, mut ending) = match model.as_str() {
            // In parts: what looks like a secret here is none.
            "parrot-leaks" => (
                format!(
                    "The key is gsk_{}, keep it.",
                    "FAKE0NotASecret1ForTests2Only3".repeat(2).get(..52).unwrap_or_default()
                ),
                Ending::Stop,
            ),
            "parrot-endless" => ("so it is ".repeat(WORDS_MAX / 3), Ending::Never),
            "parrot-dies" => ("I feel so ".to_owned(), Ending::Dies),
            _ => (repeated(asked, tools), Ending::Stop),
        };
        let all = text.split_whitespace();
        let spaced =
            all.enumerate().map(|(at, it)| if at == 0 { it.to_owned() } else { format!(" {it}") });
        let mut words: Vec<String> = spaced.flat_map(|it| pieces(&it)).collect();
        let limit = ["max_completion_tokens", "max_tokens"].iter().find_map(|it| asked.get(it));
        let most = limit.and_then(Value::as_u64).and_then(|it| usize::try_from(it).ok());
        let most = most.unwrap_or(WORDS_MAX);
        if words.len() > most {
            words.truncate(most);
            if ending == Ending::Stop {
                ending = Ending::Length;
            }
        }
        Self { model, words, ending, input: bytes.div_ceil(4) }
    }

    pub(super) fn text(&self) -> String {
        self.words.concat()
    }
}

/// A word as models write it: a long one is several tokens.
fn pieces(word: &str) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    letters.chunks(PIECE).map(|it| it.iter().collect()).collect()
}

/// The last words of the user, and the names of the tools.
fn repeated(asked: &Value, tools: &[&str]) -> String {
    let last = asked.get("messages").and_then(Value::as_array).and_then(|it| it.last());
    let content = last.and_then(|it| it.get("content"));
    let text = match content {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => {
            let texts = parts.iter().filter_map(|it| it.get("text").and_then(Value::as_str));
            texts.collect::<Vec<_>>().join(" ")
        }
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => {
            String::new()
        }
    };
    if tools.is_empty() { text } else { format!("{text} I may use: {}.", tools.join(", ")) }
}

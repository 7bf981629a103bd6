//! Answers as the two vendors write them.

use serde_json::{Value, json};

use super::said::{Answer, Ending};

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Dialect {
    Chat,
    Messages,
}

impl Dialect {
    /// The one that is spoken at a path.
    pub(super) fn at(path: &str) -> Option<Self> {
        match path {
            "/v1/chat/completions" => Some(Self::Chat),
            "/v1/messages" => Some(Self::Messages),
            _ => None,
        }
    }

    /// The names of the tools that are offered.
    pub(super) fn tools(self, asked: &Value) -> Vec<&str> {
        let tools = asked.get("tools").and_then(Value::as_array).into_iter().flatten();
        let described = tools.filter_map(|tool| match self {
            Self::Chat => tool.get("function"),
            Self::Messages => Some(tool),
        });
        described.filter_map(|it| it.get("name")?.as_str()).collect()
    }

    /// The whole answer.
    pub(super) fn whole(self, answer: &Answer) -> String {
        let (text, stop) = (answer.text(), self.stop(answer.ending));
        match self {
            Self::Chat => json!({
                "id": "chat-1", "object": "chat.completion", "created": 0, "model": answer.model,
                "choices": [{ "index": 0, "finish_reason": stop, "logprobs": null,
                    "message": { "role": "assistant", "content": text, "refusal": null } }],
                "usage": self.usage(answer),
            }),
            Self::Messages => json!({
                "id": "msg-1", "type": "message", "role": "assistant", "model": answer.model,
                "content": [{ "type": "text", "text": text }],
                "stop_reason": stop, "stop_sequence": null, "usage": self.usage(answer),
            }),
        }
        .to_string()
    }

    /// What comes before the first word.
    pub(super) fn opening(self, answer: &Answer) -> String {
        match self {
            Self::Chat => chunk(&json!({ "role": "assistant", "content": "" }), None),
            Self::Messages => {
                let message = json!({
                    "id": "msg-1", "type": "message", "role": "assistant", "model": answer.model,
                    "content": [], "stop_reason": null, "stop_sequence": null,
                    "usage": { "input_tokens": answer.input, "output_tokens": 0 },
                });
                let block = json!({ "type": "text", "text": "" });
                event("message_start", &json!({ "message": message }))
                    + &event("content_block_start", &json!({ "index": 0, "content_block": block }))
            }
        }
    }

    pub(super) fn word(self, word: &str) -> String {
        match self {
            Self::Chat => chunk(&json!({ "content": word }), None),
            Self::Messages => {
                let delta = json!({ "type": "text_delta", "text": word });
                event("content_block_delta", &json!({ "index": 0, "delta": delta }))
            }
        }
    }

    /// What comes after the last word.
    pub(super) fn closing(self, answer: &Answer) -> String {
        let stop = self.stop(answer.ending);
        match self {
            Self::Chat => {
                let usage = json!({
                    "id": "chat-1", "object": "chat.completion.chunk", "created": 0,
                    "model": answer.model, "choices": [], "usage": self.usage(answer),
                });
                chunk(&json!({}), Some(stop)) + &format!("data: {usage}\n\ndata: [DONE]\n\n")
            }
            Self::Messages => {
                let delta = json!({ "stop_reason": stop, "stop_sequence": null });
                event("content_block_stop", &json!({ "index": 0 }))
                    + &event(
                        "message_delta",
                        &json!({ "delta": delta, "usage": self.usage(answer) }),
                    )
                    + &event("message_stop", &json!({}))
            }
        }
    }

    fn usage(self, answer: &Answer) -> Value {
        let (input, output) = (answer.input, answer.words.len());
        match self {
            Self::Chat => json!({ "prompt_tokens": input, "completion_tokens": output,
                "total_tokens": input + output }),
            Self::Messages => json!({ "input_tokens": input, "output_tokens": output }),
        }
    }

    const fn stop(self, ending: Ending) -> &'static str {
        match (self, ending) {
            (Self::Chat, Ending::Stop) => "stop",
            (Self::Chat, Ending::Length | Ending::Never | Ending::Dies) => "length",
            (Self::Messages, Ending::Stop) => "end_turn",
            (Self::Messages, Ending::Length | Ending::Never | Ending::Dies) => "max_tokens",
        }
    }
}

fn chunk(delta: &Value, stop: Option<&str>) -> String {
    let choice = json!({ "index": 0, "delta": delta, "finish_reason": stop });
    let chunk = json!({
        "id": "chat-1", "object": "chat.completion.chunk", "created": 0, "model": "parrot",
        "choices": [choice],
    });
    format!("data: {chunk}\n\n")
}

fn event(name: &str, rest: &Value) -> String {
    let mut data = rest.clone();
    if let Value::Object(members) = &mut data {
        members.insert("type".to_owned(), name.into());
    }
    format!("event: {name}\ndata: {data}\n\n")
}

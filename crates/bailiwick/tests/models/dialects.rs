//! The SDK of one vendor before a provider that speaks the other's dialect.

use std::fs;

use serde_json::{Value, json};

use super::provider::Provider;
use super::{Sdk, base, gateway_with};
use crate::real_servers::Peers;

const TOOL: &str = r#"{"type":"object","properties":{"ticker":{"type":"string"}},
"required":["ticker"],"additionalProperties":false}"#;

/// What the SDK saw of each exchange, by its name: the model is asked for by that.
fn seen(vendor: &str, calls: &[(&str, &str, Value)]) -> Option<(Vec<Value>, Vec<Value>)> {
    let peers = Peers::of_models()?;
    let provider = Provider::start();
    let other = if vendor == "openai" { "anthropic" } else { "openai" };
    let alias = |(name, model, _): &(&str, &str, Value)| {
        format!("[models.{name}]\nprovider = \"{other}\"\nmodel = \"{model}\"\n")
    };
    let (house, running, key) =
        gateway_with(&provider, &calls.iter().map(alias).collect::<String>());
    let folder = house.path("asked");
    fs::create_dir(&folder).unwrap();
    let call = if vendor == "openai" { "chat.completions.create" } else { "messages.create" };
    for (name, _, body) in calls {
        fs::write(folder.join(format!("{name}.txt")), format!("> {call}\n{body}\n< 200\n"))
            .unwrap();
    }
    let words = ["tour", vendor, &base(vendor, &house.agents()), &key, folder.to_str().unwrap()];
    let steps = peers.model(Sdk::Python, &words);
    assert_eq!(running.stop(), 0);
    assert_eq!(house.verified()["in_doubt"], 0);
    let asked = provider.asked().into_iter().map(|it| json!([it.line, it.body["model"]]));
    Some((steps.as_array().unwrap().clone(), asked.collect()))
}

#[track_caller]
fn step<'a>(steps: &'a [Value], name: &str) -> &'a Value {
    let step = steps.iter().find(|it| it[0] == name);
    let step = &step.unwrap_or_else(|| panic!("no step is called {name}"))[1];
    assert!(!step.to_string().contains("\"error\":{"), "{name}: {step}");
    step
}

/// The pieces of text that a stream says.
fn said(chunks: &Value, piece: impl Fn(&Value) -> Option<String>) -> String {
    chunks.as_array().unwrap().iter().filter_map(piece).collect()
}

#[test]
fn openai_in_python_before_a_provider_of_messages() {
    let ask = |stream: bool| {
        let mut body = json!({"messages": [{"role": "user", "content": "Hello"}], "tools": [
            {"type": "function", "function": {"name": "get_stock_price", "strict": true,
                "parameters": serde_json::from_str::<Value>(TOOL).unwrap()}}]});
        if stream {
            (body["stream"], body["stream_options"]) =
                (json!(true), json!({"include_usage": true}));
        }
        body
    };
    let calls = [
        ("over-plain", "msg-plain", ask(false)),
        ("over-tools", "msg-tools", ask(false)),
        ("over-stream", "msg-stream-tools", ask(true)),
        ("error-busy", "error-529", ask(false)),
    ];
    let Some((steps, asked)) = seen("openai", &calls) else { return };
    for way in ["", " later"] {
        let plain = &step(&steps, &format!("over-plain{way}"))[0];
        assert_eq!(plain["choices"][0]["message"]["content"], "Hi! My name is Claude.");
        assert_eq!(
            (&plain["object"], &plain["usage"]["total_tokens"]),
            (&json!("chat.completion"), &json!(2598))
        );
        let tools = &step(&steps, &format!("over-tools{way}"))[0]["choices"][0];
        let function = &tools["message"]["tool_calls"][0]["function"];
        assert_eq!(function["name"], "get_stock_price");
        let arguments: Value =
            serde_json::from_str(function["arguments"].as_str().unwrap()).unwrap();
        assert_eq!(
            (arguments, &tools["finish_reason"]),
            (json!({"ticker": "^GSPC"}), &json!("tool_calls"))
        );
        let stream = step(&steps, &format!("over-stream{way}"));
        let delta = |it: &Value| it["choices"][0]["delta"].clone();
        let text = said(stream, |it| delta(it)["content"].as_str().map(str::to_owned));
        assert_eq!(text, "Okay, let's see:");
        let calls = |it: &Value| {
            delta(it)["tool_calls"][0]["function"]["arguments"].as_str().map(str::to_owned)
        };
        assert!(said(stream, calls).starts_with(r#"{"ticker": "^GSPC"}"#), "{stream}");
        assert!(stream.as_array().unwrap().last().unwrap()["usage"]["total_tokens"].is_u64());
    }
    // The SDK puts the stream together itself, too.
    step(&steps, "over-stream by the helper");
    let busy = steps.iter().find(|it| it[0] == "error-busy").unwrap();
    assert_eq!(busy[1][0]["error"]["status"], 503, "{busy}");
    assert!(asked.iter().all(|it| it[0] == "POST /anthropic/v1/messages"), "{asked:?}");
}

#[test]
fn anthropic_in_python_before_a_provider_of_chats() {
    let ask = |stream: bool| {
        let mut body = json!({"max_tokens": 512, "messages": [{"role": "user", "content": "Hello"}],
            "tools": [{"name": "get_current_weather",
                "input_schema": serde_json::from_str::<Value>(TOOL).unwrap()}]});
        if stream {
            body["stream"] = json!(true);
        }
        body
    };
    let calls = [
        ("over-tools", "chat-tools", ask(false)),
        ("over-stream", "chat-stream-tools", ask(true)),
        ("error-busy", "error-429", ask(false)),
    ];
    let Some((steps, asked)) = seen("anthropic", &calls) else { return };
    for way in ["", " later"] {
        let tools = &step(&steps, &format!("over-tools{way}"))[0];
        let call = &tools["content"][0];
        assert_eq!(
            (&call["type"], &call["name"]),
            (&json!("tool_use"), &json!("get_current_weather"))
        );
        assert_eq!(call["input"], json!({"location": "Boston, MA"}));
        assert_eq!(
            (&tools["type"], &tools["stop_reason"]),
            (&json!("message"), &json!("tool_use"))
        );
        let stream = step(&steps, &format!("over-stream{way}"));
        let piece = |it: &Value| it["delta"]["partial_json"].as_str().map(str::to_owned);
        let both = r#"{"location":"Boston, MA"}{"location":"Zürich"}"#;
        assert_eq!(said(stream, piece), both);
    }
    // The SDK puts the message together itself, too.
    let helped = step(&steps, "over-stream by the helper").as_array().unwrap().last().unwrap();
    assert_eq!(helped["content"][1]["input"], json!({"location": "Zürich"}));
    assert_eq!(helped["usage"]["output_tokens"], 40);
    let busy = steps.iter().find(|it| it[0] == "error-busy").unwrap();
    let error = &busy[1][0]["error"];
    assert_eq!(
        (&error["class"], &error["status"]),
        (&json!("RateLimitError"), &json!(429)),
        "{busy}"
    );
    assert!(asked.iter().all(|it| it[0] == "POST /openai/v1/chat/completions"), "{asked:?}");
}

//! A provider that speaks another dialect than its client: chats of a provider of messages, and
//! messages of a provider of chats.

use std::time::Duration;

use serde_json::{Value, json};

use crate::agent::Said;
use crate::house::{House, Plan, until};
use crate::provider::{Provider, chunk, ending};

const CHAT: &str = "/openai/v1/chat/completions";
const MESSAGES: &str = "/anthropic/v1/messages";

const POLICIES: &str = r#"
@id("people") permit (principal is Person, action, resource);
@id("models")
permit (principal == Agent::"worker", action in [Action::"discover", Action::"use_model", Action::"session"], resource);
@id("lists") permit (principal is Agent, action == Action::"list_models", resource);
@id("hidden") forbid (principal is Agent, action == Action::"discover", resource == Model::"claude/hidden");
@id("short")
forbid (principal is Agent, action == Action::"complete", resource)
when { context.input has output_max && context.input.output_max > 5000 };
"#;

const PRICES: &str = r#"
[[price]]
provider = "*"
model = "*"
per_million = { input = "1", output = "10" }
"#;

/// A gateway before one machine that is two providers: `lab` speaks chats, `claude` messages.
async fn house(provider: &Provider, policies: &str, withhold: &str) -> House {
    let mut plan = Plan::servers(&format!(
        "[providers.lab]\nurl = \"{0}\"\noutput_tokens = 500\nmodels = [\"mini*\"]\n\
         [providers.claude]\napi = \"anthropic\"\nurl = \"{0}\"\noutput_tokens = 600\n\
         [models.deep]\nprovider = \"claude\"\nmodel = \"plain\"\n\
         [models.secretive]\nprovider = \"claude\"\nmodel = \"hidden\"\n\
         [models.told]\nprovider = \"claude\"\nmodel = \"scripted\"\n\
         [models.cut]\nprovider = \"claude\"\nmodel = \"breaks\"\n\
         [spending]\nprices = [\"prices.toml\"]\n",
        provider.url
    ));
    for model in ["tools", "busy", "overloaded", "keyless", "untold", "twice"] {
        plan.servers +=
            &format!("[models.c-{model}]\nprovider = \"claude\"\nmodel = \"{model}\"\n");
        plan.servers += &format!("[models.l-{model}]\nprovider = \"lab\"\nmodel = \"{model}\"\n");
    }
    for model in ["scripted", "endless", "breaks", "plain"] {
        plan.servers += &format!("[models.l-{model}]\nprovider = \"lab\"\nmodel = \"{model}\"\n");
    }
    plan.policies = format!("{POLICIES}{policies}");
    plan.files = vec![("prices.toml".to_owned(), PRICES.to_owned())];
    plan.withhold = withhold.to_owned();
    plan.open().await
}

async fn plain_house(provider: &Provider) -> House {
    house(provider, "", "\"secret\"").await
}

/// What is asked in either dialect.
fn ask(model: &str) -> Value {
    json!({"model": model, "max_tokens": 100, "messages": [{"role": "user", "content": "Hello"}]})
}

fn streamed(model: &str) -> Value {
    let mut body = ask(model);
    body["stream"] = json!(true);
    body
}

async fn send(house: &House, path: &str, body: &Value) -> Said {
    house.worker.send("POST", path, &body.to_string()).await
}

/// An event of a message.
fn event(data: &Value) -> String {
    format!("event: {}\ndata: {data}\n\n", data["type"].as_str().unwrap())
}

/// The stream of a message that says this, and calls a tool.
fn message(pieces: &[&str]) -> Vec<String> {
    let start = json!({"type": "message_start", "message": {"id": "msg_1", "type": "message",
        "role": "assistant", "model": "claude-2026", "content": [], "stop_reason": null,
        "stop_sequence": null, "usage": {"input_tokens": 900, "output_tokens": 1}}});
    let thinking = json!({"type": "thinking", "thinking": "", "signature": ""});
    let begin = |at: u64, block: Value| {
        event(&json!({"type": "content_block_start", "index": at, "content_block": block}))
    };
    let delta = |at: u64, delta: Value| {
        event(&json!({"type": "content_block_delta", "index": at, "delta": delta}))
    };
    let stop = |at: u64| event(&json!({"type": "content_block_stop", "index": at}));
    let mut all = vec![event(&start), begin(0, thinking)];
    all.push(delta(0, json!({"type": "thinking_delta", "thinking": "A thought."})));
    all.extend([stop(0), begin(1, json!({"type": "text", "text": ""}))]);
    all.extend(pieces.iter().map(|it| delta(1, json!({"type": "text_delta", "text": it}))));
    let call = json!({"type": "tool_use", "id": "t1", "name": "look", "input": {}});
    all.extend([stop(1), begin(2, call)]);
    all.push(delta(2, json!({"type": "input_json_delta", "partial_json": "{\"at\":7}"})));
    all.push(stop(2));
    all.push(event(&json!({"type": "message_delta", "usage": {"output_tokens": 30},
        "delta": {"stop_reason": "tool_use", "stop_sequence": null}})));
    all.push(event(&json!({"type": "message_stop"})));
    all
}

/// The events of a stream that can be read.
fn data(said: &Said) -> Vec<Value> {
    let text = said.text();
    let lines = text.lines().filter_map(|it| it.strip_prefix("data: "));
    lines.filter_map(|it| serde_json::from_str(it).ok()).collect()
}

/// The text that a stream says, in either dialect.
fn text_of(said: &Said) -> String {
    let pieces = data(said);
    let piece = |it: &Value| {
        let chat = it["choices"][0]["delta"]["content"].as_str();
        chat.or(it["delta"]["text"].as_str()).unwrap_or_default().to_owned()
    };
    pieces.iter().map(piece).collect()
}

fn error_type(said: &Said) -> String {
    said.json()["error"]["type"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_chat_is_answered_by_a_provider_of_messages() {
    let provider = Provider::start().await;
    let house = plain_house(&provider).await;
    let tool = json!({"type": "function", "function":
        {"name": "look", "parameters": {"type": "object"}}});
    let mut body = json!({"model": "c-tools", "tools": [tool],
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}]});
    let said = send(&house, CHAT, &body).await;
    assert_eq!(said.status, 200, "{said:?}");
    let answer = said.json();
    assert_eq!(answer["object"], "chat.completion");
    let message = &answer["choices"][0]["message"];
    assert_eq!(message["content"], "Hello!");
    assert_eq!(message["tool_calls"][0]["function"]["arguments"], "{\"at\":7}");
    assert_eq!(answer["choices"][0]["finish_reason"], "tool_calls");
    assert_eq!(answer["usage"]["total_tokens"], 1200);
    assert_eq!(said.header("content-type"), Some("application/json"));
    let asked = provider.asked().pop().unwrap();
    assert_eq!(asked.path, "/v1/messages");
    assert_eq!(asked.headers["anthropic-version"], "2023-06-01");
    let sent = provider.last();
    // A bound that the chat did not set is the provider's.
    assert_eq!((&sent["model"], &sent["max_tokens"]), (&json!("tools"), &json!(600)));
    assert_eq!(sent["system"][0]["text"], "Be brief.");
    assert_eq!(sent["tools"][0]["name"], "look");
    let (decision, outcome) = house.book().both(said.header("bailiwick-decision").unwrap());
    assert_eq!((decision.name.as_deref(), decision.items.len()), (Some("tools"), 2));
    assert!(decision.bound.is_some_and(|it| it >= 6_000));
    let meter = outcome.unwrap().meter.unwrap();
    // In the provider's own words.
    assert_eq!((meter.input, meter.output, meter.cost), (1_000, 200, Some(3_000)));
    assert_eq!(meter.stop.as_deref(), Some("tool_use"));
    // Policy reads what goes out.
    body["max_tokens"] = json!(5_001);
    let said = send(&house, CHAT, &body).await;
    assert_eq!((said.status, provider.asked().len()), (403, 1), "{said:?}");
}

#[tokio::test]
async fn a_message_is_answered_by_a_provider_of_chats() {
    let provider = Provider::start().await;
    let house = plain_house(&provider).await;
    // By another name, by the provider's name, and because a provider claims it.
    for (model, name) in [("l-tools", "tools"), ("lab/mini-1", "mini-1"), ("mini-2", "mini-2")] {
        let mut body = ask(model);
        body["tools"] = json!([{"name": "look", "input_schema": {"type": "object"}}]);
        let said = send(&house, MESSAGES, &body).await;
        assert_eq!(said.status, 200, "{said:?}");
        let answer = said.json();
        assert_eq!((&answer["type"], &answer["role"]), (&json!("message"), &json!("assistant")));
        assert_eq!(answer["content"][0], json!({"type": "text", "text": "Hello!"}));
        if name == "tools" {
            let call = json!({"type": "tool_use", "id": "t1", "name": "look", "input": {"at": 7}});
            assert_eq!(
                (&answer["content"][1], &answer["stop_reason"]),
                (&call, &json!("tool_use"))
            );
        }
        assert_eq!(answer["usage"]["output_tokens"], 200);
        // Each vendor's SDK looks for the id of a request elsewhere.
        assert_eq!((said.header("request-id"), said.header("x-request-id")), (Some("req-7"), None));
        assert_eq!(provider.asked().pop().unwrap().path, "/v1/chat/completions");
        let sent = provider.last();
        assert_eq!((&sent["model"], &sent["max_completion_tokens"]), (&json!(name), &json!(100)));
        assert_eq!(sent["tools"][0]["function"]["name"], "look");
    }
    // What is not translated does not go there.
    let said = send(&house, "/anthropic/v1/messages/count_tokens", &ask("claude/mini-1")).await;
    assert_eq!(said.json()["input_tokens"], 2095);
    assert_eq!(provider.asked().pop().unwrap().path, "/v1/messages/count_tokens");
}

#[tokio::test]
async fn a_chat_streams_from_a_provider_of_messages() {
    let provider = Provider::start().await;
    let house = plain_house(&provider).await;
    provider.script(&message(&["Hel", "lo"]));
    for tells_usage in [false, true] {
        let mut body = streamed("told");
        if tells_usage {
            body["stream_options"] = json!({"include_usage": true});
        }
        let said = send(&house, CHAT, &body).await;
        assert_eq!(said.header("content-type"), Some("text/event-stream"));
        assert_eq!(text_of(&said), "Hello");
        assert!(said.text().ends_with("data: [DONE]\n\n"), "{said:?}");
        assert!(!said.text().contains("thought"), "{said:?}");
        let chunks = data(&said);
        assert!(chunks.iter().all(|it| it["object"] == "chat.completion.chunk"), "{said:?}");
        let call = chunks.iter().find(|it| it["choices"][0]["delta"]["tool_calls"].is_array());
        assert_eq!(call.unwrap()["choices"][0]["delta"]["tool_calls"][0]["id"], "t1");
        assert_eq!(chunks.iter().any(|it| it["usage"].is_object()), tells_usage);
        let (_, outcome) = house.book().both(said.header("bailiwick-decision").unwrap());
        let outcome = outcome.unwrap();
        let meter = outcome.meter.unwrap();
        assert_eq!((meter.input, meter.output, meter.estimated), (900, 30, false));
        assert_eq!((&*outcome.disposition, meter.stop.as_deref()), ("answered", Some("tool_use")));
    }
}

#[tokio::test]
async fn a_message_streams_from_a_provider_of_chats() {
    let provider = Provider::start().await;
    let house = plain_house(&provider).await;
    let whole = [chunk("Hel"), chunk("lo"), ending("stop", 900, 3)];
    // Some leave out the end of the stream.
    let cut = [whole.concat().replace("data: [DONE]\n\n", "")];
    for script in [&whole[..], &cut] {
        provider.script(script);
        let said = send(&house, MESSAGES, &streamed("l-scripted")).await;
        assert_eq!(text_of(&said), "Hello");
        let kinds: Vec<Value> = data(&said).iter().map(|it| it["type"].clone()).collect();
        assert_eq!(
            kinds,
            [
                "message_start",
                "content_block_start",
                "content_block_delta",
                "content_block_delta",
                "content_block_stop",
                "message_delta",
                "message_stop"
            ],
            "{said:?}"
        );
        assert_eq!(provider.last()["stream_options"]["include_usage"], json!(true));
        let (_, outcome) = house.book().both(said.header("bailiwick-decision").unwrap());
        let outcome = outcome.unwrap();
        let meter = outcome.meter.unwrap();
        assert_eq!((&*outcome.disposition, meter.input, meter.output), ("answered", 900, 3));
    }
}

#[tokio::test]
async fn what_cannot_go_over_is_refused_before_anything_is_sent() {
    let provider = Provider::start().await;
    let house = plain_house(&provider).await;
    let mut body = ask("deep");
    body["seed"] = json!(7);
    let said = send(&house, CHAT, &body).await;
    assert_eq!((said.status, error_type(&said)), (400, "invalid_request_error".to_owned()));
    assert!(said.text().contains("cannot be translated: seed"), "{said:?}");
    let mut body = ask("l-plain");
    let mark = json!({"type": "ephemeral", "ttl": "1h"});
    body["messages"][0]["content"] =
        json!([{"type": "text", "text": "Hello", "cache_control": mark}]);
    let said = send(&house, MESSAGES, &body).await;
    assert!(
        said.status == 400 && said.text().contains("messages[0].content[0].cache_control.ttl"),
        "{said:?}"
    );
    // Whoever may not know of the model learns nothing of it from that.
    let mut body = ask("secretive");
    let hidden = send(&house, CHAT, &body).await;
    body["seed"] = json!(7);
    let untold = send(&house, CHAT, &body).await;
    assert_eq!((hidden.status, hidden.looks()), (404, untold.looks()));
    assert!(untold.header("bailiwick-decision").is_some());
    assert_eq!(provider.asked().len(), 0);
}

#[tokio::test]
async fn errors_go_over_with_their_status() {
    let provider = Provider::start().await;
    let house = plain_house(&provider).await;
    for (path, model, status, kind) in [
        (CHAT, "c-busy", 429, "rate_limit_error"),
        (MESSAGES, "l-busy", 429, "rate_limit_error"),
        // A number that clients of OpenAI's do not know.
        (CHAT, "c-overloaded", 503, "server_error"),
        (MESSAGES, "l-overloaded", 529, "overloaded_error"),
        (CHAT, "c-keyless", 502, "server_error"),
        // Two answers have no place in one message.
        (MESSAGES, "l-twice", 502, "api_error"),
    ] {
        let said = send(&house, path, &ask(model)).await;
        assert_eq!((said.status, &*error_type(&said)), (status, kind), "{model}: {said:?}");
        assert_eq!(said.header("retry-after"), (status == 429).then_some("7"));
        assert_eq!(said.text().starts_with(r#"{"type":"error""#), path == MESSAGES);
        assert!(!said.text().contains("bad key"), "{said:?}");
    }
    let (_, outcome) = {
        let said = send(&house, CHAT, &ask("c-overloaded")).await;
        house.book().both(said.header("bailiwick-decision").unwrap())
    };
    // The record has the provider's own number.
    assert_eq!(outcome.unwrap().meter.unwrap().status, 529);
    // What the provider does not tell is not nothing, and what is lost is paid for.
    for (model, cost, estimated) in [("l-untold", None, true), ("l-twice", Some(3_000), false)] {
        let said = send(&house, MESSAGES, &ask(model)).await;
        let (_, outcome) = house.book().both(said.header("bailiwick-decision").unwrap());
        let meter = outcome.unwrap().meter.unwrap();
        assert!(meter.cost > Some(0) && cost.is_none_or(|it| meter.cost == Some(it)), "{meter:?}");
        assert_eq!(meter.estimated, estimated);
    }
}

#[tokio::test]
async fn a_secret_is_masked_or_blocked_in_the_clients_dialect() {
    let secret = "gsk_FAKE0NotASecret1ForTests2Only3FAKE0NotASecret1ForTes";
    let text = format!("Use {secret} for it.");
    let pieces: Vec<&str> =
        text.as_bytes().chunks(4).map(|it| std::str::from_utf8(it).unwrap()).collect();
    for duty in ["mask", "block"] {
        let provider = Provider::start().await;
        let duties = format!(
            "@id(\"dutiful\") @obligation(\"{duty}\")\n\
             permit (principal == Agent::\"worker\", action == Action::\"complete\", resource);"
        );
        let house = house(&provider, &duties, "").await;
        for (path, model) in [(CHAT, "told"), (MESSAGES, "l-scripted")] {
            if path == CHAT {
                provider.script(&message(&pieces));
            } else {
                let chunks = pieces.iter().map(|it| chunk(it));
                let script: Vec<String> = chunks.chain([ending("stop", 9, 9)]).collect();
                provider.script(&script);
            }
            let said = send(&house, path, &streamed(model)).await;
            assert!(!said.text().contains(&secret[4..]), "{said:?}");
            let (_, outcome) = house.book().both(said.header("bailiwick-decision").unwrap());
            let outcome = outcome.unwrap();
            assert!(outcome.findings.iter().any(|it| it.kind == "secret.groq_key"), "{outcome:?}");
            if duty == "mask" {
                assert_eq!(text_of(&said), "Use [secret:groq_key] for it.");
                continue;
            }
            let end = if path == CHAT { "content_filter" } else { "\"refusal\"" };
            assert!(said.text().contains(end), "{said:?}");
            assert_eq!(&*outcome.disposition, "withheld");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stream_ends_well_in_the_clients_dialect() {
    let provider = Provider::start().await;
    let house = plain_house(&provider).await;
    // At what was reserved.
    let mut body = streamed("l-endless");
    body["max_tokens"] = json!(20);
    let said = send(&house, MESSAGES, &body).await;
    assert!(said.text().contains(r#""stop_reason":"max_tokens""#), "{said:?}");
    assert!(said.text().ends_with("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"));
    assert_eq!(house.trail(&said).1.as_deref(), Some("answered"));
    // Where its provider breaks off.
    for (path, model, script) in [
        (MESSAGES, "l-breaks", vec![chunk("some words that were written")]),
        (CHAT, "cut", message(&["some words that were written"])[..6].to_vec()),
    ] {
        provider.script(&script);
        let said = send(&house, path, &streamed(model)).await;
        assert!(said.text().contains("The provider broke off"), "{said:?}");
        assert_eq!(said.text().contains("event: error"), path == MESSAGES);
        let (_, outcome) = house.book().both(said.header("bailiwick-decision").unwrap());
        let outcome = outcome.unwrap();
        assert_eq!(&*outcome.disposition, "unreachable");
        assert!(outcome.meter.unwrap().cost > Some(90));
    }
    // When what is called is killed.
    let mut body = streamed("l-endless");
    body["max_tokens"] = json!(4_000);
    let before = provider.asked().len();
    let streaming = {
        let (agent, body) = (house.worker.clone(), body.to_string());
        tokio::spawn(async move { agent.send("POST", MESSAGES, &body).await })
    };
    until("the stream has begun", || provider.asked().len() > before).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let order = json!({"kind": "model", "name": "lab/endless", "reason": "too dear"});
    house.act("POST", "kills", &order.to_string()).await;
    let said = tokio::time::timeout(Duration::from_secs(1), streaming).await.unwrap().unwrap();
    assert!(said.text().contains(r#""stop_reason":"refusal""#), "{said:?}");
    assert!(said.text().contains("message_stop"));
    assert_eq!(house.trail(&said).1.as_deref(), Some("killed"));
    assert!(house.book().owed().is_empty());
}

#[tokio::test]
async fn lists_name_what_leads_to_the_other_dialect() {
    let provider = Provider::start().await;
    let house = plain_house(&provider).await;
    let listed = house.worker.send("GET", "/openai/v1/models", "").await.json();
    let names: Vec<&str> =
        listed["data"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect();
    assert!(names.contains(&"deep") && names.contains(&"l-plain"), "{names:?}");
    assert!(!names.contains(&"secretive"), "{names:?}");
    let one = |name: &str| format!("/openai/v1/models/{name}");
    let deep = house.worker.send("GET", &one("deep"), "").await;
    assert_eq!((deep.status, &deep.json()["object"]), (200, &json!("model")), "{deep:?}");
    assert_eq!(deep.json()["id"], "deep");
    let hidden = house.worker.send("GET", &one("secretive"), "").await;
    assert_eq!((hidden.status, error_type(&hidden).as_str()), (404, "invalid_request_error"));
}

#[tokio::test]
async fn what_names_a_provider_is_asked_of_no_other() {
    let provider = Provider::start().await;
    let mut plan = Plan::servers(&format!(
        "[providers.claude]\napi = \"anthropic\"\nurl = \"{0}\"\n\
         [providers.lab]\nurl = \"{0}\"\nmodels = [\"mini*\"]\n\
         [providers.open]\nurl = \"{0}\"\n\
         [models.deep]\nprovider = \"claude\"\nmodel = \"plain\"\n\
         [models.secretive]\nprovider = \"claude\"\nmodel = \"hidden\"\n\
         [spending]\nprices = [\"prices.toml\"]\n",
        provider.url
    ));
    plan.policies = POLICIES.to_owned();
    plan.files = vec![("prices.toml".to_owned(), PRICES.to_owned())];
    let house = plan.open().await;
    let (responses, embeddings) = ("/openai/v1/responses", "/openai/v1/embeddings");
    let count = "/anthropic/v1/messages/count_tokens";
    for (path, model, status, words) in [
        (responses, "deep", 400, "`deep` is at `claude`, which does not serve responses"),
        (responses, "claude/claude-x", 400, "is at `claude`"),
        (embeddings, "deep", 400, "does not serve embeddings"),
        (count, "lab/mini", 400, "is at `lab`, which does not serve count_tokens"),
        (count, "mini-4", 400, "is at `lab`"),
        // Whoever may not know of a model does not learn where it is.
        (responses, "secretive", 404, "does not exist"),
        // What a provider does not take is nobody else's.
        (CHAT, "lab/large", 404, "does not exist"),
    ] {
        let mut body = json!({"model": model, "input": "SECRET"});
        if path != responses && path != embeddings {
            body = json!({"model": model, "max_tokens": 10,
                "messages": [{"role": "user", "content": "SECRET"}]});
        }
        let said = send(&house, path, &body).await;
        assert_eq!(said.status, status, "{path} {model}: {said:?}");
        assert!(said.text().contains(words), "{path} {model}: {said:?}");
    }
    assert!(provider.asked().is_empty());
    // A beginning that is no provider's name is part of a name.
    assert_eq!(send(&house, CHAT, &ask("meta/plain")).await.status, 200);
    assert_eq!(provider.asked().pop().unwrap().path, "/v1/chat/completions");
}

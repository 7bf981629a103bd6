//! Streams of models at their edges: what repeats a text is masked with it, windows that overflow,
//! providers that fall silent, streams that the gateway cuts; and tools that a provider runs.

use serde_json::{Value, json};

use crate::agent::Said;
use crate::house::{House, Plan};
use crate::models::{chat, lab};
use crate::provider::{Provider, chunk, ending};

const CHATS: &str = "/openai/v1/chat/completions";
const SECRET: &str = "gsk_FAKE0NotASecret1ForTests2Only3FAKE0NotASecret1ForTes";

const MASKS: &str = r#"
@id("people") permit (principal is Person, action, resource);
@id("dutiful") @obligation("mask") permit (principal is Agent, action, resource);
"#;

async fn masking(provider: &Provider, limits: &str) -> House {
    let mut plan = Plan::servers(&format!(
        "[providers.lab]\nurl = \"{}\"\n[spending]\nunpriced_call = \"0.01\"\n",
        provider.url
    ));
    plan.policies = MASKS.to_owned();
    plan.withhold = String::new();
    plan.limits = limits.to_owned();
    plan.open().await
}

fn streamed(model: &str) -> Value {
    let mut body = chat(model);
    body["stream"] = json!(true);
    body
}

fn tokens() -> Vec<Value> {
    let token = |it: &[u8]| json!({"token": std::str::from_utf8(it).unwrap(), "logprob": -0.1, "bytes": it});
    SECRET.as_bytes().chunks(4).map(token).collect()
}

/// What the data of each event says.
fn data(said: &Said) -> Vec<Value> {
    let text = said.text();
    let data = text.lines().filter_map(|it| it.strip_prefix("data: "));
    data.filter_map(|it| serde_json::from_str(it).ok()).collect()
}

#[tokio::test]
async fn log_probabilities_are_masked_with_what_they_repeat() {
    let provider = Provider::start().await;
    let house = masking(&provider, "").await;
    let message = json!({"role": "assistant", "content": SECRET});
    let choice = json!({"index": 0, "message": message, "finish_reason": "stop",
        "logprobs": {"content": tokens()}, "token_ids": [1, 2]});
    provider.says(json!({"choices": [choice], "model": "m"}));
    let said = house.worker.send("POST", CHATS, &chat("says").to_string()).await;
    let choice = &said.json()["choices"][0];
    assert_eq!(choice["message"]["content"], "[secret:groq_key]");
    assert_eq!((&choice["logprobs"], &choice["token_ids"]), (&Value::Null, &json!([])));

    let part =
        json!({"type": "output_text", "text": SECRET, "annotations": [], "logprobs": tokens()});
    let item = json!({"type": "message", "id": "m_1", "role": "assistant", "content": [part]});
    provider
        .says(json!({"id": "r_1", "object": "response", "status": "completed", "output": [item]}));
    let body = json!({"model": "says", "input": "Hello"}).to_string();
    let said = house.worker.send("POST", "/openai/v1/responses", &body).await;
    let part = &said.json()["output"][0]["content"][0];
    assert_eq!((&part["text"], &part["logprobs"]), (&json!("[secret:groq_key]"), &json!([])));
}

#[tokio::test]
async fn streamed_log_probabilities_are_masked_in_both_apis() {
    let provider = Provider::start().await;
    let house = masking(&provider, "").await;
    let chunks = tokens().into_iter().map(|token| {
        let logprobs = json!({"content": [token]});
        let delta = json!({"index": 0, "delta": {"content": token["token"]}, "logprobs": logprobs,
            "finish_reason": null});
        format!("data: {}\n\n", json!({"id": "c-1", "model": "m-1", "choices": [delta]}))
    });
    provider.script(&chunks.chain([ending("stop", 9, 9)]).collect::<Vec<_>>());
    let said = house.worker.send("POST", CHATS, &streamed("scripted").to_string()).await;
    assert_eq!(crate::models::text_of(&said.text()), "[secret:groq_key]");
    assert!(!said.text().contains("FAKE"), "{said:?}");
    assert!(data(&said).iter().all(|it| it["choices"][0]["logprobs"].is_null()), "{said:?}");

    let named = |kind: &str, mut data: Value| {
        data["type"] = json!(kind);
        format!("event: {kind}\ndata: {data}\n\n")
    };
    let place = json!({"item_id": "m_1", "output_index": 0, "content_index": 0});
    let mut script: Vec<String> = tokens()
        .into_iter()
        .map(|token| {
            let mut delta = place.clone();
            (delta["delta"], delta["logprobs"]) = (token["token"].clone(), json!([token]));
            named("response.output_text.delta", delta)
        })
        .collect();
    let mut done = place.clone();
    (done["text"], done["logprobs"]) = (json!(SECRET), json!(tokens()));
    script.push(named("response.output_text.done", done));
    let part =
        json!({"type": "output_text", "text": SECRET, "annotations": [], "logprobs": tokens()});
    let item = json!({"type": "message", "id": "m_1", "role": "assistant", "content": [part]});
    let response = json!({"id": "r_1", "status": "completed", "output": [item]});
    script.push(named("response.completed", json!({"response": response})));
    provider.script(&script);
    let body = json!({"model": "scripted", "input": "Hello", "stream": true}).to_string();
    let said = house.worker.send("POST", "/openai/v1/responses", &body).await;
    assert!(!said.text().contains("FAKE"), "{said:?}");
    let events = data(&said);
    let last = &events.last().unwrap()["response"]["output"][0]["content"][0];
    assert_eq!((&last["text"], &last["logprobs"]), (&json!("[secret:groq_key]"), &json!([])));
    let deltas = events.iter().filter(|it| it["type"] == "response.output_text.delta");
    assert!(deltas.clone().count() > 10 && deltas.clone().all(|it| it["logprobs"] == json!([])));
}

#[tokio::test]
async fn a_window_that_overflows_under_mask_withholds_the_rest() {
    let provider = Provider::start().await;
    let house = masking(&provider, "").await;
    // A private key that does not end, in events that are mostly something else.
    let padded = |text: &str| {
        let delta = json!({"index": 0, "delta": {"content": text}, "finish_reason": null});
        let chunk = json!({"id": "c", "model": "m", "choices": [delta], "pad": "p".repeat(60_000)});
        format!("data: {chunk}\n\n")
    };
    let mut script = vec![chunk("Here: "), chunk("-----BEGIN RSA PRIVATE KEY-----\n")];
    script.extend((0..40).map(|_| padded("MIIEpAIBAAKCAQEA7bq")));
    script.push(ending("stop", 9, 9));
    provider.script(&script);
    let said = house.worker.send("POST", CHATS, &streamed("scripted").to_string()).await;
    assert!(!said.text().contains("MIIE"), "{}", said.text().len());
    assert!(said.text().contains("Here: ") && said.text().contains("content_filter"));
    assert!(said.text().ends_with("data: [DONE]\n\n"));
    assert_eq!(house.trail(&said).1.as_deref(), Some("withheld"));
}

#[tokio::test]
async fn a_provider_that_falls_silent_ends_with_an_error_in_its_dialect() {
    let provider = Provider::start().await;
    let house = masking(&provider, "answer_seconds = 1").await;
    provider.script(&[chunk("One moment. ")]);
    let said = house.worker.send("POST", CHATS, &streamed("stalls").to_string()).await;
    let events = data(&said);
    assert_eq!(events[0]["choices"][0]["delta"]["content"], "One moment. ");
    let words = events.last().unwrap()["error"]["message"].as_str().unwrap();
    assert!(words.contains("did not go on in time"), "{words}");
    assert!(!said.text().contains("[DONE]"), "{said:?}");
    assert_eq!(house.trail(&said).1.as_deref(), Some("timed_out"));
}

#[tokio::test]
async fn a_stream_that_is_cut_is_paid_for_in_full() {
    let provider = Provider::start().await;
    let house = lab(&provider, "", "").await;
    // The provider told of three tokens before it went on without end.
    let usage = json!({"choices": [], "model": "m-1",
        "usage": {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}});
    provider.script(&[chunk("Well, "), format!("data: {usage}\n\n")]);
    let mut body = streamed("endless");
    body["max_tokens"] = json!(20);
    let said = house.worker.send("POST", CHATS, &body.to_string()).await;
    assert!(said.text().contains(r#""finish_reason":"length""#), "{said:?}");
    let (decision, outcome) = house.book().both(said.header("bailiwick-decision").unwrap());
    let meter = outcome.unwrap().meter.unwrap();
    assert!(meter.estimated && meter.output > 20, "{meter:?}");
    assert!(meter.cost >= decision.bound.map(|it| it / 2), "{meter:?} of {:?}", decision.bound);
}

#[tokio::test]
async fn a_tool_of_the_provider_is_decided_once_however_often_it_is_brought() {
    let provider = Provider::start().await;
    let house = lab(&provider, "", "").await;
    let mut body = json!({"model": "plain", "input": "Hello"});
    let search = json!({"type": "web_search"});
    body["tools"] = json!([search, search, {"type": "code_interpreter"}, search]);
    let said = house.worker.send("POST", "/openai/v1/responses", &body.to_string()).await;
    assert_eq!(said.status, 200, "{said:?}");
    let decided = house.book().decisions();
    let decided = decided.iter().filter(|it| &*it.action == "invoke_tool");
    assert_eq!(decided.map(|it| it.permitted).collect::<Vec<_>>(), [true, false]);
    assert_eq!(provider.last()["tools"], json!([search, search, search]));
}

#[tokio::test]
async fn secrets_in_names_of_what_a_tool_is_given_are_masked_and_no_name_there_is_mute() {
    let provider = Provider::start().await;
    let house = masking(&provider, "").await;
    // Whole: arguments as an object, which some servers write.
    let input = json!({(SECRET): 1, "data": SECRET, "in": {"id": SECRET, "lab": "plain"}});
    let call = json!({"id": "c_1", "type": "function",
        "function": {"name": "keep", "arguments": input}});
    let message = json!({"role": "assistant", "content": null, "tool_calls": [call]});
    let choice = json!({"index": 0, "message": message, "finish_reason": "tool_calls"});
    provider.says(json!({"choices": [choice], "model": "m"}));
    let said = house.worker.send("POST", CHATS, &chat("says").to_string()).await;
    let masked = json!({"[secret:groq_key]": 1, "data": "[secret:groq_key]",
        "in": {"id": "[secret:groq_key]", "lab": "plain"}});
    let call = &said.json()["choices"][0]["message"]["tool_calls"][0];
    assert_eq!(call["function"]["arguments"], masked, "{said:?}");
    // Streamed: the same, at once and in the chunks that have no API.
    let streamed_call = json!({"index": 0, "id": "c_1", "type": "function",
        "function": {"name": "keep", "arguments": input}});
    let delta = json!({"tool_calls": [streamed_call], "tool_input": {"input": input}});
    let event = json!({"id": "c", "model": "m",
        "choices": [{"index": 0, "delta": delta, "finish_reason": null}]});
    provider.script(&[format!("data: {event}\n\n"), ending("tool_calls", 9, 9)]);
    let said = house.worker.send("POST", CHATS, &streamed("scripted").to_string()).await;
    let delta = &data(&said)[0]["choices"][0]["delta"];
    assert_eq!(delta["tool_calls"][0]["function"]["arguments"], masked, "{said:?}");
    assert_eq!(delta["tool_input"]["input"], masked, "{said:?}");
    assert!(!said.text().contains("FAKE"), "{said:?}");
}

#[tokio::test]
async fn names_that_would_become_one_are_withheld_whole_and_streamed() {
    let provider = Provider::start().await;
    let house = masking(&provider, "").await;
    let input = json!({(SECRET): 1, (format!("{SECRET} ")): 2, (format!("2 {SECRET}")): 3});
    let other = SECRET.replace("FAKE0", "FAKE9");
    for (input, passes) in [(&input, true), (&json!({(SECRET): 1, (other): 2}), false)] {
        let call = json!({"index": 0, "id": "c_1", "type": "function",
            "function": {"name": "keep", "arguments": input}});
        let calls = json!({"role": "assistant", "tool_calls": [call]});
        let whole = json!({"index": 0, "message": calls, "finish_reason": "tool_calls"});
        provider.says(json!({"choices": [whole], "model": "m"}));
        let said = house.worker.send("POST", CHATS, &chat("says").to_string()).await;
        assert_eq!(said.status == 200, passes, "{said:?}");
        assert!(!said.text().contains("FAKE"), "{said:?}");
        let event = json!({"id": "c", "model": "m",
            "choices": [{"index": 0, "delta": calls, "finish_reason": null}]});
        provider.script(&[format!("data: {event}\n\n"), ending("tool_calls", 9, 9)]);
        let said = house.worker.send("POST", CHATS, &streamed("scripted").to_string()).await;
        assert_eq!(said.text().contains("content_filter"), !passes, "{said:?}");
        assert!(!said.text().contains("FAKE"), "{said:?}");
    }
}

#[tokio::test]
async fn the_connection_of_a_stream_serves_again() {
    let provider = Provider::start().await;
    let house = lab(&provider, "key_day = \"1000\"", "").await;
    provider.script(&[chunk("Hello"), ending("stop", 1, 1)]);
    let mut hung_up = Vec::new();
    for _ in 0..3 {
        let said = house.worker.send("POST", CHATS, &streamed("scripted").to_string()).await;
        assert!(said.text().ends_with("[DONE]\n\n"));
        // Its body ends a moment after its last event.
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        hung_up.push((provider.connections(), provider.hung_up()));
    }
    assert_eq!(hung_up, [hung_up[0]; 3]);
}

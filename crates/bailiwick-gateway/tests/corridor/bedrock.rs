//! Amazon Bedrock: models in paths, events in frames, errors with names, and signed requests.

use std::time::Duration;

use bailiwick_wire::eventstream::frame;
use bytes::Bytes;
use ring::{digest, hmac};
use serde_json::{Value, json};

use crate::agent::Said;
use crate::house::{House, Plan, until};
use crate::provider::{Asked, Provider, framed};

const POLICIES: &str = r#"
@id("people") permit (principal is Person, action, resource);
@id("lists") permit (principal is Agent, action == Action::"list_models", resource in Server::"br");
@id("models")
permit (principal == Agent::"worker", action in [Action::"discover", Action::"use_model"], resource in Server::"br");
@id("hidden")
forbid (principal is Agent, action == Action::"discover", resource == Model::"br/anthropic.hidden-v1:0");
"#;

const PRICES: &str = "[[price]]\nprovider = \"br\"\nmodel = \"anthropic.*\"\n\
                      per_million = { input = \"1\", output = \"10\" }\n";
const BEARER: &str = "secret_headers.authorization = { file = \"key\", prefix = \"Bearer \" }\n";
const SIGNED: &str = "[providers.br.aws]\naccess_key_id = { file = \"id\" }\n\
                      secret_access_key = { file = \"key\" }\nsession_token = { file = \"token\" }\n\
                      region = \"eu-central-1\"\n";
const KEY: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const TOKEN: &str = "IQoJb3JpZ2luX2VjEXAMPLETOKEN";
const PATH: &str = "/anthropic/v1/messages";

async fn bedrock(provider: &Provider, who: &str, policies: &str) -> House {
    let endpoint = provider.url.trim_end_matches("/v1");
    let mut plan = Plan::servers(&format!(
        "[spending]\nprices = [\"prices.toml\"]\n[providers.br]\napi = \"bedrock\"\n\
         url = \"{endpoint}\"\nmodels = [\"anthropic.hidden-v1:0\", \"anthropic.plain-v1:0\", \
         \"anthropic.*\", \"arn:*\"]\n{who}"
    ));
    plan.policies = format!("{POLICIES}{policies}");
    plan.withhold = String::new();
    let files = [("prices.toml", PRICES), ("id", "AKIDEXAMPLE\n"), ("key", KEY), ("token", TOKEN)];
    plan.files = files.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
    plan.open().await
}

fn message(kind: &str) -> Value {
    json!({"model": format!("anthropic.{kind}-v1:0"), "max_tokens": 100,
        "messages": [{"role": "user", "content": "Hello"}]})
}

async fn streamed(house: &House, kind: &str) -> Said {
    let mut body = message(kind);
    body["stream"] = json!(true);
    house.worker.send("POST", PATH, &body.to_string()).await
}

fn start() -> Bytes {
    framed(&json!({"type": "message_start", "message": {"id": "msg_bdrk_1", "type": "message",
        "role": "assistant", "model": "claude-1", "content": [], "stop_reason": null,
        "stop_sequence": null, "usage": {"input_tokens": 9, "output_tokens": 1}}}))
}

fn begin() -> Bytes {
    let block = json!({"type": "text", "text": ""});
    framed(&json!({"type": "content_block_start", "index": 0, "content_block": block}))
}

fn text(text: &str) -> Bytes {
    framed(&json!({"type": "content_block_delta", "index": 0,
        "delta": {"type": "text_delta", "text": text}}))
}

fn end() -> [Bytes; 3] {
    let metrics = json!({"inputTokenCount": 9, "outputTokenCount": 4});
    [
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"},
            "usage": {"output_tokens": 4}}),
        json!({"type": "message_stop", "amazon-bedrock-invocationMetrics": metrics}),
    ]
    .map(|it| framed(&it))
}

fn said_in(stream: &str) -> String {
    let data = stream.lines().filter_map(|it| it.strip_prefix("data: "));
    let events = data.filter_map(|it| serde_json::from_str::<Value>(it).ok());
    events.filter_map(|it| it["delta"]["text"].as_str().map(str::to_owned)).collect()
}

/// Whether any file of the gateway holds these bytes, but for those that the test put there.
fn is_kept(house: &House, secret: &str) -> bool {
    let mut folders = vec![house.folder.path().join("data")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.is_file() && holds(&std::fs::read(path).unwrap(), secret) {
                return true;
            }
        }
    }
    false
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|it| it == text.as_bytes())
}

#[tokio::test]
async fn a_message_is_asked_of_the_model_in_the_path() {
    let provider = Provider::start().await;
    let house = bedrock(&provider, BEARER, "").await;
    let worker = house.worker.and("anthropic-version", "2023-06-01");
    let worker = worker.and("anthropic-beta", "one-2025-01-01, two-2025-01-01");
    let body = r#"{ "model":"anthropic.plain-v1:0", "max_tokens" : 1e2, "messages":[] }"#;
    let said = worker.send("POST", "/anthropic/v1/messages?beta=true", body).await;
    assert_eq!((said.status, &said.json()["content"][0]["text"]), (200, &json!("Hello!")));
    let asked = provider.asked().pop().unwrap();
    assert_eq!(asked.path, "/model/anthropic.plain-v1%3A0/invoke");
    assert_eq!(
        (asked.query, &asked.headers["accept"]),
        (None, &"application/json".parse().unwrap())
    );
    assert_eq!(asked.headers["authorization"], format!("Bearer {KEY}"));
    let is_sent = |name: &str| asked.headers.contains_key(name);
    assert!(!is_sent("anthropic-version") && !is_sent("anthropic-beta") && !is_sent("x-amz-date"));
    let sent = r#"{ "max_tokens" : 1e2, "messages":[],"anthropic_version":"bedrock-2023-05-31","anthropic_beta":["one-2025-01-01","two-2025-01-01"] }"#;
    assert_eq!(std::str::from_utf8(&asked.body).unwrap(), sent);
    let (decision, outcome) = house.book().both(said.header("bailiwick-decision").unwrap());
    assert_eq!(decision.name.as_deref(), Some("anthropic.plain-v1:0"));
    let meter = outcome.unwrap().meter.unwrap();
    assert_eq!((meter.input, meter.output, meter.cost), (1_000, 200, Some(3_000)));
    // A name that would lead elsewhere is nobody's, and one with slashes stays one.
    for (model, status) in
        [("br/arn:..", 403), ("br/..", 404), ("arn:aws:bedrock:x:profile/y", 403)]
    {
        let said = worker
            .send(
                "POST",
                PATH,
                &json!({"model": model, "max_tokens": 1, "messages": []}).to_string(),
            )
            .await;
        assert_eq!(said.status == 404, status == 404, "{model}: {said:?}");
    }
    assert!(provider.asked().iter().all(|it| it.path.matches('/').count() == 3));
}

#[tokio::test]
async fn frames_become_events_however_they_are_torn() {
    let provider = Provider::start().await;
    let house = bedrock(&provider, BEARER, "").await;
    let frames: Vec<Bytes> =
        [start(), begin(), text("Once "), text("upon a time")].into_iter().chain(end()).collect();
    let whole = Bytes::from(frames.concat());
    let mut read = Vec::new();
    for size in [whole.len(), 1_000, 61, 7] {
        provider.script_bytes(whole.chunks(size).map(Bytes::copy_from_slice).collect());
        let said = streamed(&house, "scripted").await;
        assert_eq!(said.header("content-type"), Some("text/event-stream"), "{said:?}");
        assert_eq!(said_in(&said.text()), "Once upon a time");
        assert!(said.text().starts_with("event: message_start\ndata: {"), "{said:?}");
        assert!(said.text().contains("invocationMetrics"), "{said:?}");
        let (_, outcome) = house.book().both(said.header("bailiwick-decision").unwrap());
        let outcome = outcome.unwrap();
        let meter = outcome.meter.unwrap();
        assert_eq!((&*outcome.disposition, meter.input, meter.output), ("answered", 9, 4));
        assert_eq!(meter.stop.as_deref(), Some("end_turn"));
        read.push(said.text());
    }
    assert!(read.iter().all(|it| *it == read[0]));
    let asked = provider.asked().pop().unwrap();
    let path = "/model/anthropic.scripted-v1%3A0/invoke-with-response-stream";
    assert_eq!(asked.path, path);
    assert_eq!(asked.headers["accept"], "application/vnd.amazon.eventstream");
    assert!(provider.last().get("stream").is_none());
}

#[tokio::test]
async fn errors_are_those_of_the_dialect_before_and_in_a_stream() {
    let provider = Provider::start().await;
    let house = bedrock(&provider, BEARER, "").await;
    let said = house.worker.send("POST", PATH, &message("busy").to_string()).await;
    let error = &said.json()["error"];
    assert_eq!((said.status, &error["type"]), (429, &json!("rate_limit_error")), "{said:?}");
    assert_eq!(
        (&error["message"], &error["code"]),
        (&json!("Too many requests"), &json!("ThrottlingException"))
    );
    assert_eq!(house.trail(&said).1.as_deref(), Some("erred"));
    let exception = [(":exception-type", "throttlingException"), (":message-type", "exception")];
    let exception = frame(&exception, br#"{"message":"slow down"}"#);
    provider.script_bytes(vec![start(), begin(), text("Once "), exception]);
    let said = streamed(&house, "scripted").await;
    assert_eq!(said_in(&said.text()), "Once ");
    assert!(said.text().contains("event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\",\"message\":\"slow down\""), "{said:?}");
    // A byte that is wrong, and a stream that is cut off in a frame.
    let mut wrong = text("never").to_vec();
    wrong[40] ^= 1;
    let torn = text("never").slice(..40);
    for (kind, last) in
        [("scripted", Bytes::from(wrong)), ("breaks", torn.clone()), ("scripted", torn)]
    {
        provider.script_bytes(vec![start(), begin(), text("Once "), last]);
        let said = streamed(&house, kind).await;
        assert_eq!(said_in(&said.text()), "Once ");
        assert!(said.text().contains("The provider broke off"), "{said:?}");
        let (_, outcome) = house.book().both(said.header("bailiwick-decision").unwrap());
        let outcome = outcome.unwrap();
        assert_eq!(&*outcome.disposition, "unreachable");
        assert!(outcome.meter.unwrap().cost > Some(9), "what was written is paid for");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stream_is_masked_cut_and_killed_like_any_other() {
    let provider = Provider::start().await;
    let duties = "@id(\"masks\") @obligation(\"mask\")\n\
                  permit (principal == Agent::\"worker\", action == Action::\"complete\", resource);";
    let house = bedrock(&provider, BEARER, duties).await;
    provider.script_bytes(vec![start(), begin()]);
    let said = streamed(&house, "endless").await;
    assert!(said.text().contains(r#""stop_reason":"max_tokens""#), "{said:?}");
    assert!(said.text().contains("event: message_stop"), "{said:?}");
    until("the provider is hung up on", || provider.hung_up() > 0).await;
    let mut body = message("endless");
    (body["stream"], body["max_tokens"]) = (json!(true), json!(100_000));
    let worker = house.worker.clone();
    let body = body.to_string();
    let open = tokio::spawn(async move { worker.send("POST", PATH, &body).await });
    until("the stream has begun", || provider.asked().len() == 2).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let kill = json!({"kind": "model", "name": "br/anthropic.endless-v1:0", "reason": "too dear"});
    house.act("POST", "kills", &kill.to_string()).await;
    let said = open.await.unwrap();
    assert!(said.text().contains(r#""stop_reason":"refusal""#), "{said:?}");
    assert_eq!(house.trail(&said).1.as_deref(), Some("killed"));
    until("the provider is hung up on", || provider.hung_up() > 1).await;
    let secret = "gsk_FAKE0NotASecret1ForTests2Only3FAKE0NotASecret1ForTes";
    let pieces = secret.as_bytes().chunks(5).map(|it| text(std::str::from_utf8(it).unwrap()));
    let script = [start(), begin()].into_iter().chain(pieces).chain(end());
    provider.script_bytes(script.collect());
    let said = streamed(&house, "scripted").await;
    assert_eq!(said_in(&said.text()), "[secret:groq_key]", "{said:?}");
    assert!(house.book().owed().is_empty());
}

/// The signature that a request must have, made again from what arrived.
fn signature(asked: &Asked) -> String {
    let value = asked.headers["authorization"].to_str().unwrap();
    let (head, _) = value.split_once(", Signature=").unwrap();
    let (credential, names) = head.split_once(", SignedHeaders=").unwrap();
    let scope = credential.strip_prefix("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/").unwrap();
    let hex = |it: &[u8]| it.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let hash = |it: &[u8]| hex(digest::digest(&digest::SHA256, it).as_ref());
    let lines =
        names.split(';').map(|it| format!("{it}:{}\n", asked.headers[it].to_str().unwrap()));
    let lines: String = lines.collect();
    let path = asked.path.replace('%', "%25");
    let canonical = format!("POST\n{path}\n\n{lines}\n{names}\n{}", hash(&asked.body));
    let at = asked.headers["x-amz-date"].to_str().unwrap();
    let text = format!("AWS4-HMAC-SHA256\n{at}\n{scope}\n{}", hash(canonical.as_bytes()));
    let first = format!("AWS4{KEY}").into_bytes();
    let key = scope.split('/').chain([&*text]).fold(first, |key, step| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        hmac::sign(&key, step.as_bytes()).as_ref().to_vec()
    });
    format!("{head}, Signature={}", hex(&key))
}

#[tokio::test]
async fn requests_are_signed_and_the_key_stays_in_the_vault() {
    let provider = Provider::start().await;
    let house = bedrock(&provider, SIGNED, "").await;
    let said = house.worker.send("POST", PATH, &message("plain").to_string()).await;
    assert_eq!(said.status, 200, "{said:?}");
    let asked = provider.asked().pop().unwrap();
    assert_eq!(asked.headers["x-amz-security-token"], TOKEN);
    let value = asked.headers["authorization"].to_str().unwrap().to_owned();
    assert!(value.contains("/eu-central-1/bedrock/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token,"), "{value}");
    assert_eq!(value, signature(&asked));
    provider.script_bytes([start(), begin(), text("Once")].into_iter().chain(end()).collect());
    assert_eq!(streamed(&house, "scripted").await.status, 200);
    let asked = provider.asked().pop().unwrap();
    assert_eq!(asked.headers["authorization"].to_str().unwrap(), signature(&asked));
    // An answer that tells one of them does not pass, and no record holds one.
    provider.script_bytes(vec![start(), begin(), text(&format!("{{{KEY}}}"))]);
    let said = streamed(&house, "scripted").await;
    assert!(!said.text().contains(KEY), "{said:?}");
    assert!(is_kept(&house, "anthropic.plain-v1:0"), "the log is looked through");
    assert!(!is_kept(&house, KEY) && !is_kept(&house, TOKEN));
}

#[tokio::test]
async fn a_chat_is_asked_of_bedrock_too() {
    let provider = Provider::start().await;
    let house = bedrock(&provider, SIGNED, "").await;
    let path = "/openai/v1/chat/completions";
    let mut body = message("plain");
    let said = house.worker.send("POST", path, &body.to_string()).await;
    assert_eq!(said.json()["choices"][0]["message"]["content"], "Hello!", "{said:?}");
    let asked = provider.asked().pop().unwrap();
    assert_eq!(asked.path, "/model/anthropic.plain-v1%3A0/invoke");
    assert!(!asked.headers.contains_key("anthropic-version"));
    assert_eq!(asked.headers["authorization"].to_str().unwrap(), signature(&asked));
    let sent = provider.last();
    assert_eq!(
        (sent.get("model"), &sent["anthropic_version"]),
        (None, &json!("bedrock-2023-05-31"))
    );
    let script = [start(), begin(), text("Once "), text("upon a time")].into_iter().chain(end());
    provider.script_bytes(script.collect());
    (body["model"], body["stream"]) = (json!("anthropic.scripted-v1:0"), json!(true));
    let said = house.worker.send("POST", path, &body.to_string()).await;
    let text = said.text();
    let chunks = text.lines().filter_map(|it| it.strip_prefix("data: {"));
    let chunks = chunks.map(|it| serde_json::from_str::<Value>(&format!("{{{it}")).unwrap());
    let texts = chunks.map(|it| it["choices"][0]["delta"]["content"].as_str().map(str::to_owned));
    assert_eq!(texts.flatten().collect::<String>(), "Once upon a time", "{text}");
    body["model"] = json!("anthropic.busy-v1:0");
    let said = house.worker.send("POST", path, &body.to_string()).await;
    assert_eq!((said.status, &said.json()["error"]["message"]), (429, &json!("Too many requests")));
}

#[tokio::test]
async fn what_bedrock_does_not_list_or_count_is_said() {
    let provider = Provider::start().await;
    let house = bedrock(&provider, BEARER, "").await;
    let listed = house.worker.send("GET", "/anthropic/v1/models?limit=9", "").await.json();
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&listed["first_id"], &listed["data"][0]["type"]),
        (&json!("anthropic.plain-v1:0"), &json!("model"))
    );
    let path = "/anthropic/v1/messages/count_tokens";
    let said = house.worker.send("POST", path, &message("plain").to_string()).await;
    assert_eq!(said.status, 400);
    assert!(said.text().contains("cannot be asked this"), "{said:?}");
    let hidden = house.worker.send("POST", path, &message("hidden").to_string()).await;
    assert!(hidden.text().contains("does not exist"), "{hidden:?}");
    assert!(provider.asked().is_empty());
}

//! Tokens that nobody tells are counted with the tokenizer of their model.

use std::time::Duration;

use bailiwick_core::Meter;
use serde_json::{Value, json};

use crate::agent::Said;
use crate::house::House;
use crate::models::{chat, lab, lab_at};
use crate::provider::{Provider, chunk};

const CHAT: &str = "/openai/v1/chat/completions";

async fn metered(house: &House, body: &Value) -> Meter {
    let said: Said = house.worker.send("POST", CHAT, &body.to_string()).await;
    assert_eq!(said.status, 200, "{said:?}");
    let outcome = house.book().both(said.header("bailiwick-decision").unwrap()).1;
    *outcome.unwrap().meter.unwrap()
}

#[tokio::test]
async fn what_a_provider_does_not_tell_is_counted_and_said_to_be_an_estimate() {
    let provider = Provider::start().await;
    let house = lab(&provider, "", "").await;
    let mut body = chat("gpt-4o");
    body["messages"][0]["content"] = json!("antidisestablishmentarianism");
    // As the vendor counts: the answer is 6 tokens, the prompt 6 and what says whose it is.
    let meter = metered(&house, &body).await;
    assert_eq!((meter.output, meter.estimated), (6, true), "{meter:?}");
    assert!((7..12).contains(&meter.input), "{meter:?}");
    assert_eq!(meter.cost, Some(meter.input + 60));
    // A stream that broke off: what came is counted, whole words in pieces too.
    provider.script(&["tik", "token is", " great!"].map(chunk));
    body["stream"] = json!(true);
    let meter = metered(&house, &body).await;
    assert_eq!((meter.output, meter.estimated), (6, true), "{meter:?}");
    // Where the tokenizer is not known, bytes must do.
    body["model"] = json!("breaks");
    let meter = metered(&house, &body).await;
    assert!(meter.estimated && meter.input > 20, "{meter:?}");
}

/// Base64, a cipher, code, and scripts of which vocabularies know little.
const DENSE: [&str; 4] = [
    "q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k",
    "x9$Q7#zV!k2^pW8&mB4*rT6(hN1)jL3_fD5+gS0=cX~v`|",
    "{[(<>)]};&&||!=~^%$#@{[(<>)]};&&||!=~^%$#@",
    "\u{12000}\u{12001}\u{12002}\u{12003}\u{9f98}\u{9750}\u{9f49}\u{1238}\u{1240}",
];

#[tokio::test]
async fn no_less_is_reserved_than_dense_text_can_cost() {
    let provider = Provider::start().await;
    let house = lab(&provider, "", "").await;
    for text in DENSE.map(|it| it.repeat(200)) {
        let mut body = chat("gpt-4");
        (body["max_tokens"], body["messages"][0]["content"]) = (json!(1), json!(text));
        let said = house.worker.send("POST", CHAT, &body.to_string()).await;
        let bound = house.trail(&said).0.bound.unwrap();
        let counted = bailiwick_tokens::count("gpt-4", &text);
        // A token of input costs one, one of output ten, and a message has a few more.
        assert!(counted.exact && bound >= counted.tokens + 10 + 7, "{bound} {counted:?}");
    }
    // An image that stands in the body is no text.
    let image = format!("data:image/png;base64,{}", "iVBORw0KGgo".repeat(4_000));
    let mut body = chat("plain");
    let part = json!({"type": "image_url", "image_url": {"url": image}});
    (body["max_tokens"], body["messages"][0]["content"]) = (json!(1), json!([part]));
    let said = house.worker.send("POST", CHAT, &body.to_string()).await;
    let bound = house.trail(&said).0.bound.unwrap();
    assert!((6_000..30_000).contains(&bound), "{bound}");
}

/// What a stream came to that its caller left after the first piece.
async fn left(house: &House, path: &str, body: &Value) -> (u64, Meter) {
    let reply = house.worker.open("POST", path, &body.to_string()).await;
    let decision = reply.headers()["bailiwick-decision"].to_str().unwrap().to_owned();
    tokio::time::sleep(Duration::from_millis(50)).await;
    drop(reply);
    let book = house.book();
    crate::house::until("its outcome is on record", || book.both(&decision).1.is_some()).await;
    let (decision, outcome) = book.both(&decision);
    let outcome = outcome.unwrap();
    assert_eq!(&*outcome.disposition, "cancelled");
    (decision.bound.unwrap(), *outcome.meter.unwrap())
}

#[tokio::test]
async fn whoever_hangs_up_pays_for_what_nobody_saw() {
    let provider = Provider::start().await;
    let plain = r#"@id("tools") permit (principal, action == Action::"lab/divination", resource);"#;
    let house = lab_at(&provider, ("input_tokens = 50000\n", FREE_DIVINATION), plain).await;
    provider.script(&[chunk("Well, ")]);
    let mut body = chat("stalls");
    body["stream"] = json!(true);
    // What was read is known, and what was written was seen.
    let (bound, meter) = left(&house, CHAT, &body).await;
    assert!(meter.cost > Some(0) && meter.cost < Some(bound / 2), "{meter:?} of {bound}");
    // A picture has its tokens, though the ask only names it.
    let image = json!({"type": "image_url", "image_url": {"url": "https://x.example/a.png"}});
    let mut seen = body.clone();
    seen["messages"][0]["content"] = json!([image]);
    let (_, meter) = left(&house, CHAT, &seen).await;
    assert!(meter.input >= 6_000 && meter.cost >= Some(6_000), "{meter:?}");
    // A file may fill all that a model takes.
    let file = json!({"type": "file", "file": {"filename": "a.pdf", "file_data": "AAAA"}});
    seen["messages"][0]["content"] = json!([file]);
    let (_, meter) = left(&house, CHAT, &seen).await;
    assert!(meter.cost >= Some(50_000), "{meter:?}");
    // Thoughts and what tools bring in are not seen, so what was reserved is booked.
    for (name, more) in
        [("reasoning_effort", json!("high")), ("tools", json!([{"type": "divination"}]))]
    {
        let mut hidden = body.clone();
        hidden[name] = more;
        let (_, meter) = left(&house, CHAT, &hidden).await;
        assert_eq!((meter.cost, meter.estimated), (None, true), "{name}: {meter:?}");
    }
    body["reasoning_effort"] = json!("none");
    assert!(left(&house, CHAT, &body).await.1.cost > Some(0));
}

const FREE_DIVINATION: &str = r#"
[[price]]
provider = "lab"
model = "stalls"
per_million = { input = "1", output = "10" }
per_use = { divination = "0" }
"#;

#[tokio::test]
async fn a_stream_that_ends_in_an_error_is_no_whole_answer() {
    let provider = Provider::start().await;
    let house = lab_at(&provider, ("api = \"anthropic\"\n", ""), "").await;
    let event =
        |data: Value| format!("event: {}\ndata: {data}\n\n", data["type"].as_str().unwrap());
    let usage = json!({"input_tokens": 10, "output_tokens": 1});
    let text = "and so on ".repeat(40);
    provider.script(&[
        event(
            json!({"type": "message_start", "message": {"id": "m", "content": [], "usage": usage}}),
        ),
        event(json!({"type": "content_block_start", "index": 0,
            "content_block": {"type": "text", "text": ""}})),
        event(json!({"type": "content_block_delta", "index": 0,
            "delta": {"type": "text_delta", "text": text}})),
        event(json!({"type": "error", "error": {"type": "overloaded_error", "message": "later"}})),
    ]);
    let mut body = chat("scripted");
    (body["stream"], body["max_tokens"]) = (json!(true), json!(400));
    let said = house.worker.send("POST", "/anthropic/v1/messages", &body.to_string()).await;
    assert!(said.text().contains("overloaded_error"), "{said:?}");
    let (_, outcome) = house.book().both(said.header("bailiwick-decision").unwrap());
    let outcome = outcome.unwrap();
    let meter = outcome.meter.unwrap();
    assert_eq!(&*outcome.disposition, "erred");
    assert!(meter.estimated && meter.output > 100, "{meter:?}");
}

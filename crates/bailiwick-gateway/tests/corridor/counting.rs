//! Tokens that nobody tells are counted with the tokenizer of their model.

use bailiwick_core::Meter;
use serde_json::{Value, json};

use crate::agent::Said;
use crate::house::House;
use crate::models::{chat, lab};
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

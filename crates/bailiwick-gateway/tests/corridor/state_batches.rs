//! Every line of a batch is decided, and what comes of the batch is its owner's.

use serde_json::{Value, json};

use crate::agent::Said;
use crate::house::House;
use crate::provider::Provider;
use crate::state::{both, id, is_only_of, upload};

pub(crate) fn line(number: usize, model: &str, more: &Value) -> String {
    let mut body = json!({"model": model, "max_tokens": 100,
        "messages": [{"role": "user", "content": "Hello"}]});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    let url = "/v1/chat/completions";
    json!({"custom_id": number.to_string(), "method": "POST", "url": url, "body": body}).to_string()
}

pub(crate) async fn batch(house: &House, file: &str) -> Said {
    let file = id(&upload(&house.worker, "/openai/v1/files", "batch", file).await);
    create(house, &file).await
}

pub(crate) async fn create(house: &House, file: &str) -> Said {
    let body = json!({"input_file_id": file, "endpoint": "/v1/chat/completions",
        "completion_window": "24h"});
    house.worker.send("POST", "/openai/v1/batches", &body.to_string()).await
}

#[tokio::test]
async fn a_batch_is_decided_line_by_line_and_paid_for_as_one() {
    let provider = Provider::start().await;
    let house = both(&provider).await;
    let file = [line(1, "plain", &json!({})), line(2, "other", &json!({}))].join("\n") + "\n";
    let made = batch(&house, &file).await;
    let batch = id(&made);
    let (decision, outcome) = house.book().both(made.header("bailiwick-decision").unwrap());
    assert_eq!((&*decision.action, decision.name.as_deref()), ("create_state", Some("batches")));
    // Twice a hundred tokens at ten micro-dollars, and something for what goes in.
    assert!(decision.bound.is_some_and(|it| (2_000..3_000).contains(&it)), "{decision:?}");
    assert_eq!(outcome.unwrap().meter.unwrap().cost, None, "it is booked as reserved");
    let lines: Vec<_> = house.book().decisions();
    let lines: Vec<_> = lines.iter().filter(|it| it.parent == Some(decision.exchange)).collect();
    let acts: Vec<_> = lines.iter().map(|it| (&*it.action, it.name.as_deref().unwrap())).collect();
    let expected = [("read_state", "files"), ("complete", "plain"), ("complete", "other")];
    assert_eq!(acts, expected);
    let path = "/openai/v1/batches";
    is_only_of(&house, path, &batch, &[("GET", ""), ("POST", "/cancel")]).await;
    // What it leaves behind is its owner's.
    let output = format!("file-of-{batch}");
    is_only_of(&house, "/openai/v1/files", &output, &[("GET", ""), ("GET", "/content")]).await;
    let house = house.again(true).await;
    is_only_of(&house, path, &batch, &[("GET", "")]).await;
    let listed = house.worker.send("GET", path, "").await.json();
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
    assert_eq!(house.other.send("GET", path, "").await.json()["data"], json!([]));
}

#[tokio::test]
async fn one_line_that_is_refused_refuses_the_batch() {
    let provider = Provider::start().await;
    let house = both(&provider).await;
    let good = line(1, "plain", &json!({}));
    let hosted = json!({"web_search_options": {}});
    for (bad, status, words) in [
        (line(2, "hidden", &json!({})), 404, "request 2 of the batch: The model `hidden` does not"),
        (line(2, "plain", &json!({"max_tokens": 6000})), 403, "request 2 of the batch: Denied"),
        (line(2, "plain", &json!({"max_tokens": null})), 400, "request 2 of the batch: it sets no"),
        (line(2, "plain", &json!({"stream": true})), 400, "request 2 of the batch: it is to be"),
        (line(2, "other", &hosted), 400, "request 2 of the batch: the tool `web_search`"),
        (line(2, "plain", &json!({"Model": "x"})), 400, "request 2 of the batch: a member's name"),
        (
            line(2, "plain", &json!({})).replace("/v1/chat", "/v1/x"),
            400,
            "request 2 of the batch: its url",
        ),
        ("{".to_owned(), 400, "request 2 of the batch: it is not JSON"),
        (
            good.replace(r#""method""#, "\r\"method\""),
            400,
            "request 2 of the batch: a line must not",
        ),
    ] {
        let said = batch(&house, &format!("{good}\r\n\n{bad}")).await;
        assert_eq!(said.status, status, "{said:?}");
        assert!(said.text().contains(words), "{said:?}");
    }
    let asked = provider.asked();
    assert!(asked.iter().all(|it| it.method != "POST" || it.path == "/v1/files"));
    let others = id(&upload(&house.other, "/openai/v1/files", "batch", &good).await);
    let (theirs, never) = (create(&house, &others).await, create(&house, "file-zz").await);
    assert_eq!(theirs.looks().2.replace(&others, "file-zz"), never.looks().2);
    assert_eq!((theirs.status, never.status), (404, 404));
}

#[tokio::test]
async fn a_line_of_a_hidden_model_leaves_the_records_of_one_that_never_was() {
    let provider = Provider::start().await;
    let said = "models = [\"plain\", \"hidden\"]\n";
    let house = crate::models::lab_at(&provider, (said, ""), crate::state::BOTH).await;
    for more in [json!({}), json!({"web_search_options": {}}), json!({"stream": true})] {
        let ask = async |name: &str| {
            let file = line(1, name, &more);
            let file = id(&upload(&house.worker, "/openai/v1/files", "batch", &file).await);
            let known = house.book().records().len();
            let said = create(&house, &file).await;
            let made = house.book().records().len() - known;
            (said.status, said.text().replace(name, "it"), made)
        };
        let (hidden, never) = (ask("hidden").await, ask("never").await);
        assert_eq!(hidden, never);
        assert_eq!(hidden.0, 404);
    }
}

#[tokio::test]
async fn a_batch_that_the_budget_does_not_bear_is_not_made() {
    let provider = Provider::start().await;
    let more = "key_day = \"0.003\"";
    let house = crate::models::lab(&provider, more, crate::state::BOTH).await;
    let file = [1, 2, 3].map(|it| line(it, "plain", &json!({}))).join("\n");
    let said = batch(&house, &file).await;
    assert_eq!(said.status, 429, "{said:?}");
    // Nothing is left reserved by its lines.
    assert_eq!(batch(&house, &line(1, "plain", &json!({}))).await.status, 200);
    assert_eq!(batch(&house, &file).await.status, 429);
}

#[tokio::test]
async fn batches_of_messages_are_decided_and_kept_likewise() {
    let provider = Provider::start().await;
    let house = both(&provider).await;
    let path = "/anthropic/v1/messages/batches";
    let request = |model: &str| {
        json!({"custom_id": "a", "params": {"model": model, "max_tokens": 10,
            "messages": [{"role": "user", "content": "Hello"}]}})
    };
    let body = |models: &[&str]| {
        let all: Vec<_> = models.iter().map(|it| request(it)).collect();
        json!({ "requests": all }).to_string()
    };
    let made = house.worker.send("POST", path, &body(&["claude", "claude-2"])).await;
    let batch = id(&made);
    assert_eq!(house.trail(&made).0.bound, Some(20_000));
    let reads = [("GET", ""), ("GET", "/results"), ("POST", "/cancel"), ("DELETE", "")];
    is_only_of(&house, path, &batch, &reads).await;
    let bad = json!({"requests": [request("claude"), {"custom_id": "b"}]}).to_string();
    let said = house.worker.send("POST", path, &bad).await;
    assert_eq!(said.status, 400);
    assert!(said.text().contains("request 2 of the batch: it has no params"), "{said:?}");
    assert_eq!(house.worker.send("POST", path, "{\"requests\":[]}").await.status, 400);
}

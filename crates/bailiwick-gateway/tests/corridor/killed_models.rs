//! Models that are killed, and keys that do not cover them: what never was, and streams that end
//! well.

use std::time::Duration;

use serde_json::json;

use crate::agent::Agent;
use crate::house::{House, until};
use crate::models::{chat, lab};
use crate::provider::Provider;

const CHAT: &str = "/openai/v1/chat/completions";

fn asked(kind: &str, name: &str) -> String {
    json!({ "kind": kind, "name": name, "reason": "too dear" }).to_string()
}

async fn models(agent: &Agent) -> String {
    agent.send("GET", "/openai/v1/models", "").await.text()
}

/// It is told what is told of a model that never was, and this order is on record.
async fn is_nowhere(house: &House, agent: &Agent, order: &str) {
    let said = agent.send("POST", CHAT, &chat("plain").to_string()).await;
    let never = agent.send("POST", CHAT, &chat("hidden").to_string()).await;
    let spelled = |text: &str| text.replace("plain", "hidden");
    assert_eq!((said.status, spelled(&said.text())), (404, never.text()));
    let (decision, _) = house.trail(&said);
    assert_eq!((decision.permitted, decision.cause.as_deref()), (false, Some("ordered")));
    assert!(decision.policies.iter().any(|it| it.as_str() == order), "{decision:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_killed_model_is_not_there_and_its_streams_end_well() {
    let provider = Provider::start().await;
    let house = lab(&provider, "", "").await;
    let mut body = chat("endless");
    (body["stream"], body["max_tokens"]) = (json!(true), json!(4_000));
    let streaming = {
        let (agent, body) = (house.worker.clone(), body.to_string());
        tokio::spawn(async move { agent.send("POST", CHAT, &body).await })
    };
    until("the stream has begun", || !provider.asked().is_empty()).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    house.act("POST", "kills", &asked("model", "lab/endless")).await;
    let said = tokio::time::timeout(Duration::from_secs(1), streaming).await.unwrap().unwrap();
    assert!(said.text().contains("\"finish_reason\":\"content_filter\""), "{said:?}");
    assert!(said.text().ends_with("data: [DONE]\n\n"));
    assert_eq!(house.trail(&said).1.as_deref(), Some("killed"));
    until("the provider is hung up on", || provider.hung_up() > 0).await;
    house.act("POST", "kills", &asked("model", "lab/plain")).await;
    is_nowhere(&house, &house.worker, "kill:model:lab/plain").await;
    assert!(!models(&house.worker).await.contains("\"plain\""));
    house.act("DELETE", "kills", &asked("model", "lab/plain")).await;
    let said = house.worker.send("POST", CHAT, &chat("plain").to_string()).await;
    assert_eq!(said.status, 200, "{said:?}");
    assert!(models(&house.worker).await.contains("\"plain\""));
    assert!(house.book().owed().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_model_that_a_key_does_not_cover_is_not_there() {
    let provider = Provider::start().await;
    let house = lab(&provider, "", "").await;
    let key = json!({ "agent": "worker", "person": "ada", "tenant": "acme",
                      "terms": { "models": ["lab/fa*"] } });
    let made = house.act("POST", "keys", &key.to_string()).await;
    let agent = Agent::with_key(house.gateway.agents(), made["key"].as_str().unwrap());
    is_nowhere(&house, &agent, "order:key-terms").await;
    let listed = models(&agent).await;
    assert!(listed.contains("\"fails\"") && !listed.contains("\"plain\""), "{listed}");
    // Its pace holds here too, in words that SDKs of models read.
    let id = made["id"].as_str().unwrap();
    house.act("PUT", &format!("keys/{id}/terms"), r#"{"per_minute":1}"#).await;
    assert_eq!(agent.send("POST", CHAT, &chat("plain").to_string()).await.status, 200);
    let said = agent.send("POST", CHAT, &chat("plain").to_string()).await;
    assert!(said.status == 429 && said.header("retry-after").is_some(), "{said:?}");
    assert!(said.json()["error"]["message"].is_string(), "{said:?}");
}

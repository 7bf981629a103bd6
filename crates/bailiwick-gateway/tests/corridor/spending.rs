//! What calls of models count for: which key's money it was, and what a call is known to have cost.

use serde_json::json;

use crate::agent::Agent;
use crate::house::House;
use crate::models::{chat, lab};
use crate::provider::Provider;

const CHATS: &str = "/openai/v1/chat/completions";

/// A key that was made or rotated, and its id.
fn made(house: &House, said: &serde_json::Value) -> (Agent, String) {
    let agent = Agent::with_key(house.gateway.agents(), said["key"].as_str().unwrap());
    (agent, said["id"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_rotated_key_has_what_the_first_of_its_line_left() {
    let provider = Provider::start().await;
    let path = |id: &str| format!("keys/{id}/rotate");
    for in_good_order in [true, false] {
        let house = lab(&provider, "", "").await;
        // A call may cost 5,031 micro-dollars and costs 3,000: two pass, and then 4,000 are left.
        let asked = r#"{"agent":"worker","person":"ada","tenant":"acme",
            "terms":{"caps":{"total_micro_usd":10000}}}"#;
        let (first, id) = made(&house, &house.act("POST", "keys", asked).await);
        assert_eq!(first.send("POST", CHATS, &chat("plain").to_string()).await.status, 200);
        let rotated = house.act("POST", &path(&id), r#"{"overlap_seconds":3600}"#).await;
        let (second, id) = made(&house, &rotated);
        // Both are good for a while, and have one purse.
        assert_eq!(second.send("POST", CHATS, &chat("plain").to_string()).await.status, 200);
        let is_short = |said: crate::agent::Said| {
            assert_eq!(said.status, 429, "{said:?}");
            assert!(said.text().contains("$0.004000 of $0.010000 in all"), "{said:?}");
        };
        is_short(first.send("POST", CHATS, &chat("plain").to_string()).await);
        let (third, _) = made(&house, &house.act("POST", &path(&id), "{}").await);
        is_short(third.send("POST", CHATS, &chat("plain").to_string()).await);
        let house = house.again(in_good_order).await;
        let third = Agent { address: house.gateway.agents(), ..third };
        is_short(third.send("POST", CHATS, &chat("plain").to_string()).await);
    }
}

#[tokio::test]
async fn the_trace_of_a_caller_is_on_record() {
    let provider = Provider::start().await;
    let house = lab(&provider, "", "").await;
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let mut searching = chat("plain");
    searching["web_search_options"] = json!({});
    let asked = [("POST", CHATS, searching.to_string()), ("GET", "/openai/v1/models", "".into())];
    for (method, path, body) in asked {
        for (said, recorded) in [(trace, true), ("as you like", false)] {
            let known = house.book().decisions().len();
            let reply = house.worker.and("traceparent", said).send(method, path, &body).await;
            assert_eq!(reply.status, 200, "{reply:?}");
            let decided = house.book().decisions().split_off(known);
            assert!(!decided.is_empty());
            assert!(decided.iter().all(|it| it.trace.is_some() == recorded), "{decided:?}");
        }
    }
    let sent = provider.asked().into_iter();
    assert!(sent.map(|it| it.headers).all(|it| !it.contains_key("traceparent")));
}

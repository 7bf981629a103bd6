//! Keys on terms: what they cover, from where, and how fast. What a key does not cover is not there.

use std::time::Duration;

use bailiwick_core::RefusalReason;

use crate::agent::{Agent, INITIALIZE, Said, ask, call};
use crate::house::{House, Plan};
use crate::upstream::Fixture;

/// A key of the worker's on these terms, and its id.
async fn key(house: &House, terms: &str) -> (Agent, String) {
    let asked = format!(r#"{{"agent":"worker","person":"ada","tenant":"acme","terms":{terms}}}"#);
    with(house, &house.act("POST", "keys", &asked).await)
}

fn with(house: &House, made: &serde_json::Value) -> (Agent, String) {
    let agent = Agent::with_key(house.gateway.agents(), made["key"].as_str().unwrap());
    (agent, made["id"].as_str().unwrap().to_owned())
}

fn succeeds(said: &Said) {
    assert!(said.status == 200 && said.text().contains("\"result\""), "{said:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn from_elsewhere_a_key_is_no_key() {
    let (house, _fixture) = House::crm().await;
    let (here, _) = key(&house, r#"{"networks":["127.0.0.0/8"]}"#).await;
    succeeds(&here.call("crm", "look").await);
    let (elsewhere, id) = key(&house, r#"{"networks":["10.0.0.0/8","2001:db8::/32"]}"#).await;
    let wrong = Agent::with_key(house.gateway.agents(), &format!("bwk_{id}_{}", "0".repeat(64)));
    for body in [INITIALIZE, &call(1, "look", "{}")] {
        let said = elsewhere.post("crm", body).await;
        assert_eq!((said.status, said.looks()), (401, wrong.post("crm", body).await.looks()));
    }
    assert_eq!(house.book().refusals(RefusalReason::Network), 2);
    let told = house.book().records().into_iter().any(|it| {
        matches!(it, bailiwick_core::Record::Refusal(it)
            if it.reason == RefusalReason::Network && it.who == Some("worker".into()))
    });
    assert!(told, "whose key it was is on record");
    // Other terms hold at once.
    house.act("PUT", &format!("keys/{id}/terms"), "{}").await;
    succeeds(&elsewhere.call("crm", "look").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_server_that_a_key_does_not_cover_is_not_there() {
    let fixture = Fixture::start().await;
    let mut plan = Plan::crm(&fixture);
    plan.servers.push_str(&format!("[servers.kid]\nurl = \"{}\"\n", fixture.url));
    let house = plan.open().await;
    let (agent, id) = key(&house, r#"{"servers":["crm"]}"#).await;
    succeeds(&agent.call("crm", "look").await);
    for body in [INITIALIZE, &call(1, "look", "{}"), &ask(2, "tools/list", "{}")] {
        let hidden = agent.post("kid", body).await;
        assert_eq!(hidden.looks(), agent.post("never_was", body).await.looks());
        let (decision, _) = house.trail(&hidden);
        assert_eq!((decision.permitted, decision.cause.as_deref()), (false, Some("ordered")));
        assert!(decision.policies.iter().any(|it| it.as_str() == "order:key-terms"));
        assert_ne!(house.worker.post("kid", body).await.status, 404);
    }
    let everywhere = |agent: Agent| async move {
        let said = agent.send("POST", "/mcp", INITIALIZE).await;
        let agent = agent.and("mcp-session-id", said.header("mcp-session-id").unwrap());
        agent.send("POST", "/mcp", &ask(1, "tools/list", "{}")).await.text()
    };
    let listed = everywhere(agent.clone()).await;
    assert!(listed.contains("crm") && !listed.contains("kid"), "{listed}");
    house.act("PUT", &format!("keys/{id}/terms"), r#"{"servers":["kid"]}"#).await;
    let listed = everywhere(agent).await;
    assert!(!listed.contains("crm") && listed.contains("kid"), "{listed}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_key_makes_no_more_requests_in_a_minute_than_it_may() {
    let (house, _fixture) = House::crm().await;
    let (agent, id) = key(&house, r#"{"per_minute":4}"#).await;
    for _ in 0..4 {
        succeeds(&agent.call("crm", "look").await);
    }
    let said = agent.call("crm", "look").await;
    let wait: u64 = said.header("retry-after").unwrap().parse().unwrap();
    assert!(said.status == 429 && (1..=15).contains(&wait), "{said:?}");
    // Rotating it is no way to begin anew, and no other key has to wait for it.
    let made = house.act("POST", &format!("keys/{id}/rotate"), "{}").await;
    assert_eq!(with(&house, &made).0.call("crm", "look").await.status, 429);
    succeeds(&house.worker.call("crm", "look").await);
    assert!(house.book().refusals(RefusalReason::Limit) >= 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_message_of_a_batch_is_a_request() {
    let (house, fixture) = House::crm().await;
    let agreed = r#"{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-03-26","capabilities":{"tools":{}}}}"#;
    fixture.verbatim("initialize", agreed);
    let (agent, _) = key(&house, r#"{"per_minute":10}"#).await;
    let said = agent.post("crm", &INITIALIZE.replace("2025-11-25", "2025-03-26")).await;
    let agent = agent.and("mcp-session-id", said.header("mcp-session-id").unwrap());
    let batch = |messages: u64| {
        let messages: Vec<_> = (0..messages).map(|it| call(it, "look", "{}")).collect();
        format!("[{}]", messages.join(","))
    };
    // One was for the session; of the nine that are left five are taken, and six are too many.
    assert_eq!(agent.post("crm", &batch(5)).await.status, 200);
    assert_eq!(agent.post("crm", &batch(6)).await.status, 429);
    assert_eq!(agent.post("crm", &batch(2)).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_key_has_no_more_calls_under_way_than_it_may() {
    let (house, fixture) = House::crm().await;
    let (agent, _) = key(&house, r#"{"at_once":1}"#).await;
    let session = agent.in_session("crm").await;
    // Who only listens has no call under way.
    let _listening = fixture.feed("listen");
    let _listened = session.open("GET", "/mcp/crm", "").await;
    succeeds(&session.call("crm", "look").await);
    let feed = fixture.feed("stream");
    let mut called = session.stream("crm", &call(2, "stream", "{}")).await;
    let said = agent.call("crm", "look").await;
    assert_eq!((said.status, said.header("retry-after")), (429, Some("1")), "{said:?}");
    succeeds(&house.worker.call("crm", "look").await);
    let answer = r#"{"jsonrpc":"2.0","id":2,"result":{"content":[]}}"#;
    feed.send(crate::upstream::event(answer)).unwrap();
    assert_eq!(called.next().await.as_deref(), Some(answer));
    drop(called);
    let mut said = agent.call("crm", "look").await;
    for _ in 0..100 {
        if said.status == 200 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
        said = agent.call("crm", "look").await;
    }
    succeeds(&said);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_rotated_key_ends_and_the_new_one_has_its_powers() {
    let (house, _fixture) = House::crm().await;
    let (old, id) = key(&house, r#"{"servers":["crm"]}"#).await;
    let made = house.act("POST", &format!("keys/{id}/rotate"), r#"{"overlap_seconds":60}"#).await;
    let (next, next_id) = with(&house, &made);
    succeeds(&old.call("crm", "look").await);
    succeeds(&next.call("crm", "look").await);
    let made = house.act("POST", &format!("keys/{next_id}/rotate"), "{}").await;
    let (last, _) = with(&house, &made);
    assert_eq!(next.call("crm", "look").await.status, 401);
    succeeds(&last.call("crm", "look").await);
    assert_eq!(last.post("kid", INITIALIZE).await.status, 404);
    let acts = house.book().acts();
    let rotations = acts.iter().filter(|(act, ..)| act == "keys.rotate");
    assert_eq!(rotations.count(), 2, "{acts:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn all_keys_of_one_person_are_revoked_and_nobody_elses() {
    let (house, _fixture) = House::crm().await;
    let asked = r#"{"agent":"worker","person":"bob","tenant":"acme"}"#;
    let (bobs, _) = with(&house, &house.act("POST", "keys", asked).await);
    let revoked = house.act("POST", "keys/revoke", r#"{"person":"ada"}"#).await;
    assert_eq!(revoked.as_array().unwrap().len(), 2);
    for agent in [&house.worker, &house.other] {
        assert_eq!(agent.call("crm", "look").await.status, 401);
    }
    succeeds(&bobs.call("crm", "look").await);
    let acts = house.book().acts();
    assert_eq!(acts.iter().filter(|(act, ..)| act == "keys.revoke").count(), 2);
    assert!(acts.iter().all(|(_, target, _)| !target.contains("ada")), "{acts:?}");
    let none = house.act("POST", "keys/revoke", r#"{"person":"nobody"}"#).await;
    assert!(none.as_array().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn terms_that_cannot_be_kept_make_no_key() {
    let (house, _fixture) = House::crm().await;
    let operator = house.operator();
    for terms in [
        r#"{"networks":["10.0.0.1/8"]}"#,
        r#"{"models":["gpt"]}"#,
        r#"{"per_minute":0}"#,
        r#"{"servers":["a/b"]}"#,
        r#"{"hours":["9-17"]}"#,
        r#"{"caps":{"day_micro_usd":-1}}"#,
    ] {
        let asked = format!(r#"{{"agent":"a","person":"p","tenant":"t","terms":{terms}}}"#);
        let said = operator.send("POST", "/admin/v1/keys", &asked).await;
        assert_eq!(said.status, 400, "{terms}: {said:?}");
    }
    assert_eq!(operator.send("GET", "/admin/v1/keys/none", "").await.status, 404);
    assert_eq!(operator.send("PUT", "/admin/v1/keys/none/terms", "{}").await.status, 409);
    assert_eq!(operator.send("POST", "/admin/v1/keys/none/rotate", "{}").await.status, 409);
    assert_eq!(house.act("GET", "keys", "").await.as_array().unwrap().len(), 2);
}

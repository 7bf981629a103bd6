//! A key that is revoked ends what it opened.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use crate::agent::{Agent, Events, call};
use crate::house::{House, until};
use crate::upstream::event;

async fn revoke(house: &House) {
    let keys = house.act("GET", "keys", "").await;
    let worker = keys.as_array().unwrap().iter().find(|it| it["agent"] == "worker").unwrap();
    house.act("DELETE", &format!("keys/{}", worker["id"].as_str().unwrap()), "").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn heavy_streams_end_with_the_key_that_opened_them() {
    let (house, fixture) = House::crm().await;
    let agent = house.worker.in_session("crm").await;
    let other = house.other.in_session("crm").await;
    let feed = fixture.feed("stream");
    let mut called = agent.stream("crm", &call(1, "stream", "{}")).await;
    let _listen = fixture.feed("listen");
    let mut listened = Events::of(agent.open("GET", "/mcp/crm", "").await);
    let theirs = fixture.feed("listen");
    let mut others = Events::of(other.open("GET", "/mcp/crm", "").await);
    let begun = Instant::now();
    revoke(&house).await;
    assert_eq!(listened.next().await, None);
    assert_eq!(called.next().await, None);
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    assert_eq!(agent.call("crm", "look").await.status, 401);
    // What was asked has its outcome all the same, and others stay.
    feed.send(event(r#"{"jsonrpc":"2.0","id":1,"result":{"content":[]}}"#)).unwrap();
    let book = house.book();
    for (id, outcome) in [(called.decision(), "answered"), (listened.decision(), "answered")] {
        until("the outcome is on record", || book.trail(&id).1.is_some()).await;
        assert_eq!(book.trail(&id).1.as_deref(), Some(outcome));
    }
    let said =
        r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}"#;
    theirs.send(Ok(Bytes::from(format!("data: {said}\n\n")))).unwrap();
    assert_eq!(others.next().await.as_deref(), Some(said));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn heavy_a_stream_ends_when_its_key_expires() {
    let (house, fixture) = House::crm().await;
    let asked = r#"{"agent":"worker","person":"ada","tenant":"acme","lasts_seconds":3}"#;
    let made = house.act("POST", "keys", asked).await;
    let agent = Agent::with_key(house.gateway.agents(), made["key"].as_str().unwrap());
    let begun = Instant::now();
    let agent = agent.in_session("crm").await;
    let _listen = fixture.feed("listen");
    let mut listened = Events::of(agent.open("GET", "/mcp/crm", "").await);
    assert_eq!(listened.next().await, None);
    let lasted = begun.elapsed();
    assert!(lasted > Duration::from_secs(2) && lasted < Duration::from_secs(10), "{lasted:?}");
    assert_eq!(agent.call("crm", "look").await.status, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_the_gateway_keeps_is_nobody_elses_to_read() {
    let (house, _) = House::crm().await;
    let data = house.folder.path().join("data");
    until("there is a checkpoint", || data.join("log/checkpoint").exists()).await;
    let (mut todo, mut seen) = (vec![data], 0);
    while let Some(path) = todo.pop() {
        // A file that is being replaced may be gone by now.
        let Ok(meta) = std::fs::metadata(&path) else { continue };
        let mode = meta.permissions().mode();
        if meta.is_dir() {
            todo.extend(std::fs::read_dir(&path).unwrap().map(|it| it.unwrap().path()));
        }
        assert_eq!(mode & 0o077, 0, "{path:?}: {mode:o}");
        seen += 1;
    }
    assert!(seen > 10, "{seen}");
}

//! What of all that a server says a listener of revision 2026-07-28 hears, and for how long.

use std::time::Duration;

use serde_json::{Value, json};

use crate::agent::Events;
use crate::federated::{self, session};
use crate::house::until;
use crate::modern::{body, speaking};
use crate::modern_federated::{call, four};
use crate::modern_listening::{acknowledged, forbid, heard_by, listen, message};
use crate::upstream::{Fixture, event};

/// Said last: what was said before it has come, or never will.
fn last() -> String {
    message("message", r#","level":"info","data":"last""#)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_server_does_not_speak_for_others() {
    let (house, [a, b, ..]) = four().await;
    let given = r#"{"jsonrpc":"2.0","id":1,"result":{"resultType":"task","taskId":"t-1"}}"#;
    a.verbatim("boom", given);
    drop(call(&house.other, "a__boom").await);
    let (from_a, from_b) = (heard_by(&a), heard_by(&b));
    from_a.send(event(&acknowledged(""))).unwrap();
    from_b.send(event(&acknowledged(r#""resourceSubscriptions":["crm://open"]"#))).unwrap();
    let wanted = r#""toolsListChanged":true,"resourceSubscriptions":["bailiwick://b/crm://open"]"#;
    let mut events = listen(&house.worker, wanted).await;
    drop(events.next().await.unwrap());
    let updated = |uri: &str| message("resources/updated", &format!(r#","uri":"{uri}""#));
    for said in [
        updated("crm://open"),
        updated("bailiwick://b/crm://open"),
        message("tasks", r#","taskId":"t-1","status":"completed","result":{}"#),
        message("tasks", r#","taskId":"never","status":"working""#),
        message("tasks", r#","status":"working""#),
        message("cancelled", r#","requestId":"another's""#),
        message("message", r#","data":"x""#).replace(r#":"l""#, r#":"other-listener""#),
        message("message", r#","data":"x""#).replace(r#":"l""#, ":{}"),
        last(),
    ] {
        from_a.send(event(&said)).unwrap();
    }
    assert_eq!(events.next().await, Some(last()));
    // Whose it is may tell, of its parts too.
    for uri in ["crm://open", "crm://open/part", "crm://opener"] {
        from_b.send(event(&updated(uri))).unwrap();
    }
    from_b.send(event(&last())).unwrap();
    for uri in ["crm://open", "crm://open/part"] {
        assert_eq!(events.next().await, Some(updated(&format!("bailiwick://b/{uri}"))));
    }
    assert_eq!(events.next().await, Some(last()));
    // A server that calls the listener off ends its own part of it, and no more.
    from_a.send(event(&message("cancelled", r#","requestId":"l""#))).unwrap();
    until("its own part is over", || from_a.is_closed()).await;
    from_b.send(event(&last())).unwrap();
    assert_eq!(events.next().await, Some(last()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_call_of_one_server_tells_what_others_have() {
    let (house, [_, b, ..]) = four().await;
    let feed = b.feed("stream");
    let agent = speaking(&house.worker, "tools/call", Some("b__stream"));
    let stream = body("1", "tools/call", r#""name":"b__stream","arguments":{}"#);
    let mut events = Events::of(agent.open("POST", "/mcp", &stream).await);
    for said in [
        message("resources/updated", r#","uri":"crm://open""#),
        message("cancelled", r#","requestId":1"#),
        last(),
    ] {
        feed.send(event(&said)).unwrap();
    }
    assert_eq!(events.next().await, Some(last()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn at_its_own_address_a_server_tells_of_nobody_elses_task() {
    let (house, [a, ..]) = four().await;
    let given = r#"{"jsonrpc":"2.0","id":1,"result":{"resultType":"task","taskId":"t-1"}}"#;
    a.verbatim("boom", given);
    drop(call(&house.other, "a__boom").await);
    a.verbatim("boom", &given.replace("t-1", "t-2"));
    drop(call(&house.worker, "a__boom").await);
    let from_a = heard_by(&a);
    let agent = speaking(&house.worker, "subscriptions/listen", None);
    let wanted = r#""notifications":{"taskIds":["t-1","t-2"]}"#;
    let mut events = agent.stream("a", &body("\"l\"", "subscriptions/listen", wanted)).await;
    let task = |handle: &str| message("tasks", &format!(r#","taskId":"{handle}""#));
    for handle in ["t-1", "never", "t-2"] {
        from_a.send(event(&task(handle))).unwrap();
    }
    assert_eq!(events.next().await, Some(task("t-2")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_is_forbidden_is_heard_no_more() {
    let (house, [a, b, ..]) = four().await;
    let from_b = heard_by(&b);
    let here = heard_by(&a);
    for feed in [&here, &from_b] {
        feed.send(event(&acknowledged(r#""toolsListChanged":true"#))).unwrap();
    }
    let mut all = listen(&house.worker, r#""toolsListChanged":true"#).await;
    drop(all.next().await.unwrap());
    let there = heard_by(&a);
    let agent = speaking(&house.worker, "subscriptions/listen", None);
    let wanted = r#""notifications":{"toolsListChanged":true}"#;
    let mut one = agent.stream("a", &body("\"l\"", "subscriptions/listen", wanted)).await;
    for feed in [&here, &there] {
        feed.send(event(&last())).unwrap();
    }
    assert_eq!((one.next().await, all.next().await), (Some(last()), Some(last())));
    forbid(&house, r#"resource in Server::"a""#);
    // The listener to one gets an orderly end, and that to all goes on without it.
    let end: Value = serde_json::from_str(&one.next().await.unwrap()).unwrap();
    assert_eq!((&end["id"], &end["result"]["resultType"]), (&json!("l"), &json!("complete")));
    assert_eq!(one.next().await, None);
    until("the server lost both", || here.is_closed() && there.is_closed()).await;
    from_b.send(event(&last())).unwrap();
    let changed = message("tools/list_changed", "");
    assert_eq!((all.next().await, all.next().await), (Some(changed), Some(last())));
    assert_eq!(a.heard("subscriptions/listen"), 2, "and it is not asked again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_is_forbidden_is_heard_no_more_in_sessions() {
    let [a, b] = [Fixture::start().await, Fixture::start().await];
    let house = federated::house(&[("a", &a), ("b", &b)]).await;
    let (agent, _) = session(&house.worker).await;
    let (here, from_b) = (a.feed("listen"), b.feed("listen"));
    let mut all = Events::of(agent.open("GET", "/mcp", "").await);
    let line = |who: &str| message("message", &format!(r#","level":"info","data":"{who}""#));
    here.send(event(&line("a"))).unwrap();
    assert_eq!(all.next().await, Some(line("a")));
    let there = a.feed("listen");
    let agent = house.worker.in_session("a").await;
    let mut one = Events::of(agent.open("GET", "/mcp/a", "").await);
    there.send(event(&line("a"))).unwrap();
    assert_eq!(one.next().await, Some(line("a")));
    forbid(&house, r#"resource in Server::"a""#);
    assert_eq!(one.next().await, None);
    until("the server lost both", || here.is_closed() && there.is_closed()).await;
    from_b.send(event(&line("b"))).unwrap();
    while let Some(said) = all.next().await {
        if said == line("b") {
            return;
        }
        assert!(said.contains("list_changed"), "{said}");
    }
    panic!("the stream to all has ended");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_lets_go_at_once_is_listened_to_ever_more_rarely() {
    let (house, [a, ..]) = four().await;
    let let_go = || heard_by(&a).send(event(&acknowledged(r#""toolsListChanged":true"#)));
    let_go().unwrap();
    let mut events = listen(&house.worker, r#""toolsListChanged":true"#).await;
    drop(events.next().await.unwrap());
    let begun = tokio::time::Instant::now();
    for times in [2, 3] {
        let_go().unwrap();
        until("it is listened to again", || a.heard("subscriptions/listen") == times).await;
    }
    assert!(begun.elapsed() > Duration::from_millis(2900), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_refused_once_is_asked_again() {
    let (house, [a, ..]) = four().await;
    a.verbatim("subscriptions/listen", r#"{"jsonrpc":"2.0","id":"l","result":{}}"#);
    let mut events = listen(&house.worker, r#""toolsListChanged":true"#).await;
    drop(events.next().await.unwrap());
    let asked = a.heard("subscriptions/listen");
    let from_a = heard_by(&a);
    from_a.send(event(&acknowledged(r#""toolsListChanged":true"#))).unwrap();
    // Not soon, and all the same.
    tokio::time::sleep(Duration::from_secs(62)).await;
    assert_eq!(a.heard("subscriptions/listen"), asked);
    until("it is asked again", || a.heard("subscriptions/listen") == asked + 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn heavy_a_silent_stream_is_shown_to_be_alive() {
    let (house, [a, ..]) = four().await;
    let from_a = heard_by(&a);
    let agent = speaking(&house.worker, "subscriptions/listen", None);
    let wanted = r#""notifications":{"toolsListChanged":true}"#;
    let mut events = agent.stream("a", &body("\"l\"", "subscriptions/listen", wanted)).await;
    from_a.send(event(&acknowledged(""))).unwrap();
    drop(events.next().await.unwrap());
    assert_eq!(events.raw().await.as_deref(), Some(":\n\n"));
}

//! What one server, one caller or one moment does to the rest of `/mcp`: nothing.

use std::time::Duration;

use bailiwick_core::{DecisionRecord, Record};
use serde_json::Value;
use tokio::time::Instant;

use crate::agent::{Agent, Events, INITIALIZE, INITIALIZED, ask, call};
use crate::federated::{house, plan, post, session};
use crate::house::{House, until};
use crate::upstream::Fixture;

/// More than the second for which the slowest is waited, and much less than any other limit.
const BOUND: Duration = Duration::from_secs(4);
const CHANGED: &str = r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#;

async fn two() -> [Fixture; 2] {
    let all = [Fixture::start().await, Fixture::start().await];
    let tools = r#"{"tools":[{"name":"look"},{"name":"stream"},{"name":"hang"}]}"#;
    all.iter().for_each(|it| it.list("tools/list", tools));
    all
}

/// A session that was opened while the second server hung.
async fn hung() -> (House, [Fixture; 2], Agent) {
    let [a, b] = two().await;
    let house = house(&[("a", &a), ("b", &b)]).await;
    b.hang("initialize", true);
    let (agent, _) = session(&house.worker).await;
    (house, [a, b], agent)
}

fn greeted(fixture: &Fixture) -> usize {
    fixture.heard(INITIALIZE)
}

fn gets(fixture: &Fixture) -> usize {
    fixture.seen().iter().filter(|it| it.method == hyper::Method::GET).count()
}

fn absent(state: &Value, n: usize) -> Value {
    state["servers"][n]["absent"].clone()
}

async fn within<T>(what: &str, it: impl Future<Output = T>) -> T {
    tokio::time::timeout(BOUND, it).await.unwrap_or_else(|_| panic!("waited in vain: {what}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_server_that_shakes_no_hands_is_waited_for_once() {
    let (house, [_, b], agent) = hung().await;
    let said = within("a call", post(&agent, &call(1, "b__look", "{}"))).await;
    assert_eq!(said.json()["error"]["code"], 503, "{said:?}");
    let (decision, outcome) = house.trail(&said);
    assert!(decision.permitted);
    assert_eq!(outcome.as_deref(), Some("unreachable"));
    // Many wait for the one attempt that is under way, side by side.
    let many = (2..8).map(|id| {
        let agent = agent.clone();
        tokio::spawn(async move { post(&agent, &call(id, "b__look", "{}")).await })
    });
    for one in many.collect::<Vec<_>>() {
        let said = within("one of many", one).await.unwrap();
        assert_eq!(said.json()["error"]["code"], 503, "{said:?}");
    }
    assert_eq!(greeted(&b), 1);
    let list = within("a list", post(&agent, &ask(9, "tools/list", "{}"))).await;
    assert!(list.text().contains("a__look") && !list.text().contains("b__look"), "{list:?}");
    assert_eq!(greeted(&b), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_greeting_that_is_a_stream_without_end_has_an_end() {
    let [a, b] = two().await;
    let mut plan = plan(&[("a", &a), ("b", &b)]);
    plan.limits += "answer_seconds = 2\n";
    let house = plan.open().await;
    let feed = b.feed("initialize");
    let (agent, _) = session(&house.worker).await;
    let said = within("a call", post(&agent, &call(1, "b__look", "{}"))).await;
    assert_eq!(said.json()["error"]["code"], 503, "{said:?}");
    // The attempt ends on record, and the next one fares better.
    let late = |it: &Record| matches!(it, Record::Outcome(it) if &*it.disposition == "timed_out");
    let book = house.book();
    until("the greeting is given up", || book.records().iter().any(late)).await;
    assert!(post(&agent, &call(2, "b__look", "{}")).await.text().contains("done"));
    drop(feed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_said_again_holds_nobody_up_for_long() {
    let [a, b] = two().await;
    let house = house(&[("a", &a), ("b", &b)]).await;
    let (agent, _) = session(&house.worker).await;
    let uri = r#"{"uri":"bailiwick://b/crm://open"}"#;
    assert!(post(&agent, &ask(1, "resources/subscribe", uri)).await.text().contains("ok"));
    b.die();
    drop(post(&agent, &call(2, "b__look", "{}")).await);
    b.hang("resources/subscribe", true);
    b.revive();
    let begun = Instant::now();
    while !post(&agent, &call(3, "b__look", "{}")).await.text().contains("done") {
        assert!(begun.elapsed() < 2 * BOUND, "the subscription is in the way");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_one_caller_may_not_do_makes_no_server_absent() {
    let [a, b] = two().await;
    let mut plan = plan(&[("a", &a), ("b", &b)]);
    plan.limits += "calls_per_session = 1\n";
    let house = plan.open().await;
    let (agent, _) = session(&house.worker).await;
    let (busy, hang) = (agent.clone(), call(1, "b__hang", "{}"));
    let busy = tokio::spawn(async move { post(&busy, &hang).await });
    until("the one call is under way", || b.heard(&call(1, "hang", "{}")) == 1).await;
    let list = post(&agent, &ask(2, "tools/list", "{}")).await;
    assert!(list.text().contains("a__look") && !list.text().contains("b__look"), "{list:?}");
    busy.abort();
    assert_eq!(absent(&house.readyz().await, 1), Value::Null);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_listener_hears_again_after_a_moments_failure() {
    let [a, b] = two().await;
    a.offers(r#"{"tools":{"listChanged":true}}"#);
    let house = house(&[("a", &a), ("b", &b)]).await;
    let (agent, _) = session(&house.worker).await;
    a.break_off_listeners(true);
    let mut events = Events::of(agent.open("GET", "/mcp", "").await);
    until("the first try fails", || gets(&a) >= 1).await;
    let feed = a.feed("listen");
    a.break_off_listeners(false);
    until("it is listened to again", || gets(&a) >= 2).await;
    a.list("tools/list", r#"{"tools":[{"name":"new"}]}"#);
    feed.send(crate::upstream::event(CHANGED)).unwrap();
    assert_eq!(events.next().await.as_deref(), Some(CHANGED));
    // A server that says that it has none is not asked again.
    assert_eq!(gets(&b), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_session_that_ends_takes_its_listener_along() {
    let [a, b] = two().await;
    let house = house(&[("a", &a), ("b", &b)]).await;
    let (agent, _) = session(&house.worker).await;
    let mut events = Events::of(agent.open("GET", "/mcp", "").await);
    assert_eq!(agent.send("DELETE", "/mcp", "").await.status, 204);
    assert_eq!(within("the end of the stream", events.next()).await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_server_that_is_opened_too_late_is_let_go_again() {
    let [a, b] = two().await;
    let house = house(&[("a", &a), ("b", &b)]).await;
    let late = b.feed("initialize");
    let (agent, _) = session(&house.worker).await;
    assert_eq!(agent.send("DELETE", "/mcp", "").await.status, 204);
    let book = house.book();
    let ends = |server: &str| {
        let is_it = |it: &DecisionRecord| {
            it.action.as_ref() == "disconnect" && it.server.as_str() == server
        };
        book.decisions().iter().filter(|it| is_it(it)).count()
    };
    let before = ends("b");
    assert!(ends("a") > before);
    let hello = r#"{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"b","version":"1"}}}"#;
    late.send(crate::upstream::event(hello)).unwrap();
    until("it is let go", || ends("b") > before).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_session_in_which_somebody_listens_is_not_idle() {
    let [a, b] = two().await;
    let mut plan = plan(&[("a", &a), ("b", &b)]);
    plan.limits += "idle_session_seconds = 1\n";
    let house = plan.open().await;
    let (agent, _) = session(&house.worker).await;
    let mut events = Events::of(agent.open("GET", "/mcp", "").await);
    assert!(events.is_silent(Duration::from_secs(3)).await, "it was swept");
    assert!(post(&agent, &ask(1, "tools/list", "{}")).await.text().contains("a__look"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_server_that_takes_no_notice_holds_up_no_client() {
    let [a, b] = two().await;
    let house = house(&[("a", &a), ("b", &b)]).await;
    a.hang("notifications/initialized", true);
    let before = b.heard(INITIALIZED);
    let said = post(&house.worker, INITIALIZE).await;
    let agent = house.worker.and("mcp-session-id", said.header("mcp-session-id").unwrap());
    let said = within("the notice", post(&agent, INITIALIZED)).await;
    assert_eq!(said.status, 202, "{said:?}");
    assert!(b.heard(INITIALIZED) > before, "the one after the slow one");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stream_can_be_taken_up_a_second_time() {
    let [a, b] = two().await;
    let house = house(&[("a", &a), ("b", &b)]).await;
    let (agent, _) = session(&house.worker).await;
    let feed = b.feed("stream");
    let mut events = Events::of(agent.open("POST", "/mcp", &call(1, "b__stream", "{}")).await);
    feed.send(Ok("id: 7\ndata: \n\n".into())).unwrap();
    assert_eq!(events.raw().await.as_deref(), Some("id: b/7\ndata: \n\n"));
    drop(feed);
    assert_eq!(events.next().await, None);
    let feed = b.feed("listen");
    let mut again = Events::of(agent.and("last-event-id", "b/7").open("GET", "/mcp", "").await);
    feed.send(Ok("id: 8\nretry: 5\ndata: \n\n".into())).unwrap();
    assert_eq!(again.raw().await.as_deref(), Some("retry: 5\nid: b/8\ndata: \n\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn calling_off_concerns_the_one_server_that_is_being_opened() {
    let (_house, [a, b], agent) = hung().await;
    let calling = tokio::spawn({
        let agent = agent.clone();
        async move { post(&agent, &call(77, "b__look", "{}")).await }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let off = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":77}}"#;
    assert_eq!(post(&agent, off).await.status, 202);
    assert_eq!(a.heard("notifications/cancelled"), 0, "it has no such request");
    drop(within("the call", calling).await.unwrap());
    assert_eq!(b.heard(&call(77, "look", "{}")), 0);
}

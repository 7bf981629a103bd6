//! Streams that end before their answer, and are taken up again.

use std::time::Duration;

use bytes::Bytes;

use crate::agent::{Agent, Events, call};
use crate::child;
use crate::house::{House, Plan, until};
use crate::upstream::{Feed, Fixture};

const ANSWER: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"content":[],"n":1.50}}"#;
const NOTICE: &str =
    r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1.0}}"#;

fn send(feed: &Feed, raw: &str) {
    feed.send(Ok(Bytes::from(raw.to_owned()))).unwrap();
}

async fn resume(agent: &Agent, last: &str) -> Events {
    Events::of(agent.and("last-event-id", last).open("GET", "/mcp/crm", "").await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ids_waits_and_primings_pass_as_they_are() {
    let (house, fixture) = House::crm().await;
    let agent = house.worker.in_session("crm").await;
    let feed = fixture.feed("stream");
    let mut events = agent.stream("crm", &call(1, "stream", "{}")).await;
    for raw in [
        "id: 7_a\nretry: 500\ndata:\n\n".to_owned(),
        "retry: 250\n\n".to_owned(),
        format!("event: message\nid: 8\ndata: {NOTICE}\n\n"),
        format!("id:9\r\ndata:{NOTICE}\r\nretry:10\r\n\r\n"),
    ] {
        send(&feed, &raw);
        assert_eq!(events.raw().await, Some(raw));
    }
    // What carries no message and is no place is said to nobody.
    send(&feed, &format!(": psst\nid: 10\nx: y\nretry: 5\ndata: {NOTICE}\n\n"));
    assert_eq!(events.raw().await, Some(format!("retry: 5\nid: 10\ndata: {NOTICE}\n\n")));
    let last = format!("event: message\nid: 11\ndata: {ANSWER}\n\n");
    send(&feed, &last);
    assert_eq!(events.raw().await, Some(last));
    assert_eq!(house.book().trail(&events.decision()).1.as_deref(), Some("answered"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_answer_comes_on_the_stream_that_takes_up_its_calls() {
    let (house, fixture) = House::crm().await;
    let agent = house.worker.in_session("crm").await;
    let feed = fixture.feed("stream");
    let mut events = agent.stream("crm", &call(1, "stream", "{}")).await;
    send(&feed, "id: 7\nretry: 1\ndata: \n\n");
    assert_eq!(events.raw().await.as_deref(), Some("id: 7\nretry: 1\ndata: \n\n"));
    drop(feed);
    assert_eq!(events.next().await, None, "no error: the client is to ask again");
    let feed = fixture.feed("listen");
    let mut again = resume(&agent, "7").await;
    let seen = fixture.seen().pop().unwrap();
    assert_eq!(seen.headers["last-event-id"], "7");
    assert!(seen.headers["mcp-session-id"].to_str().unwrap().starts_with("up-"));
    assert_eq!(house.book().trail(&events.decision()).1, None, "it is still owed");
    // To nothing that was asked.
    send(&feed, &format!("id: 8\ndata: {}\n\n", ANSWER.replace("\"id\":1", "\"id\":5")));
    let last = format!("id: 9\ndata: {ANSWER}\n\n");
    send(&feed, &last);
    assert_eq!(again.raw().await, Some(last));
    assert_eq!(house.book().trail(&events.decision()).1.as_deref(), Some("answered"));
    // It is answered once.
    send(&feed, &format!("id: 10\ndata: {ANSWER}\n\n"));
    assert!(again.is_silent(Duration::from_millis(100)).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_client_that_lost_its_connection_gets_its_answer_later() {
    let (house, fixture) = House::crm().await;
    let agent = house.worker.in_session("crm").await;
    let feed = fixture.feed("stream");
    let mut events = agent.stream("crm", &call(1, "stream", "{}")).await;
    send(&feed, &format!("id: 7\ndata: {NOTICE}\n\n"));
    assert_eq!(events.next().await.as_deref(), Some(NOTICE));
    let decision = events.decision();
    drop(events);
    tokio::time::sleep(Duration::from_millis(100)).await;
    send(&feed, &format!("id: 8\ndata: {ANSWER}\n\n"));
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(house.book().trail(&decision).1, None, "nobody has it yet");
    let feed = fixture.feed("listen");
    let mut again = resume(&agent, "7").await;
    send(&feed, &format!("id: 8\ndata: {ANSWER}\n\n"));
    assert_eq!(again.next().await.as_deref(), Some(ANSWER));
    assert_eq!(house.book().trail(&decision).1.as_deref(), Some("answered"));
}

/// Servers say the rest of a call on its newest stream only, and need not know that nobody reads
/// the one before.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_answer_is_taken_up_while_the_first_stream_is_open() {
    let fixture = Fixture::start().await;
    let mut plan = Plan::crm(&fixture);
    plan.limits = "answer_seconds = 2\n".into();
    let house = plan.open().await;
    let agent = house.worker.in_session("crm").await;
    let begun = async |id: u64| {
        let feed = fixture.feed("stream");
        let mut events = agent.stream("crm", &call(id, "stream", "{}")).await;
        send(&feed, &format!("id: 7\ndata: {NOTICE}\n\n"));
        assert_eq!(events.next().await.as_deref(), Some(NOTICE));
        (feed, events.decision())
    };
    let (first, decision) = begun(1).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let feed = fixture.feed("listen");
    let mut again = resume(&agent, "7").await;
    send(&feed, &format!("id: 8\ndata: {ANSWER}\n\n"));
    assert_eq!(again.next().await.as_deref(), Some(ANSWER));
    let book = house.book();
    assert_eq!(book.trail(&decision).1.as_deref(), Some("answered"));
    drop(first);
    // One that nobody takes up in the time of an answer came too late.
    let (_feed, decision) = begun(2).await;
    until("the outcome is on record", || book.trail(&decision).1.is_some()).await;
    assert_eq!(book.trail(&decision).1.as_deref(), Some("timed_out"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_never_taken_up_has_its_outcome_when_the_session_ends() {
    let (house, fixture) = House::crm().await;
    let agent = house.worker.in_session("crm").await;
    let feed = fixture.feed("stream");
    let mut events = agent.stream("crm", &call(1, "stream", "{}")).await;
    send(&feed, "id: 7\ndata:\n\n");
    events.raw().await.unwrap();
    drop(feed);
    assert_eq!(events.next().await, None);
    assert_eq!(agent.send("DELETE", "/mcp/crm", "").await.status, 204);
    let (book, decision) = (house.book(), events.decision());
    until("the outcome is on record", || book.trail(&decision).1.is_some()).await;
    assert_eq!(book.trail(&decision).1.as_deref(), Some("unreachable"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn taking_up_is_a_call_and_its_place_is_looked_at() {
    let (house, fixture) = House::crm().await;
    let agent = house.worker.in_session("crm").await;
    let before = fixture.seen().len();
    let long = agent.and("last-event-id", &"7".repeat(1025));
    assert_eq!(long.send("GET", "/mcp/crm", "").await.status, 400);
    let theirs = house.other.and("last-event-id", "7");
    assert_eq!(theirs.send("GET", "/mcp/crm", "").await.status, 400, "no session");
    let (_, id) = agent.headers.iter().find(|(name, _)| name == "mcp-session-id").unwrap();
    let stolen = theirs.and("mcp-session-id", id);
    assert_eq!(stolen.send("GET", "/mcp/crm", "").await.status, 404);
    assert_eq!(fixture.seen().len(), before);
    let _feed = fixture.feed("listen");
    let events = resume(&agent, "7").await;
    let (decision, _) = house.book().both(&events.decision());
    assert!(decision.permitted && &*decision.action == "connect");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_a_process_says_is_kept_until_somebody_listens() {
    let house = child::plan().open().await;
    let agent = house.worker.in_session("kid").await;
    agent.call("kid", "says_later").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let listen = || async { Events::of(agent.open("GET", "/mcp/kid", "").await) };
    let mut events = listen().await;
    assert!(events.next().await.unwrap().contains("said to nobody"));
    drop(events);
    agent.call("kid", "says_later").await;
    // The first listener's place must be free again.
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(listen().await.next().await.unwrap().contains("said to nobody"));
}

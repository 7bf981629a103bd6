//! What some messages mean for what comes after them: calls and questions that are called off,
//! resources that are subscribed to.

use std::time::Duration;

use crate::agent::{Agent, Events, ask, call};
use crate::child;
use crate::house::{House, until};
use crate::upstream::event;

const ANSWER: &str = r#"{"jsonrpc":"2.0","id":9,"result":{"content":[],"n":1.50}}"#;

fn call_off(id: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"requestId":{id}}}}}"#
    )
}

fn updated(uri: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{{"uri":"{uri}"}}}}"#
    )
}

async fn call_that_hangs(house: &House, agent: &Agent, server: &str, tool: &str) {
    let (caller, path) = (agent.clone(), server.to_owned());
    let body = call(9, tool, "{}");
    let waiting = tokio::spawn(async move { caller.post(&path, &body).await });
    let book = house.book();
    until("it is under way", || book.decisions().iter().any(|it| it.name.as_deref() == Some(tool)))
        .await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    // To nothing that is under way: nothing happens.
    assert_eq!(agent.post(server, &call_off("8")).await.status, 202);
    assert_eq!(agent.post(server, &call_off("9")).await.status, 202);
    let said = waiting.await.unwrap();
    assert!(said.text().contains("The request was cancelled"), "{said:?}");
    assert_eq!(house.trail(&said).1.as_deref(), Some("cancelled"));
    assert_ne!(agent.post(server, &ask(9, "ping", "{}")).await.status, 400, "its id is free");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_call_that_is_called_off_ends_where_the_server_says_nothing() {
    let house = child::plan().open().await;
    let agent = house.worker.in_session("kid").await;
    call_that_hangs(&house, &agent, "kid", "wait").await;
    let (house, fixture) = House::crm().await;
    let agent = house.worker.in_session("crm").await;
    call_that_hangs(&house, &agent, "crm", "hang").await;
    assert_eq!(fixture.heard(&call_off("9")), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stream_that_is_called_off_ends_and_lets_the_server_go() {
    let (house, fixture) = House::crm().await;
    let agent = house.worker.in_session("crm").await;
    let feed = fixture.feed("stream");
    let mut events = agent.stream("crm", &call(9, "stream", "{}")).await;
    assert_eq!(agent.post("crm", &call_off("9")).await.status, 202);
    let last = events.next().await.unwrap();
    assert!(last.contains("The request was cancelled"), "{last}");
    assert_eq!(events.next().await, None);
    assert_eq!(house.book().trail(&events.decision()).1.as_deref(), Some("cancelled"));
    until("the server is let go", || feed.is_closed()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_answer_that_was_on_its_way_passes() {
    let (house, fixture) = House::crm().await;
    let agent = house.worker.in_session("crm").await;
    let feed = fixture.feed("stream");
    let mut events = agent.stream("crm", &call(9, "stream", "{}")).await;
    assert_eq!(agent.post("crm", &call_off("9")).await.status, 202);
    feed.send(event(ANSWER)).unwrap();
    assert_eq!(events.next().await.as_deref(), Some(ANSWER));
    assert_eq!(house.book().trail(&events.decision()).1.as_deref(), Some("answered"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_calls_off_the_call_of_another_session() {
    let (house, fixture) = House::crm().await;
    let mine = house.worker.in_session("crm").await;
    let other = house.other.in_session("crm").await;
    let feed = fixture.feed("stream");
    let mut events = mine.stream("crm", &call(9, "stream", "{}")).await;
    assert_eq!(other.post("crm", &call_off("9")).await.status, 202);
    assert!(events.is_silent(Duration::from_millis(1300)).await);
    feed.send(event(ANSWER)).unwrap();
    assert_eq!(events.next().await.as_deref(), Some(ANSWER));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_question_that_is_taken_back_is_answered_by_nobody() {
    let (house, fixture) = House::crm().await;
    let agent = house.worker.in_session("crm").await;
    let feed = fixture.feed("stream");
    let mut events = agent.stream("crm", &call(9, "stream", "{}")).await;
    let question = r#"{"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{}}"#;
    feed.send(event(question)).unwrap();
    assert_eq!(events.next().await.as_deref(), Some(question));
    feed.send(event(&call_off("\"q\""))).unwrap();
    assert_eq!(events.next().await, Some(call_off("\"q\"")));
    let late = r#"{"jsonrpc":"2.0","id":"q","result":{"action":"accept"}}"#;
    assert_eq!(agent.post("crm", late).await.status, 400, "nothing waits any more");
    let book = house.book();
    let asked = book.decisions().into_iter().find(|it| &*it.action == "elicit").unwrap();
    let id = asked.exchange.to_string();
    until("its outcome is on record", || book.trail(&id).1.is_some()).await;
    assert_eq!(book.trail(&id).1.as_deref(), Some("cancelled"));
    assert_eq!(fixture.heard("\"id\":\"q\""), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn changes_are_told_to_whoever_subscribed_and_may_know() {
    let (house, fixture) = House::crm().await;
    let agent = house.worker.in_session("crm").await;
    let about = |uri: &str| format!("{{\"uri\":\"{uri}\"}}");
    for uri in ["crm://open", "crm://item/1", "crm://item/2"] {
        let said = agent.post("crm", &ask(1, "resources/subscribe", &about(uri))).await;
        assert!(said.json()["result"].is_object(), "{uri}: {said:?}");
    }
    let hidden = agent.post("crm", &ask(1, "resources/subscribe", &about("crm://hidden"))).await;
    assert!(hidden.json()["error"].is_object(), "{hidden:?}");
    fixture.verbatim(
        "resources/subscribe",
        r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32002,"message":"no"}}"#,
    );
    agent.post("crm", &ask(1, "resources/subscribe", &about("crm://item/3"))).await;
    agent.post("crm", &ask(1, "resources/unsubscribe", &about("crm://item/2"))).await;
    let feed = fixture.feed("listen");
    let mut events = Events::of(agent.open("GET", "/mcp/crm", "").await);
    for uri in [
        "crm://open",
        "crm://hidden",
        "crm://item/3",
        "crm://item/2",
        "crm://other",
        "crm://item/1#a",
    ] {
        feed.send(event(&updated(uri))).unwrap();
    }
    assert_eq!(events.next().await, Some(updated("crm://open")));
    assert_eq!(events.next().await, Some(updated("crm://item/1#a")));
}

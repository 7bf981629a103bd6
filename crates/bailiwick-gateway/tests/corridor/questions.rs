//! What a server asks of the person's client goes the same way: decided, recorded, carried out.

use bailiwick_core::{DecisionRecord, Subject};
use serde_json::Value;

use crate::agent::{Agent, Events, call};
use crate::child;
use crate::house::{House, until};
use crate::upstream::event;

const ANSWER: &str = r#"{"jsonrpc":"2.0","id":"q-3","result":{"action":"accept","x":1.0}}"#;

/// The record of what the server asked: its chain is the person and the server.
fn question(house: &House, action: &str, server: &str) -> DecisionRecord {
    let mut found: Vec<_> =
        house.book().decisions().into_iter().filter(|it| &*it.action == action).collect();
    assert_eq!(found.len(), 1, "{action}");
    let it = found.remove(0);
    assert!(
        matches!(&it.chain[..], [Subject::Person(_), Subject::Server(name)] if name.as_str() == server),
        "{:?}",
        it.chain
    );
    it
}

fn word_of(method: &str) -> &str {
    if method == "roots/list" { "list_roots" } else { "elicit" }
}

async fn permitted(house: &House, agent: &Agent, server: &str, method: &str, events: &mut Events) {
    let asked: Value = serde_json::from_str(&events.next().await.unwrap()).unwrap();
    assert_eq!((&asked["method"], &asked["id"]), (&method.into(), &"q-3".into()));
    assert_eq!(agent.post(server, ANSWER).await.status, 202);
    let decision = question(house, word_of(method), server);
    assert!(decision.permitted);
    let book = house.book();
    let id = decision.exchange.to_string();
    until("the client's answer is on record", || book.trail(&id).1.is_some()).await;
    assert_eq!(book.trail(&id).1.as_deref(), Some("answered"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_process_asks_the_person_and_the_workspace() {
    for method in ["elicitation/create", "roots/list"] {
        let house = child::plan().open().await;
        let agent = house.worker.in_session("kid").await;
        let ask = call(3, "ask", &format!("{{\"method\":\"{method}\"}}"));
        let mut events = agent.stream("kid", &ask).await;
        permitted(&house, &agent, "kid", method, &mut events).await;
        let last = events.next().await.unwrap();
        assert!(last.contains("accept") && last.contains("\"id\":3"), "{last}");
        assert_eq!(events.next().await, None);
        assert_eq!(agent.post("kid", ANSWER).await.status, 400, "nothing waits any more");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_process_is_refused_and_the_client_never_hears_of_it() {
    for method in ["sampling/createMessage", "made/up"] {
        let house = child::plan().open().await;
        let agent = house.worker.in_session("kid").await;
        let ask = call(3, "ask", &format!("{{\"method\":\"{method}\"}}"));
        let mut events = agent.stream("kid", &ask).await;
        // The only event is the answer of the tool, which tells what the server was told.
        let last = events.next().await.unwrap();
        assert!(last.contains("-32601") && last.contains("\"id\":3"), "{last}");
        assert_eq!(events.next().await, None);
        let word = if method == "made/up" { "other" } else { "sample" };
        let decision = question(&house, word, "kid");
        assert!(!decision.permitted);
        assert_eq!(house.book().trail(&decision.exchange.to_string()).1, None);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_http_server_asks_within_its_stream() {
    for (method, may) in
        [("elicitation/create", true), ("roots/list", true), ("sampling/createMessage", false)]
    {
        let (house, fixture) = House::crm().await;
        let agent = house.worker.in_session("crm").await;
        let feed = fixture.feed("stream");
        let mut events = agent.stream("crm", &call(1, "stream", "{}")).await;
        let asked = format!(
            r#"{{"jsonrpc":"2.0","id":"q-3","method":"{method}","params":{{"message":"?"}}}}"#
        );
        feed.send(event(&asked)).unwrap();
        if may {
            permitted(&house, &agent, "crm", method, &mut events).await;
            until("the server has the answer", || fixture.heard("\"accept\"") == 1).await;
            let during = question(&house, word_of(method), "crm").parent.unwrap().to_string();
            assert_eq!(during, events.decision(), "the question names the call");
            let told = fixture.seen().into_iter().find(|it| it.text().contains("accept")).unwrap();
            assert_eq!(told.text(), ANSWER, "the client's bytes, untouched");
            assert!(told.headers["mcp-session-id"].to_str().unwrap().starts_with("up-"));
        } else {
            until("the server is refused", || fixture.heard("-32601") == 1).await;
            assert!(!question(&house, "sample", "crm").permitted);
        }
        let last = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
        feed.send(event(last)).unwrap();
        assert_eq!(events.next().await.as_deref(), Some(last), "{method}");
        assert_eq!(events.next().await, None);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn another_caller_cannot_answer_for_the_client() {
    let house = child::plan().open().await;
    let agent = house.worker.in_session("kid").await;
    let ask = call(3, "ask", r#"{"method":"elicitation/create"}"#);
    let mut events = agent.stream("kid", &ask).await;
    assert!(events.next().await.unwrap().contains("q-3"));
    let (_, id) = agent.headers.iter().find(|(name, _)| name == "mcp-session-id").unwrap();
    assert_eq!(house.other.and("mcp-session-id", id).post("kid", ANSWER).await.status, 404);
    let theirs = house.other.in_session("kid").await;
    assert_eq!(theirs.post("kid", ANSWER).await.status, 400);
    assert_eq!(agent.post("kid", ANSWER).await.status, 202);
    assert!(events.next().await.unwrap().contains("accept"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_question_ends_with_its_session() {
    let house = child::plan().open().await;
    let agent = house.worker.in_session("kid").await;
    let ask = call(3, "ask", r#"{"method":"elicitation/create"}"#);
    let mut events = agent.stream("kid", &ask).await;
    assert!(events.next().await.unwrap().contains("q-3"));
    assert_eq!(agent.send("DELETE", "/mcp/kid", "").await.status, 204);
    let asked = question(&house, "elicit", "kid").exchange.to_string();
    let book = house.book();
    until("its outcome is on record", || book.trail(&asked).1.is_some()).await;
    assert_eq!(book.trail(&asked).1.as_deref(), Some("cancelled"));
    until("nothing is owed", || book.owed().is_empty()).await;
}

//! Sessions with all servers at `/mcp`: how they begin, what they understand, and how they go on.

use bailiwick_core::RefusalReason;
use serde_json::json;

use crate::agent::{Agent, Events, INITIALIZE, INITIALIZED, Said, call};
use crate::federated::{POLICIES, house, post, session};
use crate::house::until;
use crate::modern;
use crate::upstream::Fixture;

async fn two() -> [Fixture; 2] {
    let all = [Fixture::start().await, Fixture::start().await];
    let tools = r#"{"tools":[{"name":"look"},{"name":"stream"},{"name":"hidden"}]}"#;
    all.iter().for_each(|it| it.list("tools/list", tools));
    all
}

/// A session in which this revision is asked for.
async fn in_revision(agent: &Agent, revision: &str) -> Agent {
    let said = post(agent, &INITIALIZE.replace("2025-11-25", revision)).await;
    assert_eq!(said.json()["result"]["protocolVersion"], revision, "{said:?}");
    agent.and("mcp-session-id", said.header("mcp-session-id").unwrap())
}

fn decisions(said: &Said) -> Vec<String> {
    let all = said.headers.get_all("bailiwick-decision").iter();
    all.map(|it| it.to_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_greeting_names_the_decision_on_each_server() {
    let [a, b] = two().await;
    let house = house(&[("a", &a), ("b", &b)]).await;
    let said = post(&house.worker, INITIALIZE).await;
    let trails: Vec<_> = decisions(&said).iter().map(|it| house.book().trail(it)).collect();
    assert_eq!(trails.len(), 2, "{said:?}");
    for ((decision, outcome), server) in trails.into_iter().zip(["a", "b"]) {
        assert_eq!((decision.action.as_ref(), decision.server.as_str()), ("connect", server));
        assert_eq!(outcome.as_deref(), Some("answered"));
    }
    // And so does the reply to what the client says next.
    let agent = house.worker.and("mcp-session-id", said.header("mcp-session-id").unwrap());
    let said = post(&agent, INITIALIZED).await;
    let trails: Vec<_> = decisions(&said).iter().map(|it| house.book().trail(it)).collect();
    let told = trails.iter().map(|(it, outcome)| (it.server.as_str(), outcome.as_deref()));
    assert_eq!(said.status, 202);
    assert_eq!(told.collect::<Vec<_>>(), [("a", Some("accepted")), ("b", Some("accepted"))]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_batch_goes_to_whom_its_messages_name() {
    let [a, b] = two().await;
    let house = house(&[("a", &a), ("b", &b)]).await;
    let batch = format!(
        "[{},{},{},{}]",
        call(1, "a__look", "{}"),
        call(2, "b__look", "{ }"),
        call(3, "b__hidden", "{}"),
        r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
    );
    let agent = in_revision(&house.worker, "2025-03-26").await;
    let said = post(&agent, &batch).await;
    let answers = said.json();
    assert_eq!(answers.as_array().map(Vec::len), Some(3), "{said:?}");
    assert_eq!(answers[0]["result"]["content"][0]["text"], "done", "{said:?}");
    assert_eq!((&answers[1]["id"], &answers[1]["error"]), (&json!(2), &json!(null)), "{said:?}");
    assert_eq!(answers[2]["error"]["code"], -32602, "{said:?}");
    assert_eq!(b.heard(&call(2, "look", "{ }")), 1);
    assert_eq!(decisions(&said).len(), 5, "three calls, and what both were told: {said:?}");
    // No other revision has batches.
    let agent = in_revision(&house.worker, "2025-06-18").await;
    assert_eq!(post(&agent, &batch).await.status, 400);
    assert_eq!(post(&house.worker, &batch).await.status, 400, "no session, no revision");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_client_of_the_modern_era_is_told_what_is_served() {
    let [a, b] = two().await;
    let house = house(&[("a", &a), ("b", &b)]).await;
    let agent = modern::speaking(&house.worker, "server/discover", None);
    let refused = house.book().refusals(RefusalReason::Malformed);
    let said = post(&agent, &modern::body("\"probe\"", "server/discover", "")).await;
    assert_eq!(said.status, 400, "{said:?}");
    let error = &said.json()["error"];
    assert_eq!((&error["code"], &said.json()["id"]), (&json!(-32022), &json!("probe")));
    let served = json!(["2025-11-25", "2025-06-18", "2025-03-26"]);
    assert_eq!(error["data"], json!({"supported": served, "requested": modern::VERSION}));
    let book = house.book();
    until("it is on record", || book.refusals(RefusalReason::Malformed) > refused).await;
    // Which it can do.
    drop(session(&house.worker).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_edit_that_hides_a_tool_is_told() {
    let [a, b] = two().await;
    let house = house(&[("a", &a), ("b", &b)]).await;
    let (agent, _) = session(&house.worker).await;
    let mut events = Events::of(agent.open("GET", "/mcp", "").await);
    let more = r#"forbid (principal is Agent, action, resource == Tool::"b/look");"#;
    let file = house.folder.path().join("policies/all.cedar");
    std::fs::write(&file, format!("{POLICIES}{more}")).unwrap();
    let told = events.next().await.unwrap();
    assert_eq!(told, r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#);
    let list = post(&agent, &crate::agent::ask(1, "tools/list", "{}")).await.text();
    assert!(list.contains("a__look") && !list.contains("b__look"), "{list}");
    assert_eq!(post(&agent, &call(2, "b__look", "{}")).await.json()["error"]["code"], -32602);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stream_is_taken_up_again_at_the_server_that_it_came_from() {
    let [a, b] = two().await;
    let house = house(&[("a", &a), ("b", &b)]).await;
    let (agent, _) = session(&house.worker).await;
    let feed = b.feed("stream");
    let mut events = Events::of(agent.open("POST", "/mcp", &call(1, "b__stream", "{}")).await);
    feed.send(Ok("id: 7\nretry: 1\ndata: \n\n".into())).unwrap();
    assert_eq!(events.raw().await.as_deref(), Some("retry: 1\nid: b/7\ndata: \n\n"));
    drop(feed);
    assert_eq!(events.next().await, None, "no error: the client is to ask again");
    let feed = b.feed("listen");
    let mut again = Events::of(agent.and("last-event-id", "b/7").open("GET", "/mcp", "").await);
    let seen = b.seen().pop().unwrap();
    assert_eq!(seen.headers["last-event-id"], "7");
    let answer = r#"{"jsonrpc":"2.0","id":1,"result":{"content":[]}}"#;
    feed.send(Ok(format!("id: 9\ndata: {answer}\n\n").into())).unwrap();
    assert_eq!(again.raw().await, Some(format!("id: b/9\ndata: {answer}\n\n")));
    assert_eq!(house.book().trail(&events.decision()).1.as_deref(), Some("answered"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_entry_under_anothers_address_is_its_own_servers() {
    let [a, b] = two().await;
    a.list("resources/list", r#"{"resources":[{"uri":"bailiwick://b/crm://open","name":"x"}]}"#);
    let house = house(&[("a", &a), ("b", &b)]).await;
    let (agent, _) = session(&house.worker).await;
    let list = post(&agent, &crate::agent::ask(1, "resources/list", "{}")).await.text();
    let shown = r#""uri":"bailiwick://a/bailiwick://b/crm://open""#;
    assert!(list.contains(shown), "{list}");
    let read = format!("{{{shown}}}");
    let said = post(&agent, &crate::agent::ask(2, "resources/read", &read)).await;
    assert_eq!(b.heard("resources/read"), 0, "{said:?}");
    assert_eq!(a.heard(r#""uri":"bailiwick://b/crm://open"}"#), 1, "{said:?}");
}

//! Batches: where revision 2025-03-26 was agreed on, and nowhere else.

use bailiwick_core::RefusalReason;
use serde_json::Value;

use crate::agent::{Agent, INITIALIZE, call};
use crate::child;
use crate::house::{House, until};
use crate::upstream::{Fixture, event};

const OLD: &str = "2025-03-26";

/// A session in which this revision was agreed on.
async fn in_revision(agent: &Agent, server: &str, revision: &str) -> Agent {
    let said = agent.post(server, &INITIALIZE.replace("2025-11-25", revision)).await;
    assert_eq!(said.json()["result"]["protocolVersion"], revision, "{said:?}");
    agent.and("mcp-session-id", said.header("mcp-session-id").unwrap())
}

async fn old() -> (House, Fixture, Agent) {
    let (house, fixture) = House::crm().await;
    let agreed = r#"{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-03-26","capabilities":{"tools":{}}}}"#;
    fixture.verbatim("initialize", agreed);
    let agent = in_revision(&house.worker, "crm", OLD).await;
    (house, fixture, agent)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_member_is_an_exchange_of_its_own() {
    let (house, fixture, agent) = old().await;
    let notice = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    let batch = format!(
        "[{notice},{}, {},{} ,{}, 7]",
        call(1, "look", "{ }"),
        call(2, "hidden", "{}"),
        call(3, "locked", "{}"),
        call(4, "change", "{\"n\":1.0}"),
    );
    let said = agent.post("crm", &batch).await;
    assert_eq!(said.status, 200, "{said:?}");
    let all = said.json();
    let of = |n: usize| &all[n];
    assert_eq!((&of(0)["id"], &of(0)["result"]["content"][0]["text"]), (&1.into(), &"done".into()));
    assert_eq!((&of(1)["id"], &of(1)["error"]["code"]), (&2.into(), &(-32602).into()));
    assert_eq!((&of(2)["id"], &of(2)["error"]["code"]), (&3.into(), &403.into()));
    assert_eq!((&of(3)["id"], &of(3)["result"]["content"][0]["text"]), (&4.into(), &"done".into()));
    assert_eq!((&of(4)["id"], &of(4)["error"]["code"]), (&Value::Null, &(-32600).into()));
    assert_eq!(all.as_array().unwrap().len(), 5);
    // Each is on record by itself, and each decision is named in the headers.
    let decisions: Vec<_> = said.headers.get_all("bailiwick-decision").iter().collect();
    assert_eq!(decisions.len(), 5, "the notification's is one of them");
    for (n, outcome) in
        [Some("accepted"), Some("answered"), None, None, Some("answered")].into_iter().enumerate()
    {
        let (_, came) = house.book().trail(decisions[n].to_str().unwrap());
        assert_eq!(came.as_deref(), outcome, "{n}");
    }
    // The members went out one by one, untouched, and what was refused did not.
    let bodies: Vec<_> = fixture.seen().iter().map(|it| it.text()).collect();
    assert!(
        bodies.contains(&call(1, "look", "{ }"))
            && bodies.contains(&call(4, "change", "{\"n\":1.0}"))
    );
    assert_eq!(fixture.heard("hidden\"") + fixture.heard("\"locked\""), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_awaits_no_answer_gets_none() {
    let (_house, _, agent) = old().await;
    let notice = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    let said = agent.post("crm", &format!("[{notice},{notice}]")).await;
    assert_eq!((said.status, said.text()), (202, String::new()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_stream_makes_the_whole_answer_a_stream() {
    let (house, fixture, agent) = old().await;
    let feed = fixture.feed("stream");
    let batch = format!("[{},{}]", call(1, "stream", "{}"), call(2, "look", "{}"));
    let posted = tokio::spawn(async move { agent.stream("crm", &batch).await });
    let progress = r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"p","progress":1}}"#;
    let answer = r#"{"jsonrpc":"2.0","id":1,"result":{"content":[],"n":1.50}}"#;
    for message in [progress, answer] {
        feed.send(event(message)).unwrap();
    }
    let mut events = posted.await.unwrap();
    let mut heard = Vec::new();
    while let Some(message) = events.next().await {
        heard.push(message);
    }
    let at = |what: &str| {
        heard.iter().position(|it| it.contains(what)).unwrap_or_else(|| panic!("{heard:?}"))
    };
    assert!(at("progress") < at("1.50") && at("\"id\":2") < heard.len());
    assert_eq!(heard.len(), 3);
    let book = house.book();
    until("all is on record", || {
        let named = |it: &&bailiwick_core::DecisionRecord| {
            matches!(it.name.as_deref(), Some("stream" | "look"))
        };
        book.decisions().iter().filter(named).count() == 2
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_batch_elsewhere_is_refused() {
    let (house, fixture, old) = old().await;
    fixture.verbatim(
        "initialize",
        r#"{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-06-18","capabilities":{}}}"#,
    );
    let new = in_revision(&house.worker, "crm", "2025-06-18").await;
    let batch = format!("[{}]", call(1, "look", "{}"));
    let many = format!("[{}]", vec![call(1, "look", "{}"); 65].join(","));
    for (agent, body, status) in [
        (&new, &batch, 400),
        (&house.worker, &batch, 400),
        (&old, &"[]".to_owned(), 400),
        (&old, &many, 413),
    ] {
        assert_eq!(agent.post("crm", body).await.status, status);
    }
    // A session begins with one message, and a batch is no member of a batch.
    let said = old.post("crm", &format!("[{INITIALIZE},{batch}]")).await.json();
    assert_eq!(
        (&said[0]["error"]["code"], &said[1]["error"]["code"]),
        (&(-32600).into(), &(-32600).into())
    );
    assert_eq!(fixture.heard("tools/call"), 0);
    assert_eq!(house.book().refusals(RefusalReason::Malformed), 5);
    assert_eq!(house.book().refusals(RefusalReason::Limit), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_process_may_answer_in_batches() {
    let house = child::plan().open().await;
    let agent = in_revision(&house.worker, "kid", OLD).await;
    // One call under way, so that the notice is told to be its own.
    let mut events = agent.stream("kid", &format!("[{}]", call(1, "together", "{}"))).await;
    assert!(events.next().await.unwrap().contains("first of two"));
    assert!(events.next().await.unwrap().contains("\"id\":1"));
    assert_eq!(events.next().await, None);
    // Of two, each has its answer, whatever comes together with one of them.
    let both = format!("[{},{}]", call(1, "together", "{}"), call(2, "echo", "{\"a\":1}"));
    let said = agent.post("kid", &both).await;
    for id in ["\"id\":1", "\"id\":2"] {
        assert_eq!(said.text().matches(id).count(), 1, "{said:?}");
    }
}

//! Two servers, one client: what they ask it, what it tells them, and what belongs to which.

use serde_json::{Value, json};

use crate::agent::{Events, ask, call};
use crate::federated::{house, plan, post, session};
use crate::house::until;
use crate::upstream::{Fixture, event};

async fn two() -> [Fixture; 2] {
    [Fixture::start().await, Fixture::start().await]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_servers_ask_under_one_id() {
    let [a, b] = two().await;
    let house = house(&[("a", &a), ("b", &b)]).await;
    let (agent, _) = session(&house.worker).await;
    let question = r#"{"jsonrpc":"2.0","id":1,"method":"elicitation/create","params":{"message":"?","_meta":{"progressToken":1}}}"#;
    let mut streams = Vec::new();
    for (n, fixture) in [(1, &a), (2, &b)] {
        let feed = fixture.feed("stream");
        let name = if n == 1 { "a__stream" } else { "b__stream" };
        let events = Events::of(agent.open("POST", "/mcp", &call(n, name, "{}")).await);
        feed.send(event(question)).unwrap();
        streams.push((feed, events));
    }
    let mut ids = Vec::new();
    for (_, events) in &mut streams {
        let asked: Value = serde_json::from_str(&events.next().await.unwrap()).unwrap();
        assert_eq!(asked["method"], "elicitation/create");
        assert_eq!(asked["params"]["_meta"]["progressToken"], asked["id"]);
        ids.push(asked["id"].clone());
    }
    assert_ne!(ids[0], ids[1]);
    // Answered the other way round, each server gets its own answer under its own id.
    for (id, name) in [(&ids[1], "for-b"), (&ids[0], "for-a")] {
        let token = json!({"jsonrpc": "2.0", "method": "notifications/progress",
            "params": {"progressToken": id, "progress": 1, "message": name}});
        assert_eq!(post(&agent, &token.to_string()).await.status, 202);
        let answer =
            format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"name":"{name}","x":1.0}}}}"#);
        assert_eq!(post(&agent, &answer).await.status, 202);
        assert_eq!(post(&agent, &answer).await.status, 400, "nothing waits any more");
    }
    for (fixture, name) in [(&a, "for-a"), (&b, "for-b")] {
        let own = format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{"name":"{name}","x":1.0}}}}"#);
        until("the server has its answer", || fixture.heard(&own) == 1).await;
        assert_eq!(fixture.heard("for-"), 2, "its answer, its progress, and nobody else's");
        assert_eq!(fixture.heard(r#""progressToken":1"#), 1);
    }
    for (n, (feed, events)) in streams.iter_mut().enumerate() {
        let last = format!(r#"{{"jsonrpc":"2.0","id":{},"result":{{}}}}"#, n + 1);
        feed.send(event(&last)).unwrap();
        assert_eq!(events.next().await, Some(last));
    }
    let asked: Vec<_> =
        house.book().decisions().into_iter().filter(|it| &*it.action == "elicit").collect();
    assert_eq!(asked.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_cancellation_reaches_the_server_that_has_the_call() {
    let [a, b] = two().await;
    let house = house(&[("a", &a), ("b", &b)]).await;
    let (agent, _) = session(&house.worker).await;
    let feed = b.feed("stream");
    let body = call(9, "b__stream", r#"{"x":1}"#)
        .replace(r#""arguments""#, r#""_meta":{"progressToken":"p"},"arguments""#);
    let mut events = Events::of(agent.open("POST", "/mcp", &body).await);
    let progress = r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"p","progress":0.50}}"#;
    feed.send(event(progress)).unwrap();
    assert_eq!(events.next().await.as_deref(), Some(progress));
    let cancel = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":9}}"#;
    let said = post(&agent, cancel).await;
    assert_eq!((said.status, house.trail(&said).1.as_deref()), (202, Some("accepted")));
    assert_eq!((a.heard("cancelled"), b.heard(cancel)), (0, 1));
    drop(feed);
    while events.next().await.is_some() {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn heavy_what_concerns_all_reaches_all() {
    let [a, b] = two().await;
    let house = house(&[("a", &a), ("b", &b)]).await;
    let (agent, _) = session(&house.worker).await;
    let level = ask(5, "logging/setLevel", r#"{"level":"debug"}"#);
    let said = post(&agent, &level).await;
    assert_eq!((said.status, &said.json()["id"]), (200, &5.into()));
    let roots = r#"{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}"#;
    assert_eq!(post(&agent, roots).await.status, 202);
    until("both know", || [&a, &b].iter().all(|it| it.heard(&level) == 1 && it.heard(roots) == 1))
        .await;
    // One of them answers for all, also when another never does.
    a.hang("ping", true);
    let begun = tokio::time::Instant::now();
    assert_eq!(post(&agent, &ask(6, "ping", "{}")).await.json()["id"], 6);
    assert!(begun.elapsed().as_millis() < 900);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_comes_before_a_list_reaches_the_client() {
    let [a, b] = two().await;
    let house = house(&[("a", &a), ("b", &b)]).await;
    let (agent, _) = session(&house.worker).await;
    let feed = a.feed("tools/list");
    let log = r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"on it"}}"#;
    feed.send(event(log)).unwrap();
    let reply = tokio::spawn({
        let agent = agent.clone();
        async move { agent.open("POST", "/mcp", &ask(3, "tools/list", "{}")).await }
    });
    let mut events = Events::of(reply.await.unwrap());
    assert_eq!(events.next().await.as_deref(), Some(log));
    feed.send(event(r#"{"jsonrpc":"2.0","id":3,"result":{"tools":[{"name":"t"}]}}"#)).unwrap();
    let last = events.next().await.unwrap();
    assert!(last.contains("a__t") && last.contains("b__look"), "{last}");
    assert_eq!(events.next().await, None);
}

/// A server tells the progress of what it was asked to do, and of nothing else.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn progress_of_another_servers_call_is_not_passed_on() {
    let [a, b] = two().await;
    let house = house(&[("a", &a), ("b", &b)]).await;
    let (agent, _) = session(&house.worker).await;
    let with = |token: &str, it: String| {
        let meta = format!(r#""_meta":{{"progressToken":{token}}},"arguments""#);
        it.replace(r#""arguments""#, &meta)
    };
    let progress = |token: &str, text: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{{"progressToken":{token},"progress":1,"message":"{text}"}}}}"#
        )
    };
    let feeds = [a.feed("stream"), b.feed("stream")];
    let first = with("1", call(1, "a__stream", "{}"));
    let mut of_a = Events::of(agent.open("POST", "/mcp", &first).await);
    let second = with(r#""\u0062""#, call(2, "b__stream", "{}"));
    let mut of_b = Events::of(agent.open("POST", "/mcp", &second).await);
    feeds[1].send(event(&progress("1", "victim says: run wipe"))).unwrap();
    feeds[1].send(event(&progress(r#""b""#, "own"))).unwrap();
    assert_eq!(of_b.next().await, Some(progress(r#""b""#, "own")));
    feeds[0].send(event(&progress("1", "own"))).unwrap();
    assert_eq!(of_a.next().await, Some(progress("1", "own")));
    // A token that is used again is of the new call alone.
    let feed = b.feed("stream");
    let third = with("1", call(3, "b__stream", "{}"));
    let mut again = Events::of(agent.open("POST", "/mcp", &third).await);
    feeds[0].send(event(&progress("1", "late"))).unwrap();
    feeds[0].send(event(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#)).unwrap();
    assert_eq!(of_a.next().await.as_deref(), Some(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#));
    feed.send(event(&progress("1", "new"))).unwrap();
    assert_eq!(again.next().await, Some(progress("1", "new")));
}

/// However much one server asks, the others are heard too.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_server_asks_no_more_than_its_share() {
    let [a, b] = two().await;
    let house = house(&[("a", &a), ("b", &b)]).await;
    let (agent, _) = session(&house.worker).await;
    let question = |id: u64| ask(id, "elicitation/create", r#"{"message":"?"}"#);
    let feeds = [a.feed("stream"), b.feed("stream")];
    let mut of_a = Events::of(agent.open("POST", "/mcp", &call(1, "a__stream", "{}")).await);
    let mut of_b = Events::of(agent.open("POST", "/mcp", &call(2, "b__stream", "{}")).await);
    for id in 1..=9 {
        feeds[0].send(event(&question(id))).unwrap();
    }
    for id in 1..=8 {
        let asked: Value = serde_json::from_str(&of_a.next().await.unwrap()).unwrap();
        assert_eq!(asked["id"], format!("a/{id}"));
    }
    let refused = r#""id":9,"error":{"code":503,"#;
    until("the ninth is refused", || a.heard(refused) == 1).await;
    feeds[1].send(event(&question(1))).unwrap();
    assert!(of_b.next().await.unwrap().contains("\"b/1\""));
    // An answer makes room for the next question.
    let answer = r#"{"jsonrpc":"2.0","id":"a/1","result":{}}"#;
    assert_eq!(post(&agent, answer).await.status, 202);
    feeds[0].send(event(&question(10))).unwrap();
    assert!(of_a.next().await.unwrap().contains("\"a/10\""));
}

const LEVEL: &str = r#"{"level":"debug"}"#;

/// Whoever asks for what nobody has, or may not have it, is told just that.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_no_server_has_and_what_none_may_do_is_told_so() {
    let [a, b] = two().await;
    [&a, &b].iter().for_each(|it| it.offers(r#"{"tools":{}}"#));
    let house = house(&[("a", &a), ("b", &b)]).await;
    let (agent, _) = session(&house.worker).await;
    let said = post(&agent, &ask(1, "logging/setLevel", LEVEL)).await;
    assert_eq!((said.status, &said.json()["error"]["code"]), (200, &(-32601).into()), "{said:?}");
    // What nobody took is not said to whoever is opened later.
    b.offers(r#"{"tools":{},"logging":{}}"#);
    b.die();
    drop(post(&agent, &call(2, "b__look", "{}")).await);
    b.revive();
    let mut answer = String::new();
    while !answer.contains("done") {
        answer = post(&agent, &call(3, "b__look", "{}")).await.text();
    }
    assert_eq!(b.heard("logging/setLevel"), 0);

    let [a, b] = two().await;
    let mut plan = plan(&[("a", &a), ("b", &b)]);
    plan.policies += r#"forbid (principal is Agent, action == Action::"set_log_level", resource);"#;
    let house = plan.open().await;
    let (agent, _) = session(&house.worker).await;
    let said = post(&agent, &ask(1, "logging/setLevel", LEVEL)).await;
    let error = &said.json()["error"];
    assert_eq!((said.status, &error["code"]), (200, &403.into()), "{said:?}");
    assert_eq!(error["data"]["decision"], said.header("bailiwick-decision").unwrap());
    let (decision, _) = house.trail(&said);
    assert!(!decision.permitted && &*decision.action == "set_log_level");
    // One that gives no answer might have said something else.
    let [a, b] = two().await;
    a.offers(r#"{"tools":{}}"#);
    let house = crate::federated::house(&[("a", &a), ("b", &b)]).await;
    let (agent, _) = session(&house.worker).await;
    b.hang("logging/setLevel", true);
    let said = post(&agent, &ask(1, "logging/setLevel", LEVEL)).await;
    assert_eq!(said.json()["error"]["code"], 503, "{said:?}");
}

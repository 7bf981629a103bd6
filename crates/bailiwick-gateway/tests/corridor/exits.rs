//! Every exit of the exchange: what the caller is told, what the upstream saw, what is on record.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bailiwick_core::{Durability, RefusalReason};

use crate::agent::{INITIALIZE, INITIALIZED, ask, call};
use crate::house::{House, Plan};
use crate::upstream::{Fixture, event};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn permitted_whole_and_decided_before_the_upstream_is_touched() {
    let (house, fixture) = House::crm().await;
    let (book, checked) = (house.book(), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&checked);
    fixture.on_call(move |seen| {
        let decided = book.decisions().into_iter().find(|it| {
            it.permitted && it.name.as_ref().is_some_and(|it| seen.text().contains(&**it))
        });
        assert!(decided.is_some(), "it arrived undecided: {}", seen.text());
        count.fetch_add(1, Ordering::SeqCst);
    });
    for (tool, effect, class) in [
        ("look", "read", Durability::Appended),
        ("change", "reversible_write", Durability::Durable),
        ("free", "unknown", Durability::Durable),
        ("duty", "read", Durability::Durable),
    ] {
        let said = house.worker.call("crm", tool).await;
        assert_eq!(said.status, 200);
        assert_eq!(said.json()["result"]["content"][0]["text"], "done");
        let (decision, outcome) = house.trail(&said);
        assert!(decision.permitted);
        assert_eq!(decision.durability, class, "{tool}");
        assert_eq!(&*decision.effect, effect);
        assert_eq!(decision.name.as_deref(), Some(tool));
        assert!(decision.pin.is_some() && decision.sealed.is_some());
        assert_eq!(decision.chain.len(), 2);
        assert_eq!(outcome.as_deref(), Some("answered"));
        let leaf: u64 = said.header("bailiwick-leaf").unwrap().parse().unwrap();
        let (_, outcome) = house.book().both(said.header("bailiwick-decision").unwrap());
        assert_eq!(outcome.unwrap().decision, leaf);
    }
    assert_eq!(checked.load(Ordering::SeqCst), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_way_that_an_upstream_can_fail() {
    let fixture = Fixture::start().await;
    let mut plan = Plan::crm(&fixture);
    plan.limits = "answer_seconds = 1\n".into();
    let house = plan.open().await;
    let token = format!("ghp_{}", "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW11ySowm");
    let leak = format!(
        r#"{{"jsonrpc":"2.0","id":1,"result":{{"content":[{{"type":"text","text":"{token}"}}]}}}}"#
    );
    fixture.verbatim("leak", &leak);
    for (tool, disposition, code) in [
        ("boom", "tool_failed", None),
        ("err", "erred", Some(-32000)),
        ("garbage", "unreachable", Some(503)),
        ("drop", "unreachable", Some(503)),
        ("hang", "timed_out", Some(504)),
        ("leak", "withheld", Some(403)),
    ] {
        let said = house.worker.call("crm", tool).await;
        let (decision, outcome) = house.trail(&said);
        assert!(decision.permitted, "{tool}");
        assert_eq!(outcome.as_deref(), Some(disposition), "{tool}");
        let told = said.json()["error"]["code"].as_i64();
        assert_eq!(told, code, "{tool}: {}", said.text());
        assert!(!said.text().contains("ghp_"), "{}", said.text());
    }
    let said = house.worker.call("crm", "boom").await;
    assert_eq!(said.json()["result"]["isError"], true);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_answer_of_the_wrong_id_is_no_answer() {
    let (house, fixture) = House::crm().await;
    fixture.verbatim("look", r#"{"jsonrpc":"2.0","id":2,"result":{"content":[]}}"#);
    let said = house.worker.call("crm", "look").await;
    assert_eq!(said.json()["error"]["code"], 503);
    assert_eq!(house.trail(&said).1.as_deref(), Some("unreachable"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn it_breaks_off_in_mid_stream() {
    let (house, fixture) = House::crm().await;
    let feed = fixture.feed("stream");
    let mut events = house.worker.stream("crm", &call(1, "stream", "{}")).await;
    let progress = r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}}"#;
    feed.send(event(progress)).unwrap();
    assert_eq!(events.next().await.as_deref(), Some(progress));
    feed.send(Err(std::io::Error::other("cut"))).unwrap();
    let last = events.next().await.unwrap();
    assert!(last.contains("503") && last.contains("\"id\":1"), "{last}");
    assert_eq!(events.next().await, None);
    let (decision, outcome) = house.book().trail(&events.decision());
    assert!(decision.permitted);
    assert_eq!(outcome.as_deref(), Some("unreachable"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn refused_visibly_hidden_and_nonexistent() {
    let (house, fixture) = House::crm().await;
    for (tool, cause, visible, code) in [
        ("locked", "forbidden", true, 403),
        ("hidden", "forbidden", false, -32602),
        ("never_was", "nonexistent", false, -32602),
    ] {
        let said = house.worker.call("crm", tool).await;
        let (decision, outcome) = house.trail(&said);
        assert_eq!(said.json()["error"]["code"], code, "{tool}");
        assert!(!decision.permitted);
        assert_eq!(decision.cause.as_deref(), Some(cause), "{tool}");
        assert_eq!(decision.visible, visible, "{tool}");
        assert_eq!(outcome, None, "a refusal's decision is all of its record");
        if visible {
            let id = said.json()["error"]["data"]["decision"].as_str().unwrap().to_owned();
            assert_eq!(said.header("bailiwick-decision"), Some(&*id));
        }
        assert_eq!(fixture.heard(&format!("\"{tool}\"")), 0, "{tool} reached the upstream");
    }
    let names: Vec<_> = house.book().decisions().into_iter().filter_map(|it| it.name).collect();
    assert!(!names.iter().any(|it| &**it == "never_was"), "made-up names are not in the clear");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_log_fails_at_the_decision() {
    let (house, fixture) = House::crm().await;
    house.disk.fail_writes();
    let said = house.worker.call("crm", "look").await;
    assert_eq!(said.status, 503);
    assert_eq!(said.json()["error"]["code"], 503);
    assert_eq!(fixture.heard("tools/call"), 0, "it went out without its decision");
    let ready = house.readyz().await;
    assert_eq!(ready["ready"], false);
    assert!(ready["log_trouble"].as_str().unwrap().contains("stopped"), "{ready}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_log_fails_at_the_outcome() {
    let (house, fixture) = House::crm().await;
    let disk = house.disk.clone();
    fixture.on_call(move |_| disk.fail_writes());
    let said = house.worker.call("crm", "look").await;
    assert_eq!(said.status, 503);
    assert!(said.json()["result"].is_null(), "the answer left unrecorded: {}", said.text());
    assert_eq!(fixture.heard("tools/call"), 1);
    let decided =
        house.book().decisions().into_iter().find(|it| it.name.as_deref() == Some("look"));
    assert_eq!(house.book().trail(&decided.unwrap().exchange.to_string()).1, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_flush_fails_that_a_write_waits_for() {
    let (house, fixture) = House::crm().await;
    house.disk.fail_flushes();
    let said = house.worker.call("crm", "change").await;
    assert_eq!(said.status, 503);
    assert_eq!(fixture.heard("tools/call"), 0, "a write went out before its record was durable");
    let said = house.worker.call("crm", "look").await;
    assert_eq!(said.status, 503, "after a failed flush nobody knows what is on the disk");
    assert_eq!(fixture.heard("tools/call"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn turned_away_before_there_is_a_call() {
    let fixture = Fixture::start().await;
    let mut plan = Plan::crm(&fixture);
    plan.limits = "message_bytes = 5000\nsessions = 2\n".into();
    let house = plan.open().await;
    let (worker, crm) = (&house.worker, "/mcp/crm");
    let look = call(1, "look", "{}");
    let refused = |reason| house.book().refusals(reason);

    let nobody = crate::agent::Agent { address: worker.address, headers: Vec::new() };
    let said = nobody.post("crm", &look).await;
    assert_eq!(said.status, 401);
    assert!(said.header("www-authenticate").is_some());
    for wrong in ["Bearer bwk_AAAA_BBBB", "Basic abc", "Bearer"] {
        assert_eq!(nobody.and("authorization", wrong).post("crm", &look).await.status, 401);
    }
    assert_eq!(refused(RefusalReason::Unidentified), 4);

    for (name, value) in [("origin", "https://evil.example"), ("host", "evil.example")] {
        assert_eq!(worker.and(name, value).post("crm", &look).await.status, 403);
    }
    assert_eq!(refused(RefusalReason::Origin), 2);

    let large = call(1, "look", &format!("{{\"a\":\"{}\"}}", "x".repeat(6000)));
    assert_eq!(worker.post("crm", &large).await.status, 413);
    assert_eq!(refused(RefusalReason::Limit), 1);

    let before = refused(RefusalReason::Malformed);
    let malformed = [
        "",
        "{",
        "[]",
        "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]",
        r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"look","name":"hidden"}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"Name":"look"}}"#,
        r#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"look"}}"#,
        r#"{"jsonrpc":"2.0","id":1,"result":{}}"#,
    ];
    for text in malformed {
        assert_eq!(worker.post("crm", text).await.status, 400, "{text}");
    }
    assert_eq!(refused(RefusalReason::Malformed) - before, malformed.len());

    // Of one second's refusals only the first twenty are recorded one by one.
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    for path in ["/", "/mcps", "/mcp/crm/x", "/log/checkpoint", "/readyz"] {
        assert_eq!(worker.send("POST", path, &look).await.status, 404, "{path}");
    }
    assert_eq!(worker.send("PUT", crm, &look).await.status, 405);
    assert_eq!(refused(RefusalReason::NoSuchPlace), 6);
    assert_eq!(fixture.heard("tools/call"), 0);
    assert_eq!(nobody.send("GET", "/healthz", "").await.status, 200);

    let said = worker.post("nowhere", INITIALIZE).await;
    assert_eq!((said.status, said.text().as_str()), (404, "no such server\n"));
    let (decision, outcome) = house.trail(&said);
    assert!(!decision.permitted && !decision.visible && outcome.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn too_many_sessions_and_too_many_calls() {
    let fixture = Fixture::start().await;
    let mut plan = Plan::crm(&fixture);
    plan.limits = "sessions = 1\ncalls_per_session = 1\n".into();
    let house = plan.open().await;
    let agent = house.worker.in_session("crm").await;
    assert_eq!(house.worker.post("crm", INITIALIZE).await.status, 503);
    let feed = fixture.feed("stream");
    let mut events = agent.stream("crm", &call(7, "stream", "{}")).await;
    assert_eq!(agent.post("crm", &ask(8, "ping", "{}")).await.status, 429);
    feed.send(event(r#"{"jsonrpc":"2.0","id":7,"result":{}}"#)).unwrap();
    assert_eq!(events.next().await.unwrap(), r#"{"jsonrpc":"2.0","id":7,"result":{}}"#);
    assert_eq!(events.next().await, None);
    assert_eq!(agent.post("crm", &ask(8, "ping", "{}")).await.status, 200);
    assert_eq!(house.book().refusals(RefusalReason::Limit), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_upstream_that_is_not_there() {
    let mut plan = Plan::servers("[servers.crm]\nurl = \"http://127.0.0.1:1/mcp\"\n");
    plan.is_ready = false;
    let house = plan.open().await;
    let said = house.worker.post("crm", INITIALIZE).await;
    assert_eq!(said.json()["error"]["code"], 503);
    assert_eq!(house.trail(&said).1.as_deref(), Some("unreachable"));
    assert_eq!(said.header("mcp-session-id"), None, "no session with nobody");
    let said = house.worker.call("crm", "look").await;
    assert_eq!(said.json()["error"]["code"], 503);
    // It is known that it cannot be listed: the others are ready.
    let ready = house.readyz().await;
    assert_eq!((&ready["sessions"], &ready["ready"]), (&0.into(), &true.into()), "{ready}");
    assert_eq!(house.worker.post("crm", INITIALIZED).await.status, 502);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_server_of_which_nothing_is_known_yet_is_waited_for() {
    let fixture = Fixture::start().await;
    fixture.hang("initialize", true);
    let mut plan = Plan::crm(&fixture);
    plan.is_ready = false;
    let house = plan.open().await;
    let ready = house.readyz().await;
    assert_eq!(ready["ready"], false, "{ready}");
    assert_eq!(ready["servers"][0]["listed"], false, "{ready}");
}

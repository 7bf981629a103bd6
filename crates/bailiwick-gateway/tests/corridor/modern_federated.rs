//! Revision 2026-07-28 at `/mcp`: all servers that speak it as one, without a session.

use std::time::Duration;

use bailiwick_core::RefusalReason;
use serde_json::{Value, json};

use crate::agent::{Agent, Events, INITIALIZE, Said};
use crate::federated::{self, POLICIES, names, plan, post};
use crate::house::{House, until};
use crate::modern::{VERSION, body, cancelled, speaking};
use crate::upstream::{Fixture, event};

pub(crate) const TOOLS: &str = r#"{"resultType":"complete","tools":[{"name":"look","x":1.0},{"name":"hidden"},{"name":"boom"},{"name":"hang"},{"name":"stream"}],"ttlMs":60000,"cacheScope":"public"}"#;

fn offers(instructions: &str) -> String {
    format!(
        r#"{{"resultType":"complete","supportedVersions":["{VERSION}"],"capabilities":{{"tools":{{}},"prompts":{{}},"resources":{{}}}},"instructions":"{instructions}","ttlMs":1000,"cacheScope":"public"}}"#
    )
}

/// A server that speaks this revision, and older ones.
pub(crate) async fn modern() -> Fixture {
    let fixture = Fixture::start().await;
    fixture.list("server/discover", &offers("Look first."));
    fixture.list("tools/list", TOOLS);
    fixture
}

/// Two servers of this revision, one of older ones only, and one that is hidden.
pub(crate) async fn four() -> (House, [Fixture; 4]) {
    let all = [modern().await, modern().await, Fixture::start().await, modern().await];
    let [a, b, old, vault] = &all;
    let house = plan(&[("a", a), ("b", b), ("old", old), ("vault", vault)]).open().await;
    (house, all)
}

pub(crate) async fn ask(agent: &Agent, method: &str, params: &str) -> Said {
    post(&speaking(agent, method, None), &body("1", method, params)).await
}

/// A request that names something, in its header too.
async fn named(agent: &Agent, method: &str, name: &str, more: &str) -> Said {
    let member = if method == "resources/read" { "uri" } else { "name" };
    let params = format!(r#""{member}":"{name}"{more}"#);
    post(&speaking(agent, method, Some(name)), &body("1", method, &params)).await
}

pub(crate) async fn call(agent: &Agent, tool: &str) -> Said {
    named(agent, "tools/call", tool, r#","arguments":{}"#).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn all_that_speak_it_are_discovered_as_one() {
    let (house, [.., vault]) = four().await;
    let before = vault.seen().len();
    let said = ask(&house.worker, "server/discover", "").await;
    assert_eq!(said.status, 200, "{said:?}");
    let result = &said.json()["result"];
    let served = json!([VERSION, "2025-11-25", "2025-06-18", "2025-03-26"]);
    assert_eq!(result["supportedVersions"], served);
    assert_eq!(result["capabilities"]["tools"], json!({"listChanged": true}));
    assert_eq!(
        result["instructions"],
        "a:\n  Look first.\n\nb:\n  Look first.\n\n\
         Not here, because they speak older revisions of MCP only: old\n"
    );
    assert_eq!((&result["ttlMs"], &result["cacheScope"]), (&json!(1000), &json!("private")));
    assert_eq!(vault.seen().len(), before, "nobody asks who is hidden");
    let decisions: Vec<_> = said.headers.get_all("bailiwick-decision").iter().collect();
    assert_eq!(decisions.len(), 2, "{said:?}");
    for (decision, server) in decisions.iter().zip(["a", "b"]) {
        let (decision, outcome) = house.book().trail(decision.to_str().unwrap());
        assert_eq!((&*decision.action, decision.server.as_str()), ("connect", server));
        assert_eq!(outcome.as_deref(), Some("answered"));
    }
    // Nothing else has a place here.
    for method in ["GET", "DELETE"] {
        let agent = speaking(&house.worker, "tools/list", None);
        let said = agent.send(method, "/mcp", "").await;
        assert_eq!((said.status, said.header("allow")), (405, Some("POST")));
    }
    for gone in ["initialize", "ping", "logging/setLevel", "tasks/list", "never/was"] {
        let said = ask(&house.worker, gone, "").await;
        assert_eq!((said.status, &said.json()["error"]["code"]), (404, &json!(-32601)), "{gone}");
    }
    let agent =
        speaking(&house.worker, "tools/list", None).and("mcp-protocol-version", "2027-01-01");
    let said = post(&agent, &body("1", "tools/list", "").replace(VERSION, "2027-01-01")).await;
    assert_eq!((said.status, &said.json()["error"]["data"]["supported"]), (400, &served));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_caller_sees_whom_its_revision_reaches() {
    let [both, only, old] = [modern().await, modern().await, Fixture::start().await];
    let no = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32022,"message":"no","data":{"supported":["2026-07-28"],"requested":"2025-11-25"}}}"#;
    only.verbatim("initialize", no);
    let house = plan(&[("both", &both), ("old", &old), ("only", &only)]).open().await;
    let owners = |said: &Said| {
        let names = names(said, "tools", "name");
        let mut owners: Vec<_> =
            names.iter().map(|it| it.split("__").next().unwrap().to_owned()).collect();
        owners.dedup();
        owners
    };
    let said = ask(&house.worker, "tools/list", "").await;
    assert_eq!(owners(&said), ["both", "only"]);
    let said = post(&house.worker, &INITIALIZE.replace("\"id\":0", "\"id\":1")).await;
    let agent = house.worker.and("mcp-session-id", said.header("mcp-session-id").unwrap());
    let said = post(&agent, &crate::agent::ask(1, "tools/list", "{}")).await;
    assert_eq!(owners(&said), ["both", "old"]);
    // Neither is missing: each is where it can be.
    assert_eq!(ask(&house.worker, "tools/list", "").await.status, 200);
    for server in house.readyz().await["servers"].as_array().unwrap() {
        assert_eq!(server["absent"], Value::Null, "{server}");
    }
    // What has no part in this revision is as if it were not there.
    let mine = |it: &Said, name: &str| {
        let (status, headers, text) = it.looks();
        (status, headers, text.replace(name, "NAME"))
    };
    let (theirs, never) =
        (call(&house.worker, "old__look").await, call(&house.worker, "no__look").await);
    assert_eq!(mine(&theirs, "old__look"), mine(&never, "no__look"));
    assert_eq!(old.heard("tools/call"), 0);
}

/// While most speak older revisions only, a client of both eras is led to where it reaches most.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_discovers_is_told_where_most_are_reached() {
    let [new, old, older] = [modern().await, Fixture::start().await, Fixture::start().await];
    let house = plan(&[("new", &new), ("old", &old), ("older", &older)]).open().await;
    let said = ask(&house.worker, "server/discover", "").await;
    let fall_back = json!(["2025-11-25", "2025-06-18", "2025-03-26"]);
    let error = said.json()["error"].clone();
    assert_eq!((said.status, &error["code"]), (400, &json!(-32022)), "{said:?}");
    assert_eq!(error["data"]["supported"], fall_back);
    // Who asks all the same is served.
    let said = ask(&house.worker, "tools/list", "").await;
    assert!(names(&said, "tools", "name").contains(&"new__look".to_owned()), "{said:?}");
    assert!(call(&house.worker, "new__look").await.text().contains("done"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn pages_are_merged_cut_and_private() {
    let (house, [a, b, ..]) = four().await;
    let page = |tools: &str, next: &str| {
        format!(
            r#"{{"resultType":"complete","tools":[{tools}],"ttlMs":5000{next},"cacheScope":"public"}}"#
        )
    };
    a.list("tools/list", &page(r#"{"name":"a1","x" : 1.50}"#, r#","nextCursor":"2""#));
    a.list("tools/list?2", &page(r#"{"name":"a2"}"#, ""));
    // A page of which nothing is left goes on all the same.
    b.list("tools/list", &page(r#"{"name":"hidden"}"#, r#","nextCursor":"\u0078""#));
    b.list("tools/list?x", &page(r#"{"name":"b2"}"#, ""));
    let first = ask(&house.worker, "tools/list", "").await;
    assert!(first.text().contains(r#""tools":[{"name":"a__a1","x" : 1.50}]"#), "{first:?}");
    let result = &first.json()["result"];
    assert_eq!((&result["ttlMs"], &result["cacheScope"]), (&json!(5000), &json!("private")));
    let cursor = format!(r#""cursor":{}"#, result["nextCursor"]);
    let next = ask(&house.worker, "tools/list", &cursor).await;
    assert_eq!(names(&next, "tools", "name"), ["a__a2", "b__b2"]);
    assert_eq!(next.json()["result"].get("nextCursor"), None);
    assert!(b.heard(r#""cursor":"\u0078""#) >= 1, "the server's own spelling");
    for cursor in [r#""cursor":"x""#, r#""cursor":"{\"vault\":1}""#] {
        let said = ask(&house.worker, "tools/list", cursor).await;
        assert_eq!((said.status, &said.json()["error"]["code"]), (400, &json!(-32602)));
    }
    for (method, list, key, shown) in [
        ("prompts/list", "prompts", "name", "a__greet"),
        ("resources/list", "resources", "uri", "bailiwick://a/crm://open"),
        (
            "resources/templates/list",
            "resourceTemplates",
            "uriTemplate",
            "bailiwick://b/crm://item/{id}",
        ),
    ] {
        let said = ask(&house.worker, method, "").await;
        let names = names(&said, list, key);
        assert!(names.iter().any(|it| it == shown), "{names:?}");
        let strange = |it: &String| it.contains("vault") || it.contains("old");
        assert!(!names.iter().any(strange), "{names:?}");
        assert!(!names.contains(&"bailiwick://b/crm://hidden".to_owned()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_named_reaches_its_server_in_its_own_words() {
    let (house, [a, b, ..]) = four().await;
    let sent = body("7", "tools/call", r#""arguments":{"n" : 1.50},"name" : "b__lo\u006fk""#);
    let agent = speaking(&house.worker, "tools/call", Some("b__look"));
    let said = post(&agent.and("mcp-param-x", "7"), &sent).await;
    assert!(said.text().contains("done"), "{said:?}");
    let seen = b.seen().pop().unwrap();
    assert_eq!(seen.text(), sent.replace(r#""b__lo\u006fk""#, r#""look""#));
    for (name, value) in [("mcp-method", "tools/call"), ("mcp-name", "look"), ("mcp-param-x", "7")]
    {
        assert_eq!(seen.headers[name], value);
    }
    let (decision, outcome) = house.trail(&said);
    assert_eq!((decision.server.as_str(), decision.name.as_deref()), ("b", Some("look")));
    assert_eq!(outcome.as_deref(), Some("answered"));
    // The headers agree with what the client sent, and not with what becomes of it.
    for agent in [
        agent.and("mcp-name", "look"),
        agent.and("mcp-name", "a__look"),
        agent.and("mcp-method", "tools/list"),
        agent.and("mcp-param-x", "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"),
    ] {
        let said = post(&agent, &sent).await;
        assert_eq!((said.status, &said.json()["error"]["code"]), (400, &json!(-32020)), "{said:?}");
    }
    let said = named(&house.worker, "prompts/get", "a__greet", "").await;
    assert!(said.text().contains("ok"), "{said:?}");
    assert_eq!(a.seen().pop().unwrap().headers["mcp-name"], "greet");
    let said = named(&house.worker, "resources/read", "bailiwick://b/crm://open", "").await;
    assert!(said.text().contains("ok"), "{said:?}");
    let seen = b.seen().pop().unwrap();
    assert!(seen.text().contains(r#""uri":"crm://open""#), "{seen:?}");
    assert_eq!(seen.headers["mcp-name"], "crm://open");
    let reference =
        r#""ref":{"type":"ref/prompt","name":"b__greet"},"argument":{"name":"n","value":"v"}"#;
    let said = ask(&house.worker, "completion/complete", reference).await;
    assert_eq!(b.heard(&reference.replace("b__", "")), 1, "{said:?}");
    // One that only one of them has keeps its URI.
    b.list("resources/list", r#"{"resources":[{"uri":"crm://sole","name":"s"}],"ttlMs":0}"#);
    drop(ask(&house.worker, "resources/list", "").await);
    let said = named(&house.worker, "resources/read", "crm://sole", "").await;
    assert_eq!(house.trail(&said).0.server.as_str(), "b", "{said:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_hidden_answers_as_what_never_was() {
    let (house, [_, b, old, vault]) = four().await;
    let before = [&b, &old, &vault].map(|it| it.heard("tools/call") + it.heard("resources/read"));
    let looks = |said: &Said, name: &str| {
        let (status, mut headers, text) = said.looks();
        assert!(said.header("bailiwick-decision").is_some(), "{said:?}");
        // The name that is told back is as long as it is.
        headers.retain(|(name, _)| name != "content-length");
        (status, headers, text.replace(name, "NAME"))
    };
    for (method, names) in [
        (
            "tools/call",
            &["b__hidden", "b__never", "vault__look", "nothing__look", "old__look", "look"][..],
        ),
        ("prompts/get", &["vault__greet", "nothing__greet", "b__never"]),
        (
            "resources/read",
            &[
                "bailiwick://b/crm://hidden",
                "bailiwick://b/crm://never",
                "bailiwick://vault/crm://open",
                "bailiwick://nothing/crm://open",
                "crm://open",
                "crm://never",
            ],
        ),
    ] {
        let mut all = Vec::new();
        for name in names {
            all.push(looks(&named(&house.worker, method, name, "").await, name));
        }
        all.dedup();
        assert_eq!(all.len(), 1, "{all:#?}");
        assert!(all[0].2.contains("-32602"), "{all:?}");
    }
    let after = [&b, &old, &vault].map(|it| it.heard("tools/call") + it.heard("resources/read"));
    assert_eq!(before, after, "nobody was asked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_leg_goes_on_with_its_callers_own_call_at_its_server() {
    let (house, [a, b, ..]) = four().await;
    let asks = r#"{"jsonrpc":"2.0","id":1,"result":{"resultType":"input_required","inputRequests":{"k":{"method":"elicitation/create","params":{"message":"?"}}},"requestState":"s\u00fc=="}}"#;
    b.verbatim("boom", asks);
    let first = call(&house.worker, "b__boom").await;
    assert_eq!(first.text(), asks, "byte for byte");
    b.verbatim("boom", r#"{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete"}}"#);
    let next =
        r#","arguments":{},"inputResponses":{"k":{"action":"accept"}},"requestState":"s\u00fc==""#;
    let said = named(&house.worker, "tools/call", "b__boom", next).await;
    assert!(said.text().contains("complete"), "{said:?}");
    assert!(b.seen().pop().unwrap().text().contains(r#""requestState":"s\u00fc==""#));
    let (asked, outcome) = house.book().trail(first.header("bailiwick-decision").unwrap());
    assert_eq!((&*asked.action, outcome.as_deref()), ("invoke_tool", Some("answered")));
    assert_eq!(house.trail(&said).0.parent, Some(asked.exchange), "the legs are linked");
    // What another was given, or the same caller by another server, continues nothing.
    let heard = a.seen().len() + b.seen().len();
    for (agent, tool) in [(&house.other, "b__boom"), (&house.worker, "a__boom")] {
        let said = named(agent, "tools/call", tool, next).await;
        assert_eq!((said.status, &said.json()["error"]["code"]), (400, &json!(-32602)), "{said:?}");
    }
    assert_eq!(a.seen().len() + b.seen().len(), heard);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn going_away_cancels_wherever_it_was_asked() {
    let (house, [a, b, ..]) = four().await;
    assert_eq!(ask(&house.worker, "tools/list", "").await.status, 200);
    let agent = house.worker.clone();
    let waits = tokio::spawn(async move { call(&agent, "b__hang").await });
    until("the call has arrived", || b.heard("\"hang\"") == 1).await;
    waits.abort();
    until("the server lost its caller", || b.hung_up() == 1).await;
    until("the outcome is there", || cancelled(&house) == 1).await;
    // A stream, at its one server.
    let feed = b.feed("stream");
    let agent = speaking(&house.worker, "tools/call", Some("b__stream"));
    let stream = body("1", "tools/call", r#""name":"b__stream","arguments":{}"#);
    let mut events = Events::of(agent.open("POST", "/mcp", &stream).await);
    assert_eq!(events.headers["x-accel-buffering"], "no");
    let progress = r#"{"jsonrpc":"2.0","method":"notifications/message","params":{}}"#;
    feed.send(event(progress)).unwrap();
    assert_eq!(events.next().await.as_deref(), Some(progress));
    drop(events);
    until("the server lost its reader", || feed.is_closed()).await;
    until("the outcome is there", || cancelled(&house) == 2).await;
    // A list: who answers in a stream, and who has not answered yet.
    let feed = a.feed("tools/list");
    b.hang("tools/list", true);
    let agent = speaking(&house.worker, "tools/list", None);
    let mut events = Events::of({
        feed.send(event(progress)).unwrap();
        agent.open("POST", "/mcp", &body("1", "tools/list", "")).await
    });
    assert_eq!(events.next().await.as_deref(), Some(progress));
    drop(events);
    until("the server lost its reader", || feed.is_closed()).await;
    until("the outcomes are there", || cancelled(&house) == 4).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_dead_and_one_slow_server_leave_the_others_alone() {
    let all = [modern().await, modern().await, modern().await, modern().await];
    let [a, b, dead, mute] = &all;
    let servers = [("a", a), ("b", b), ("dead", dead), ("mute", mute)];
    let house = plan(&servers).open().await;
    assert_eq!(ask(&house.worker, "server/discover", "").await.status, 200);
    a.hang("tools/list", true);
    dead.die();
    let begun = tokio::time::Instant::now();
    let said = ask(&house.worker, "tools/list", "").await;
    assert!(begun.elapsed() < Duration::from_secs(4));
    let owners: Vec<_> = names(&said, "tools", "name");
    assert!(
        owners.iter().all(|it| it.starts_with("b__") || it.starts_with("mute__")),
        "{owners:?}"
    );
    assert_eq!(said.json()["result"]["ttlMs"], 0, "it may be otherwise at once");
    let absent = |state: &Value, n: usize| state["servers"][n]["absent"].clone();
    let state = house.readyz().await;
    assert_eq!(absent(&state, 0), "it did not answer in time");
    assert_eq!((absent(&state, 1), absent(&state, 3)), (Value::Null, Value::Null));
    assert_ne!(absent(&state, 2), Value::Null);
    let said = call(&house.worker, "dead__look").await;
    assert_eq!(said.json()["error"]["code"], 503, "{said:?}");
    assert_eq!(house.trail(&said).1.as_deref(), Some("unreachable"));
    assert!(call(&house.worker, "b__look").await.text().contains("done"));
    a.hang("tools/list", false);
    dead.revive();
    let said = ask(&house.worker, "tools/list", "").await;
    let names = names(&said, "tools", "name");
    assert!(
        ["a__look", "dead__look"].iter().all(|it| names.iter().any(|at| at == it)),
        "{names:?}"
    );
    let state = house.readyz().await;
    assert_eq!((absent(&state, 0), absent(&state, 2)), (Value::Null, Value::Null));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_server_whose_era_cannot_be_told_keeps_nobody_waiting() {
    let [a, mute] = [modern().await, modern().await];
    let house = plan(&[("a", &a), ("mute", &mute)]).open().await;
    mute.hang("server/discover", true);
    let begun = tokio::time::Instant::now();
    let said = ask(&house.worker, "tools/list", "").await;
    assert!(begun.elapsed() < Duration::from_secs(4));
    assert!(names(&said, "tools", "name").iter().all(|it| it.starts_with("a__")), "{said:?}");
    assert_eq!(house.readyz().await["servers"][1]["absent"], "it did not answer in time");
    let begun = tokio::time::Instant::now();
    assert!(call(&house.worker, "a__look").await.text().contains("done"));
    assert!(begun.elapsed() < Duration::from_millis(900), "who is named is all that matters");
    assert_eq!(mute.heard("server/discover"), 1, "and it is asked once, whoever waits");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_sees_nobody_is_told_what_there_is_where_there_is_nothing() {
    let fixture = modern().await;
    let mut hidden = plan(&[("vault", &fixture)]);
    hidden.policies = POLICIES.into();
    let house = hidden.open().await;
    let none = federated::house(&[]).await;
    for (method, params) in [("server/discover", ""), ("tools/list", "")] {
        let said = ask(&house.worker, method, params).await;
        assert_eq!(said.looks(), ask(&none.worker, method, params).await.looks(), "{said:?}");
    }
    let said = call(&house.worker, "vault__look").await;
    assert_eq!(said.looks(), call(&none.worker, "vault__look").await.looks());
    assert_eq!(fixture.heard("vault"), 0);
}

/// What a client says that knows tasks.
pub(crate) const DECLARED: &str = r#""extensions":{"io.modelcontextprotocol/tasks":{}}"#;

pub(crate) async fn about(agent: &Agent, method: &str, task: &str) -> Said {
    let agent = speaking(agent, method, Some(task));
    let text = body("1", method, &format!(r#""taskId":"{task}""#));
    post(&agent, &text.replace(r#""elicitation":{}"#, DECLARED)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_task_is_asked_about_where_it_was_begun() {
    let [a, b, vault] = [modern().await, modern().await, modern().await];
    let mut open = plan(&[("a", &a), ("b", &b), ("vault", &vault)]);
    open.policies = POLICIES.replace("resource is Method", r#"resource == Method::"b/admin/dump""#);
    let house = open.open().await;
    // Two servers give the same handle.
    let given = r#"{"jsonrpc":"2.0","id":1,"result":{"resultType":"task","taskId" : "task-1"}}"#;
    a.verbatim("boom", given);
    let feed = b.feed("stream");
    feed.send(event(given)).unwrap();
    let begun = call(&house.worker, "a__boom").await;
    assert_eq!(begun.text(), given.replace("task-1", "a/task-1"));
    let begun = call(&house.worker, "b__stream").await;
    assert!(begun.text().contains(r#""taskId" : "b/task-1""#), "{begun:?}");
    for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
        let state = r#"{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete","taskId":"task-1","status":"working"}}"#;
        b.verbatim(method, state);
        let theirs = about(&house.worker, method, "b/task-1").await;
        assert_eq!(theirs.text(), state.replace("task-1", "b/task-1"));
        let seen = b.seen().pop().unwrap();
        assert!(seen.text().contains(r#""taskId":"task-1""#), "{seen:?}");
        assert_eq!(seen.headers["mcp-name"], "task-1");
        assert_eq!(house.trail(&theirs).0.server.as_str(), "b");
        // To all others it never was; and where nobody is, nothing ever was.
        let before = [&a, &b, &vault].map(|it| it.seen().len());
        let mut all = Vec::new();
        for (agent, task) in [
            (&house.other, "b/task-1"),
            (&house.worker, "b/task-2"),
            (&house.worker, "vault/task-1"),
            (&house.worker, "nothing/task-1"),
            (&house.worker, "task-1"),
        ] {
            let said = about(agent, method, task).await;
            assert!(!house.trail(&said).0.permitted);
            all.push(said.looks());
        }
        all.dedup();
        assert_eq!(all.len(), 1, "{all:#?}");
        assert!(all[0].2.contains("-32602"), "{all:?}");
        assert_eq!([&a, &b, &vault].map(|it| it.seen().len()), before, "nobody was asked");
    }
    // The header names what the client calls it.
    let agent = speaking(&house.worker, "tasks/get", Some("task-1"));
    let said = post(&agent, &body("1", "tasks/get", r#""taskId":"b/task-1""#)).await;
    assert_eq!((said.status, &said.json()["error"]["code"]), (400, &json!(-32020)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_server_tells_of_anothers_call() {
    let (house, [_, b, ..]) = four().await;
    let feed = b.feed("stream");
    let agent = speaking(&house.worker, "tools/call", Some("b__stream"));
    let stream = body("1", "tools/call", r#""name":"b__stream","arguments":{}"#);
    let stream = stream.replace(r#""_meta":{"#, r#""_meta":{"progressToken":"mine","#);
    let mut events = Events::of(agent.open("POST", "/mcp", &stream).await);
    let progress = |token: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{{"progressToken":"{token}"}}}}"#
        )
    };
    for token in ["another", "mine"] {
        feed.send(event(&progress(token))).unwrap();
    }
    assert_eq!(events.next().await, Some(progress("mine")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_notification_is_told_to_each_that_speaks_it() {
    let (house, all) = four().await;
    let agent = speaking(&house.worker, "notifications/x", None);
    let text = r#"{"jsonrpc":"2.0","method":"notifications/x","params":{"n":1.50}}"#;
    let said = post(&agent, text).await;
    assert_eq!(said.status, 202, "{said:?}");
    assert_eq!(all.each_ref().map(|it| it.heard(text)), [1, 1, 0, 0]);
    assert_eq!(said.headers.get_all("bailiwick-decision").iter().count(), 2);
}

/// What a notification's headers say is what its body says, and a number of somebody's request is
/// taken nowhere.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_notification_says_nothing_in_its_headers_and_takes_nothing_back() {
    let (house, all) = four().await;
    let text = r#"{"jsonrpc":"2.0","method":"notifications/x"}"#;
    let back = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}"#;
    let (lying, naming) = ("tools/call", Some("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"));
    for (method, name, body, status) in [
        (lying, None, text, 400),
        ("notifications/x", naming, text, 400),
        ("notifications/cancelled", None, back, 202),
    ] {
        let agent = speaking(&house.worker, method, name);
        assert_eq!(post(&agent, body).await.status, status, "{method} {name:?}");
        assert_eq!(agent.post("a", body).await.status, status, "{method} {name:?}");
    }
    assert_eq!(all.each_ref().map(|it| it.heard(text) + it.heard(back)), [0; 4]);
    assert_eq!(house.book().refusals(RefusalReason::Malformed), 6);
}

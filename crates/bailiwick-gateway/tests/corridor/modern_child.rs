//! Revision 2026-07-28 over standard input and output: one process for all calls of one caller.

use std::io::{BufRead as _, Write as _};

use serde_json::{Value, json};

use crate::agent::{Agent, Events};
use crate::house::{House, Plan, until};
use crate::modern::{VERSION, ask, body, call, cancelled, speaking};
use crate::modern_listening::listen;

async fn house() -> House {
    of(&["kid"]).await
}

async fn of(names: &[&str]) -> House {
    let program = std::env::current_exe().unwrap();
    let servers = names.iter().map(|name| {
        format!(
            "[servers.{name}]\ncommand = [{program:?}, \"--exact\", \
             \"modern_child::serve_when_started_as_one\", \"--nocapture\"]\n\
             environment = {{ BAILIWICK_TEST_MODERN_CHILD = \"1\" }}\n"
        )
    });
    let mut plan = Plan::servers(&servers.collect::<String>());
    plan.policies = plan.policies.replace("Server::\"crm\"", "Server::\"two\"");
    plan.open().await
}

/// Not a test of its own: the server, when this program is started as one.
#[test]
fn serve_when_started_as_one() {
    if std::env::var_os("BAILIWICK_TEST_MODERN_CHILD").is_none() {
        return;
    }
    let (mut waiting, mut listening) = (Vec::new(), Vec::new());
    for line in std::io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        let Ok(message) = serde_json::from_str::<Value>(&line) else { continue };
        handle(&message, &mut waiting, &mut listening);
    }
    std::process::exit(0);
}

fn say(message: &Value) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{message}").unwrap();
    out.flush().unwrap();
}

fn handle(message: &Value, waiting: &mut Vec<Value>, listening: &mut Vec<Value>) {
    let (id, params) = (&message["id"], &message["params"]);
    let result = |result: Value| say(&json!({ "jsonrpc": "2.0", "id": id, "result": result }));
    let notice = |method: &str, params: Value| {
        say(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    };
    match message["method"].as_str().unwrap_or_default() {
        "server/discover" => result(json!({ "supportedVersions": [VERSION],
            "capabilities": { "tools": {} }, "ttlMs": 0, "cacheScope": "private" })),
        "tools/list" => {
            if let Some(token) = params["_meta"].get("progressToken") {
                notice("notifications/progress", json!({ "progressToken": token, "progress": 1 }));
            }
            let names = ["who", "wait", "go_on", "cancelled", "let_go"];
            result(json!({ "tools": names.map(|it| json!({ "name": it })) }));
        }
        "subscriptions/listen" => {
            listening.push(id.clone());
            let meta = json!({ "io.modelcontextprotocol/subscriptionId": id });
            notice(
                "notifications/subscriptions/acknowledged",
                json!({ "_meta": meta, "notifications": {} }),
            );
        }
        "notifications/cancelled" => waiting.push(params["requestId"].clone()),
        "tools/call" => match params["name"].as_str().unwrap_or_default() {
            "wait" => {
                let token = &params["_meta"]["progressToken"];
                notice("notifications/progress", json!({ "progressToken": token, "progress": 1 }));
            }
            "cancelled" => {
                result(json!({ "count": waiting.len(), "listened": listening.len() }));
            }
            "let_go" => {
                notice("notifications/cancelled", json!({ "requestId": listening.last() }));
                result(json!({}));
            }
            _ => result(json!({ "pid": std::process::id(), "of": params["arguments"] })),
        },
        _ => say(&json!({ "jsonrpc": "2.0", "id": id,
            "error": { "code": -32022, "message": "no", "data": { "supported": [VERSION] } } })),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_process_serves_all_calls_of_one_caller() {
    let house = house().await;
    let pid = |said: &crate::agent::Said| said.json()["result"]["pid"].clone();
    let first = call(&house.worker, "kid", "who", "{}").await;
    assert_eq!(first.status, 200, "{first:?}");
    let (left, right) = tokio::join!(
        call(&house.worker, "kid", "who", r#"{"n":1.50}"#),
        call(&house.worker, "kid", "who", r#"{"n":2}"#)
    );
    assert_eq!((pid(&left), pid(&right)), (pid(&first), pid(&first)));
    // Both were sent with the id 1, and each got its own answer under it.
    assert_eq!(left.json()["result"]["of"]["n"], 1.5);
    assert_eq!(right.json()["result"]["of"]["n"], 2);
    assert!(left.json()["id"] == 1 && right.json()["id"] == 1);
    let other = call(&house.other, "kid", "who", "{}").await;
    assert_ne!(pid(&other), pid(&first), "nobody shares a process with another");
    assert_eq!(house.readyz().await["sessions"], 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn going_away_is_told_to_the_process() {
    let house = house().await;
    let params = r#""name":"wait","arguments":{},"#;
    let text = body("\"w\"", "tools/call", params.trim_end_matches(','));
    let text = text.replace(r#""_meta":{"#, r#""_meta":{"progressToken":"tok","#);
    let agent = speaking(&house.worker, "tools/call", Some("wait"));
    let mut events = agent.stream("kid", &text).await;
    let progress = events.next().await.unwrap();
    assert!(progress.contains(r#""progressToken":"tok""#), "the caller's own: {progress}");
    drop(events);
    until("the outcome is there", || cancelled(&house) == 1).await;
    let told = call(&house.worker, "kid", "cancelled", "{}").await;
    assert_eq!(told.json()["result"]["count"], 1, "{told:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_listener_is_known_by_its_own_id() {
    let house = house().await;
    let listen = |agent: &Agent, id: &str| {
        let text = body(id, "subscriptions/listen", r#""notifications":{"toolsListChanged":true}"#);
        let agent = speaking(agent, "subscriptions/listen", None);
        async move { agent.stream("kid", &text).await }
    };
    for (agent, id) in [(&house.worker, "\"l\""), (&house.worker, "7"), (&house.other, "7")] {
        let mut events = listen(agent, id).await;
        let first = events.next().await.unwrap();
        assert!(first.contains("acknowledged"), "{first}");
        assert!(first.contains(&format!(r#"subscriptionId":{id}"#)), "{first}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_client_of_the_older_era_gets_the_servers_refusal() {
    let house = house().await;
    let said = house.worker.post("kid", crate::agent::INITIALIZE).await;
    assert_eq!(said.json()["error"]["data"]["supported"], json!([VERSION]), "{said:?}");
    assert_eq!(said.header("mcp-session-id"), None);
    let listed = ask(&house.worker, "kid", "tools/list", "").await;
    assert!(listed.text().contains("who"), "{listed:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn processes_are_seen_as_one_too() {
    let house = of(&["kid", "two"]).await;
    let list = body("\"l\"", "tools/list", "");
    let agent = speaking(&house.worker, "tools/list", None);
    let said = agent.send("POST", "/mcp", &list).await;
    for name in ["kid__who", "two__who"] {
        assert!(said.text().contains(name), "{said:?}");
    }
    assert_eq!(said.json()["id"], "l");
    // Each tells of its progress under the caller's own token.
    let list = list.replace(r#""_meta":{"#, r#""_meta":{"progressToken":"tok","#);
    let mut events = Events::of(agent.open("POST", "/mcp", &list).await);
    for _ in 0..2 {
        let progress = events.next().await.unwrap();
        assert!(progress.contains(r#""progressToken":"tok""#), "{progress}");
    }
    let list = events.next().await.unwrap();
    assert!(list.contains("kid__who") && list.contains(r#""id":"l""#), "{list}");
    let text = body("7", "tools/call", r#""name":"two__who","arguments":{"n":1.50}"#);
    let agent = speaking(&house.worker, "tools/call", Some("two__who"));
    let said = agent.send("POST", "/mcp", &text).await;
    assert!(said.json()["id"] == 7 && said.json()["result"]["of"]["n"] == 1.5, "{said:?}");
    let text =
        body("\"s\"", "subscriptions/listen", r#""notifications":{"toolsListChanged":true}"#);
    let agent = speaking(&house.worker, "subscriptions/listen", None);
    let mut events = Events::of(agent.open("POST", "/mcp", &text).await);
    let first = events.next().await.unwrap();
    assert!(first.contains("acknowledged") && first.contains(r#"subscriptionId":"s""#), "{first}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_process_that_lets_go_of_a_listener_ends_it() {
    let house = house().await;
    let text = body("\"L\"", "subscriptions/listen", r#""notifications":{}"#);
    let agent = speaking(&house.worker, "subscriptions/listen", None);
    let mut events = agent.stream("kid", &text).await;
    assert!(events.next().await.unwrap().contains("acknowledged"));
    // Another call is under way meanwhile: the one that has it let go.
    drop(call(&house.worker, "kid", "let_go", "{}").await);
    let end: Value = serde_json::from_str(&events.next().await.unwrap()).unwrap();
    assert_eq!((&end["id"], &end["result"]["resultType"]), (&json!("L"), &json!("complete")));
    assert_eq!(events.next().await, None);
    // At the address of all it is not the listener's end, and the process is listened to again.
    let mut all = listen(&house.worker, r#""toolsListChanged":true"#).await;
    assert!(all.next().await.unwrap().contains("acknowledged"));
    drop(call(&house.worker, "kid", "let_go", "{}").await);
    for _ in 0..200 {
        let told = call(&house.worker, "kid", "cancelled", "{}").await.json();
        assert_eq!(told["result"]["count"], 0, "it is not told what it said itself");
        if told["result"]["listened"] == 3 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("nobody listens to it any more");
}

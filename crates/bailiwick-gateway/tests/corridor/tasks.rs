//! Tasks of revision 2025-11-25: each is the caller's who began it, whatever the server says.

use serde_json::json;

use crate::agent::{Agent, Said, ask, call};
use crate::house::{House, POLICIES, Plan};
use crate::upstream::Fixture;

const UNKNOWN: &str = r#"{"jsonrpc":"2.0","id":3,"error":{"code":-32601,"message":"?"}}"#;

async fn house() -> (House, Fixture) {
    let fixture = Fixture::start().await;
    let mut plan = Plan::crm(&fixture);
    plan.policies =
        POLICIES.replace("resource is Method", r#"resource == Method::"crm/admin/dump""#);
    (plan.open().await, fixture)
}

async fn about(agent: &Agent, method: &str, task: &str) -> Said {
    agent.post("crm", &ask(2, method, &json!({ "taskId": task }).to_string())).await
}

async fn listed(agent: &Agent) -> Said {
    agent.post("crm", &ask(3, "tasks/list", "{}")).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_task_is_its_callers_and_to_others_it_never_was() {
    let (house, fixture) = house().await;
    let begun = r#"{"jsonrpc":"2.0","id":1,"result":{"task":{"taskId":"t-1","status":"working"}}}"#;
    fixture.verbatim("boom", begun);
    // The server knows them all by one credential, and tells them apart no more than that.
    fixture.list(
        "tasks/list",
        r#"{"tasks":[{"taskId":"t-0"},{"taskId":"t-1", "x":1.0},{"taskId":7},{}],"nextCursor":"n"}"#,
    );
    let worker = house.worker.in_session("crm").await;
    let other = house.other.in_session("crm").await;
    assert_eq!(worker.post("crm", &call(1, "boom", "{}")).await.text(), begun);
    for method in ["tasks/get", "tasks/result", "tasks/cancel"] {
        let own = about(&worker, method, "t-1").await;
        assert!(own.text().contains("ok"), "{own:?}");
        let before = fixture.seen().len();
        let foreign = about(&other, method, "t-1").await;
        assert_eq!(foreign.looks(), about(&other, method, "t-2").await.looks(), "{method}");
        assert_eq!(foreign.json()["error"]["code"], -32602);
        assert!(!house.trail(&foreign).0.permitted);
        assert_eq!(fixture.seen().len(), before, "the server never hears of it");
    }
    let own = r#"{"jsonrpc":"2.0","id":3,"result":{"tasks":[{"taskId":"t-1", "x":1.0}],"nextCursor":"n"}}"#;
    assert_eq!(listed(&worker).await.text(), own);
    assert_eq!(listed(&other).await.json()["result"], json!({"tasks": [], "nextCursor": "n"}));
    // By no other name or spelling.
    for (method, params) in [
        ("tasks/result", r#"{"TaskId":"t-1"}"#),
        ("tasks/cancel", r#"{"taskid":"t-1"}"#),
        ("tasks/get", r#"{"taskId":["t-1"]}"#),
    ] {
        let said = other.post("crm", &ask(2, method, params)).await;
        assert_eq!(said.json()["error"]["code"], -32602, "{said:?}");
    }
    // A server that knows no lists of tasks says so itself.
    fixture.verbatim("tasks/list", UNKNOWN);
    assert_eq!(listed(&other).await.text(), UNKNOWN);
    fixture.verbatim_no_more("tasks/list");
    // Two lists, of which a client that ignores case might take the other.
    fixture.list("tasks/list", r#"{"tasks":[],"Tasks":[{"taskId":"t-1"}]}"#);
    assert_eq!(listed(&other).await.json()["error"]["code"], 503);
    // A server that gives one caller another's handle is not believed.
    let said = other.post("crm", &call(1, "boom", "{}")).await;
    assert_eq!(house.trail(&said).1.as_deref(), Some("withheld"), "{said:?}");
}

/// How the call of a task failed is told as a failed call is: not with the name of what is hidden.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_task_that_failed_names_nothing_hidden() {
    let (house, fixture) = house().await;
    let begun = r#"{"jsonrpc":"2.0","id":1,"result":{"task":{"taskId":"t-1","status":"working"}}}"#;
    fixture.verbatim("boom", begun);
    let worker = house.worker.in_session("crm").await;
    assert_eq!(worker.post("crm", &call(1, "boom", "{}")).await.text(), begun);
    let said = |it: &str| format!(r#"{{"jsonrpc":"2.0","id":2,"result":{it}}}"#);
    let content = |name: &str| {
        format!(r#"{{"content":[{{"type":"text","text":"try {name}"}}],"isError":true}}"#)
    };
    let inside = |member: &str, it: &str| {
        said(&format!(r#"{{"taskId":"t-1","status":"completed","{member}":{it}}}"#))
    };
    for (method, told) in [
        ("tasks/result", &(|name: &str| said(&content(name))) as &dyn Fn(&str) -> String),
        ("tasks/get", &|name| inside("result", &content(name))),
        ("tasks/get", &|name| inside("error", &format!(r#"{{"code":1,"message":"try {name}"}}"#))),
        ("tasks/get", &|name| {
            said(&format!(r#"{{"taskId":"t-1","status":"failed","statusMessage":"try {name}"}}"#))
        }),
    ] {
        fixture.verbatim(method, &told("hidden"));
        let answer = about(&worker, method, "t-1").await;
        assert_eq!(house.trail(&answer).1.as_deref(), Some("unreachable"), "{answer:?}");
        fixture.verbatim(method, &told("locked"));
        assert_eq!(about(&worker, method, "t-1").await.text(), told("locked"));
    }
    // A task that went well may say whatever it found.
    let found = said(r#"{"content":[{"type":"text","text":"hidden"}]}"#);
    fixture.verbatim("tasks/result", &found);
    assert_eq!(about(&worker, "tasks/result", "t-1").await.text(), found);
}

//! Schemas are kept to, whatever the server does with what it is sent: arguments before it is
//! asked, structured content before it is released.

use serde_json::{Value, json};

use crate::agent::{Agent, Said, call};
use crate::house::{House, Plan};
use crate::upstream::Fixture;

/// A house whose server shows `look` with these schemas.
async fn showing(input: Value, output: Option<Value>, top: &str) -> (House, Fixture) {
    let fixture = Fixture::start().await;
    let mut look = json!({ "name": "look", "inputSchema": input });
    if let Some(output) = output {
        look["outputSchema"] = output;
    }
    let change = json!({ "name": "change", "inputSchema": { "type": "object" } });
    let like = |name: &str| {
        let mut tool = look.clone();
        tool["name"] = json!(name);
        tool
    };
    let tools = json!([like("hidden"), like("locked"), look, change]);
    fixture.list("tools/list", &json!({ "tools": tools }).to_string());
    let mut plan = Plan::crm(&fixture);
    plan.top = top.to_owned();
    (plan.open().await, fixture)
}

async fn look(session: &Agent, arguments: &Value) -> Said {
    session.post("crm", &call(7, "look", &arguments.to_string())).await
}

fn misfit(said: &Said) -> Option<String> {
    let error = &said.json()["error"];
    assert!(error.is_null() || error["code"] == -32602, "{said:?}");
    error["data"]["misfit"].as_str().map(str::to_owned)
}

fn order() -> Value {
    json!({
        "type": "object",
        "properties": {
            "id": { "type": "integer", "maximum": 9_007_199_254_740_993_i64 },
            "to": { "type": "object", "properties": { "zip": { "pattern": "^[0-9]{5}$" } } },
        },
        "required": ["id"],
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_does_not_fit_is_refused_before_the_server_is_asked() {
    let (house, fixture) = showing(order(), None, "").await;
    let session = house.worker.in_session("crm").await;
    for (arguments, told) in [
        (json!({}), "/id: required"),
        (json!({ "id": "s3cr3t" }), "/id: type"),
        (json!({ "id": 1, "s3cr3t": 1 }), "the whole: additionalProperties"),
        (json!({ "id": 1, "to": { "zip": "s3cr3t" } }), "/to/zip: pattern"),
        (json!({ "id": 9_007_199_254_740_994_i64 }), "/id: maximum"),
    ] {
        let said = look(&session, &arguments).await;
        assert_eq!(misfit(&said).as_deref(), Some(told));
        assert!(!said.text().contains("s3cr3t"), "{said:?}");
        let (decision, outcome) = house.trail(&said);
        assert_eq!((decision.cause.as_deref(), outcome), (Some("unfit"), None));
        let named = format!("schema: {told}");
        assert!(decision.policies.iter().any(|it| it.as_str() == named), "{decision:?}");
    }
    assert_eq!(fixture.heard("\"tools/call\""), 0, "the server was asked");
    let fits = json!({ "id": 1, "to": { "zip": "10115", "more": true } });
    assert!(look(&session, &fits).await.json()["result"].is_object());
    assert_eq!(fixture.heard("\"tools/call\""), 1);
    // Of what may not be done, nobody is told how it is done.
    let locked = session.post("crm", &call(8, "locked", r#"{"x":1}"#)).await;
    assert_eq!(locked.json()["error"]["code"], 403, "{locked:?}");
    let hidden = session.post("crm", &call(8, "hidden", r#"{"x":1}"#)).await;
    let never = session.post("crm", &call(8, "never_was", r#"{"x":1}"#)).await;
    assert_eq!(hidden.looks(), never.looks());
}

/// Whether somebody may know of the tool decides whether its arguments are looked at: what they
/// name, and whether that is too much.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_hidden_is_looked_at_no_further() {
    let fixture = Fixture::start().await;
    let tools = ["look", "locked", "hidden"].map(|it| json!({ "name": it, "inputSchema": {} }));
    fixture.list("tools/list", &json!({ "tools": tools }).to_string());
    let mut plan = Plan::crm(&fixture);
    plan.contract = "server = \"crm\"\n".to_owned();
    for tool in ["look", "locked", "hidden"] {
        let bound = "effect = \"read\"\nresources = { order = \"Order\" }\n";
        plan.contract += &format!("[tools.{tool}]\n{bound}");
    }
    let house = plan.open().await;
    let session = house.worker.in_session("crm").await;
    let one = json!({ "order": "o_1" }).to_string();
    let many = json!({ "order": vec![1; 300] }).to_string();
    for (tool, arguments, cause, named) in [
        ("look", &one, None, 1),
        ("locked", &one, Some("forbidden"), 1),
        ("hidden", &one, Some("forbidden"), 0),
        ("never_was", &one, Some("nonexistent"), 0),
        // Who could say what it touches? Of what is hidden nobody asks.
        ("look", &many, Some("nonexistent"), 0),
        ("hidden", &many, Some("forbidden"), 0),
    ] {
        let said = session.post("crm", &call(7, tool, arguments)).await;
        let (decision, _) = house.trail(&said);
        assert_eq!(decision.cause.as_deref(), cause, "{tool}: {said:?}");
        assert_eq!(decision.named.len(), named, "{tool}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn while_it_observes_a_misfit_is_noted_and_passes() {
    let observes = "mode = \"shadow\"\nshadow_until = \"2500-01-01\"\n";
    let (house, fixture) = showing(order(), Some(json!(false)), observes).await;
    let session = house.worker.in_session("crm").await;
    let said = look(&session, &json!({})).await;
    assert!(said.json()["result"].is_object(), "{said:?}");
    let (decision, _) = house.trail(&said);
    assert_eq!(decision.cause.as_deref(), Some("observed:unfit"));
    assert_eq!(fixture.heard("\"tools/call\""), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_schema_that_cannot_be_checked_holds_its_tool_alone() {
    let step = |n: usize| {
        let next = json!({ "$ref": format!("#/$defs/a{}", n + 1) });
        (format!("a{n}"), json!({ "allOf": [next, next] }))
    };
    let mut defs: serde_json::Map<_, _> = (0..20).map(step).collect();
    defs.insert("a20".into(), json!({}));
    let bomb = json!({ "$ref": "#/$defs/a0", "$defs": defs });
    for (input, output) in [(bomb.clone(), None), (json!({ "type": "object" }), Some(bomb))] {
        let (house, fixture) = showing(input, output, "").await;
        let session = house.worker.in_session("crm").await;
        let said = look(&session, &json!({})).await;
        let told = misfit(&said).unwrap();
        assert!(told.starts_with("the tool is held, its "), "{told}");
        assert_eq!(fixture.heard("\"tools/call\""), 0, "the server was asked");
        let said = session.post("crm", &call(8, "change", "{}")).await;
        assert!(said.json()["result"].is_object(), "{said:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn structured_content_that_does_not_fit_is_withheld() {
    let output = json!({ "type": "object", "properties": { "n": { "type": "integer" } } });
    let (house, fixture) = showing(json!({ "type": "object" }), Some(output), "").await;
    let session = house.worker.in_session("crm").await;
    let answer = |content: Value| {
        let result = json!({ "content": [], "structuredContent": content });
        json!({ "jsonrpc": "2.0", "id": 7, "result": result }).to_string()
    };
    fixture.verbatim("look", &answer(json!({ "n": 3 })));
    assert_eq!(look(&session, &json!({})).await.json()["result"]["structuredContent"]["n"], 3);
    fixture.verbatim("look", &answer(json!({ "n": "evil" })));
    let said = look(&session, &json!({})).await;
    assert_eq!(said.json()["error"]["code"], 403);
    assert!(!said.text().contains("evil"), "{said:?}");
    let (decision, outcome) = house.trail(&said);
    assert!(decision.permitted);
    assert_eq!(outcome.as_deref(), Some("withheld"));
    assert!(house.readyz().await["lately"].to_string().contains("does not fit: /n: type"));
    // A server that says that it failed says no more for that.
    let failed =
        answer(json!({ "n": "evil" })).replace("\"content\"", "\"isError\":true,\"content\"");
    fixture.verbatim("look", &failed);
    assert!(!look(&session, &json!({})).await.text().contains("evil"));
}

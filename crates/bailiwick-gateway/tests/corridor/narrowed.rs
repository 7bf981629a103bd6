//! Narrowed tools: what operators fix, hide, bind and split is what models see, and what is
//! enforced whatever they say.

use serde_json::{Value, json};

use crate::agent::{Agent, Said, ask, call};
use crate::house::{House, Plan};
use crate::upstream::Fixture;
use crate::{federated, modern};

const CONTRACT: &str = r#"
server = "shop"
[tools.order]
effect = "reversible_write"
[tools.order.arguments]
account = { bound = "tenant" }
buyer = { bound = "agent" }
debug = { hidden = true }
amount = { minimum = 1, maximum = 50 }

[tools.table]
effect = "irreversible_write"
arguments = { db = { fixed = "crm" } }
[tools.table.views.read_table]
effect = "read"
description = "Reads a table."
arguments = { mode = { fixed = "r" } }
[tools.table.views.write_table]
arguments = { mode = { enum = ["w", "a"] } }
"#;

const POLICIES: &str = r#"
@id("session")
permit (principal, action in [Action::"discover", Action::"session"], resource);
@id("people")
permit (principal is Person, action, resource);
@id("reads")
permit (principal is Agent, action in Action::"read", resource);
@id("orders")
permit (principal is Agent, action == Action::"shop/order", resource);
@id("writes")
permit (principal is Agent, action in Action::"irreversible_write", resource)
when { context.input has mode && context.input.mode == "a" };
"#;

fn tools() -> String {
    let text = json!({ "type": "string" });
    json!({ "tools": [
        { "name": "order", "description": "Orders.", "x": 1.50, "inputSchema": {
            "type": "object",
            "properties": {
                "account": text, "buyer": text, "debug": { "type": "boolean" },
                "amount": { "type": "number" }, "what": text,
            },
            "required": ["account", "what"],
        } },
        { "name": "table", "description": "Does all.", "inputSchema": {
            "type": "object",
            "properties": { "db": text, "mode": text, "row": { "type": "integer" } },
            "required": ["db", "mode"],
        } },
        { "name": "read_table", "description": "An impostor." },
    ] })
    .to_string()
}

async fn shop() -> (House, Fixture) {
    let fixture = Fixture::start().await;
    fixture.list("tools/list", &tools());
    let mut plan = Plan::servers(&format!("[servers.shop]\nurl = \"{}\"\n", fixture.url));
    plan.policies = POLICIES.into();
    plan.files = vec![("contracts/shop.toml".into(), CONTRACT.into())];
    (plan.open().await, fixture)
}

fn tool<'a>(list: &'a Value, name: &str) -> &'a Value {
    let tools = list["result"]["tools"].as_array().unwrap();
    tools.iter().find(|it| it["name"] == name).unwrap()
}

/// What the server was last asked to call, and with what.
fn sent(fixture: &Fixture) -> (String, Value) {
    let seen = fixture.seen();
    let last = seen.iter().rev().find(|it| it.text().contains("\"tools/call\"")).unwrap();
    let message: Value = serde_json::from_slice(&last.body).unwrap();
    let params = &message["params"];
    (params["name"].as_str().unwrap().to_owned(), params["arguments"].clone())
}

async fn does(session: &Agent, tool: &str, arguments: &Value) -> Said {
    session.post("shop", &call(3, tool, &arguments.to_string())).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn models_see_the_narrow_tool_and_nothing_of_the_wide_one() {
    let (house, _fixture) = shop().await;
    let session = house.worker.in_session("shop").await;
    let said = session.post("shop", &ask(2, "tools/list", "{}")).await;
    let list = said.json();
    let tools = list["result"]["tools"].as_array().unwrap();
    let names: Vec<_> = tools.iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["order", "read_table", "write_table"]);
    for hidden in ["account", "buyer", "debug", "db", "impostor", "Does all"] {
        let is_told = match hidden {
            "Does all" => tool(&list, "read_table").to_string().contains(hidden),
            other => said.text().contains(other),
        };
        assert!(!is_told, "{hidden}: {said:?}");
    }
    assert!(said.text().contains(r#""x":1.5"#), "what is not narrowed stays: {said:?}");
    let order = tool(&list, "order");
    assert_eq!(order["inputSchema"]["required"], json!(["what"]));
    assert_eq!(
        order["inputSchema"]["properties"]["amount"],
        json!({ "type": "number", "minimum": 1, "maximum": 50 })
    );
    assert_eq!(tool(&list, "read_table")["description"], "Reads a table.");
    let (all, _) = federated::session(&house.worker).await;
    let said = federated::post(&all, &ask(2, "tools/list", "{}")).await;
    let names = federated::names(&said, "tools", "name");
    assert_eq!(names, ["shop__order", "shop__read_table", "shop__write_table"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_not_the_models_to_say_is_put_in_before_the_decision() {
    let (house, fixture) = shop().await;
    let session = house.worker.in_session("shop").await;
    let said = does(&session, "order", &json!({ "what": "tea", "amount": 7 })).await;
    assert!(said.json()["result"].is_object(), "{said:?}");
    let put_in = json!({ "what": "tea", "amount": 7, "account": "acme", "buyer": "worker" });
    assert_eq!(sent(&fixture), ("order".into(), put_in));
    for (arguments, told) in [
        (json!({ "what": "tea", "account": "evil" }), "/account: not the caller's to say"),
        (json!({ "what": "tea", "account": "acme" }), "/account: not the caller's to say"),
        (json!({ "what": "tea", "Account": "evil" }), "/account: named with other letters"),
        (json!({ "what": "tea", "debug": true }), "/debug: not the caller's to say"),
        (json!({ "what": "tea", "amount": 50.01 }), "/amount: maximum"),
        (json!({ "what": "tea", "amount": "7" }), "/amount: type"),
        (json!({ "amount": 7 }), "/what: required"),
    ] {
        let said = does(&session, "order", &arguments).await;
        assert_eq!(said.json()["error"]["data"]["misfit"], told, "{said:?}");
        assert_eq!(house.trail(&said).0.cause.as_deref(), Some("unfit"));
    }
    assert_eq!(fixture.heard("\"tools/call\""), 1, "the server was asked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_tool_that_reads_and_writes_is_two_with_policies_of_their_own() {
    let (house, fixture) = shop().await;
    let session = house.worker.in_session("shop").await;
    let said = does(&session, "read_table", &json!({ "row": 1 })).await;
    assert!(said.json()["result"].is_object(), "{said:?}");
    let put_in = json!({ "row": 1, "db": "crm", "mode": "r" });
    assert_eq!(sent(&fixture), ("table".into(), put_in));
    let (decision, _) = house.trail(&said);
    assert_eq!((&*decision.effect, decision.name.as_deref()), ("read", Some("table")));

    let said = does(&session, "write_table", &json!({ "mode": "a" })).await;
    assert!(said.json()["result"].is_object(), "{said:?}");
    assert_eq!(&*house.trail(&said).0.effect, "irreversible_write");
    let said = does(&session, "write_table", &json!({ "mode": "w" })).await;
    assert_eq!(said.json()["error"]["code"], 403, "{said:?}");

    // Nothing makes the one out of the other, and the wide tool is not there.
    let said = does(&session, "read_table", &json!({ "mode": "w" })).await;
    assert_eq!(said.json()["error"]["data"]["misfit"], "/mode: not the caller's to say");
    let wide = does(&session, "table", &json!({ "db": "crm", "mode": "a" })).await;
    let never = does(&session, "never_was", &json!({ "db": "crm", "mode": "a" })).await;
    assert_eq!(wide.looks(), never.looks());
    assert_eq!(fixture.heard("\"tools/call\""), 2, "the server was asked");

    let (all, _) = federated::session(&house.worker).await;
    let body = call(9, "shop__read_table", r#"{"row":2}"#);
    let said = federated::post(&all, &body).await;
    assert!(said.json()["result"].is_object(), "{said:?}");
    assert_eq!(sent(&fixture).1, json!({ "row": 2, "db": "crm", "mode": "r" }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn headers_repeat_what_a_call_becomes() {
    let fixture = Fixture::start().await;
    fixture.list("server/discover", modern::DISCOVER);
    let mut list: Value = serde_json::from_str(&tools()).unwrap();
    list["resultType"] = json!("complete");
    list["tools"][1]["inputSchema"]["properties"]["db"]["x-mcp-header"] = json!("Db");
    fixture.list("tools/list", &list.to_string());
    let mut plan = Plan::servers(&format!("[servers.shop]\nurl = \"{}\"\n", fixture.url));
    plan.policies = POLICIES.into();
    plan.files = vec![("contracts/shop.toml".into(), CONTRACT.into())];
    let house = plan.open().await;
    let said = modern::call(&house.worker, "shop", "read_table", r#"{"row":1}"#).await;
    assert!(said.json()["result"].is_object(), "{said:?}");
    let put_in = json!({ "row": 1, "db": "crm", "mode": "r" });
    assert_eq!(sent(&fixture), ("table".into(), put_in));
    let seen = fixture.seen();
    let last = seen.iter().rev().find(|it| it.text().contains("\"tools/call\"")).unwrap();
    assert_eq!(last.headers["mcp-name"], "table");
    assert_eq!(last.headers["mcp-param-db"], "crm");
}

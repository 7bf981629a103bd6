//! What may not be discovered is as if it had never been: the same bytes and the same headers over
//! every method, and not a word of it in lists, notices, instructions and errors.

use std::time::Duration;

use crate::agent::{Agent, Events, INITIALIZE, INITIALIZED, Said, ask, call};
use crate::house::{House, POLICIES, Plan};
use crate::upstream::{Fixture, event};

async fn crm() -> (House, Fixture) {
    let fixture = Fixture::start().await;
    let mut plan = Plan::crm(&fixture);
    plan.servers.push_str(&format!("[servers.vault]\nurl = \"{}\"\n", fixture.url));
    (plan.open().await, fixture)
}

#[track_caller]
fn same(hidden: &Said, never: &Said, what: &str) {
    assert_eq!(hidden.looks(), never.looks(), "{what}");
    for said in [hidden, never] {
        assert!(said.header("bailiwick-decision").is_some(), "{what}: {said:?}");
    }
}

/// The same request with the one name and the other.
async fn twins(agent: &Agent, server: &str, ask: impl Fn(&str) -> String, names: (&str, &str)) {
    let hidden = agent.post(server, &ask(names.0)).await;
    let never = agent.post(server, &ask(names.1)).await;
    same(&hidden, &never, &ask(names.0));
    assert!(hidden.text().contains("error"), "{hidden:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn over_every_method() {
    let (house, fixture) = crm().await;
    let session = house.worker.in_session("crm").await;
    for agent in [&house.worker, &session] {
        let tool = ("hidden", "never_was");
        twins(agent, "crm", |it| call(1, it, "{\"a\":1}"), tool).await;
        let prompt = ("hidden_prompt", "no_prompt");
        twins(agent, "crm", |it| ask(1, "prompts/get", &format!("{{\"name\":\"{it}\"}}")), prompt)
            .await;
        for method in ["resources/read", "resources/subscribe", "resources/unsubscribe"] {
            let read = |it: &str| ask(1, method, &format!("{{\"uri\":\"{it}\"}}"));
            twins(agent, "crm", read, ("crm://hidden", "crm://nothing")).await;
            twins(agent, "crm", read, ("crm://secret/1", "crm://nothing/1")).await;
        }
        let of = |kind: &str, member: &str, it: &str| {
            let argument = r#"{"name":"id","value":""}"#;
            let params =
                format!(r#"{{"ref":{{"type":"{kind}","{member}":"{it}"}},"argument":{argument}}}"#);
            ask(1, "completion/complete", &params)
        };
        twins(agent, "crm", |it| of("ref/prompt", "name", it), prompt).await;
        let template = ("crm://secret/{id}", "crm://none/{id}");
        twins(agent, "crm", |it| of("ref/resource", "uri", it), template).await;
        let document = ("crm://hidden", "crm://nothing");
        twins(agent, "crm", |it| of("ref/resource", "uri", it), document).await;
        let method = ("admin/dump", "never/was");
        twins(agent, "crm", |it| ask(1, it, "{}"), method).await;
    }
    for word in ["hidden", "never_was", "secret", "admin/dump", "no_prompt", "nothing"] {
        assert_eq!(fixture.heard(word), 0, "{word} reached the upstream");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_whole_server() {
    let (house, fixture) = crm().await;
    let before = fixture.seen().len();
    let worker = &house.worker;
    for body in [
        INITIALIZE,
        INITIALIZED,
        &call(1, "look", "{}"),
        &call(1, "never_was", "{}"),
        &ask(1, "tools/list", "{}"),
        &ask(1, "resources/read", r#"{"uri":"crm://open"}"#),
        &ask(1, "completion/complete", r#"{"ref":{"type":"ref/prompt","name":"greet"}}"#),
        &ask(1, "logging/setLevel", r#"{"level":"debug"}"#),
        &ask(1, "ping", "{}"),
        &ask(1, "what/ever", "{}"),
        r#"{"jsonrpc":"2.0","method":"what/ever"}"#,
    ] {
        let hidden = worker.post("vault", body).await;
        same(&hidden, &worker.post("nothing", body).await, body);
        assert_eq!(hidden.status, 404, "{body}");
    }
    for body in ["{", "[]", r#"{"jsonrpc":"2.0","id":1,"result":{}}"#] {
        let hidden = worker.post("vault", body).await;
        assert_eq!(hidden.looks(), worker.post("nothing", body).await.looks(), "{body}");
    }
    for method in ["GET", "DELETE", "PUT"] {
        for agent in [worker.clone(), worker.and("mcp-session-id", "s-1")] {
            let hidden = agent.send(method, "/mcp/vault", "").await;
            let never = agent.send(method, "/mcp/nothing", "").await;
            assert_eq!(hidden.looks(), never.looks(), "{method}");
        }
    }
    assert_eq!(fixture.seen().len(), before, "the hidden server heard of it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn lists_lack_it() {
    let (house, _fixture) = crm().await;
    for (method, shown) in [
        ("tools/list", "look"),
        ("prompts/list", "greet"),
        ("resources/list", "crm://open"),
        ("resources/templates/list", "crm://item/{id}"),
    ] {
        let said = house.worker.post("crm", &ask(1, method, "{}")).await.text();
        assert!(said.contains(shown), "{said}");
        assert!(!said.contains("hidden") && !said.contains("secret"), "{said}");
        assert!(said.contains("locked") == (method == "tools/list"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_unreadable_list_is_withheld_whole() {
    let (house, fixture) = crm().await;
    for text in [
        r#"{"jsonrpc":"2.0","id":1,"result":{"tools":"hidden"}}"#,
        r#"{"jsonrpc":"2.0","id":1,"result":{"Tools":[{"name":"hidden"}]}}"#,
        r#"{"jsonrpc":"2.0","id":1,"result":["hidden"]}"#,
    ] {
        fixture.verbatim("tools/list", text);
        let said = house.worker.post("crm", &ask(1, "tools/list", "{}")).await;
        assert_eq!(said.json()["error"]["code"], 503, "{}", said.text());
        assert!(!said.text().contains("hidden"));
        assert_eq!(house.trail(&said).1.as_deref(), Some("unreachable"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn instructions_completions_and_errors_lack_it() {
    let (house, fixture) = crm().await;
    let with = |it: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","id":0,"result":{{"protocolVersion":"2025-11-25","capabilities":{{}},"instructions":"{it}","serverInfo":{{"name":"f","version":"1"}}}}}}"#
        )
    };
    fixture.verbatim("initialize", &with("Use hidden first."));
    let said = house.worker.post("crm", INITIALIZE).await;
    assert!(!said.text().contains("hidden") && said.text().contains("serverInfo"), "{said:?}");
    fixture.verbatim("initialize", &with("Use look first."));
    assert_eq!(house.worker.post("crm", INITIALIZE).await.text(), with("Use look first."));

    let error = |name: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"error":{{"code":-32000,"message":"try {name} instead"}}}}"#
        )
    };
    let failure = |name: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"result":{{"isError":true,"content":[{{"type":"text","text":"try {name} instead"}}]}}}}"#
        )
    };
    let tells = call(1, "tells", "{}");
    let prompt = ask(1, "prompts/get", r#"{"name":"greet"}"#);
    let list = ask(1, "tools/list", "{}");
    let read = ask(1, "resources/read", r#"{"uri":"crm://open"}"#);
    for (name, request) in [
        ("tells", &tells),
        ("prompts/get", &prompt),
        ("tools/list", &list),
        ("resources/read", &read),
    ] {
        for text in [error("hidden"), failure("hidden")] {
            if text == failure("hidden") && name != "tells" {
                continue;
            }
            fixture.verbatim(name, &text);
            let said = house.worker.post("crm", request).await;
            assert!(!said.text().contains("hidden"), "{name}: {}", said.text());
        }
        fixture.verbatim(name, &error("locked"));
        assert_eq!(house.worker.post("crm", request).await.text(), error("locked"));
    }

    let complete = ask(
        1,
        "completion/complete",
        r#"{"ref":{"type":"ref/resource","uri":"crm://{kind}/1"},"argument":{"name":"kind","value":""}}"#,
    );
    fixture.list(
        "resources/templates/list",
        r#"{"resourceTemplates":[{"uriTemplate":"crm://{kind}/1","name":"k"}]}"#,
    );
    house.worker.post("crm", &ask(1, "resources/templates/list", "{}")).await;
    fixture.verbatim(
        "completion/complete",
        r#"{"jsonrpc":"2.0","id":1,"result":{"completion":{"values":["item","secret"],"total":2}}}"#,
    );
    let said = house.worker.post("crm", &complete).await;
    assert_eq!(said.json()["result"]["completion"]["values"], serde_json::json!(["item"]));
    assert!(!said.text().contains("secret"), "{}", said.text());
    // Of which argument the values are must be said, and by its own name.
    for (other, code) in [
        (r#""Argument":{"name":"kind","value":""}"#, -32602),
        (r#""argument":{"Name":"kind","value":""}"#, 503),
        (r#""argument":{"name":7,"value":""}"#, 503),
        (r#""x":{}"#, 503),
    ] {
        let other = complete.replace(r#""argument":{"name":"kind","value":""}"#, other);
        let said = house.worker.post("crm", &other).await;
        assert_eq!(said.json()["error"]["code"], code, "{said:?}");
    }
}

/// The gateway's own listing is not cut: else it could not know what nobody may know.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_hidden_from_everybody_is_known_to_be() {
    let fixture = Fixture::start().await;
    let mut plan = Plan::crm(&fixture);
    plan.policies = POLICIES.to_owned()
        + "forbid (principal, action == Action::\"discover\", resource == Tool::\"crm/free\");\n";
    let house = plan.open().await;
    let error = |name: &str| {
        format!(r#"{{"jsonrpc":"2.0","id":1,"error":{{"code":-32000,"message":"try {name}"}}}}"#)
    };
    // Before any agent has listed anything.
    fixture.verbatim("tells", &error("free"));
    let said = house.worker.call("crm", "tells").await;
    assert_eq!(house.trail(&said).1.as_deref(), Some("unreachable"), "{said:?}");
    fixture.verbatim("tells", &error("freedom"));
    assert_eq!(house.worker.call("crm", "tells").await.text(), error("freedom"));
    twins(&house.worker, "crm", |it| call(1, it, "{}"), ("free", "never_was")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn notices_lack_it() {
    let (house, fixture) = crm().await;
    let agent = house.worker.in_session("crm").await;
    let subscribe = ask(7, "resources/subscribe", r#"{"uri":"crm://open"}"#);
    assert_eq!(agent.post("crm", &subscribe).await.status, 200);
    let feed = fixture.feed("listen");
    let mut events = Events::of(agent.open("GET", "/mcp/crm", "").await);
    let updated = |uri: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{{"uri":"{uri}"}}}}"#
        )
    };
    let said = |text: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","method":"notifications/message","params":{{"level":"info","data":"{text}"}}}}"#
        )
    };
    let strange = r#"{"jsonrpc":"2.0","method":"notifications/strange","params":{"of":"hidden"}}"#;
    let changed = r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#;
    let task = r#"{"jsonrpc":"2.0","method":"notifications/tasks","params":{"taskId":"t-1","status":"failed","error":{"code":1,"message":"try hidden"}}}"#;
    let updates = ["crm://hidden", "crm://secret/1"].map(updated);
    for hidden in [&updates[0], &updates[1], &said("hidden ran"), strange, task] {
        feed.send(event(hidden)).unwrap();
    }
    feed.send(event(&updated("crm://open"))).unwrap();
    assert_eq!(events.next().await, Some(updated("crm://open")));
    feed.send(event(&said("look ran"))).unwrap();
    assert_eq!(events.next().await, Some(said("look ran")));
    // A change that no listing shows is one of the session's own, and tells of nothing hidden.
    feed.send(event(changed)).unwrap();
    assert_eq!(events.next().await.as_deref(), Some(changed));
    // Now something appears that the caller may see.
    fixture.list("tools/list", r#"{"tools":[{"name":"brand_new"},{"name":"hidden"}]}"#);
    feed.send(event(changed)).unwrap();
    assert_eq!(events.next().await.as_deref(), Some(changed));
    // Resources too.
    let changed = r#"{"jsonrpc":"2.0","method":"notifications/resources/list_changed"}"#;
    fixture.list("resources/list", r#"{"resources":[{"uri":"crm://new","name":"n"}]}"#);
    feed.send(event(changed)).unwrap();
    assert_eq!(events.next().await.as_deref(), Some(changed));
    let changed = r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#;
    // And now something that it may not.
    fixture.list("tools/list", r#"{"tools":[{"name":"brand_new"}]}"#);
    feed.send(event(changed)).unwrap();
    assert!(events.is_silent(Duration::from_millis(2500)).await, "a hidden tool left, audibly");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_link_of_the_chain_is_enough_to_hide_it() {
    let fixture = Fixture::start().await;
    let mut plan = Plan::crm(&fixture);
    plan.policies = POLICIES.to_owned()
        + "forbid (principal == Person::\"ada\", action == Action::\"discover\", \
           resource == Tool::\"crm/look\");\n";
    let house = plan.open().await;
    twins(&house.worker, "crm", |it| call(1, it, "{}"), ("look", "never_was")).await;
    let list = house.worker.post("crm", &ask(1, "tools/list", "{}")).await.text();
    assert!(!list.contains("look"), "{list}");
}

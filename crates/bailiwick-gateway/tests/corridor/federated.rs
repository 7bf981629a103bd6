//! All servers as one at `/mcp`: whose names, whose pages, and who is missing.

use std::time::Duration;

use bailiwick_core::Record;
use serde_json::{Value, json};

use crate::agent::{Agent, INITIALIZE, INITIALIZED, Said, ask, call};
use crate::child;
use crate::house::{House, Plan, until};
use crate::upstream::{Fixture, event};

pub(crate) const POLICIES: &str = r#"
@id("all")
permit (principal, action, resource);
@id("hidden_tool")
forbid (principal is Agent, action == Action::"discover", resource == Tool::"b/hidden");
@id("hidden_document")
forbid (principal is Agent, action == Action::"discover", resource == Document::"b/crm://hidden");
@id("hidden_server")
forbid (principal is Agent, action in [Action::"discover", Action::"session"], resource in Server::"vault");
@id("no_methods")
forbid (principal is Agent, action == Action::"discover", resource is Method);
"#;

/// A gateway before these servers, which waits a second for the slowest.
pub(crate) async fn house(servers: &[(&str, &Fixture)]) -> House {
    plan(servers).open().await
}

pub(crate) fn plan(servers: &[(&str, &Fixture)]) -> Plan {
    let urls: Vec<_> = servers
        .iter()
        .map(|(name, it)| format!("[servers.{name}]\nurl = \"{}\"\n", it.url))
        .collect();
    let mut plan = Plan::servers(&urls.join(""));
    plan.policies = POLICIES.into();
    plan.limits = "gather_seconds = 1\n".into();
    plan
}

pub(crate) async fn post(agent: &Agent, body: &str) -> Said {
    agent.send("POST", "/mcp", body).await
}

/// A session with all servers, and what they said of themselves.
pub(crate) async fn session(agent: &Agent) -> (Agent, Value) {
    let said = post(agent, INITIALIZE).await;
    assert_eq!(said.status, 200, "{said:?}");
    let id = said.header("mcp-session-id").unwrap_or_else(|| panic!("{said:?}"));
    let agent = agent.and("mcp-session-id", id);
    assert_eq!(post(&agent, INITIALIZED).await.status, 202);
    (agent, said.json()["result"].clone())
}

/// The names on one page.
pub(crate) fn names(said: &Said, list: &str, key: &str) -> Vec<String> {
    let value = said.json();
    let entries = value["result"][list].as_array().unwrap_or_else(|| panic!("{said:?}"));
    entries.iter().map(|it| it[key].as_str().unwrap().to_owned()).collect()
}

async fn tools(agent: &Agent) -> Vec<String> {
    names(&post(agent, &ask(1, "tools/list", "{}")).await, "tools", "name")
}

fn few(names: &[&str]) -> String {
    let tools: Vec<_> = names.iter().map(|it| format!(r#"{{"name":"{it}","x":1.0}}"#)).collect();
    format!(r#"{{"tools":[{}]}}"#, tools.join(","))
}

async fn three() -> [Fixture; 3] {
    let all = [Fixture::start().await, Fixture::start().await, Fixture::start().await];
    for (n, fixture) in all.iter().enumerate() {
        fixture.list("tools/list", &few(&["look", &format!("own_{n}"), "hidden"]));
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn names_say_whose_they_are_from_one_server_on() {
    let fixture = Fixture::start().await;
    fixture.list("tools/list", &few(&["look", "_odd__name"]));
    let house = house(&[("crm", &fixture)]).await;
    let (agent, said) = session(&house.worker).await;
    assert_eq!(said["serverInfo"]["name"], "bailiwick");
    assert_eq!(said["capabilities"]["tools"], json!({"listChanged": true}));
    assert_eq!(said["capabilities"]["logging"], json!({}));
    assert_eq!(tools(&agent).await, ["crm__look", "crm___odd__name"]);
    let prompts = post(&agent, &ask(1, "prompts/list", "{}")).await;
    assert_eq!(names(&prompts, "prompts", "name"), ["crm__greet", "crm__hidden_prompt"]);
    // What goes upstream is the client's bytes, but for the name.
    let body = r#"{"id" : 7,"method":"tools/call", "jsonrpc":"2.0","params":{"arguments":{"n":1.50},"name" : "crm___odd__name"}}"#;
    let said = post(&agent, body).await;
    assert!(said.text().contains("done"), "{said:?}");
    let name = r#""name" : "_odd__name""#;
    assert_eq!(fixture.heard(&body.replace(r#""name" : "crm___odd__name""#, name)), 1);
    let (decision, outcome) = house.trail(&said);
    assert_eq!(decision.action.as_ref(), "invoke_tool");
    assert_eq!((decision.server.as_str(), decision.name.as_deref()), ("crm", Some("_odd__name")));
    assert_eq!(outcome.as_deref(), Some("answered"));
    let prompt = post(&agent, &ask(2, "prompts/get", r#"{"name":"crm__greet"}"#)).await;
    assert!(prompt.text().contains("ok"), "{prompt:?}");
    assert_eq!(fixture.heard(r#""params":{"name":"greet"}"#), 1);
    let reference =
        r#"{"ref":{"type":"ref/prompt","name":"crm__greet"},"argument":{"name":"n","value":"v"}}"#;
    drop(post(&agent, &ask(3, "completion/complete", reference)).await);
    assert_eq!(fixture.heard(&reference.replace("crm__", "")), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_page_is_lost_and_every_page_is_filtered() {
    let [a, b, c] = three().await;
    let page = |names: &[&str], next: Option<&str>| {
        let next = next.map_or(String::new(), |it| format!(r#","nextCursor":"{it}""#));
        few(names).replacen("]}", &format!("]{next}}}"), 1)
    };
    a.list("tools/list", &page(&["a1"], Some("2")));
    a.list("tools/list?2", &page(&["a2"], Some("3")));
    a.list("tools/list?3", &page(&["a3"], None));
    // A page of which nothing is left goes on all the same.
    b.list("tools/list", &page(&["hidden"], Some("\\u0078")));
    b.list("tools/list?x", &page(&["b2"], None));
    c.list("tools/list", &page(&["c1", "c2"], None));
    let house = house(&[("a", &a), ("b", &b), ("c", &c)]).await;
    let (agent, _) = session(&house.worker).await;
    let (mut all, mut cursor) = (Vec::new(), None::<Value>);
    for page in 0.. {
        let params = cursor.map_or(json!({}), |it| json!({ "cursor": it }));
        let said = post(&agent, &ask(1, "tools/list", &params.to_string())).await;
        all.push(names(&said, "tools", "name"));
        cursor = said.json()["result"].get("nextCursor").cloned();
        if cursor.is_none() {
            break;
        }
        assert!(page < 5);
    }
    assert_eq!(all[0], ["a__a1", "c__c1", "c__c2"]);
    assert_eq!(all[1], ["a__a2", "b__b2"]);
    assert_eq!(all[2], ["a__a3"]);
    let asked_with = |it: &Fixture| it.heard(r#""cursor":"\u0078""#);
    assert!(asked_with(&b) >= 1, "the server's own spelling");
    let made_up = post(&agent, &ask(1, "tools/list", r#"{"cursor":"x"}"#)).await;
    assert_eq!((made_up.status, &made_up.json()["error"]["code"]), (400, &(-32602).into()));
    let hidden = post(&agent, &ask(1, "tools/list", r#"{"cursor":"{\"nobody\":1}"}"#)).await;
    assert_eq!(hidden.status, 400);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn heavy_one_dead_and_one_slow_server_leave_the_others_alone() {
    let [a, b, c] = three().await;
    let house = house(&[("a", &a), ("b", &b), ("c", &c)]).await;
    let (agent, _) = session(&house.worker).await;
    let all = ["a__look", "a__own_0", "a__hidden", "b__look", "b__own_1"];
    let whole: Vec<_> = all.iter().chain(&["c__look", "c__own_2", "c__hidden"]).copied().collect();
    assert_eq!(tools(&agent).await, whole);
    a.hang("tools/list", true);
    c.die();
    let begun = tokio::time::Instant::now();
    assert_eq!(tools(&agent).await, ["b__look", "b__own_1"]);
    assert!(begun.elapsed() < Duration::from_secs(4));
    let state = house.readyz().await;
    let absent = |state: &Value, n: usize| state["servers"][n]["absent"].clone();
    assert_eq!(absent(&state, 0), "it did not answer in time");
    assert_eq!(absent(&state, 1), Value::Null);
    assert_ne!(absent(&state, 2), Value::Null);
    let outcome = |word: &str| {
        let is_it = |it: &Record| matches!(it, Record::Outcome(it) if &*it.disposition == word);
        house.book().records().iter().filter(|it| is_it(it)).count()
    };
    until("both are on record", || outcome("timed_out") >= 1 && outcome("unreachable") >= 1).await;
    // The living are called as before; the dead one answers that it does not.
    assert!(post(&agent, &call(2, "b__look", "{}")).await.text().contains("done"));
    let said = post(&agent, &call(3, "c__look", "{}")).await;
    assert_eq!(said.json()["error"]["code"], 503);
    let (decision, outcome) = house.trail(&said);
    assert!(decision.permitted);
    assert_eq!(outcome.as_deref(), Some("unreachable"));
    // They come back: the same session of the client goes on, with new ones behind it.
    a.hang("tools/list", false);
    c.revive();
    until_async(&agent, &whole).await;
    assert!(post(&agent, &call(4, "c__look", "{}")).await.text().contains("done"));
    let state = house.readyz().await;
    assert_eq!([0, 1, 2].map(|n| absent(&state, n)), [Value::Null, Value::Null, Value::Null]);
}

async fn until_async(agent: &Agent, whole: &[&str]) {
    for _ in 0..100 {
        if tools(agent).await == whole {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("they did not come back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_session_behind_is_opened_anew_with_all_that_was_said() {
    let [a, b, _] = three().await;
    let house = house(&[("a", &a), ("b", &b)]).await;
    let (agent, _) = session(&house.worker).await;
    drop(post(&agent, &ask(1, "logging/setLevel", r#"{"level":"debug"}"#)).await);
    let uri = r#"{"uri":"bailiwick://b/crm://open"}"#;
    let said = post(&agent, &ask(2, "resources/subscribe", uri)).await;
    assert!(said.text().contains("ok"), "{said:?}");
    b.die();
    drop(post(&agent, &call(3, "b__look", "{}")).await);
    b.revive();
    let before = b.seen().len();
    // The session is found to be forgotten, and what was in the way of that call is not repeated.
    drop(post(&agent, &call(4, "b__look", "{}")).await);
    assert!(post(&agent, &call(5, "b__look", "{}")).await.text().contains("done"));
    let after: Vec<_> = b.seen()[before..].iter().map(super::upstream::Seen::text).collect();
    let place = |text: &str| {
        let at = after.iter().position(|it| it.contains(text));
        at.unwrap_or_else(|| panic!("{text}: {after:#?}"))
    };
    assert_eq!(after[place("\"initialize\"")], INITIALIZE, "the client's own capabilities");
    assert!(place("\"initialize\"") < place("notifications/initialized"));
    assert!(place("notifications/initialized") < place("logging/setLevel"));
    assert!(place("logging/setLevel") < place(r#""uri":"crm://open""#));
    assert!(place(r#""uri":"crm://open""#) < place("\"id\":5"));
    assert_eq!(
        after.iter().filter(|it| it.contains("notifications/initialized")).count(),
        1 + {
            // The gateway's own listing shakes hands too.
            after
                .iter()
                .filter(|it| it.contains("\"initialize\"") && it.contains("bailiwick"))
                .count()
        }
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_hidden_answers_as_what_never_was() {
    let [a, b, vault] = three().await;
    let house = house(&[("a", &a), ("b", &b), ("vault", &vault)]).await;
    let (agent, _) = session(&house.worker).await;
    let before = vault.seen().len();
    assert!(tools(&agent).await.iter().all(|it| !it.contains("vault") && it != "b__hidden"));
    let same = |x: &Said, y: &Said| assert_eq!(x.looks(), y.looks());
    for (hidden, never) in [
        (call(1, "b__hidden", "{}"), call(1, "b__never", "{}")),
        (call(1, "vault__look", "{}"), call(1, "nothing__look", "{}")),
        (call(1, "vault__look", "{}"), call(1, "b__hidden", "{}")),
        (call(1, "vault__look", "{}"), call(1, "look", "{}")),
        (
            ask(1, "prompts/get", r#"{"name":"vault__greet"}"#),
            ask(1, "prompts/get", r#"{"name":"nothing__greet"}"#),
        ),
        (
            ask(1, "resources/read", r#"{"uri":"bailiwick://vault/crm://open"}"#),
            ask(1, "resources/read", r#"{"uri":"bailiwick://nothing/crm://open"}"#),
        ),
        (
            ask(1, "resources/read", r#"{"uri":"bailiwick://b/crm://hidden"}"#),
            ask(1, "resources/read", r#"{"uri":"crm://never"}"#),
        ),
    ] {
        let (x, y) = (post(&agent, &hidden).await, post(&agent, &never).await);
        same(&x, &y);
        assert!(x.json().get("error").is_some(), "{x:?}");
        for said in [x, y] {
            let (decision, outcome) = house.trail(&said);
            assert!(!decision.permitted && outcome.is_none());
        }
    }
    assert_eq!(vault.seen().len(), before, "the hidden server heard of it");
    let other = post(&agent, &ask(1, "what/ever", "{}")).await;
    assert_eq!(other.json()["error"]["code"], -32601);
    // Another's session is no session.
    let (_, id) = agent.headers.iter().find(|(name, _)| name == "mcp-session-id").unwrap();
    let stolen = house.other.and("mcp-session-id", id);
    assert_eq!(post(&stolen, &ask(1, "tools/list", "{}")).await.status, 404);
    assert_eq!(stolen.send("DELETE", "/mcp", "").await.status, 404);
    assert_eq!(agent.send("DELETE", "/mcp", "").await.status, 204);
    assert_eq!(post(&agent, &ask(1, "tools/list", "{}")).await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_resource_keeps_its_uri_while_one_server_has_it() {
    let [a, b, _] = three().await;
    a.list(
        "resources/list",
        r#"{"resources":[{"uri":"file:///a","x":1.0},{"uri":"file:///both"}]}"#,
    );
    b.list(
        "resources/list",
        r#"{"resources":[{"uri":"file:///both"},{"uri":"crm://hidden"},{"uri":"file:///b"}]}"#,
    );
    a.list("resources/templates/list", r#"{"resourceTemplates":[{"uriTemplate":"t://{x}"}]}"#);
    b.list("resources/templates/list", r#"{"resourceTemplates":[{"uriTemplate":"t://{x}"}]}"#);
    let house = house(&[("a", &a), ("b", &b)]).await;
    let (agent, _) = session(&house.worker).await;
    let list = post(&agent, &ask(1, "resources/list", "{}")).await;
    let shown =
        ["file:///a", "bailiwick://a/file:///both", "bailiwick://b/file:///both", "file:///b"];
    assert_eq!(names(&list, "resources", "uri"), shown);
    assert!(list.text().contains(r#"{"uri":"file:///a","x":1.0}"#), "{}", list.text());
    let list = post(&agent, &ask(1, "resources/templates/list", "{}")).await;
    let templates = ["bailiwick://a/t://{x}", "bailiwick://b/t://{x}"];
    assert_eq!(names(&list, "resourceTemplates", "uriTemplate"), templates);
    for (uri, at, own) in [
        ("file:///a", &a, "file:///a"),
        ("file:///b", &b, "file:///b"),
        ("bailiwick://b/file:///both", &b, "file:///both"),
        ("bailiwick://a/t://7", &a, "t://7"),
    ] {
        let ask = ask(1, "resources/read", &json!({ "uri": uri }).to_string());
        let said = post(&agent, &ask).await;
        assert!(said.text().contains("ok"), "{said:?}");
        assert_eq!(at.heard(&format!(r#""params":{{"uri":"{own}"}}"#)), 1, "{uri}");
    }
    // Nobody draws to itself what was another's.
    for uri in ["file:///both", "t://7"] {
        let ask = ask(1, "resources/read", &json!({ "uri": uri }).to_string());
        assert_eq!(post(&agent, &ask).await.json()["error"]["code"], -32002, "{uri}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn changes_are_told_on_one_stream() {
    let [a, b, c] = three().await;
    let listed = r#"{"tools":{"listChanged":true},"resources":{"subscribe":true}}"#;
    a.offers(listed);
    let house = house(&[("a", &a), ("b", &b), ("c", &c)]).await;
    let (agent, said) = session(&house.worker).await;
    assert_eq!(said["capabilities"]["resources"]["subscribe"], true);
    let uri = r#"{"uri":"bailiwick://a/crm://open"}"#;
    assert!(post(&agent, &ask(2, "resources/subscribe", uri)).await.text().contains("ok"));
    let feed = a.feed("listen");
    let response = agent.open("GET", "/mcp", "").await;
    let mut events = crate::agent::Events::of(response);
    assert_eq!(agent.send("GET", "/mcp", "").await.status, 409);
    until("the server is listened to", || {
        a.seen().iter().any(|it| it.method == hyper::Method::GET)
    })
    .await;
    // A server's own notice passes, under the name that the client knows.
    feed.send(event(r#"{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"crm://open"}}"#)).unwrap();
    let updated = events.next().await.unwrap();
    assert!(updated.contains("bailiwick://a/crm://open"), "{updated}");
    const CHANGED: &str = r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#;
    a.list("tools/list", &few(&["look", "new"]));
    feed.send(event(CHANGED)).unwrap();
    assert_eq!(events.next().await.as_deref(), Some(CHANGED));
    // A server that goes is told of by nobody but the gateway.
    c.die();
    drop(tools(&agent).await);
    let gone = events.next().await.unwrap();
    assert!(gone.contains("list_changed"), "{gone}");
    c.revive();
    let mut told = 0;
    while told < 3 {
        let next = events.next().await.unwrap();
        told += u32::from(next.contains("list_changed"));
    }
    assert!(tools(&agent).await.contains(&"c__look".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_process_that_crashed_is_started_anew() {
    let fixture = Fixture::start().await;
    let mut plan = child::plan();
    plan.servers += &format!("[servers.web]\nurl = \"{}\"\n", fixture.url);
    plan.policies = POLICIES.into();
    let house = plan.open().await;
    let (agent, _) = session(&house.worker).await;
    assert!(tools(&agent).await.contains(&"kid__echo".to_owned()));
    let crash = post(&agent, &call(2, "kid__crash", "{}")).await;
    assert_eq!(crash.json()["error"]["code"], 503);
    assert!(post(&agent, &call(3, "web__look", "{}")).await.text().contains("done"));
    // What crashed is not started again at once, and then it is, in the same session.
    let mut tries = 0;
    let echo = loop {
        let echo = post(&agent, &call(4, "kid__echo", r#"{"n":"there"}"#)).await;
        if echo.text().contains("there") || tries == 50 {
            break echo;
        }
        tries += 1;
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    assert!(echo.text().contains("there"), "{echo:?}");
    assert!(tools(&agent).await.contains(&"kid__echo".to_owned()));
    assert_eq!(agent.send("DELETE", "/mcp", "").await.status, 204);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_sees_no_server_has_no_session() {
    let [vault, _, _] = three().await;
    let house = house(&[("vault", &vault)]).await;
    let said = post(&house.worker, INITIALIZE).await;
    assert_eq!((said.status, said.header("mcp-session-id")), (404, None));
    assert!(!house.trail(&said).0.permitted);
    assert_eq!(post(&house.worker, &ask(1, "tools/list", "{}")).await.status, 400);
}

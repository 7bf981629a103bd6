//! Revision 2026-07-28 over HTTP: what each request says of itself, and the fidelity check-list's
//! rows 8 to 14.

use bailiwick_core::RefusalReason;

use crate::agent::{Agent, Events, INITIALIZE, Said};
use crate::house::{House, POLICIES, Plan, until};
use crate::upstream::{Fixture, event};

pub(crate) const VERSION: &str = "2026-07-28";
pub(crate) const DISCOVER: &str = r#"{"resultType":"complete","supportedVersions":["2030-01-01","2026-07-28"],"capabilities":{"tools":{},"prompts":{},"resources":{}},"serverInfo":{"name":"f","version":"1"},"instructions":"Use hidden first.","ttlMs":1000,"cacheScope":"public"}"#;
const TOOLS: &str = r#"{"resultType":"complete","tools":[{"name":"look","inputSchema":{"type":"object","additionalProperties":true,"properties":{"n":{"type":"integer","x-mcp-header":"N"},"in":{"properties":{"b":{"type":"boolean","x-mcp-header":"Deep"}}}}}},{"name":"l\u00f6\u00f6k"},{"name":"hidden","inputSchema":{"properties":{"n":{"x-mcp-header":"N"}}}},{"name":"stream"},{"name":"hang"},{"name":"boom"}],"nextCursor":null,"ttlMs":60000,"cacheScope" : "public"}"#;

/// A request that says of itself what it must.
pub(crate) fn body(id: &str, method: &str, params: &str) -> String {
    let comma = if params.is_empty() { "" } else { "," };
    format!(
        r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{{"_meta":{{"io.modelcontextprotocol/protocolVersion":"{VERSION}","io.modelcontextprotocol/clientCapabilities":{{"elicitation":{{}}}}}}{comma}{params}}}}}"#
    )
}

/// The headers that agree with it.
pub(crate) fn speaking(agent: &Agent, method: &str, name: Option<&str>) -> Agent {
    let agent = agent.and("mcp-protocol-version", VERSION).and("mcp-method", method);
    match name {
        Some(name) => agent.and("mcp-name", name),
        None => agent,
    }
}

pub(crate) async fn ask(agent: &Agent, server: &str, method: &str, params: &str) -> Said {
    speaking(agent, method, None).post(server, &body("1", method, params)).await
}

pub(crate) async fn call(agent: &Agent, server: &str, tool: &str, arguments: &str) -> Said {
    let params = format!(r#""name":"{tool}","arguments":{arguments}"#);
    let agent = speaking(agent, "tools/call", Some(tool));
    agent.post(server, &body("1", "tools/call", &params)).await
}

pub(crate) async fn plan(policies: &str) -> (House, Fixture) {
    let fixture = Fixture::start().await;
    fixture.list("server/discover", DISCOVER);
    fixture.list("tools/list", TOOLS);
    let mut plan = Plan::crm(&fixture);
    plan.policies = policies.to_owned();
    (plan.open().await, fixture)
}

pub(crate) async fn house() -> (House, Fixture) {
    plan(POLICIES).await
}

#[track_caller]
fn is_error(said: &Said, status: u16, code: i64) {
    assert_eq!((said.status, &said.json()["error"]["code"]), (status, &code.into()), "{said:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_request_says_what_it_must_of_itself() {
    let (house, _fixture) = house().await;
    let agent = speaking(&house.worker, "tools/list", None);
    let whole = body("1", "tools/list", "");
    let version = format!(r#""io.modelcontextprotocol/protocolVersion":"{VERSION}","#);
    let capabilities = r#","io.modelcontextprotocol/clientCapabilities":{"elicitation":{}}"#;
    for faulty in [
        whole.replace(&version, ""),
        whole.replace(capabilities, ""),
        whole.replace(r#"{"elicitation":{}}"#, "1"),
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#.to_owned(),
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"_meta":{}}}"#.to_owned(),
    ] {
        is_error(&agent.post("crm", &faulty).await, 400, -32602);
    }
    is_error(&agent.post("crm", "{").await, 400, -32700);
    is_error(&agent.post("crm", &whole.replace("2.0", "1.0")).await, 400, -32600);
    is_error(&agent.post("crm", r#"{"jsonrpc":"2.0","id":1,"result":{}}"#).await, 400, -32600);
    assert_eq!(house.book().refusals(RefusalReason::Malformed), 8);
    assert_eq!(agent.post("crm", &whole).await.status, 200);
    // A message that is of this era by its body alone lacks the headers.
    is_error(&house.worker.post("crm", &whole).await, 400, -32020);
    let discover = r#"{"jsonrpc":"2.0","id":1,"method":"server/discover"}"#;
    is_error(&house.worker.post("crm", discover).await, 400, -32602);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn headers_agree_with_the_body() {
    let (house, fixture) = house().await;
    let agent = speaking(&house.worker, "tools/call", Some("look"));
    let look = |arguments: &str| {
        let params = format!(r#""name":"look","arguments":{arguments}"#);
        body("1", "tools/call", &params)
    };
    let plain = look("{}");
    for agent in [
        agent.and("mcp-protocol-version", "2026-07-29"),
        agent.and("mcp-method", "tools/list"),
        agent.and("mcp-method", "Tools/call"),
        agent.and("mcp-name", "Look"),
        agent.and("mcp-name", "=?base64?????=?="),
        agent.and("mcp-param-n", "1"),
        speaking(&house.worker, "tools/call", None),
    ] {
        is_error(&agent.post("crm", &plain).await, 400, -32020);
    }
    for (header, n, agrees) in
        [("42", "42", true), ("42.0", "42", true), ("43", "42", false), ("", "42", false)]
    {
        let text = look(&format!(r#"{{"n":{n}}}"#));
        let said = agent.and("mcp-param-n", header).post("crm", &text).await;
        assert_eq!(said.status == 200, agrees, "{header} {n} {said:?}");
    }
    is_error(&agent.post("crm", &look(r#"{"n":42}"#)).await, 400, -32020);
    let deep = look(r#"{"in":{"b":true}}"#);
    is_error(&agent.and("mcp-param-deep", "false").post("crm", &deep).await, 400, -32020);
    assert_eq!(agent.and("mcp-param-deep", "true").post("crm", &deep).await.status, 200);
    let name = agent.and("mcp-name", "=?base64?bMO2w7Zr?=");
    let said = name.post("crm", &plain.replace("look", "löök")).await;
    assert_eq!(said.status, 200, "{said:?}");
    // One that no schema names goes on, unless it carries something of note.
    let secret = "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";
    is_error(&agent.and("mcp-param-x", secret).post("crm", &plain).await, 400, -32020);
    assert_eq!(agent.and("mcp-param-x", "7").post("crm", &plain).await.status, 200);
    let seen = fixture.seen();
    let seen = seen.last().unwrap();
    assert_eq!(seen.text(), plain, "byte for byte");
    for (name, value) in [
        ("mcp-param-x", "7"),
        ("mcp-method", "tools/call"),
        ("mcp-name", "look"),
        ("mcp-protocol-version", VERSION),
    ] {
        assert_eq!(seen.headers[name], value);
    }
    assert_eq!(fixture.heard("Tools/call") + fixture.heard(secret), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_kept_between_two_requests() {
    let (house, fixture) = house().await;
    let agent = speaking(&house.worker, "tools/call", Some("look"));
    let odd = agent.and("mcp-session-id", "s-none").and("last-event-id", "9");
    let params = r#""name":"look","arguments":{"x" : 1.50,"big":123456789012345678901}"#;
    for id in ["1", "\"a\\u0062\"", "9007199254740993"] {
        let sent = body(id, "tools/call", params);
        let said = odd.post("crm", &sent).await;
        assert!(said.status == 200 && said.header("mcp-session-id").is_none(), "{said:?}");
        assert_eq!(house.trail(&said).1.as_deref(), Some("answered"));
        let seen = fixture.seen();
        let seen = seen.last().unwrap();
        assert_eq!(seen.text(), sent);
        assert!(!seen.headers.contains_key("mcp-session-id"));
        assert!(!seen.headers.contains_key("last-event-id"));
    }
    for method in ["GET", "DELETE"] {
        let said = agent.send(method, "/mcp/crm", "").await;
        assert_eq!((said.status, said.header("allow")), (405, Some("POST")));
    }
    assert_eq!(house.readyz().await["sessions"], 0);
    assert_eq!(fixture.heard("server/discover"), 1, "one probe for the server, and no more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_version_is_one_that_the_way_carries() {
    let (house, fixture) = house().await;
    for version in ["2025-11-25", "1900-01-01", "2030-01-01"] {
        let agent =
            speaking(&house.worker, "tools/list", None).and("mcp-protocol-version", version);
        let said = agent.post("crm", &body("1", "tools/list", "").replace(VERSION, version)).await;
        is_error(&said, 400, -32022);
        let data = &said.json()["error"]["data"];
        assert_eq!(data["requested"], version);
        assert_eq!(data["supported"], serde_json::json!([VERSION]), "{data}");
    }
    drop((house, fixture));
    // A server of the older era: nothing is claimed that it does not speak.
    let (house, fixture) = House::crm().await;
    for _ in 0..2 {
        let said = ask(&house.worker, "crm", "server/discover", "").await;
        is_error(&said, 400, -32022);
        let supported = &said.json()["error"]["data"]["supported"];
        assert_eq!(*supported, serde_json::json!(["2025-11-25", "2025-06-18", "2025-03-26"]));
    }
    assert_eq!(fixture.heard("server/discover"), 1);
    // So the client falls back.
    assert_eq!(house.worker.post("crm", INITIALIZE).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_server_of_this_era_only() {
    let fixture = Fixture::start().await;
    fixture.list("server/discover", DISCOVER);
    fixture.list("tools/list", TOOLS);
    let no = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32022,"message":"no","data":{"supported":["2026-07-28"],"requested":"2025-11-25"}}}"#;
    fixture.verbatim("initialize", no);
    let house = Plan::crm(&fixture).open().await;
    let said = call(&house.worker, "crm", "look", "{}").await;
    assert_eq!(said.status, 200, "{said:?}");
    // A client of the older era gets the server's own refusal, and no session.
    let said = house.worker.post("crm", &INITIALIZE.replace("\"id\":0", "\"id\":1")).await;
    assert_eq!((said.text().as_str(), said.header("mcp-session-id")), (no, None));
    let listed = fixture.seen().into_iter().find(|it| it.text().contains("tools/list")).unwrap();
    assert_eq!(listed.headers["mcp-method"], "tools/list");
    let said = ask(&house.worker, "crm", "tools/list", "").await;
    let agent =
        speaking(&house.worker, "tools/list", None).and("mcp-protocol-version", "2027-01-01");
    let other =
        agent.post("crm", &body("1", "tools/list", "").replace(VERSION, "2027-01-01")).await;
    assert_eq!(other.json()["error"]["data"]["supported"], serde_json::json!([VERSION]));
    assert!(said.text().contains("look"), "{said:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_does_not_exist_and_what_is_hidden() {
    let (house, fixture) = house().await;
    let worker = &house.worker;
    for (method, header, names) in [
        ("tools/call", true, ("hidden", "never_was")),
        ("prompts/get", true, ("hidden_prompt", "no_prompt")),
        ("resources/read", false, ("crm://hidden", "crm://absent")),
    ] {
        let twin = |name: &str| {
            let member = if header { "name" } else { "uri" };
            let agent = speaking(worker, method, Some(name)).and("mcp-param-n", "1");
            let text = body("1", method, &format!(r#""{member}":"{name}","arguments":{{"n":2}}"#));
            async move { agent.post("crm", &text).await }
        };
        let (hidden, never) = (twin(names.0).await, twin(names.1).await);
        // A resource that was asked for in vain is named in the answer, whether it is there or not.
        let looks = |said: &Said, name: &str| {
            let (status, headers, text) = said.looks();
            (status, headers, text.replace(name, "NAME"))
        };
        assert_eq!(looks(&hidden, names.0), looks(&never, names.1), "{method}");
        let error = &hidden.json()["error"];
        assert_eq!(error["code"], -32602, "{hidden:?}");
        assert!(header || error["data"]["uri"] == names.0, "{hidden:?}");
        assert!(hidden.header("bailiwick-decision").is_some());
    }
    let said = ask(worker, "crm", "admin/dump", "").await;
    is_error(&said, 404, -32601);
    // What the revision took away is no method any more, whatever comes with it.
    for gone in ["initialize", "ping", "logging/setLevel", "resources/subscribe", "tasks/result"] {
        for params in ["", r#""uri":"crm://hidden","taskId":"t-1""#] {
            is_error(&ask(worker, "crm", gone, params).await, 404, -32601);
        }
    }
    let hidden = ask(worker, "vault", "server/discover", "").await;
    assert_eq!(hidden.looks(), ask(worker, "nothing", "server/discover", "").await.looks());
    assert_eq!(hidden.status, 404);
    for word in ["never_was", "admin/dump", "crm://hidden", "no_prompt"] {
        assert_eq!(fixture.heard(word), 0, "{word}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn discovery_and_lists_are_the_callers_own() {
    let (house, _fixture) = house().await;
    let said = ask(&house.worker, "crm", "server/discover", "").await;
    let expected = DISCOVER
        .replace(r#""2030-01-01","#, "")
        .replace(r#","instructions":"Use hidden first.""#, "")
        .replace("\"public\"", "\"private\"");
    assert_eq!(said.text(), format!(r#"{{"jsonrpc":"2.0","id":1,"result":{expected}}}"#));
    let said = ask(&house.worker, "crm", "tools/list", "").await;
    let hidden = r#",{"name":"hidden","inputSchema":{"properties":{"n":{"x-mcp-header":"N"}}}}"#;
    let expected = TOOLS.replace(hidden, "").replace("\"public\"", "\"private\"");
    assert_eq!(said.text(), format!(r#"{{"jsonrpc":"2.0","id":1,"result":{expected}}}"#));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_leg_is_a_call_and_each_question_a_decision() {
    let (house, fixture) = house().await;
    let answer = |method: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"result":{{"resultType":"input_required","inputRequests":{{"k":{{"method":"{method}","params":{{"message":"?"}}}}}},"requestState":"s\u00fc=="}}}}"#
        )
    };
    fixture.verbatim("boom", &answer("elicitation/create"));
    let said = call(&house.worker, "crm", "boom", "{}").await;
    assert_eq!(said.text(), answer("elicitation/create"), "byte for byte");
    let elicited = house.book().decisions().into_iter().find(|it| &*it.action == "elicit");
    let elicited = elicited.expect("the question is a decision of its own");
    assert!(elicited.permitted);
    let trail = house.book().trail(&elicited.exchange.to_string());
    assert_eq!(trail.1.as_deref(), Some("accepted"));

    let params = r#""name":"boom","arguments":{},"inputResponses":{"k":{"action":"accept"}},"requestState":"s\u00fc==""#;
    let sent = body("2", "tools/call", params);
    fixture.verbatim("boom", r#"{"jsonrpc":"2.0","id":2,"result":{"resultType":"complete"}}"#);
    let next = speaking(&house.worker, "tools/call", Some("boom")).post("crm", &sent).await;
    assert_eq!(fixture.seen().last().unwrap().text(), sent, "the state is the server's own bytes");
    assert_ne!(said.header("bailiwick-decision"), next.header("bailiwick-decision"));
    assert_eq!(house.trail(&next).1.as_deref(), Some("answered"));

    fixture.verbatim("boom", &answer("sampling/createMessage"));
    let said = call(&house.worker, "crm", "boom", "{}").await;
    assert_eq!(said.json()["error"]["code"], 403, "{said:?}");
    assert_eq!(house.trail(&said).1.as_deref(), Some("withheld"));
    let sampled = house.book().decisions().into_iter().find(|it| &*it.action == "sample").unwrap();
    assert!(!sampled.permitted);
    fixture.verbatim("boom", &answer("x").replace(r#"{"k""#, r#"["k"],"l":{"k""#));
    let said = call(&house.worker, "crm", "boom", "{}").await;
    assert_eq!(house.trail(&said).1.as_deref(), Some("unreachable"), "{said:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn going_away_cancels_the_call_at_the_server() {
    let (house, fixture) = house().await;
    let hang = body("1", "tools/call", r#""name":"hang","arguments":{}"#);
    let agent = speaking(&house.worker, "tools/call", Some("hang"));
    let waits = tokio::spawn(async move { agent.post("crm", &hang).await });
    until("the call has arrived", || fixture.heard("\"hang\"") == 1).await;
    waits.abort();
    until("the server lost its caller", || fixture.hung_up() == 1).await;
    until("the outcome is there", || cancelled(&house) == 1).await;

    let feed = fixture.feed("stream");
    let agent = speaking(&house.worker, "tools/call", Some("stream"));
    let stream = body("1", "tools/call", r#""name":"stream","arguments":{}"#);
    let mut events = agent.stream("crm", &stream).await;
    assert_eq!(events.headers["x-accel-buffering"], "no");
    feed.send(event(r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{}}"#)).unwrap();
    events.next().await.unwrap();
    drop(events);
    until("the server lost its reader", || feed.is_closed()).await;
    until("the outcome is there", || cancelled(&house) == 2).await;
}

pub(crate) fn cancelled(house: &House) -> usize {
    let records = house.book().records();
    let is_it = |it: &&bailiwick_core::Record| matches!(it, bailiwick_core::Record::Outcome(it) if &*it.disposition == "cancelled");
    records.iter().filter(is_it).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_listener_hears_what_it_may_follow() {
    let (house, fixture) = house().await;
    let feed = fixture.feed("listen");
    fixture.streams("subscriptions/listen");
    let agent = speaking(&house.worker, "subscriptions/listen", None);
    let filter = |uris: &str| {
        let params = format!(
            r#""notifications":{{"toolsListChanged":true,"resourceSubscriptions":[{uris}]}}"#
        );
        body("\"l-1\"", "subscriptions/listen", &params)
    };
    let wanted = filter(r#""crm://hidden", "crm://open", "crm://nothing""#);
    let mut events = agent.stream("crm", &wanted).await;
    let seen = fixture.seen();
    assert_eq!(seen.last().unwrap().text(), filter(r#""crm://open""#));
    let message = |method: &str, params: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","method":"notifications/{method}","params":{{"_meta":{{"io.modelcontextprotocol/subscriptionId":"l-1"}}{params}}}}}"#
        )
    };
    let first = message("subscriptions/acknowledged", r#","notifications":{}"#);
    let hidden = message("resources/updated", r#","uri":"crm://hidden""#);
    let open = message("resources/updated", r#","uri":"crm://open""#);
    for it in [&first, &hidden, &open] {
        feed.send(event(it)).unwrap();
    }
    assert_eq!(events.next().await, Some(first));
    assert_eq!(events.next().await, Some(open));
    let followed = house.book().decisions();
    let followed: Vec<_> = followed.iter().filter(|it| &*it.action == "subscribe").collect();
    let permitted: Vec<_> = followed.iter().map(|it| it.permitted).collect();
    assert_eq!(permitted, [false, true, false], "each is a decision of its own");
    house.gateway.shut_down().await.unwrap();
    let last = events.next().await.expect("an orderly end");
    assert!(last.contains(r#""id":"l-1""#) && last.contains("complete"), "{last}");
    assert_eq!(events.next().await, None);
    until("the server lost its listener", || feed.is_closed()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_question_in_a_stream_is_not_of_this_era() {
    let (house, fixture) = house().await;
    let feed = fixture.feed("stream");
    let agent = speaking(&house.worker, "tools/call", Some("stream"));
    let stream = body("1", "tools/call", r#""name":"stream","arguments":{}"#);
    let response = agent.open("POST", "/mcp/crm", &stream).await;
    let mut events = Events::of(response);
    feed.send(event(r#"{"jsonrpc":"2.0","id":9,"method":"roots/list"}"#)).unwrap();
    let last = r#"{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete"}}"#;
    feed.send(event(last)).unwrap();
    assert_eq!(events.next().await.as_deref(), Some(last));
}

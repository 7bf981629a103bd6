//! `subscriptions/listen` at `/mcp`: one stream holds what several servers say.

use serde_json::{Value, json};

use crate::agent::{Agent, Events};
use crate::federated::{POLICIES, plan, post};
use crate::house::{House, until};
use crate::modern::{body, cancelled, speaking};
use crate::modern_federated::{TOOLS, call, four, modern};
use crate::upstream::{Feed, Fixture, event};

/// The next listener is heard by this.
pub(crate) fn heard_by(fixture: &Fixture) -> Feed {
    fixture.streams("subscriptions/listen");
    fixture.feed("listen")
}

pub(crate) fn message(method: &str, params: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","method":"notifications/{method}","params":{{"_meta":{{"io.modelcontextprotocol/subscriptionId":"l"}}{params}}}}}"#
    )
}

pub(crate) fn acknowledged(notifications: &str) -> String {
    message("subscriptions/acknowledged", &format!(r#","notifications":{{{notifications}}}"#))
}

pub(crate) async fn listen(agent: &Agent, notifications: &str) -> Events {
    let params = format!(r#""notifications":{{{notifications}}}"#);
    let text = body("\"l\"", "subscriptions/listen", &params);
    let agent = speaking(agent, "subscriptions/listen", None);
    Events::of(agent.open("POST", "/mcp", &text).await)
}

fn params(said: &str) -> Value {
    let value: Value = serde_json::from_str(said).unwrap();
    assert_eq!(value["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], "l", "{said}");
    value["params"].clone()
}

fn asked(fixture: &Fixture) -> Value {
    let seen = fixture.seen().into_iter().rev().find(|it| it.text().contains("subscriptions/"));
    let seen: Value = serde_json::from_str(&seen.unwrap().text()).unwrap();
    seen["params"]["notifications"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_stream_holds_what_each_may_tell() {
    let (house, [a, b, old, vault]) = four().await;
    let (from_a, from_b) = (heard_by(&a), heard_by(&b));
    for (feed, resources) in
        [(&from_a, ""), (&from_b, r#","resourceSubscriptions":["crm://open"]"#)]
    {
        feed.send(event(&acknowledged(&format!(r#""toolsListChanged":true{resources}"#)))).unwrap();
    }
    let wanted = r#""bailiwick://b/crm://open","bailiwick://b/crm://hidden","bailiwick://vault/crm://open","crm://open""#;
    let filter = format!(r#""toolsListChanged":true,"resourceSubscriptions":[{wanted}]"#);
    let mut events = listen(&house.worker, &filter).await;
    assert_eq!(events.headers["x-accel-buffering"], "no");
    let first = params(&events.next().await.unwrap());
    let granted =
        json!({"toolsListChanged": true, "resourceSubscriptions": ["bailiwick://b/crm://open"]});
    assert_eq!(first["notifications"], granted);
    // Each was asked for what is its own, in its own words.
    assert_eq!(asked(&a), json!({"toolsListChanged": true, "resourceSubscriptions": []}));
    assert_eq!(
        asked(&b),
        json!({"toolsListChanged": true, "resourceSubscriptions": ["crm://open"]})
    );
    assert_eq!(old.heard("subscriptions/listen") + vault.heard("subscriptions/listen"), 0);
    let followed = house.book().decisions();
    let followed: Vec<_> = followed.iter().filter(|it| &*it.action == "subscribe").collect();
    let permitted = followed.iter().filter(|it| it.permitted).count();
    assert_eq!((followed.len(), permitted), (4, 1), "each is a decision of its own");
    // What comes is named as it was asked for.
    let updated = message("resources/updated", r#","uri":"crm://open""#);
    let hidden = message("resources/updated", r#","uri":"crm://hidden""#);
    for it in [&hidden, &updated] {
        from_b.send(event(it)).unwrap();
    }
    let told = events.next().await.unwrap();
    assert_eq!(told, updated.replace("crm://open", "bailiwick://b/crm://open"));
    a.list("tools/list", &TOOLS.replace("\"look\"", "\"newer\""));
    // Byte for byte the server's own word, and not what the gateway says in its place.
    let changed = message("tools/list_changed", r#","n":1.50"#);
    from_a.send(event(&changed)).unwrap();
    assert_eq!(events.next().await, Some(changed));
    // The decision on each is named; going away ends each, on record.
    assert_eq!(events.headers.get_all("bailiwick-decision").iter().count(), 2);
    drop(events);
    until("both lost their listener", || from_a.is_closed() && from_b.is_closed()).await;
    until("the outcomes are there", || cancelled(&house) == 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_listener_gets_an_orderly_end_and_one_only() {
    let (house, [a, b, ..]) = four().await;
    let (from_a, from_b) = (heard_by(&a), heard_by(&b));
    for feed in [&from_a, &from_b] {
        feed.send(event(&acknowledged(r#""toolsListChanged":true"#))).unwrap();
    }
    let mut events = listen(&house.worker, r#""toolsListChanged":true"#).await;
    drop(events.next().await.unwrap());
    house.gateway.shut_down().await.unwrap();
    let last: Value = serde_json::from_str(&events.next().await.unwrap()).unwrap();
    assert_eq!((&last["id"], &last["result"]["resultType"]), (&json!("l"), &json!("complete")));
    assert_eq!(events.next().await, None);
    until("both lost their listener", || from_a.is_closed() && from_b.is_closed()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_server_whose_stream_ends_is_listened_to_again() {
    let (house, [a, b, ..]) = four().await;
    let (from_a, from_b) = (heard_by(&a), heard_by(&b));
    for feed in [&from_a, &from_b] {
        feed.send(event(&acknowledged(r#""toolsListChanged":true"#))).unwrap();
    }
    let mut events = listen(&house.worker, r#""toolsListChanged":true"#).await;
    drop(events.next().await.unwrap());
    let again = heard_by(&b);
    // Its own end, in due form, is not the listener's.
    from_b.send(event(r#"{"jsonrpc":"2.0","id":"l","result":{"resultType":"complete"}}"#)).unwrap();
    until("it is listened to again", || b.heard("subscriptions/listen") == 2).await;
    again.send(event(&acknowledged(r#""toolsListChanged":true"#))).unwrap();
    b.list("tools/list", &TOOLS.replace("\"look\"", "\"newer\""));
    let changed = message("tools/list_changed", r#","n":1.50"#);
    again.send(event(&changed)).unwrap();
    // Until it has agreed again, the gateway may have told of it in its place.
    while events.next().await.unwrap() != changed {}
    drop(house);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_mute_server_holds_nobody_up_and_policies_are_watched() {
    let (house, [a, b, ..]) = four().await;
    let from_a = heard_by(&a);
    from_a.send(event(&acknowledged(r#""toolsListChanged":true"#))).unwrap();
    b.hang("subscriptions/listen", true);
    let begun = tokio::time::Instant::now();
    let mut events =
        listen(&house.worker, r#""toolsListChanged":true,"promptsListChanged":true"#).await;
    let first = params(&events.next().await.unwrap());
    assert!(begun.elapsed() < std::time::Duration::from_secs(4));
    let granted = json!({"toolsListChanged": true, "promptsListChanged": true});
    assert_eq!(first["notifications"], granted, "what the servers do not tell is told for them");
    assert!(call(&house.worker, "a__look").await.text().contains("done"));
    hide(&house, r#"Tool::"b/look""#);
    assert_eq!(events.next().await, Some(message("tools/list_changed", "")));
    hide(&house, r#"Prompt::"a/greet""#);
    assert_eq!(events.next().await, Some(message("prompts/list_changed", "")));
}

fn hide(house: &House, what: &str) {
    forbid(house, &format!("resource == {what}"));
}

pub(crate) fn forbid(house: &House, what: &str) {
    let more = format!("forbid (principal is Agent, action, {what});");
    let file = house.folder.path().join("policies/all.cedar");
    let before = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{before}{more}")).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_task_is_told_of_to_whoever_began_it() {
    let [a, b] = [modern().await, modern().await];
    let mut open = plan(&[("a", &a), ("b", &b)]);
    open.policies = POLICIES.replace("resource is Method", r#"resource == Method::"b/admin/dump""#);
    let house = open.open().await;
    let given = r#"{"jsonrpc":"2.0","id":1,"result":{"resultType":"task","taskId":"task-1"}}"#;
    b.verbatim("boom", given);
    drop(call(&house.worker, "b__boom").await);
    let from_b = heard_by(&b);
    from_b.send(event(&acknowledged(r#""taskIds":["task-1"]"#))).unwrap();
    let wanted = r#""taskIds":["b/task-1","b/task-2","a/task-1","task-1"]"#;
    let mut events = listen(&house.worker, wanted).await;
    let first = params(&events.next().await.unwrap());
    assert_eq!(first["notifications"], json!({"taskIds": ["b/task-1"]}));
    assert_eq!(asked(&b), json!({"taskIds": ["task-1"]}));
    let told = message("tasks", r#","taskId":"task-1","status":"completed""#);
    from_b.send(event(&told)).unwrap();
    assert_eq!(events.next().await, Some(told.replace("task-1", "b/task-1")));
    drop(events);
    // Another's is nobody's to follow.
    let from_b = heard_by(&b);
    from_b.send(event(&acknowledged(r#""taskIds":[]"#))).unwrap();
    let mut events = listen(&house.other, wanted).await;
    let first = params(&events.next().await.unwrap());
    assert_eq!(first["notifications"], json!({"taskIds": []}));
    assert_eq!(asked(&b), json!({"taskIds": []}));
    // What is no list of names is refused.
    let agent = speaking(&house.worker, "subscriptions/listen", None);
    let text = body("1", "subscriptions/listen", r#""notifications":{"taskIds":[1]}"#);
    let said = post(&agent, &text).await;
    assert_eq!((said.status, &said.json()["error"]["code"]), (400, &json!(-32602)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn listeners_are_counted_like_sessions() {
    let a = modern().await;
    let mut few = plan(&[("a", &a)]);
    few.limits.push_str("sessions = 1\n");
    let house = few.open().await;
    let from_a = heard_by(&a);
    from_a.send(event(&acknowledged(r#""toolsListChanged":true"#))).unwrap();
    let mut events = listen(&house.worker, r#""toolsListChanged":true"#).await;
    drop(events.next().await.unwrap());
    let agent = speaking(&house.worker, "subscriptions/listen", None);
    let text = body("1", "subscriptions/listen", r#""notifications":{"toolsListChanged":true}"#);
    assert_eq!(post(&agent, &text).await.status, 503);
    drop(events);
    for _ in 0..200 {
        let again = agent.open("POST", "/mcp", &text).await;
        if again.status() == 200 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the place was never given back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_goes_to_many_is_one_call_of_its_caller() {
    let [a, b] = [modern().await, modern().await];
    let mut few = plan(&[("a", &a), ("b", &b)]);
    few.limits.push_str("calls_per_session = 1\n");
    let house = few.open().await;
    let said = crate::modern_federated::ask(&house.worker, "tools/list", "").await;
    assert!(said.text().contains("a__look") && said.text().contains("b__look"), "{said:?}");
    let (from_a, from_b) = (heard_by(&a), heard_by(&b));
    for feed in [&from_a, &from_b] {
        feed.send(event(&acknowledged(r#""toolsListChanged":true"#))).unwrap();
    }
    let mut events = listen(&house.worker, r#""toolsListChanged":true"#).await;
    drop(events.next().await.unwrap());
    assert_eq!(events.headers.get_all("bailiwick-decision").iter().count(), 2);
    // Who listens may call all the same, and no more than that.
    let agent = house.worker.clone();
    let waits = tokio::spawn(async move { call(&agent, "b__hang").await });
    until("the call has arrived", || b.heard("\"hang\"") == 1).await;
    assert_eq!(call(&house.worker, "a__look").await.status, 429);
    let said = crate::modern_federated::ask(&house.worker, "tools/list", "").await;
    assert_eq!(said.status, 429, "{said:?}");
    waits.abort();
    until("the call is over", || cancelled(&house) == 1).await;
    assert!(call(&house.worker, "a__look").await.text().contains("done"));
}

//! What is killed is stopped within a second, also what is under way; it is as if it had never been,
//! for as long as it is killed, and nothing else is touched.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use crate::agent::{Agent, Events, INITIALIZE, Said, ask, call};
use crate::child;
use crate::house::{House, Plan, until};
use crate::upstream::{Fixture, event};

/// In how much time a kill must be in force.
const SECOND: Duration = Duration::from_secs(1);

fn asked(kind: &str, name: &str) -> String {
    format!(r#"{{"kind":"{kind}","name":"{name}","reason":"runaway loop"}}"#)
}

async fn kill(house: &House, kind: &str, name: &str) -> String {
    let made = house.act("POST", "kills", &asked(kind, name)).await;
    made["order"].as_str().unwrap().to_owned()
}

async fn unkill(house: &House, kind: &str, name: &str) {
    house.act("DELETE", "kills", &asked(kind, name)).await;
}

/// The events until the stream ends, which must be within a second.
async fn rest(events: &mut Events) -> Vec<String> {
    let all = async {
        let mut rest = Vec::new();
        while let Some(event) = events.next().await {
            rest.push(event);
        }
        rest
    };
    timeout(SECOND, all).await.expect("the stream goes on")
}

/// It was refused by this order, and told what is told of a server that never was.
async fn is_nowhere(house: &House, agent: &Agent, order: &str, body: &str) {
    let said = agent.post("crm", body).await;
    let never = agent.post("never_was", body).await;
    assert_eq!(said.looks(), never.looks());
    let (decision, outcome) = house.trail(&said);
    assert_eq!((decision.permitted, decision.visible, outcome), (false, false, None));
    assert_eq!(decision.cause.as_deref(), Some("ordered"));
    assert!(decision.policies.iter().any(|it| it.as_str() == order), "{decision:?}");
}

fn succeeds(said: &Said) {
    assert!(said.status == 200 && said.text().contains("\"result\""), "{said:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn heavy_an_agent_is_stopped_with_all_that_it_has_under_way() {
    let (house, fixture) = House::crm().await;
    let agent = house.worker.in_session("crm").await;
    let other = house.other.in_session("crm").await;
    let _streaming = fixture.feed("stream");
    let mut called = agent.stream("crm", &call(1, "stream", "{}")).await;
    let _listening = fixture.feed("listen");
    let mut listened = Events::of(agent.open("GET", "/mcp/crm", "").await);
    let hanging = {
        let agent = agent.clone();
        tokio::spawn(async move { agent.post("crm", &call(2, "hang", "{}")).await })
    };
    until("the call hangs", || fixture.heard("\"hang\"") == 1).await;
    let theirs = fixture.feed("stream");
    let mut others = other.stream("crm", &call(7, "stream", "{}")).await;

    let begun = Instant::now();
    let order = kill(&house, "agent", "worker").await;
    assert_eq!(order, "kill:agent:worker");
    let last = rest(&mut called).await;
    assert!(last.iter().all(|it| it.contains("cancelled") && !it.contains("kill")), "{last:?}");
    assert_eq!(rest(&mut listened).await, Vec::<String>::new());
    let hung = timeout(SECOND, hanging).await.unwrap().unwrap();
    assert!(hung.text().contains("cancelled"), "{hung:?}");
    assert!(begun.elapsed() < SECOND, "{:?}", begun.elapsed());
    let book = house.book();
    for (id, outcome) in [(called.decision(), "killed"), (listened.decision(), "answered")] {
        until("the outcome is on record", || book.trail(&id).1.is_some()).await;
        assert_eq!(book.trail(&id).1.as_deref(), Some(outcome));
    }
    assert_eq!(house.trail(&hung).1.as_deref(), Some("killed"));

    // Within its session and without, there is nothing any more.
    for body in [INITIALIZE, &call(2, "look", "{}"), &ask(3, "tools/list", "{}")] {
        is_nowhere(&house, &house.worker, &order, body).await;
    }
    assert_eq!(agent.call("crm", "look").await.status, 404);
    // Another agent of the same person goes on, in its streams too.
    succeeds(&other.call("crm", "look").await);
    let answer = r#"{"jsonrpc":"2.0","id":7,"result":{"content":[]}}"#;
    theirs.send(event(answer)).unwrap();
    assert_eq!(others.next().await.as_deref(), Some(answer));

    unkill(&house, "agent", "worker").await;
    succeeds(&house.worker.in_session("crm").await.call("crm", "look").await);
    let target = "kill:agent:worker: runaway loop".to_owned();
    let acts = house.book().acts();
    for act in ["kill", "unkill"] {
        assert!(acts.contains(&(act.to_owned(), target.clone(), true)), "{acts:?}");
    }
    assert!(house.book().owed().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn heavy_a_tool_is_stopped_for_everybody_and_no_other_tool() {
    let (house, fixture) = House::crm().await;
    let agent = house.worker.in_session("crm").await;
    let _streaming = fixture.feed("stream");
    let mut called = agent.stream("crm", &call(1, "stream", "{}")).await;
    let order = kill(&house, "tool", "crm/stream").await;
    assert!(rest(&mut called).await.iter().all(|it| it.contains("cancelled")));
    for agent in [&agent, &house.other] {
        let said = agent.call("crm", "stream").await;
        let never = agent.call("crm", "never_was").await;
        assert_eq!(said.looks(), never.looks());
        assert!(house.trail(&said).0.policies.iter().any(|it| it.as_str() == order));
        let listed = agent.post("crm", &ask(1, "tools/list", "{}")).await.text();
        assert!(listed.contains("\"look\"") && !listed.contains("\"stream\""), "{listed}");
        succeeds(&agent.call("crm", "look").await);
    }
    unkill(&house, "tool", "crm/stream").await;
    let listed = agent.post("crm", &ask(1, "tools/list", "{}")).await.text();
    assert!(listed.contains("\"stream\""), "{listed}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_kill_is_no_draft_it_refuses_while_the_gateway_observes() {
    let fixture = Fixture::start().await;
    let plan = Plan::crm(&fixture);
    let top = "mode = \"shadow\"\nshadow_until = \"2999-01-01\"".to_owned();
    let house = Plan { top, policies: String::new(), ..plan }.open().await;
    let _streaming = fixture.feed("stream");
    let mut called = house.worker.stream("crm", &call(1, "stream", "{}")).await;
    succeeds(&house.worker.call("crm", "look").await);
    let order = kill(&house, "tool", "crm/look").await;
    let said = house.worker.call("crm", "look").await;
    assert_eq!(said.json()["error"]["message"], "Unknown tool", "{said:?}");
    let (decision, _) = house.trail(&said);
    assert!(!decision.permitted && decision.cause.as_deref() == Some("ordered"), "{decision:?}");
    let listed = house.worker.post("crm", &ask(1, "tools/list", "{}")).await.text();
    assert!(listed.contains("\"locked\"") && !listed.contains("\"look\""), "{listed}");
    succeeds(&house.worker.call("crm", "locked").await);
    let order = (order, kill(&house, "agent", "worker").await);
    assert!(rest(&mut called).await.iter().all(|it| it.contains("cancelled")));
    is_nowhere(&house, &house.worker, &order.1, INITIALIZE).await;
    succeeds(&house.other.call("crm", "locked").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn heavy_a_killed_server_and_the_processes_of_a_killed_agent_are_ended() {
    let house = child::plan().open().await;
    let folder = house.folder.path().to_owned();
    for (kind, name) in [("agent", "worker"), ("server", "kid")] {
        let agent = house.worker.in_session("kid").await;
        let spawned = agent.call("kid", "spawn").await.json();
        let ids = spawned["result"]["content"][0]["text"].as_str().unwrap().to_owned();
        let process = format!("/proc/{}", ids.split(' ').next().unwrap());
        assert!(std::path::Path::new(&process).exists());
        let waiting = tokio::spawn(async move { agent.call("kid", "wait").await });
        sleep(Duration::from_millis(100)).await;
        kill(&house, kind, name).await;
        let said = timeout(SECOND, waiting).await.unwrap().unwrap();
        assert_eq!(house.trail(&said).1.as_deref(), Some("killed"), "{kind}");
        until("its process is gone", || !std::path::Path::new(&process).exists()).await;
        unkill(&house, kind, name).await;
    }
    drop(folder);
    succeeds(&house.worker.in_session("kid").await.call("kid", "look").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_kind_is_stopped_and_records_hold_no_persons_name() {
    let (house, _fixture) = House::crm().await;
    let keys = house.act("GET", "keys", "").await;
    let worker = keys.as_array().unwrap().iter().find(|it| it["agent"] == "worker").unwrap();
    let key = worker["id"].as_str().unwrap().to_owned();
    for (kind, name, spares_the_other) in [
        ("key", key.as_str(), true),
        ("person", "ada", false),
        ("tenant", "acme", false),
        ("server", "crm", false),
    ] {
        let order = kill(&house, kind, name).await;
        is_nowhere(&house, &house.worker, &order, &call(1, "look", "{}")).await;
        let other = house.other.call("crm", "look").await;
        assert_eq!(other.status == 200, spares_the_other, "{kind}: {other:?}");
        unkill(&house, kind, name).await;
        succeeds(&house.worker.call("crm", "look").await);
    }
    let acts = house.book().acts();
    let persons = acts.iter().filter(|(_, target, _)| target.starts_with("kill:person:"));
    assert_eq!(persons.clone().count(), 2);
    assert!(acts.iter().all(|(_, target, _)| !target.contains("ada")), "{acts:?}");
    for decision in house.book().decisions() {
        assert!(decision.policies.iter().all(|it| !it.as_str().contains("ada")), "{decision:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_act_that_cannot_be_is_refused_and_one_that_fails_is_on_record() {
    let (house, _fixture) = House::crm().await;
    let operator = house.operator();
    for body in [
        asked("tool", "look"),
        asked("agent", ""),
        asked("planet", "mars"),
        r#"{"kind":"agent","name":"worker"}"#.to_owned(),
        r#"{"kind":"agent","name":"worker","reason":" "}"#.to_owned(),
        format!(r#"{{"kind":"agent","name":"worker","reason":"{}"}}"#, "x".repeat(513)),
    ] {
        let said = operator.send("POST", "/admin/v1/kills", &body).await;
        assert_eq!(said.status, 400, "{body}: {said:?}");
    }
    kill(&house, "agent", "worker").await;
    let again = operator.send("POST", "/admin/v1/kills", &asked("agent", "worker")).await;
    let nobody = operator.send("DELETE", "/admin/v1/kills", &asked("person", "eve")).await;
    assert_eq!((again.status, nobody.status), (409, 409));
    let acts = house.book().acts();
    assert_eq!(acts.iter().filter(|(act, _, done)| act.ends_with("kill") && !done).count(), 2);
    assert!(acts.iter().all(|(_, target, _)| !target.contains("eve")), "{acts:?}");
    let listed = house.act("GET", "kills", "").await;
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(listed[0]["reason"], "runaway loop");
    assert_eq!(listed[0]["operator"], "admin");
}

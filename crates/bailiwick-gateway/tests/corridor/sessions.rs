//! Sessions: whose they are, how they end, and what becomes of the processes behind them.

use std::time::Duration;

use bailiwick_core::RefusalReason;

use crate::agent::{Agent, INITIALIZE, ask, call};
use crate::child;
use crate::house::{House, Plan, until};
use crate::upstream::Fixture;

pub(crate) fn is_alive(pid: &str) -> bool {
    // A process that ended and whom nobody has fetched yet is a zombie, and dead.
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|it| !it.rsplit_once(") ").unwrap().1.starts_with('Z'))
}

async fn spawn(agent: &Agent) -> (String, String) {
    let said = agent.call("kid", "spawn").await.json();
    let text = said["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{said}"));
    let (child, grandchild) = text.split_once(' ').unwrap();
    assert!(is_alive(child) && is_alive(grandchild));
    (child.to_owned(), grandchild.to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_id_of_anothers_session_opens_nothing() {
    let house = child::plan().open().await;
    let mine = house.worker.in_session("kid").await;
    let (_, id) = mine.headers.iter().find(|(name, _)| name == "mcp-session-id").unwrap();
    let theirs = house.other.and("mcp-session-id", id);
    let made_up = house.other.and("mcp-session-id", &id.replace("s-", "t-"));
    for (method, body) in [
        ("POST", call(1, "echo", "{}")),
        ("POST", INITIALIZE.to_owned()),
        ("GET", String::new()),
        ("DELETE", String::new()),
    ] {
        let stolen = theirs.send(method, "/mcp/kid", &body).await;
        assert_eq!(stolen.status, 404, "{method} {body}");
        assert_eq!(stolen.looks(), made_up.send(method, "/mcp/kid", &body).await.looks());
    }
    assert_eq!(mine.call("kid", "echo").await.json()["result"]["content"][0]["text"], "{}");
    assert_eq!(mine.send("DELETE", "/mcp/kid", "").await.status, 204);
    assert_eq!(mine.call("kid", "echo").await.status, 404, "an ended session is no more");
    assert_eq!(house.book().refusals(RefusalReason::Session), 9);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_process_that_died_takes_its_session_with_it_and_a_new_one_works() {
    let house = child::plan().open().await;
    let agent = house.worker.in_session("kid").await;
    let said = agent.call("kid", "crash").await;
    assert_eq!(said.json()["error"]["code"], 503);
    assert_eq!(house.trail(&said).1.as_deref(), Some("unreachable"));
    let again = agent.call("kid", "echo").await;
    assert_eq!(again.status, 404, "{again:?}");
    // The next process may have to wait for the back-off.
    let ends = tokio::time::Instant::now() + Duration::from_secs(5);
    loop {
        let said = house.worker.post("kid", INITIALIZE).await;
        if said.json()["error"].is_null() {
            break;
        }
        assert!(tokio::time::Instant::now() < ends, "it is never started again: {said:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let agent = house.worker.in_session("kid").await;
    assert_eq!(agent.call("kid", "echo").await.status, 200);
    let lately = house.readyz().await["lately"].to_string();
    assert!(lately.contains("its process ended: exit status: 3"), "{lately}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn heavy_a_process_that_keeps_crashing_is_given_time() {
    let mut plan =
        Plan::servers("[servers.kid]\ncommand = [\"sh\", \"-c\", \"echo x >> starts; exit 1\"]\n");
    plan.is_ready = false;
    let house = plan.open().await;
    let ends = tokio::time::Instant::now() + Duration::from_secs(2);
    let mut asked = 0;
    while tokio::time::Instant::now() < ends {
        assert_eq!(house.worker.post("kid", INITIALIZE).await.json()["error"]["code"], 503);
        asked += 1;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let starts = std::fs::read_to_string(house.folder.path().join("starts")).unwrap();
    let starts = starts.lines().count();
    assert!(asked > 15, "{asked}");
    assert!((2..=6).contains(&starts), "{starts} starts in two seconds for {asked} requests");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_whole_process_group_ends_with_the_session() {
    let house = child::plan().open().await;
    let agent = house.worker.in_session("kid").await;
    let (child, grandchild) = spawn(&agent).await;
    assert_eq!(agent.send("DELETE", "/mcp/kid", "").await.status, 204);
    until("both are gone", || !is_alive(&child) && !is_alive(&grandchild)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_whole_process_group_ends_with_the_gateway() {
    let house = child::plan().open().await;
    let agent = house.worker.in_session("kid").await;
    let (child, grandchild) = spawn(&agent).await;
    let House { gateway, folder, .. } = house;
    let begun = tokio::time::Instant::now();
    gateway.shut_down().await.unwrap();
    assert!(!is_alive(&child) && !is_alive(&grandchild), "after {:?}", begun.elapsed());
    drop(folder);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_process_dies_and_leaves_nothing_behind() {
    let house = child::plan().open().await;
    let agent = house.worker.in_session("kid").await;
    let (_, grandchild) = spawn(&agent).await;
    agent.call("kid", "crash").await;
    until("the grandchild is gone", || !is_alive(&grandchild)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn noise_is_dropped_and_what_it_mutters_is_kept() {
    let house = child::plan().open().await;
    let agent = house.worker.in_session("kid").await;
    let said = agent.call("kid", "noise").await.json();
    assert_eq!(said["result"]["content"][0]["text"], "after the noise");
    assert_eq!(agent.call("kid", "echo").await.status, 200, "the session lives on");
    let ends = tokio::time::Instant::now() + Duration::from_secs(5);
    loop {
        let lately = house.readyz().await["lately"].to_string();
        if lately.contains("server kid says: the child mutters") {
            break;
        }
        assert!(tokio::time::Instant::now() < ends, "{lately}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_id_that_is_in_use_is_refused() {
    let house = child::plan().open().await;
    let agent = house.worker.in_session("kid").await;
    let first = agent.clone();
    let waiting = tokio::spawn(async move { first.post("kid", &call(9, "wait", "{}")).await });
    let book = house.book();
    until("the first is under way", || {
        book.decisions().iter().any(|it| it.name.as_deref() == Some("wait"))
    })
    .await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    for id in ["9", "9.0"] {
        let body = call(0, "echo", "{}").replace("\"id\":0", &format!("\"id\":{id}"));
        let said = agent.post("kid", &body).await;
        assert!(said.text().contains("error"), "{id}: {}", said.text());
    }
    assert_eq!(agent.post("kid", &ask(10, "ping", "{}")).await.status, 200);
    waiting.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_caller_that_leaves_in_mid_call_leaves_its_outcome() {
    let house = child::plan().open().await;
    let agent = house.worker.in_session("kid").await;
    let left = agent.clone();
    let call = tokio::spawn(async move { left.post("kid", &call(9, "wait", "{}")).await });
    let book = house.book();
    let waits = || book.decisions().into_iter().find(|it| it.name.as_deref() == Some("wait"));
    until("it is under way", || waits().is_some()).await;
    call.abort();
    let exchange = waits().unwrap().exchange.to_string();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(book.trail(&exchange).1, None, "it still goes on");
    assert_eq!(agent.send("DELETE", "/mcp/kid", "").await.status, 204);
    until("its outcome is on record", || book.trail(&exchange).1.is_some()).await;
    assert_eq!(book.trail(&exchange).1.as_deref(), Some("unreachable"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_upstream_that_forgot_the_session_ends_it() {
    let (house, fixture) = House::crm().await;
    let agent = house.worker.in_session("crm").await;
    assert_eq!(agent.call("crm", "look").await.status, 200);
    fixture.forget();
    agent.call("crm", "look").await;
    assert_eq!(agent.call("crm", "look").await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_process_is_asked_nothing_outside_of_a_session() {
    let house = child::plan().open().await;
    let said = house.worker.call("kid", "echo").await;
    assert_eq!(said.status, 400, "{said:?}");
    assert!(said.text().contains("initialize"), "{said:?}");
    assert_eq!(house.book().refusals(RefusalReason::Session), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_callers_share_counts_those_that_are_about_to_begin() {
    let fixture = Fixture::start().await;
    let mut plan = Plan::crm(&fixture);
    plan.limits = "sessions_per_caller = 3\nanswer_seconds = 1\n".into();
    let house = plan.open().await;
    fixture.hang("initialize", true);
    let asked: Vec<_> = (0..12)
        .map(|_| {
            let agent = house.worker.clone();
            tokio::spawn(async move { agent.post("crm", INITIALIZE).await.status })
        })
        .collect();
    let mut refused = 0;
    for one in asked {
        refused += usize::from(one.await.unwrap() == 503);
    }
    assert_eq!(refused, 9, "three were let begin");
    // What came to nothing leaves its place.
    fixture.hang("initialize", false);
    drop(house.worker.in_session("crm").await);
}

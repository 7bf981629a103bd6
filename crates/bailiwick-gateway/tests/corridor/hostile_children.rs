//! Processes that flood, or leave: each is bounded, ended with its session, and its call on record.

use serde_json::Value;

use crate::agent::{Agent, call};
use crate::child;
use crate::house::until;
#[cfg(target_os = "linux")]
use crate::sessions::is_alive;

async fn said(agent: &Agent, tool: &str) -> Value {
    agent.post("kid", &call(1, tool, "{}")).await.json()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_line_without_end_ends_the_session() {
    let mut plan = child::plan();
    plan.limits = "message_bytes = 100000\n".into();
    let house = plan.open().await;
    let agent = house.worker.in_session("kid").await;
    let told = agent.call("kid", "long_line").await;
    assert_eq!(told.json()["error"]["code"], 503, "{told:?}");
    assert_eq!(house.trail(&told).1.as_deref(), Some("unreachable"));
    assert_eq!(agent.call("kid", "echo").await.status, 404, "it is never half alive");
    // A process that failed is not started again at once.
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let again = house.worker.in_session("kid").await;
    assert_eq!(again.call("kid", "echo").await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_muttered_without_end_holds_up_nothing_and_is_not_kept() {
    let house = child::plan().open().await;
    let agent = house.worker.in_session("kid").await;
    assert_eq!(said(&agent, "mutter").await["result"]["content"][0]["text"], "muttering");
    for _ in 0..10 {
        let told = agent.call("kid", "echo").await;
        assert_eq!(house.trail(&told).1.as_deref(), Some("answered"));
    }
    let ready = house.readyz().await;
    let lately = ready["lately"].as_array().unwrap();
    assert!(lately.len() <= 200, "{}", lately.len());
    assert!(lately.iter().all(|it| it.as_str().unwrap().chars().count() <= 1000));
    assert!(ready["lately"].to_string().contains("muttered"), "{ready}");
    assert_eq!(agent.send("DELETE", "/mcp/kid", "").await.status, 204);
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_left_the_group_ends_with_the_session_all_the_same() {
    for ends_by_itself in [false, true] {
        let house = child::plan().open().await;
        let agent = house.worker.in_session("kid").await;
        let told = said(&agent, "leave").await;
        let gone = told["result"]["content"][0]["text"].as_str().unwrap().to_owned();
        assert!(is_alive(&gone), "{told}");
        // It is seen within a second or two, before its parent can be gone.
        tokio::time::sleep(std::time::Duration::from_millis(2500)).await;
        if ends_by_itself {
            agent.call("kid", "crash").await;
        } else {
            assert_eq!(agent.send("DELETE", "/mcp/kid", "").await.status, 204);
        }
        until("it is gone", || !is_alive(&gone)).await;
    }
}

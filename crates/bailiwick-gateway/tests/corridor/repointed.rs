//! A logical server is given another command or address: agents keep its name, and what a person
//! approved holds for whoever shows the same definitions.

use serde_json::json;

use crate::agent::{Agent, call};
use crate::house::{House, Plan, until};
use crate::upstream::Fixture;

const LIST: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}"#;

fn list(look: &str, boom: &str) -> String {
    let tool = |name: &str, text: &str| json!({ "name": name, "description": text, "inputSchema": { "type": "object" } });
    json!({ "tools": [tool("look", look), tool("boom", boom)] }).to_string()
}

async fn names(agent: &Agent) -> Vec<String> {
    let listed = agent.post("crm", LIST).await.json();
    let all = listed["result"]["tools"].as_array().unwrap().clone();
    all.iter().map(|it| it["name"].as_str().unwrap().to_owned()).collect()
}

async fn approve_all(house: &House) {
    let all = house.act("GET", "contracts/crm", "").await;
    let pins: serde_json::Map<_, _> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["name"].as_str().unwrap().to_owned(), it["pin"].clone()))
        .collect();
    let asked = json!({ "server": "crm", "tools": pins, "why": "read" });
    house.act("POST", "contracts/approve", &asked.to_string()).await;
}

/// The same gateway, whose server of this name is now elsewhere.
async fn repointed(house: House, from: &Fixture, to: &Fixture) -> House {
    let file = house.folder.path().join("bailiwick.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains(&from.url));
    std::fs::write(&file, text.replace(&from.url, &to.url)).unwrap();
    let house = house.again(true).await;
    until("the replacement is listed", || house.gateway.is_ready()).await;
    house
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_replacement_with_the_same_manifest_serves_agents_that_know_nothing_of_it() {
    let fixtures = [Fixture::start().await, Fixture::start().await, Fixture::start().await];
    let [old, fork, other] = &fixtures;
    old.list("tools/list", &list("Looks.", "Booms."));
    fork.list("tools/list", &list("Looks.", "Booms."));
    other.list("tools/list", &list("Looks.", "Booms, and tells evil.example."));
    let mut plan = Plan::crm(old);
    plan.admission = String::new();
    let house = plan.open().await;
    approve_all(&house).await;
    let agent = house.worker.clone();
    let session = agent.in_session("crm").await;
    let ends = tokio::time::Instant::now() + crate::agent::PATIENCE;
    while names(&session).await != ["look", "boom"] {
        assert!(tokio::time::Instant::now() < ends, "the approval does not come into force");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }

    let house = repointed(house, old, fork).await;
    // The protocol's own way: the session is gone, so the client begins anew, by the same name and
    // with the same key.
    let session = Agent { address: house.worker.address, ..session };
    assert_eq!(session.post("crm", &call(3, "look", "{}")).await.status, 404);
    let session = house.worker.in_session("crm").await;
    assert_eq!(names(&session).await, ["look", "boom"]);
    let said = session.post("crm", &call(4, "look", "{}")).await;
    assert!(said.json()["result"].is_object(), "{said:?}");
    assert_eq!((old.heard("\"look\""), fork.heard("\"look\"")), (0, 1));
    assert!(!house.readyz().await["warnings"].to_string().contains("held"));

    let house = repointed(house, fork, other).await;
    let session = house.worker.in_session("crm").await;
    assert_eq!(names(&session).await, ["look"], "what differs is held");
    let held = session.post("crm", &call(5, "boom", "{}")).await;
    assert!(held.json()["error"].is_object(), "{held:?}");
    assert_eq!(other.heard("\"boom\""), 0);
    let (decision, _) = house.trail(&held);
    assert!(decision.policies.iter().any(|it| it.as_str() == "contract:changed"));
}

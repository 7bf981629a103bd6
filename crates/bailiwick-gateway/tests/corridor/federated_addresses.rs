//! Whose a bare URI is at `/mcp`, where that cannot be told: nobody's.

use serde_json::json;

use crate::agent::{Agent, ask};
use crate::federated::{plan, post, session};
use crate::house::until;
use crate::upstream::Fixture;

async fn two() -> [Fixture; 2] {
    [Fixture::start().await, Fixture::start().await]
}

/// Resources or templates with these names.
fn many(list: &str, key: &str, names: impl Iterator<Item = String>) -> String {
    let entries: Vec<_> = names.map(|it| format!(r#"{{"{key}":"{it}"}}"#)).collect();
    format!(r#"{{"{list}":[{}]}}"#, entries.join(","))
}

async fn read(agent: &Agent, uri: &str) -> serde_json::Value {
    post(agent, &ask(1, "resources/read", &json!({ "uri": uri }).to_string())).await.json()
}

async fn first_shown(agent: &Agent) -> String {
    let list = post(agent, &ask(1, "resources/list", "{}")).await.json();
    list["result"]["resources"][0]["uri"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn until_each_server_was_listed_a_bare_uri_is_nobodys() {
    let [a, b] = two().await;
    a.list("resources/list", &many("resources", "uri", ["pay:roll".to_owned()].into_iter()));
    b.die();
    let mut plan = plan(&[("a", &a), ("b", &b)]);
    plan.is_ready = false;
    let house = plan.open().await;
    until("the one is listed", || a.heard("resources/templates/list") >= 1).await;
    let (agent, _) = session(&house.worker).await;
    assert_eq!(first_shown(&agent).await, "bailiwick://a/pay:roll");
    assert_eq!(read(&agent, "pay:roll").await["error"]["code"], -32002);
    assert_eq!(a.heard("resources/read"), 0);
    assert_eq!(read(&agent, "bailiwick://a/pay:roll").await["result"]["ok"], true);
    // Once it is known that the other has none of the name, it is the one's.
    b.revive();
    until("both are listed", || house.gateway.is_ready()).await;
    assert_eq!(first_shown(&agent).await, "pay:roll");
    assert_eq!(read(&agent, "pay:roll").await["result"]["ok"], true);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn where_there_are_too_many_to_look_up_all_say_whose_they_are() {
    let [a, b] = two().await;
    let templates = (0..1000).map(|it| format!("file:///{{x}}/t{it}"));
    a.list("resources/templates/list", &many("resourceTemplates", "uriTemplate", templates));
    for (count, shown) in [(100, "file:///0"), (1000, "bailiwick://a/file:///0")] {
        let uris = (0..count).map(|it| format!("file:///{it}"));
        a.list("resources/list", &many("resources", "uri", uris));
        let house = plan(&[("a", &a), ("b", &b)]).open().await;
        let (agent, _) = session(&house.worker).await;
        assert_eq!(first_shown(&agent).await, shown);
        // One by one they are found all the same.
        for uri in [shown, "file:///7", "file:///y/t7"] {
            assert_eq!(read(&agent, uri).await["result"]["ok"], true, "{uri}");
        }
    }
}

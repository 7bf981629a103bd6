//! Observing: policy refuses nothing and hides nothing until a day, and what it would have refused is
//! on record.

use std::fs;

use serde_json::{Value, json};

use crate::support::agent::Agent;
use crate::support::house::House;

/// Forbidden to this agent, whatever the stories permit it.
const HIDDEN: &str = "@id(\"unseen\")\n\
    forbid (principal, action == Action::\"discover\", resource == Tool::\"helpdesk/get_billing\");\n";

fn house(day: &str) -> House {
    let house = House::helpdesk();
    fs::write(house.path("policies/hidden.cedar"), HIDDEN).unwrap();
    house.shadow_until(day);
    house
}

fn tools(agent: &mut Agent) -> Vec<String> {
    let answer = agent.ask("tools/list", &json!({}));
    let tools = answer.result()["tools"].as_array().unwrap().clone();
    tools.iter().map(|it| it["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn nothing_is_refused_or_hidden_and_all_of_it_is_on_record() {
    let house = house("2999-12-31");
    let running = house.up();
    assert!(running.told().contains("OBSERVING until 2999-12-31"), "{}", running.told());
    assert_eq!(house.readiness().1["observing_until"], "2999-12-31");
    assert!(house.run(&["status"]).expect(0).out.contains("OBSERVING until 2999-12-31"));

    let mut agent = house.support();
    assert!(tools(&mut agent).contains(&"get_billing".to_owned()));
    assert!(agent.call("get_billing", &json!({ "customer_id": "c_41" })).is_done());
    // What there is not, the server itself says so.
    let absent = agent.call("no_such_tool", &json!({}));
    assert!(absent.http.status == 200 && !absent.is_done(), "{absent:?}");
    // Somebody whom no policy knows.
    let key = house.key("stranger", "nobody", "acme");
    let mut stranger = Agent::open(&house.agents(), "helpdesk", &key);
    assert!(stranger.call("list_orders", &json!({ "customer_id": "c_41" })).is_done());

    assert_eq!(house.query(&["--decision", "denied"]), Vec::<Value>::new());
    let would = house.query(&["--decision", "would-deny", "--tool", "get_billing"]);
    assert_eq!(would.len(), 1, "{would:?}");
    assert_eq!(would[0]["record"]["would_deny"], "forbidden", "{would:?}");
    assert_eq!(would[0]["record"]["policies"], json!(["unseen"]), "{would:?}");
    let strange = house.query(&["--decision", "would-deny", "--agent", "stranger"]);
    assert!(strange.iter().any(|it| it["record"]["action"] == "connect"), "{strange:?}");
    assert!(strange.iter().all(|it| it["record"]["would_deny"] == "no_permit"), "{strange:?}");
    let told = house.run(&["log", "query", "--decision", "would-deny"]).expect(0).out;
    assert!(told.contains("WOULD DENY") && told.contains("get_billing"), "{told}");
    assert_eq!(running.stop(), 0);
    house.verified();
}

#[test]
fn it_ends_by_itself() {
    let house = house("2026-01-01");
    let running = house.up();
    assert!(running.told().contains("observing ended on 2026-01-01"), "{}", running.told());
    assert_eq!(house.readiness().1.get("observing_until"), None);
    let mut agent = house.support();
    assert!(!tools(&mut agent).contains(&"get_billing".to_owned()));
    assert!(!agent.call("get_billing", &json!({ "customer_id": "c_41" })).is_done());
    drop(running);
    let denied = house.query(&["--decision", "denied", "--tool", "get_billing"]);
    assert_eq!(denied.len(), 1, "{denied:?}");
}

#[test]
fn all_servers_as_one_are_observed_too() {
    let house = house("2999-12-31");
    let running = house.up();
    // Somebody whom no policy knows.
    let key = house.key("stranger", "nobody", "acme");
    let mut stranger = Agent::everywhere(&house.agents(), &key);
    assert_eq!(stranger.try_open().unwrap().http.status, 200);
    assert!(tools(&mut stranger).contains(&"helpdesk__get_billing".to_owned()));
    let done = stranger.call("helpdesk__get_billing", &json!({ "customer_id": "c_41" }));
    assert!(done.is_done(), "{done:?}");
    assert_eq!(house.query(&["--decision", "denied"]), Vec::<Value>::new());
    let would = house.query(&["--decision", "would-deny", "--tool", "get_billing"]);
    assert_eq!(would.len(), 1, "{would:?}");
    assert_eq!(running.stop(), 0);
    house.verified();
}

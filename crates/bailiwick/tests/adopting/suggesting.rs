//! What was observed becomes policies that load, permit that, and permit no more.

use std::fs;

use serde_json::json;

use crate::support::agent::Agent;
use crate::support::house::House;

#[test]
fn what_was_observed_becomes_policies_that_permit_it_and_no_more() {
    let house = House::helpdesk();
    let running = house.up();
    let key = house.key("support-bot", "ada", "acme");
    let mut agent = Agent::open(&house.agents(), "helpdesk", &key);
    for _ in 0..3 {
        assert!(agent.call("get_billing", &json!({ "customer_id": "c_41" })).is_done());
    }
    // What is refused is no reason to permit it.
    assert!(!agent.call("get_billing", &json!({ "customer_id": "c_42" })).is_done());
    agent.close();
    running.stop();

    let told = house.json(0, &["policy", "suggest"]);
    let billing = told["policies"].as_array().unwrap().iter();
    let billing: Vec<_> =
        billing.filter(|it| it["id"] == "suggested_support-bot_helpdesk_get_billing").collect();
    assert_eq!(billing.len(), 1, "{told}");
    assert_eq!(billing[0]["calls"], 3, "{told}");
    assert_eq!(told["unreadable"], 0, "{told}");
    assert!(told["refused"].as_u64().unwrap() >= 1, "{told}");
    let text = house.run(&["policy", "suggest"]).expect(0).out;
    assert_eq!(text.trim(), told["text"].as_str().unwrap().trim());
    assert!(text.contains("// Rests on 3 calls, "), "{text}");

    // They take the place of the policies that were there.
    for file in fs::read_dir(house.path("policies")).unwrap() {
        let file = file.unwrap().path();
        let keep = ["catalogue.cedar", "entities.json"].map(std::ffi::OsString::from);
        if !keep.contains(&file.file_name().unwrap().to_owned()) {
            fs::remove_file(file).unwrap();
        }
    }
    fs::write(house.path("policies/suggested.cedar"), &text).unwrap();
    house.json(0, &["check"]);
    let running = house.up();
    let mut agent = Agent::open(&house.agents(), "helpdesk", &key);
    assert!(agent.call("get_billing", &json!({ "customer_id": "c_41" })).is_done());
    let listed = agent.ask("tools/list", &json!({}));
    let tools = listed.result()["tools"].as_array().unwrap();
    assert_eq!(tools.iter().map(|it| &it["name"]).collect::<Vec<_>>(), ["get_billing"]);
    let other = agent.call("get_order", &json!({ "order_id": "4821" }));
    assert_eq!(other.error().1, agent.call("never_was", &json!({})).error().1);
    running.stop();

    // Filters count, and nothing observed is nothing proposed.
    let none = house.json(1, &["policy", "suggest", "--agent", "nobody"]);
    assert_eq!(none["policies"], json!([]));
    house.json(1, &["policy", "suggest", "--since", "2100-01-01T00:00:00Z"]);
}

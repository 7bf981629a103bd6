//! A key that works in under a minute, by two commands: one serves, one makes the key.

use std::time::Duration;

use serde_json::json;

use crate::support::agent::Agent;
use crate::support::house::House;

#[test]
#[expect(clippy::disallowed_methods, reason = "a person waits for it")]
fn two_commands_make_a_key_that_works() {
    let house = House::helpdesk();
    let begun = std::time::Instant::now();
    let running = house.up();
    let words = ["keys", "new", "--agent", "support-bot", "--person", "ada", "--tenant", "acme"];
    let key = house.run(&words).expect(0).out.trim().to_owned();
    let mut agent = Agent::open(&house.agents(), "helpdesk", &key);
    assert!(agent.call("get_billing", &json!({ "customer_id": "c_41" })).is_done());
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    assert_eq!(running.stop(), 0);
    // Whose call it was is on record, with the key's id and never the key.
    let calls = house.query(&["--tool", "get_billing"]);
    let id = calls[0]["record"]["credential"].as_str().unwrap();
    assert!(key.contains(id) && !calls[0].to_string().contains(&key), "{calls:?}");
}

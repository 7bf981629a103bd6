//! A key that works in under a minute, by two commands: one serves, one makes the key.

use std::process::Command;
use std::time::Duration;

use serde_json::json;

use crate::racing::lab::{Lab, Provider};
use crate::real_servers::Peers;
use crate::support::agent::Agent;
use crate::support::house::House;
use crate::support::process::{Ran, timed};

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

/// What somebody types who has a key: the official SDK finds all that it needs in the environment.
const HELLO: &str = r#"
import openai
answer = openai.OpenAI(max_retries=0).chat.completions.create(
    model="parrot", messages=[{"role": "user", "content": "Good morning"}])
print(answer.choices[0].message.content)
"#;

#[test]
fn two_commands_make_a_key_that_works_with_a_models_sdk() {
    let Some(peers) = Peers::holding(&["venv-2"]) else { return };
    let provider = Provider::start();
    let Lab { house } = Lab::new(&provider, "key_day = \"10\"\n");
    let running = house.up();
    let hello = |key: &str| {
        let mut python = Command::new(peers.path("venv-2/bin/python"));
        let base = format!("http://{}/openai/v1", house.agents());
        Ran::of(python.args(["-c", HELLO]).env("OPENAI_BASE_URL", base).env("OPENAI_API_KEY", key))
    };
    let new = |person: &str| {
        let words = ["keys", "new", "--agent", "writer", "--person", person];
        house.run(&words).expect(0).out.trim().to_owned()
    };
    let ((ada, said), took) = timed(|| {
        let key = new("ada");
        let said = hello(&key);
        (key, said)
    });
    assert_eq!(said.expect(0).out.trim(), "Good morning");
    assert!(took < Duration::from_secs(60), "{took:?}");

    // Of two persons who use one agent, one is revoked alone, and at once.
    let bob = new("bob");
    let works = |key: &str| {
        let bearer = format!("Bearer {key}");
        let headers = [("Authorization", bearer.as_str())];
        let line = "GET /openai/v1/models";
        crate::support::http::send(&house.agents(), line, &headers, "").unwrap().status
    };
    assert_eq!([works(&ada), works(&bob)], [200, 200]);
    house.run(&["keys", "revoke", "--person", "ada"]).expect(0);
    let (status, took) = timed(|| works(&ada));
    assert!(status == 401 && took < Duration::from_secs(1), "{status} after {took:?}");
    assert_eq!(works(&bob), 200);
    let refused = hello(&ada);
    assert!(refused.code != 0 && refused.err.contains("AuthenticationError"), "{refused:?}");
    assert_eq!(running.stop(), 0);
    house.verified();
}

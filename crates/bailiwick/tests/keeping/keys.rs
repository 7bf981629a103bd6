//! `bailiwick keys`.

use serde_json::{Value, json};

use crate::support::agent::Agent;
use crate::support::house::House;

const WHO: [&str; 6] = ["--agent", "support-bot", "--person", "ada", "--tenant", "acme"];

fn made(house: &House, more: &[&str]) -> (String, String) {
    let made = house.json(0, &[&["keys", "new"], &WHO[..], more].concat());
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    (text("id"), text("key"))
}

fn status(house: &House, key: &str) -> u16 {
    Agent::new(&house.agents(), "helpdesk", key).try_open().unwrap().http.status
}

#[test]
fn a_key_is_limited_rotated_and_revoked_while_the_gateway_runs() {
    let house = House::helpdesk();
    let running = house.up();
    let terms = [
        ["--models", "openai/gpt-4o-mini,anthropic/*"],
        ["--servers", "helpdesk,github"],
        ["--networks", "127.0.0.0/8"],
        ["--day-usd", "5"],
        ["--total-usd", "100.25"],
        ["--per-minute", "600"],
        ["--at-once", "8"],
        ["--days", "30"],
        ["--label", "nightly run"],
    ];
    let (id, key) = made(&house, &terms.concat());
    assert_eq!(status(&house, &key), 200);
    let shown = house.json(0, &["keys", "show", &id]);
    assert_eq!(shown["terms"]["models"], json!(["openai/gpt-4o-mini", "anthropic/*"]));
    assert_eq!(
        shown["terms"]["caps"],
        json!({ "day_micro_usd": 5_000_000, "total_micro_usd": 100_250_000 })
    );
    assert_eq!(shown["label"], "nightly run");
    let listed = house.run(&["keys", "list"]).expect(0).out;
    let words = ["until", "\"nightly run\"", "$5 a day", "$100.25 in all", "600 a minute"];
    for word in words.into_iter().chain(["8 at once", "servers helpdesk,github"]) {
        assert!(listed.contains(word), "{word}: {listed}");
    }
    assert!(!listed.contains(&key), "{listed}");

    // From nowhere near.
    house.run(&["keys", "limit", &id, "--networks", "10.0.0.0/8"]).expect(0);
    assert_eq!(status(&house, &key), 401);
    let told = house.run(&["keys", "limit", &id, "--networks", "none"]).expect(0).out;
    assert!(!told.contains("networks") && told.contains("$5 a day"), "{told}");
    assert_eq!(status(&house, &key), 200);

    let rotated = house.json(0, &["keys", "rotate", &id, "--overlap", "10"]);
    let next = rotated["key"].as_str().unwrap();
    assert_eq!((status(&house, &key), status(&house, next)), (200, 200));
    let rotated = house.json(0, &["keys", "rotate", rotated["id"].as_str().unwrap()]);
    let last = rotated["key"].as_str().unwrap();
    assert_eq!((status(&house, next), status(&house, last)), (401, 200));
    let shown = house.json(0, &["keys", "show", rotated["id"].as_str().unwrap()]);
    assert_eq!((&shown["line"], &shown["label"]), (&json!(id), &json!("nightly run")));

    let bobs = house.key("support-bot", "bob", "acme");
    let revoked = house.json(0, &["keys", "revoke", "--person", "ada"]);
    assert_eq!(revoked["revoked"].as_array().unwrap().len(), 2, "{revoked}");
    assert_eq!((status(&house, &key), status(&house, last)), (401, 401));
    assert_ne!(status(&house, &bobs), 401);
    assert_eq!(running.stop(), 0);
    let acts = house.query(&["--kind", "admin"]);
    let acts: Vec<&str> = acts.iter().filter_map(|it| it["record"]["act"].as_str()).collect();
    let count = |act: &str| acts.iter().filter(|it| **it == act).count();
    assert_eq!((count("keys.limit"), count("keys.rotate"), count("keys.revoke")), (2, 2, 2));
    house.verified();
}

#[test]
fn without_a_gateway_the_state_itself_is_changed() {
    let house = House::helpdesk();
    let (id, key) = made(&house, &["--servers", "github"]);
    let (other, others) = made(&house, &[]);
    house.run(&["keys", "limit", &id, "--at-once", "1"]).expect(0);
    let next = house.json(0, &["keys", "rotate", &other])["key"].as_str().unwrap().to_owned();
    let running = house.up();
    // The server that it does not cover is not there.
    assert_eq!(status(&house, &key), 404);
    assert_eq!((status(&house, &others), status(&house, &next)), (401, 200));
    assert_eq!(running.stop(), 0);
    house.run(&["keys", "revoke", "--person", "ada"]).expect(0);
    let keys = house.json(0, &["keys", "list"]);
    assert!(keys.as_array().unwrap().iter().all(|it| it["revoked_ns"] != Value::Null), "{keys}");
    house.verified();
}

#[test]
fn what_cannot_be_kept_is_told_and_makes_nothing() {
    let house = House::helpdesk();
    for more in [
        ["--models", "gpt-4o"],
        ["--networks", "10.1.2.3/8"],
        ["--servers", "a/b"],
        ["--day-usd", "1e3"],
        ["--per-minute", "0"],
        ["--at-once", "-1"],
        ["--label", ""],
        ["--agent", ""],
    ] {
        let who = WHO.iter().filter(|_| more[0] != "--agent");
        let words = ["keys", "new"].iter().chain(who).chain(&more);
        let ran = house.run(&words.collect::<Vec<_>>());
        assert_eq!(ran.code, 2, "{more:?}: {ran:?}");
    }
    for words in [
        &["keys", "revoke"][..],
        &["keys", "revoke", "none"],
        &["keys", "revoke", "a/../b"],
        &["keys", "rotate", "none"],
        &["keys", "limit", "none", "--at-once", "1"],
        &["keys", "show", "none"],
    ] {
        assert_eq!(house.run(words).code, 2, "{words:?}");
    }
    let (id, _) = made(&house, &[]);
    assert_eq!(house.run(&["keys", "limit", &id]).code, 2);
    assert_eq!(house.json(0, &["keys", "list"]).as_array().unwrap().len(), 1);
}

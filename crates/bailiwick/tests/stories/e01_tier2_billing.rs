//! An agent may read billing of customers of tier 1 and not of tier 2, and the log can prove later
//! what was decided, the denial above all.

use std::fs;

use serde_json::{Value, json};

use crate::support::house::House;

const FORBID: &str = "no_agent_reads_tier_2_billing";

#[test]
fn tier_2_billing_is_denied_and_the_denial_can_be_proven() {
    let house = House::helpdesk();
    let running = house.up();
    let mut agent = house.support();

    let first = agent.call("get_billing", &json!({ "customer_id": "c_41" }));
    assert!(first.is_done(), "{first:?}");
    let second = agent.call("get_billing", &json!({ "customer_id": "c_42" }));
    assert_eq!(second.error().0, 403, "{second:?}");
    let denial = second.decision();
    let words = second.http.text();
    for of_the_record in ["c_42", "IBAN", "iban", "balance", FORBID] {
        assert!(!words.contains(of_the_record), "the denial tells {of_the_record}: {words}");
    }

    let decisions = house.query(&["--kind", "decision", "--tool", "get_billing"]);
    let told: Vec<_> = decisions.iter().map(|it| &it["record"]).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    check(told[0], true, &first.decision());
    check(told[1], false, &denial);
    assert_eq!(told[1]["policies"], json!([FORBID]), "{told:?}");
    assert_eq!(told[1]["visible"], true);
    let denied = house.query(&["--decision", "denied", "--agent", "support-bot"]);
    assert_eq!(denied, [decisions[1].clone()]);
    let of_ada = house.query(&["--person", "ada", "--tenant", "acme", "--tool", "get_billing"]);
    assert_eq!(of_ada, decisions);
    let of_bob = house.query(&["--person", "bob", "--tenant", "acme"]);
    assert!(of_bob.is_empty(), "{of_bob:?}");

    prove(&house, &denial);
    assert_eq!(running.stop(), 0);
    let report = house.verified();
    assert_eq!(report["in_doubt"], 0, "{report}");
    prove(&house, &denial);
}

fn check(record: &Value, permitted: bool, id: &str) {
    assert_eq!(record["permitted"], permitted, "{record}");
    assert_eq!(record["exchange"], id, "{record}");
    assert_eq!(record["server"], "helpdesk", "{record}");
    assert_eq!(record["tenant"], "acme", "{record}");
    assert_eq!(record["effect"], "read", "{record}");
    let chain = record["chain"].as_array().unwrap();
    assert_eq!(chain.len(), 2, "{record}");
    assert_eq!(chain[1], "support-bot", "{record}");
    // Persons are pseudonyms in the log.
    let person = chain[0].as_str().and_then(|it| it.strip_prefix("person ")).unwrap();
    assert!(person.len() == 8 && person.bytes().all(|it| it.is_ascii_hexdigit()), "{record}");
}

/// The denial is proven to stand in the log; anything else is not.
fn prove(house: &House, denial: &str) {
    house.verified();
    let paths = ["proof.txt", "entry.bin", "other.bin"].map(|it| house.path(it));
    let [proof, entry, other] = paths.each_ref().map(|it| it.to_str().unwrap());
    crate::support::process::wait_for("a checkpoint over the denial", || {
        let ran = house.run(&["log", "prove", denial, "--out", proof, "--entry", entry]);
        (ran.code == 0).then_some(())
    });
    assert!(fs::read_to_string(proof).unwrap().starts_with("c2sp.org/tlog-proof@v1\n"));
    let good = house.json(0, &["log", "check-proof", proof, "--entry", entry]);
    assert_eq!(good, json!({ "good": true, "fault": null }));

    // A denial made into something else has no proof.
    let mut bytes = fs::read(entry).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(other, bytes).unwrap();
    let bad = house.json(1, &["log", "check-proof", proof, "--entry", other]);
    assert_eq!(bad["good"], false, "{bad}");
    // Nor has the denial under another log's key.
    let stranger = "bailiwick.example/log+00000000+AQ==";
    let ran = house.run(&["log", "check-proof", proof, "--entry", entry, "--key", stranger]);
    assert_ne!(ran.code, 0, "{ran:?}");
}

//! A server whose source has been dead for eight months, with 47 open issues of which 12 are about
//! security, is called all day and answers as if nothing were wrong. It is found, loses its writes
//! and new agents, then everything; an exception gives back what it says, until its day.

use std::fs;

use bailiwick_core::Day;
use serde_json::{Value, json};

use crate::support::agent::{Agent, Answer};
use crate::support::house::{House, Running};
use crate::support::process::wait_for;

const FEED: &str = "[health]\nfeeds = [\"health.json\"]\n";
const STANDING: &str = "\n[standing]\nowner = \"ada\"\ncredentials = [\"helpdesk-token\"]\n";

/// A day, so many days before or after today.
fn day(days: i64) -> String {
    let today = Day::of(bailiwick_gateway::now());
    Day::from_number(u32::try_from(i64::from(today.number()) + days).unwrap()).to_string()
}

fn dead(vulnerabilities: &Value) -> Value {
    json!({
        "as_of": day(0), "last_commit": day(-243), "last_release": day(-300),
        "open_issues": 47, "open_security_issues": 12, "security_policy": false,
        "vulnerabilities": vulnerabilities,
    })
}

fn write(house: &House, helpdesk: &Value) {
    // As editors do it: the file is never there by half.
    let feed = json!({ "servers": { "helpdesk": helpdesk } });
    fs::write(house.path("health.new"), feed.to_string()).unwrap();
    fs::rename(house.path("health.new"), house.path("health.json")).unwrap();
}

/// Edit what the contract says of the server itself.
fn stands(house: &House, standing: &str) {
    let file = house.path("contracts/helpdesk.toml");
    let text = fs::read_to_string(&file).unwrap();
    let own = text.split("\n[standing]").next().unwrap();
    fs::write(house.path("edited"), format!("{own}{STANDING}{standing}")).unwrap();
    fs::rename(house.path("edited"), file).unwrap();
}

fn reads(agent: &mut Agent) -> Answer {
    agent.call("get_billing", &json!({ "customer_id": "c_41" }))
}

fn writes(agent: &mut Agent) -> Answer {
    let refund = json!({ "order_id": "4821", "amount_cents": 100, "reason": "late" });
    agent.call("refund_order", &refund)
}

#[track_caller]
fn until_told(running: &Running, what: &str) {
    wait_for(what, || running.told().contains(what).then_some(()));
}

/// What decided on a refused call.
#[track_caller]
fn why(house: &House, refused: &Answer) -> String {
    assert!(!refused.is_done(), "{refused:?}");
    house.run(&["why", &refused.decision()]).expect(1).out
}

#[test]
fn a_dead_server_that_answers_is_found_and_taken_out_of_use() {
    let house = House::helpdesk_with("", FEED);
    stands(&house, "");
    write(&house, &json!({ "as_of": day(0), "last_commit": day(-1) }));
    let running = house.up();
    let mut agent = house.support();
    for _ in 0..3 {
        assert!(reads(&mut agent).is_done());
    }
    assert_eq!(house.json(0, &["contracts", "neglected"])["servers"], json!([]));
    assert_eq!(house.json(0, &["contracts", "health"])["servers"][0]["state"], "active");

    // Now its source is looked at.
    write(&house, &dead(&json!([])));
    until_told(&running, "health.abandoned");
    let found = house.json(1, &["contracts", "neglected"]);
    let line = &found["servers"][0];
    assert_eq!((&line["server"], &line["calls"]), (&json!("helpdesk"), &json!(3)), "{found}");
    assert_eq!((&line["open_issues"], &line["open_security_issues"]), (&json!(47), &json!(12)));
    assert_eq!(line["agents"], json!(["support-bot"]));
    assert_eq!(line["credentials"], json!(["helpdesk-token"]));
    assert_eq!(house.json(0, &["contracts", "neglected", "--months", "9"])["servers"], json!([]));

    // It answers on, and whoever used it may read; nothing is written, and nobody begins.
    assert!(reads(&mut agent).is_done());
    let told = why(&house, &writes(&mut agent));
    assert!(told.contains("health:abandoned"), "{told}");
    let key = house.key("chat-bot", "visitor", "acme");
    let mut new = Agent::new(&house.agents(), "helpdesk", &key);
    let told = why(&house, &new.try_open().unwrap());
    assert!(told.contains("health:abandoned"), "{told}");

    quarantined_but_for_an_exception(&house, &running, agent);
    assert_eq!(running.stop(), 0);
    let noticed = house.query(&["--kind", "noticed", "--server", "helpdesk"]);
    let words: Vec<_> = noticed.iter().map(|it| it["record"]["what"].as_str().unwrap()).collect();
    assert_eq!(
        words,
        [
            "health.abandoned",
            "health.quarantined",
            "health.quarantined_as_abandoned",
            "health.quarantined",
        ]
    );
    house.verified();
}

fn quarantined_but_for_an_exception(house: &House, running: &Running, mut agent: Agent) {
    let hole = json!([{ "id": "CVE-2026-1", "severity": "high", "since": day(-60) }]);
    write(house, &dead(&hole));
    until_told(running, "health.quarantined:");
    assert!(!reads(&mut agent).is_done());
    let told = house.run(&["contracts", "health", "helpdesk"]).expect(1).out;
    assert!(told.contains("every call of it is refused") && told.contains("12 of 47"), "{told}");

    let exception = |until: &str| {
        format!(
            "[[standing.exceptions]]\nstate = \"quarantined\"\nuntil = {until}\n\
             approver = \"ada\"\nwhy = \"until the fork is tested\"\n"
        )
    };
    let tomorrow = day(1);
    stands(house, &exception(&tomorrow));
    until_told(running, "health.quarantined_as_abandoned");
    let told = house.json(1, &["contracts", "health", "helpdesk"]);
    let line = &told["servers"][0];
    assert_eq!((&line["state"], &line["acts"]), (&json!("quarantined"), &json!("abandoned")));
    assert_eq!(
        (&line["next"]["on"], &line["next"]["acts"]),
        (&json!(tomorrow), &json!("quarantined"))
    );
    assert_eq!(line["exceptions"][0]["approver"], "ada");
    let mut agent = house.support();
    assert!(reads(&mut agent).is_done());
    assert!(!writes(&mut agent).is_done());

    // Its day has come.
    stands(house, &exception(&day(0)));
    wait_for("the end of the exception", || {
        (running.told().matches("health.quarantined:").count() > 1).then_some(())
    });
    assert!(!reads(&mut agent).is_done());
}

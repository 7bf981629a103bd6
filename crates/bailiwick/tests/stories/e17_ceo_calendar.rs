//! An agent that was given the support calendar got a credential that opens the chief executive's,
//! too. What was declared is compared with what was seen, and the five questions of the first hour
//! (which log, whom to call, can it be undone, what else does the credential reach, what did it
//! touch) have one command.

use std::fs;
use std::time::Instant;

use serde_json::json;

use crate::support::house::House;

/// What the story's contract says of one tool, in the place of the demo's.
const BILLING: &str = "[tools.get_billing]\nsystem = \"office suite\"\n\
    audit_log = \"office suite, admin console\"\non_call = \"pager: office\"\n\
    credential = \"svc-office\"\nreaches = [\"Customer\", 'Calendar::\"support\"', \"Room\"]\n";

const CLASSES: &str = "[classes]\nCustomer = [\"tier\"]\n";

#[test]
fn the_credential_reached_more_than_was_declared() {
    let house = House::helpdesk_with("", CLASSES);
    let contract = house.path("contracts/helpdesk.toml");
    let text = fs::read_to_string(&contract).unwrap();
    let text = text.replace("[tools.get_billing]\n", BILLING);
    // One tool is used, and nobody has said what it does.
    let text = text.replace(
        "[tools.read_ticket]\neffect = \"read\"\n",
        "[tools.read_mail]\neffect = \"read\"\n",
    );
    fs::write(&contract, text).unwrap();
    let policy = "@id(\"tickets\") permit (principal is Agent, action == \
                  Action::\"helpdesk/read_ticket\", resource);\n@id(\"people_tickets\") permit \
                  (principal is Person, action == Action::\"helpdesk/read_ticket\", resource);";
    fs::write(house.path("policies/tickets.cedar"), policy).unwrap();
    let running = house.up();
    let mut agent = house.support();
    let small = agent.call("get_billing", &json!({ "customer_id": "c_41" }));
    assert!(small.is_done(), "{small:?}");
    let large = agent.call("get_billing", &json!({ "customer_id": "c_42" }));
    for _ in 0..2 {
        let ticket = agent.call("read_ticket", &json!({ "ticket_id": "t_1001" }));
        assert!(ticket.is_done(), "{ticket:?}");
    }
    let noticed = house.query(&["--kind", "noticed"]);
    let told: Vec<_> = noticed.iter().map(|it| &it["record"]).collect();
    let once = told.iter().filter(|it| it["what"] == "reach.undeclared").count();
    assert_eq!((once, &told[0]["tool"]), (1, &json!("read_ticket")), "{told:?}");
    drop(running);

    // What the suite's own log says of the credential, and what it says is not all ours.
    let observed = house.path("observed.jsonl");
    let lines = [
        json!({ "credential": "svc-office", "action": "get_billing", "resource": "Customer", "times": 4 }),
        json!({ "credential": "svc-office", "action": "events.list", "resource": "Calendar::\"support\"" }),
        json!({ "credential": "svc-office", "action": "events.list", "resource": "Calendar::\"ceo\"", "times": 2 }),
    ];
    fs::write(&observed, lines.map(|it| format!("{it}\n")).concat()).unwrap();
    let file = observed.to_str().unwrap();
    let told = house.json(1, &["contracts", "reach", "helpdesk", "--observed", file]);
    let server = &told["servers"][0];
    let odd = server["undeclared"].as_array().unwrap();
    for (kind, what, times) in [
        ("tool", "read_ticket", 2),
        ("resource", "Calendar::\"ceo\"", 2),
        ("outside", "get_billing", 3),
    ] {
        let expected = json!({ "kind": kind, "what": what, "times": times });
        assert!(odd.contains(&expected), "{kind}: {told}");
    }
    assert_eq!(odd.len(), 3, "{told}");
    let unused = server["unused"].as_array().unwrap();
    assert!(unused.contains(&json!("Room")), "{told}");
    assert!(!unused.contains(&json!("Calendar::\"support\"")), "{told}");
    let text = house.run(&["contracts", "reach"]).expect(1).out;
    assert!(text.contains("! undeclared   tool read_ticket was called x2"), "{text}");
    // The same as CSV, of a credential that nobody knows.
    let csv = house.path("observed.csv");
    fs::write(&csv, "credential,action,resource\nsvc-old,read,\"Payroll\"\n").unwrap();
    let told = house.json(1, &["contracts", "reach", "--observed", csv.to_str().unwrap()]);
    assert_eq!(told["unknown_credentials"], json!(["svc-old"]));
    fs::write(&csv, "credential,action\nsvc-old,read\n").unwrap();
    let refused = house.run(&["contracts", "reach", "--observed", csv.to_str().unwrap()]).expect(2);
    assert!(refused.err.contains("`resource`"), "{}", refused.err);

    the_five_questions(&house);
    whoever_was_large_then(&house, &large.decision());
}

/// Five questions, one command.
#[expect(clippy::disallowed_methods, reason = "the time of an answer is measured")]
fn the_five_questions(house: &House) {
    let began = Instant::now();
    let told = house.json(0, &["log", "incident", "--agent", "support-bot"]);
    let took = began.elapsed();
    let all = told.as_array().unwrap();
    let line = all.iter().find(|it| it["tool"] == "get_billing").unwrap();
    assert_eq!(line["audit_log"], "office suite, admin console");
    assert_eq!(line["on_call"], "pager: office");
    assert_eq!(line["credential"], "svc-office");
    assert_eq!(line["reaches"][1], "Calendar::\"support\"");
    assert_eq!((&line["called"], &line["refused"]), (&json!(1), &json!(1)), "{line}");
    println!("the five opening questions: answered in {} ms", took.as_millis());
}

/// Which of the calls were about a customer of tier 2, as tiers were then?
fn whoever_was_large_then(house: &House, denied: &str) {
    let found = house.query(&["--resource", "Customer[tier=2]", "--tenant", "acme"]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (&found[0]["record"]["exchange"], &found[0]["certain"]),
        (&json!(denied), &json!(true))
    );
    assert_eq!(found[0]["record"]["named"][0]["class"], json!({ "tier": "2" }));
    let why = house.run(&["why", denied]).out;
    assert!(why.contains("about       Customer tier 2"), "{why}");
    // Nobody knows the colour of any of them, so each may be one.
    let unsure = house.query(&["--resource", "Customer[colour=red]", "--tenant", "acme"]);
    assert!(unsure.len() >= 2 && unsure.iter().all(|it| it["certain"] == false), "{unsure:?}");
    let text = house.run(&["log", "query", "--resource", "Customer[colour=red]"]).out;
    assert!(text.contains("(perhaps: its class was not known)"), "{text}");
    house.verified();
}

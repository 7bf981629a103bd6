//! What the verbs know besides policies: facts, the health of servers, what a server launches, and
//! whether the gateway runs by what the file says.

use std::fs;

use bailiwick_core::Day;
use serde_json::json;

use crate::support::house::House;
use crate::support::process::wait_for;

const BOOK: &str = "[facts.book]\nfile = \"book.csv\"\ntypes = [\"Customer\"]\n\
                    attributes = { vip = \"bool\" }\n";

const NO_VIPS: &str = r#"
@id("no_vips")
forbid (principal is Agent, action == Action::"helpdesk/get_billing", resource)
when { context.resources has customer_id && context.resources.customer_id has vip &&
       context.resources.customer_id.vip };
"#;

fn asked(customer: &str, more: &[&str]) -> Vec<String> {
    let arguments = json!({ "customer_id": customer }).to_string();
    let words = ["ask", "--agent", "support-bot", "--person", "ada", "--tenant", "acme"];
    let words = words.into_iter().chain(["--tool", "helpdesk/get_billing", "--arguments"]);
    words.chain([arguments.as_str()]).chain(more.iter().copied()).map(str::to_owned).collect()
}

#[track_caller]
fn says(text: &str, words: &[&str]) {
    words.iter().for_each(|it| assert!(text.contains(it), "{it} is not in {text}"));
}

fn book(house: &House, text: &str) {
    fs::write(house.path("book.new"), text).unwrap();
    fs::rename(house.path("book.new"), house.path("book.csv")).unwrap();
}

#[test]
fn ask_knows_facts_and_says_which_it_did_not_look_at() {
    let far = "[facts.far]\nurl = \"http://127.0.0.1:9/\"\ntypes = [\"Customer\"]\n\
               attributes = { region = \"text\" }\ntimeout_seconds = 2\n";
    let house = House::helpdesk_with("", &format!("{BOOK}{far}"));
    fs::write(house.path("policies/vips.cedar"), NO_VIPS).unwrap();
    let unasked = "facts of source far were not looked at";
    let none = house.run(&asked("c_41", &[])).expect(1).out;
    says(
        &none,
        &["denied, as far as is known here\nbecause     facts about what it names", unasked],
    );
    says(&none, &["unknown     facts book: ", "book.csv", "facts:stale: `bailiwick status`"]);

    book(&house, "id,vip\nc_40,true\nc_41,false\n");
    let plain = house.run(&asked("c_41", &[])).expect(0).out;
    says(&plain, &["permitted, as far as is known here", unasked]);
    let vip = house.run(&asked("c_40", &[])).expect(1).out;
    says(&vip, &["because     a policy forbids it", "forbid no_vips applies", unasked]);
    let answer = house.run(&asked("c_40", &["--json"])).expect(1).json();
    assert_eq!(answer["unknown"].as_array().unwrap().len(), 1, "{answer}");
    let far = house.run(&asked("c_41", &["--ask-sources"])).expect(1).out;
    says(&far, &["because     facts about what it names are too old", "unknown     facts far: "]);

    // What cannot be of use, or says nothing that is asked for, is told before it decides anything.
    book(&house, "id,vips\nc_40,true\n");
    says(&house.run(&["check"]).expect(0).out, &["nothing in it is called `vip`"]);
    let looked = house.run(&["doctor"]).expect(1).out;
    says(&looked, &["BAD   facts", "nothing in it is called `vip`"]);
}

#[test]
fn why_says_that_facts_are_not_what_they_were() {
    let house = House::helpdesk_with("", BOOK);
    fs::write(house.path("policies/vips.cedar"), NO_VIPS).unwrap();
    book(&house, "id,vip\nc_41,false\n");
    let running = house.up();
    let mut agent = house.support();
    let mut ask = || agent.call("get_billing", &json!({ "customer_id": "c_41" }));
    let permitted = wait_for("facts", || Some(ask()).filter(|it| it.is_done())).decision();
    let told = house.run(&["why", &permitted]).expect(0).out;
    assert!(!told.contains("the record says"), "{told}");

    book(&house, "id,vip\nc_41,true\n");
    let denied = wait_for("the edit", || Some(ask()).filter(|it| !it.is_done())).decision();
    says(&house.run(&["why", &permitted]).expect(1).out, &["the record says permitted", "no_vips"]);
    fs::remove_file(house.path("book.csv")).unwrap();
    let told = house.run(&["why", &denied]).expect(1).out;
    says(&told, &["on record   denied (forbidden)", "denied, as far as is known here"]);
    says(&told, &["unknown     facts book: ", "a gateway that could ask it lately"]);
    running.stop();
}

fn day(days: i64) -> String {
    let today = Day::of(bailiwick_gateway::now());
    Day::from_number(u32::try_from(i64::from(today.number()) + days).unwrap()).to_string()
}

#[test]
fn the_health_of_a_server_is_known_to_ask_doctor_and_status() {
    let house = House::helpdesk_with("", "[health]\nfeeds = [\"health.json\"]\n");
    let feed = |vulnerabilities: serde_json::Value| {
        let signals = json!({
            "as_of": day(0), "last_commit": day(-243), "last_release": day(-300),
            "vulnerabilities": vulnerabilities,
        });
        let feed = json!({ "servers": { "helpdesk": signals } }).to_string();
        fs::write(house.path("health.json"), feed).unwrap();
    };
    feed(json!([]));
    // Nothing is on record, so every agent is new.
    let told = house.run(&asked("c_41", &[])).expect(1).out;
    says(&told, &["because     nobody looks after its server, which can only be read"]);
    says(&told, &["health:abandoned: `bailiwick contracts health helpdesk`", "no such thing"]);

    feed(json!([{ "id": "CVE-1", "severity": "high", "since": day(-60) }]));
    says(&house.run(&asked("c_41", &[])).expect(1).out, &["vulnerable: it is off"]);
    let _running = house.launch();
    wait_for("the status of it", || {
        let told = house.run(&["status"]).out;
        told.contains("it is off: quarantined").then_some(())
    });
    let looked = house.run(&["doctor"]).out;
    says(
        &looked,
        &["warn  health", "helpdesk: it is off: quarantined", "contracts health helpdesk"],
    );
    assert!(!looked.contains("All is well") && !looked.contains("mend its command"), "{looked}");
}

#[test]
fn a_program_that_was_exchanged_is_told_with_what_to_do() {
    let house = House::helpdesk();
    let file = house.path("contracts/helpdesk.toml");
    let contract = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{contract}\n[standing]\ndigest = \"sha256:00\"\n")).unwrap();
    let _running = house.launch();
    let told = wait_for("the status of it", || {
        let told = house.run(&["status"]).out;
        told.contains("could not be started").then_some(told)
    });
    says(
        &told,
        &["is not what was approved", "-> see what changed there", "contracts digest helpdesk"],
    );
    let looked = house.run(&["doctor"]).expect(1).out;
    says(&looked, &["what it launches is not what was approved, so it is not started"]);
    assert!(!looked.contains("mend its command"), "{looked}");
}

#[test]
fn a_file_that_was_edited_since_is_told_everywhere() {
    let house = House::helpdesk();
    let running = house.up();
    assert!(!house.run(&["check"]).expect(0).out.contains("restart"));
    let file = house.path("bailiwick.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{text}\n[health]\nstale_days = 80\n")).unwrap();
    says(&house.run(&["check"]).expect(0).out, &["by what the file said before it was edited"]);
    says(
        &house.run(&["doctor"]).out,
        &["does not run by what the file says", "restart the gateway"],
    );
    let words = "restart the gateway to use it";
    wait_for("the terminal", || running.told().contains(words).then_some(()));
    says(&house.run(&["status"]).expect(0).out, &[words]);
    fs::write(&file, text).unwrap();
    wait_for("the edit's end", || running.told().contains("says again what is").then_some(()));
    assert!(!house.run(&["status"]).expect(0).out.contains(words));
}

#[test]
fn what_nobody_approved_and_what_is_never_on_record_is_said_so() {
    let house = House::helpdesk_with("", "[classes]\nCustomer = [\"tier\", \"phase\"]\n");
    let checked = house.run(&["check"]).expect(0).out;
    says(&checked, &["[classes] Customer: nothing says `phase` of it"]);
    assert!(!checked.contains("`tier` of it"), "{checked}");
    let running = house.up();
    assert!(house.support().call("get_billing", &json!({ "customer_id": "c_41" })).is_done());
    let query = |what: &str| {
        let words = ["log", "query", "--tenant", "acme", "--resource", what];
        house.run(&words).expect(0).err
    };
    says(&query("Customer[tierr=1]"), &["[classes] has only phase, tier of Customer"]);
    says(&query("customer[tier=1]"), &["[classes] has no `customer`"]);
    assert_eq!(query("Customer[tier=1]"), "");
    running.stop();

    house.closed();
    says(
        &house.run(&asked("c_41", &[])).expect(1).out,
        &["because     nobody approved this tool\n"],
    );
}

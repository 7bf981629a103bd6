//! Another server in the place of one, and how tools answer, from the command line.

use std::fs;

use serde_json::json;

use crate::support::agent::Agent;
use crate::support::house::House;
use crate::support::process::{self, wait_for};

#[test]
fn a_replacement_is_compared_before_it_takes_the_place() {
    let house = House::helpdesk();
    house.closed();
    let program = process::program().display().to_string();
    let same = [program.as_str(), "helpdesk"];
    let with = |rest: &[&'static str]| {
        let mut words = vec!["contracts", "compare", "helpdesk", "--"];
        words.extend(rest);
        words
    };
    let none = house.run(&["contracts", "compare", "helpdesk", "--with", "helpdesk"]).expect(2);
    assert!(none.err.contains("contracts approve helpdesk --all"), "{}", none.err);
    let running = house.up();
    wait_for("the warning", || running.told().contains("tools are held").then_some(()));
    house.run(&["contracts", "approve", "helpdesk", "--all", "--why", "read"]).expect(0);

    // While the gateway runs, and beside it.
    let mut words = vec!["contracts", "compare", "helpdesk", "--"];
    words.extend(same);
    let told = house.json(0, &words);
    assert_eq!(told["same"], true);
    assert_eq!(told["tools"]["get_billing"]["compared"], "same");
    drop(running);
    let told = house.run(&["contracts", "compare", "helpdesk", "--with", "helpdesk"]).expect(0).out;
    assert!(told.contains("Approvals hold"), "{told}");

    // What was approved of one tool says something else, and of another nothing.
    let lock = house.path("contracts/helpdesk.lock");
    let text = fs::read_to_string(&lock).unwrap();
    fs::write(&lock, text.replace("tools.get_billing]", "tools.get_bill]")).unwrap();
    let told = house.json(1, &words);
    assert_eq!(told["tools"]["get_bill"]["compared"], "missing");
    assert_eq!(told["tools"]["get_billing"]["compared"], "new");
    assert_eq!(told["same"], false);

    for (words, code, err) in [
        (with(&["no-such-program-of-ours"]), 2, "cannot be listed"),
        (vec!["contracts", "compare", "nobody", "--with", "helpdesk"], 2, "[servers] has no"),
        (vec!["contracts", "compare", "helpdesk", "--with", "nobody"], 2, "behind `--`"),
        (with(&["npx", "-y", "no-such-server-of-ours"]), 2, "@VERSION"),
    ] {
        let ran = house.run(&words).expect(code);
        assert!(ran.err.contains(err), "{words:?}: {}", ran.err);
    }

    // What is started with its own secrets must be what was approved, and not off; another command
    // has neither.
    let configured = ["contracts", "compare", "helpdesk", "--with", "helpdesk"];
    let file = house.path("contracts/helpdesk.toml");
    let contract = fs::read_to_string(&file).unwrap();
    let digest = format!("[standing]\ndigest = \"sha256:{}\"\n", "0".repeat(64));
    let declared = match contract.contains("[standing]\n") {
        true => contract.replace("[standing]\n", &digest),
        false => format!("{contract}\n{digest}"),
    };
    fs::write(&file, declared).unwrap();
    let refused = house.run(&configured).expect(2).err;
    assert!(refused.contains("not what was approved"), "{refused}");
    house.run(&words).expect(1);
    fs::write(&file, contract).unwrap();
    let settings = fs::read_to_string(house.path("bailiwick.toml")).unwrap();
    let strict = settings + "\n[health]\nrequire_record = true\n";
    fs::write(house.path("bailiwick.toml"), strict).unwrap();
    let refused = house.run(&configured).expect(2).err;
    assert!(refused.contains("it is off"), "{refused}");
    house.run(&words).expect(1);
}

#[test]
fn how_tools_answer_is_told_and_a_failing_canary_is_a_no() {
    let house = House::helpdesk_with("", "[drift]\nlearn_answers = 20\ncanary_seconds_min = 1\n");
    let permit = "@id(\"canary\") permit (principal == System::\"canary\", action in \
                  [Action::\"discover\", Action::\"session\", Action::\"read\"], resource);";
    fs::write(house.path("policies/canary.cedar"), permit).unwrap();
    let file = house.path("contracts/helpdesk.toml");
    let contract = fs::read_to_string(&file).unwrap();
    let canary = |expected: &str| {
        format!(
            "{contract}\n[tools.get_billing.canaries.known]\nevery = \"1s\"\n\
             arguments = {{ customer_id = \"c_41\" }}\nmatches = {{ \"/customer_id\" = '{expected}' }}\n"
        )
    };
    fs::write(&file, canary("c_[0-9]+")).unwrap();
    let running = house.up();
    let key = house.key("support-bot", "ada", "acme");
    let mut agent = Agent::open(&house.agents(), "helpdesk", &key);
    for _ in 0..25 {
        agent.call("get_billing", &json!({ "customer_id": "c_41" }));
    }
    let drift = ["contracts", "drift", "helpdesk"];
    wait_for("the canary", || house.run(&drift).out.contains("canary known got").then_some(()));
    let told = house.json(0, &drift);
    assert_eq!(told[0]["tools"]["get_billing"]["is_learning"], false, "{told}");
    let all = house.run(&["contracts", "drift", "--parts"]).expect(0).out;
    assert!(all.contains("helpdesk/get_billing   is as usual, 2"), "{all}");

    fs::write(&file, canary("nothing of it")).unwrap();
    wait_for("the failure", || house.run(&drift).out.contains("FAILED since").then_some(()));
    house.run(&drift).expect(1);
    let status = house.run(&["status"]).expect(0).out;
    assert!(status.contains("canary known of get_billing failed"), "{status}");
    house.run(&["contracts", "relearn", "helpdesk", "get_billing", "--why", "moved"]).expect(0);
    house.run(&["contracts", "relearn", "helpdesk", "never", "--why", "moved"]).expect(2);
    fs::write(&file, canary("x").replace("every = \"1s\"", "every = \"500ms\"")).unwrap();
    assert!(house.run(&["check"]).expect(1).out.contains("write it as `5m`"));
    drop(running);
    house.verified();
}

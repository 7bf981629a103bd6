//! `check`: what is wrong, in which file, on which line; and what is right.

use std::fs;

use crate::support::house::House;
use crate::support::process::wait_for;

/// `check` fails and names this place, in words and in JSON.
#[track_caller]
fn refuses(house: &House, place: &str) {
    let told = house.run(&["check"]).expect(1).out;
    assert!(told.contains(place), "{place} is not in {told}");
    let json = house.json(1, &["check"]);
    assert_eq!(json["right"], false, "{json}");
    let faults: Vec<&str> =
        json["faults"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    assert!(faults.iter().any(|it| it.contains(place)), "{place} is not in {faults:?}");
    // And nothing of that kind is served.
    let up = house.run(&["up"]);
    assert_eq!(up.code, 2, "{up:?}");
}

/// Append to a file, and the number of the line that was added.
fn append(house: &House, name: &str, text: &str) -> usize {
    let file = house.path(name);
    let mut whole = fs::read_to_string(&file).unwrap_or_default();
    let line = whole.lines().count() + 1;
    whole += text;
    fs::write(file, whole).unwrap();
    line
}

#[test]
fn what_is_right_is_said_to_be() {
    let house = House::helpdesk();
    let told = house.run(&["check"]).expect(0).out;
    for word in ["agents ", "operators ", "policies ", "durability ", "helpdesk:", "It is right."] {
        assert!(told.contains(word), "{word} is not in {told}");
    }
    let json = house.json(0, &["check"]);
    assert_eq!((&json["right"], &json["keyless_loopback"]), (&true.into(), &false.into()));
    assert!(json["warnings"].as_array().is_some(), "{json}");
    // Checking leaves nothing behind.
    assert!(!house.path("data").exists());
}

#[test]
fn what_permits_everything_is_warned_of() {
    let house = House::helpdesk();
    append(&house, "policies/all.cedar", "\n@id(\"all\")\npermit (principal, action, resource);\n");
    let json = house.json(0, &["check"]);
    let warnings = json["warnings"].to_string();
    assert!(warnings.contains("all.cedar:2:1"), "{warnings}");
}

#[test]
fn faults_of_the_configuration_have_a_line() {
    let house = House::helpdesk_with("", "\n[limits]\nsessions = 0\n");
    let text = fs::read_to_string(house.path("bailiwick.toml")).unwrap();
    let line = text.lines().position(|it| it == "[limits]").unwrap() + 1;
    refuses(&house, &format!("bailiwick.toml:{line}:1: [limits] sessions is 0"));

    let house = House::helpdesk_with("lissen = \"x\"\n", "");
    let text = fs::read_to_string(house.path("bailiwick.toml")).unwrap();
    let line = text.lines().position(|it| it.starts_with("lissen")).unwrap() + 1;
    refuses(&house, &format!("bailiwick.toml:{line}:1: unknown field `lissen`"));
}

#[test]
fn faults_of_policies_have_a_line() {
    let house = House::helpdesk();
    let line = append(&house, "policies/agents.cedar", "permit (principal, action resource);\n");
    refuses(&house, &format!("agents.cedar:{line}:"));

    let house = House::helpdesk();
    let text = "@id(\"one_recipient\")\nforbid (principal, action, resource);\n";
    append(&house, "policies/zz.cedar", text);
    refuses(&house, "zz.cedar:1:");

    let house = House::helpdesk();
    fs::write(house.path("policies/entities.json"), "[\n  {\n    \"uid\": 3\n  }\n]\n").unwrap();
    refuses(&house, "entities.json");
}

#[test]
fn faults_of_contracts_have_a_line() {
    let house = House::helpdesk();
    let line = append(&house, "contracts/helpdesk.toml", "\n[tools.x]\neffect = \"reed\"\n") + 2;
    refuses(&house, &format!("helpdesk.toml:{line}:"));

    let house = House::helpdesk();
    let text = "\n[tools.x]\neffect = \"read\"\nresources = { id = \"no type\" }\n";
    append(&house, "contracts/helpdesk.toml", text);
    refuses(&house, "helpdesk.toml");
}

#[test]
fn the_schema_is_json() {
    let house = House::helpdesk();
    let schema = house.json(0, &["check", "--schema"]);
    assert!(schema["properties"]["servers"].is_object(), "{schema}");
}

/// A type, a server and a contract that nothing has, and addresses in the clear: told by `check`,
/// at the start of `up`, with each edit, and by `status`.
#[test]
fn what_does_nothing_is_warned_of_wherever_one_looks() {
    let house = House::helpdesk();
    append(&house, "policies/zz.cedar", "forbid (principal is Agnt, action, resource);\n");
    let running = house.up();
    let told = running.told();
    assert!(told.contains("zz.cedar:1:1: nothing has the type `Agnt`"), "{told}");

    append(
        &house,
        "policies/zz.cedar",
        "forbid (principal, action, resource in Server::\"helpdsk\");",
    );
    append(&house, "contracts/zz.toml", "server = \"helpdusk\"\n");
    let expected = [
        "did you mean `Agent`?",
        "zz.cedar:2:1: [servers] has no `helpdsk`: did you mean `helpdesk`?",
        "a contract is about `helpdusk`",
    ];
    wait_for("the edit's warnings", || {
        let told = running.told();
        expected.iter().all(|it| told.contains(it)).then_some(())
    });
    let state = house.run(&["status"]).expect(0).out;
    let checked = house.run(&["check"]).expect(0).out;
    let looked = house.run(&["doctor"]).out;
    for told in [state, checked, looked] {
        assert!(expected.iter().all(|it| told.contains(it)), "{told}");
    }
    running.stop();

    house.listen_everywhere();
    let running = house.up();
    let looks = [running.told(), house.run(&["check"]).out, house.run(&["doctor"]).out];
    for told in looks {
        for who in ["agents connect to 0.0.0.0:", "operators connect to 0.0.0.0:"] {
            assert!(told.contains(who), "{told}");
        }
    }
}

#[test]
fn status_tells_of_providers_and_of_what_is_left_to_spend() {
    let provider = "\n[providers.local]\nurl = \"http://127.0.0.1:9/v1\"\n";
    let house = House::helpdesk_with("", &format!("{provider}[spending]\nkey_day = \"7\"\n"));
    let running = house.up();
    let told = house.run(&["status"]).expect(0).out;
    assert!(told.contains("provider  local\n"), "{told}");
    assert!(told.contains("cap       $7.000000 for each key, day\n"), "{told}");
    let told = house.json(0, &["status"]);
    assert_eq!(told["spending"]["budgets"], serde_json::json!([]), "{told}");
    assert_eq!((&told["ready"], &told["providers"][0]["name"]), (&true.into(), &"local".into()));
    running.stop();
}

#[test]
fn what_would_not_start_for_its_money_is_not_right() {
    let provider = "\n[providers.local]\nurl = \"http://127.0.0.1:9/v1\"\n";
    let house = House::helpdesk_with("", &format!("{provider}[spending]\nkey_day = \"five\"\n"));
    refuses(&house, "[spending] key_day");

    let house =
        House::helpdesk_with("", &format!("{provider}[spending]\nprices = [\"none.toml\"]\n"));
    refuses(&house, "none.toml");
    let doctor = house.run(&["doctor"]).expect(1).out;
    assert!(doctor.contains("none.toml"), "{doctor}");
    append(&house, "none.toml", "[[price]]\nprovider = \"local\"\nmodel = 3\n");
    refuses(&house, "none.toml");
}

#[test]
fn where_models_go_that_no_provider_claims_is_told() {
    let house = House::helpdesk_with(
        "",
        "\n[providers.azul]\nurl = \"http://127.0.0.1:9/v1\"\n\
         [providers.local]\nurl = \"http://127.0.0.1:9/v1\"\nmodels = [\"llama*\"]\n\
         [providers.other]\nurl = \"http://127.0.0.1:9/v1\"\n\
         [spending]\nunpriced_call = \"1\"\n",
    );
    let told = house.run(&["check"]).expect(0).out;
    for words in [
        "azul: http://127.0.0.1:9/v1, asked for every model that no provider claims",
        "local: http://127.0.0.1:9/v1, asked for llama*",
        "other: http://127.0.0.1:9/v1, asked for other/... only",
        "[providers.azul] and [providers.other] have no `models`",
    ] {
        assert!(told.contains(words), "{words} is not in {told}");
    }
}

//! `bailiwick wrap`: a server in its place in a client's configuration, governed.

mod client;
mod kills;
mod modern;
mod remote;
mod sharing;
mod silent;

use std::fs;

use serde_json::{Value, json};

use self::client::Client;
use crate::support::house::House;
use crate::support::process::{self, Ran, children, is_alive, wait_for};

/// The helpdesk of the demo as a wrapped server, for the support agent of Ada.
fn helpdesk(house: &House, more: &[&str]) -> Client {
    let program = process::program();
    let who = ["--name", "helpdesk", "--agent", "support-bot", "--person", "ada"];
    let command = ["--", program.to_str().unwrap(), "helpdesk"];
    Client::start(house, &[&who[..], more, &command[..]].concat())
}

/// The stories know people of one tenant.
fn house() -> House {
    house_with("")
}

fn house_with(sections: &str) -> House {
    let keyless =
        "keyless_loopback = { agent = \"nobody\", person = \"nobody\", tenant = \"acme\" }\n";
    let house = House::new(keyless, sections);
    house.add_helpdesk_rules();
    house
}

/// Permit everything.
fn permissive(house: &House) {
    let all = "@id(\"all\")\npermit (principal, action, resource);\n";
    fs::write(house.path("policies/all.cedar"), all).unwrap();
}

/// A shell script as a server to which everything is permitted.
fn script(house: &House, script: &str) -> Client {
    permissive(house);
    Client::start(house, &["--name", "script", "--", "sh", "-c", script])
}

/// Answers the handshake, and then does something else.
const SHAKE: &str = r#"read line; echo '{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-06-18","capabilities":{},"serverInfo":{"name":"s","version":"1"}}}'; read line; "#;

#[test]
fn policy_decides_and_the_log_tells() {
    let house = house();
    let mut client = helpdesk(&house, &[]).open();
    let below = children(client.id());
    assert!(!below.is_empty());
    let fine = client.call("get_billing", &json!({ "customer_id": "c_41" }));
    assert_eq!(fine["result"]["isError"], Value::Null, "{fine}");
    assert!(fine["result"]["content"][0]["text"].is_string(), "{fine}");
    let denied = client.call("get_billing", &json!({ "customer_id": "c_42" }));
    assert_eq!(denied["error"]["code"], 403, "{denied}");
    let absent = client.call("no_such_tool", &json!({}));
    assert_eq!(absent["error"]["message"], "Unknown tool", "{absent}");
    assert_eq!(client.close(), 0);
    assert!(!below.into_iter().any(is_alive), "a server is left behind");

    let calls = house.query(&["--tool", "get_billing", "--agent", "support-bot"]);
    assert_eq!(calls.len(), 2, "{calls:?}");
    assert_eq!(calls[0]["record"]["permitted"], true);
    assert_eq!(calls[1]["record"]["cause"], "forbidden");
    assert_eq!(house.verified()["in_doubt"], 0);
}

#[test]
fn sockets_and_files_are_talked_over_like_pipes() {
    let house = house();
    let program = process::program();
    let who = ["--name", "helpdesk", "--agent", "support-bot", "--person", "ada"];
    let arguments = [&who[..], &["--", program.to_str().unwrap(), "helpdesk"]].concat();
    let mut client = Client::over_sockets(&house, &arguments).open();
    let fine = client.call("get_billing", &json!({ "customer_id": "c_41" }));
    assert!(fine["result"]["content"].is_array(), "{fine}");
    assert_eq!(client.close(), 0);

    let (said, heard) = (house.path("said"), house.path("heard"));
    let params = json!({
        "protocolVersion": "2025-06-18", "capabilities": {},
        "clientInfo": { "name": "tests", "version": "1" },
    });
    let shake = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params });
    fs::write(&said, format!("{shake}\n")).unwrap();
    let mut command = house.command(&[&["wrap"][..], &arguments].concat());
    command.stdin(fs::File::open(said).unwrap()).stdout(fs::File::create(&heard).unwrap());
    assert!(command.status().unwrap().success());
    let answer: Value = serde_json::from_str(&fs::read_to_string(heard).unwrap()).unwrap();
    assert!(answer["result"]["serverInfo"].is_object(), "{answer}");
    house.verified();
}

#[test]
fn observing_refuses_nothing_and_has_an_end() {
    let house = house();
    let mut client = helpdesk(&house, &["--observe=2999-12-31"]).open();
    let passed = client.call("get_billing", &json!({ "customer_id": "c_42" }));
    assert!(passed["result"]["content"].is_array(), "{passed}");
    assert_eq!(client.close(), 0);
    let would = house.query(&["--decision", "would-deny", "--tool", "get_billing"]);
    assert_eq!(would.len(), 1, "{would:?}");
    assert_eq!(would[0]["record"]["would_deny"], "forbidden", "{would:?}");

    // Over since long ago.
    let mut client = helpdesk(&house, &["--observe", "--until", "2026-01-01"]).open();
    let denied = client.call("get_billing", &json!({ "customer_id": "c_42" }));
    assert_eq!(denied["error"]["code"], 403, "{denied}");
    assert_eq!(client.close(), 0);
    // Without an end there is none.
    let ran = house.run(&["wrap", "--observe", "--", "true"]).expect(2);
    assert!(ran.err.contains("observing needs its end") && ran.out.is_empty(), "{ran:?}");
    house.verified();
}

#[test]
fn garbage_is_told_so_and_harms_nothing() {
    let house = house();
    let mut client = helpdesk(&house, &[]);
    client.say("no JSON at all");
    assert_eq!(client.hear()["error"]["code"], -32700);
    let mut client = client.open();
    for (line, code) in [
        ("\u{0}\u{1}\u{2}", -32700),
        ("{\"jsonrpc\":\"2.0\",\"id\":9", -32700),
        ("{\"jsonrpc\":\"1.0\",\"id\":9,\"method\":\"ping\"}", -32600),
        ("[]", -32600),
    ] {
        client.say(line);
        assert_eq!(client.hear()["error"]["code"], code, "{line}");
    }
    // Longer than a message may be: it is read past and never held.
    client.say(&"x".repeat(5 << 20));
    assert_eq!(client.hear()["error"]["code"], -32600);
    // An answer to nothing gets none.
    client.say("{\"jsonrpc\":\"2.0\",\"id\":77,\"result\":{}}");
    let fine = client.call("get_billing", &json!({ "customer_id": "c_41" }));
    assert!(fine["result"]["content"].is_array(), "{fine}");
    assert_eq!(client.close(), 0);
    let turned_away = house.query(&["--kind", "refusal"]);
    assert_eq!(turned_away.len(), 7, "{turned_away:?}");
    assert!(turned_away.iter().all(|it| it["record"]["listener"] == "stdio"), "{turned_away:?}");
    house.verified();
}

#[test]
fn a_server_that_dies_is_not_hidden() {
    let house = house();
    let mut client = script(&house, &format!("{SHAKE} read line; exit 3")).open();
    let answer = client.ask("ping", &json!({}));
    assert_eq!(answer["error"]["code"], 503, "{answer}");
    assert_eq!(client.ended(), 1);
    assert_eq!(house.verified()["in_doubt"], 0);

    // One that cannot be started at all is told to the client, which may ask again.
    let mut client = Client::start(&house, &["--name", "gone", "--", "/no/such/program"]);
    assert_eq!(client.shake()["error"]["code"], 503);
    assert_eq!(client.close(), 0);
}

#[test]
fn the_child_and_all_below_it_end_with_us() {
    let house = house();
    let stubborn = format!("{SHAKE} trap '' TERM HUP; sleep 1000 & wait; sleep 1000");
    let client = script(&house, &stubborn).open();
    let id = client.id();
    let shell = wait_for("the server", || children(id).first().copied());
    assert_eq!(children(id).len(), 1, "what serves the client is also what is listed");
    let below = wait_for("what the server starts", || children(shell).first().copied());
    process::signal(id, "TERM");
    assert_eq!(client.close(), 0);
    assert!(!is_alive(shell) && !is_alive(below));
    house.verified();
}

#[test]
fn the_environment_is_what_it_would_have_been_or_what_is_named() {
    let house = house();
    let tell = format!("{SHAKE} env >env.txt; cat >/dev/null");
    let told = |more: &[&str]| {
        let house = &house;
        let _ = fs::remove_file(house.path("env.txt"));
        let words = [&["wrap", "--name", "script"][..], more, &["--", "sh", "-c", &tell]].concat();
        let mut command = house.command(&words);
        command.env("FROM_CLIENT", "yes").env("OTHER", "yes").env("BAILIWICK_X", "no");
        let client = Client::of(command).open();
        let text = wait_for("the server to tell", || {
            fs::read_to_string(house.path("env.txt")).ok().filter(|it| it.contains("PATH="))
        });
        assert_eq!(client.close(), 0);
        text
    };
    drop(script(&house, "exit"));
    let all = told(&[]);
    assert!(all.contains("FROM_CLIENT=yes") && all.contains("OTHER=yes"), "{all}");
    assert!(!all.contains("BAILIWICK"), "{all}");
    let named = told(&["--env", "FROM_CLIENT"]);
    assert!(named.contains("FROM_CLIENT=yes") && !named.contains("OTHER="), "{named}");
}

#[test]
fn its_standard_error_is_ours() {
    let house = house();
    let ran = {
        drop(script(&house, "exit"));
        let mut command = house.command(&["wrap", "--", "sh", "-c", "echo 'a  word' >&2; exit 1"]);
        let shake = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}"#;
        fs::write(house.path("in.txt"), format!("{shake}\n")).unwrap();
        command.stdin(fs::File::open(house.path("in.txt")).unwrap());
        Ran::of(&mut command).expect(0)
    };
    assert!(ran.err.lines().any(|it| it == "a  word"), "{ran:?}");
    // Nothing but messages on standard output.
    for line in ran.out.lines() {
        assert_eq!(serde_json::from_str::<Value>(line).unwrap()["jsonrpc"], "2.0");
    }
}

#[test]
fn without_a_configuration_it_makes_one_that_permits_nothing() {
    let house = house();
    let home = house.path("home");
    let elsewhere = house.path("elsewhere");
    fs::create_dir_all(&elsewhere).unwrap();
    let mut command = house.command(&["wrap", "--", "cat"]);
    command.env_remove("BAILIWICK_CONFIG").env_remove("XDG_CONFIG_HOME");
    command.env("HOME", &home).env("USER", "carol").current_dir(&elsewhere);
    let told = house.path("told.txt");
    command.stderr(fs::File::create(&told).unwrap());
    let mut client = Client::of(command);
    let refused = client.shake();
    assert_eq!(refused["error"]["code"], 503, "{refused}");
    assert_eq!(client.close(), 0);
    assert!(home.join(".config/bailiwick/policies/starter.cedar").is_file());
    let told = fs::read_to_string(told).unwrap();
    for words in [
        "/.config/bailiwick/bailiwick.toml",
        "governing Server \"cat\", called by Agent \"local-agent\" for Person \"carol\"",
        "no policy permits anything yet",
        "`bailiwick log query` tells by which decision",
    ] {
        assert!(told.contains(words), "{words} is not in {told}");
    }
    assert_eq!(fs::read_dir(elsewhere).unwrap().count(), 0);
    let config = home.join(".config/bailiwick/bailiwick.toml");
    let ran = house.run(&[
        "--json",
        "log",
        "query",
        "--decision",
        "denied",
        "--config",
        config.to_str().unwrap(),
    ]);
    assert_eq!(ran.expect(0).json()[0]["record"]["server"], "cat");
}

#[test]
fn killed_it_leaves_a_log_that_goes_on() {
    let house = house();
    let mut client = helpdesk(&house, &[]).open();
    let billing = json!({ "customer_id": "c_41" });
    assert!(client.call("get_billing", &billing)["result"]["content"].is_array());
    client.kill();
    let mut client = helpdesk(&house, &[]).open();
    assert!(client.call("get_billing", &billing)["result"]["content"].is_array());
    assert_eq!(client.close(), 0);
    assert_eq!(house.query(&["--tool", "get_billing"]).len(), 2);
    house.verified();
}

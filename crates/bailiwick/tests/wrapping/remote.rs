//! A server at an address, wrapped: its keys lie in files, and go to it and nowhere else. The
//! server is a gateway with the helpdesk behind it, which wants a key and forgets its sessions.

use std::fs;

use serde_json::{Value, json};

use super::client::Client;
use super::{SHAKE, house};
use crate::support::house::House;
use crate::support::process::wait_for;

/// The file that holds the header by which the support agent of Ada is known at a gateway.
fn key_file(remote: &House) -> String {
    let file = remote.path("key.txt");
    let key = remote.key("support-bot", "ada", "acme");
    fs::write(&file, format!("Bearer {key}\n")).unwrap();
    file.to_str().unwrap().to_owned()
}

fn wrapped(house: &House, remote: &House, key_file: &str) -> Client {
    let url = format!("http://{}/mcp/helpdesk", remote.agents());
    let who = ["--name", "helpdesk", "--agent", "support-bot", "--person", "ada"];
    let header = format!("Authorization={key_file}");
    let more = ["--url", &url, "--secret-header", &header, "--header", "X-Team=blue-team"];
    Client::start(house, &[&who[..], &more].concat())
}

fn billing(client: &mut Client, customer: &str) -> Value {
    client.call("get_billing", &json!({ "customer_id": customer }))
}

#[test]
fn policy_decides_here_and_the_key_goes_there() {
    let (remote, house) = (House::helpdesk(), house());
    let running = remote.up();
    let mut client = wrapped(&house, &remote, &key_file(&remote)).open();
    let fine = billing(&mut client, "c_41");
    assert!(fine["result"]["content"].is_array(), "{fine}");
    let denied = billing(&mut client, "c_42");
    assert_eq!(denied["error"]["code"], 403, "{denied}");
    assert_eq!(client.close(), 0);
    // What was denied here never came there, and the session was ended in order.
    let there = remote.query(&["--tool", "get_billing", "--agent", "support-bot"]);
    assert_eq!(there.len(), 1, "{there:?}");
    let ended = remote.query(&["--agent", "support-bot"]);
    assert!(ended.iter().any(|it| it["record"]["action"] == "disconnect"), "{ended:?}");
    assert_eq!(house.query(&["--tool", "get_billing"]).len(), 2);
    assert_eq!(running.stop(), 0);
    assert_eq!(house.verified()["in_doubt"], 0);
}

#[test]
fn a_session_that_the_server_forgot_is_begun_anew() {
    let (remote, house) = (House::helpdesk(), house());
    let running = remote.up();
    let mut client = wrapped(&house, &remote, &key_file(&remote)).open();
    assert!(billing(&mut client, "c_41")["result"]["content"].is_array());
    assert_eq!(running.stop(), 0);
    // Nobody is there: that is told, and no reason to end.
    let gone = billing(&mut client, "c_41");
    assert_eq!(gone["error"]["code"], 503, "{gone}");
    let running = remote.up();
    wait_for("the session to be renewed", || {
        billing(&mut client, "c_41")["result"]["content"].is_array().then_some(())
    });
    // The catalogue is kept in the new session: what does not exist there does not exist.
    let listings = || {
        let records = house.json(0, &["log", "query", "--limit", "10000"]);
        let of = |it: &&Value| it["record"]["action"] == "list_tools";
        records.as_array().unwrap().iter().filter(of).count()
    };
    let before = listings();
    let absent = client.call("no_such_tool", &json!({}));
    assert_eq!(absent["error"]["message"], "Unknown tool", "{absent}");
    // It is looked for once more, in this session; later it would find the next one forgotten.
    wait_for("the listing", || (listings() > before).then_some(()));
    // Forgotten again, and gone before another session could begin: that is told as it is.
    assert_eq!(running.stop(), 0);
    let running = remote.up();
    assert!(billing(&mut client, "c_41")["error"].is_object());
    assert_eq!(running.stop(), 0);
    let over = billing(&mut client, "c_41");
    let words = "The session is over, and the server could not be reached for another";
    assert_eq!(over["error"]["message"], words, "{over}");
    assert_eq!(client.close(), 0);
    assert_eq!(house.verified()["in_doubt"], 0);
}

#[test]
fn a_variable_from_a_file_reaches_the_server_and_no_answer() {
    let house = house();
    let all = "@id(\"all\")\npermit (principal, action, resource);\n";
    fs::write(house.path("policies/all.cedar"), all).unwrap();
    fs::write(house.path("key"), "key-0123456789\n").unwrap();
    let tell = "read line; echo \"{\\\"jsonrpc\\\":\\\"2.0\\\",\\\"id\\\":2,\\\"result\\\":\
                {\\\"it\\\":\\\"$KEY\\\"}}\"; cat >/dev/null";
    let told = |more: &[&str]| {
        let secret = format!("KEY={}", house.path("key").display());
        let script = format!("{SHAKE} {tell}");
        let words = ["wrap", "--name", "script", "--secret-env", &secret];
        let words = [&words[..], more, &["--", "sh", "-c", &script]].concat();
        let mut command = house.command(&words);
        // What the client still says of it says nothing any more.
        command.env("KEY", "");
        let mut client = Client::of(command).open();
        let answer = client.ask("ping", &json!({}));
        assert_eq!(client.close(), 0);
        answer
    };
    let withheld = told(&[]);
    assert!(withheld["error"].is_object() && !withheld.to_string().contains("key-0"), "{withheld}");
    // Its own client saw it before: while only observing, that is on record and passes.
    let passed = told(&["--observe=2999-12-31"]);
    assert_eq!(passed["result"]["it"], "key-0123456789", "{passed}");
    let outcomes = house.query(&["--kind", "outcome"]);
    let seen = outcomes.iter().filter(|it| it.to_string().contains("vault.secret")).count();
    assert_eq!(seen, 2, "{outcomes:?}");
    house.verified();
}

#[test]
fn what_makes_no_sense_is_refused_before_anything_begins() {
    let house = house();
    for (words, why) in [
        (&["--url", "ftp://x/mcp", "--name", "x"][..], "must begin with http"),
        (&["--url", "http://127.0.0.1/mcp"], "nothing tells a name"),
        (&["--url", "http://x.example/", "--header", "Host=y"], "cannot be a header here"),
        (&["--url", "http://x.example/", "--header", "A=\u{1}"], "cannot be a header here"),
        (&["--url", "http://x.example/", "--header", "A"], "there is no `=` in it"),
        (&["--url", "http://x.example/", "--secret-header", "A=/none"], "secrets are missing"),
        (&["--url", "http://x.example/", "--", "cat"], "cannot be used with"),
        (&["--secret-env", "A=/none", "--", "cat"], "secrets are missing"),
        (&["--secret-header", "A=/none", "--", "cat"], "cannot be used with"),
        (&[], "required"),
    ] {
        let ran = house.run(&[&["wrap"][..], words].concat()).expect(2);
        assert!(ran.err.contains(why) && ran.out.is_empty(), "{words:?}: {ran:?}");
    }
}

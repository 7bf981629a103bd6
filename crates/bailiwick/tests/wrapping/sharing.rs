//! Several wraps, and a gateway, share one log: one of them writes it, the others hand over, and
//! when the writer goes away another takes its place.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;

use super::client::Client;
use super::{helpdesk, house, script};
use crate::support::house::House;
use crate::support::process;

fn works(client: &mut Client) {
    let answer = client.call("get_billing", &json!({ "customer_id": "c_41" }));
    assert!(answer["result"]["content"].is_array(), "{answer}");
}

fn calls(house: &House) -> usize {
    house.query(&["--tool", "get_billing", "--decision", "permitted"]).len()
}

#[test]
fn two_at_once_share_one_log() {
    let house = house();
    let (mut one, mut two) = (helpdesk(&house, &[]).open(), helpdesk(&house, &[]).open());
    for _ in 0..5 {
        works(&mut one);
        works(&mut two);
    }
    // What is denied is denied by both, and each waits for the writer's disk where it must.
    for client in [&mut one, &mut two] {
        let denied = client.call("get_billing", &json!({ "customer_id": "c_42" }));
        assert_eq!(denied["error"]["code"], 403, "{denied}");
    }
    let mode = fs::metadata(house.path("data/log.sock")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(calls(&house), 10);
    assert_eq!(two.close(), 0);
    works(&mut one);
    assert_eq!(one.close(), 0);
    assert_eq!(house.verified()["in_doubt"], 0);
}

#[test]
fn when_the_writer_ends_in_order_another_takes_over() {
    let house = house();
    let (mut one, mut two) = (helpdesk(&house, &[]).open(), helpdesk(&house, &[]).open());
    let mut three = helpdesk(&house, &[]).open();
    works(&mut one);
    let server = process::children(two.id());
    assert_eq!(one.close(), 0);
    works(&mut two);
    works(&mut three);
    // It is the same server as before, with all that it holds.
    assert_eq!(process::children(two.id()), server);
    assert_eq!(two.close(), 0);
    works(&mut three);
    assert_eq!(three.close(), 0);
    assert_eq!(calls(&house), 4);
    let report = house.verified();
    assert_eq!(report["in_doubt"], 0, "{report}");
    // Which of the two took over first is chance.
    assert!(report["boots"].as_u64().is_some_and(|it| it >= 2), "{report}");
}

#[test]
fn when_the_writer_is_killed_the_others_go_on() {
    let house = house();
    let mut writer = helpdesk(&house, &[]).open();
    let (mut one, mut two) = (helpdesk(&house, &[]).open(), helpdesk(&house, &[]).open());
    works(&mut one);
    for round in 0..2 {
        writer.kill();
        works(&mut one);
        works(&mut two);
        assert_eq!(calls(&house), 3 + 2 * round);
        // From the second round on, the writer is one that took over or came later.
        writer = std::mem::replace(&mut one, helpdesk(&house, &[]).open());
    }
    works(&mut two);
    assert_eq!(two.close(), 0);
    house.verified();
}

#[test]
fn they_hand_over_to_a_gateway_that_runs() {
    let house = House::helpdesk();
    let running = house.up();
    drop(house.support());
    let who = ["--name", "helpdesk", "--agent", "support-bot", "--person", "ada"];
    let config = fs::read_to_string(house.path("bailiwick.toml")).unwrap();
    let keyless =
        "keyless_loopback = { agent = \"support-bot\", person = \"ada\", tenant = \"acme\" }\n";
    let config = config.replacen("[operators]", &format!("{keyless}[operators]"), 1);
    fs::write(house.path("wrap.toml"), config).unwrap();
    let (program, config) = (process::program(), house.path("wrap.toml"));
    let words = [
        &["--config", config.to_str().unwrap()][..],
        &who,
        &["--", program.to_str().unwrap(), "helpdesk"],
    ];
    let mut client = Client::start(&house, &words.concat()).open();
    works(&mut client);
    assert_eq!(house.readiness().0, 200);
    // The gateway ends; the wrap goes on alone.
    assert_eq!(running.stop(), 0);
    works(&mut client);
    assert_eq!(client.close(), 0);
    assert_eq!(calls(&house), 2);
    assert_eq!(house.verified()["in_doubt"], 0);
}

#[test]
fn what_is_under_way_when_the_writer_is_killed_is_answered() {
    let house = house();
    let mut writer = helpdesk(&house, &[]).open();
    // A server that takes its time: the decision is with one writer, the outcome with another.
    let slow = format!(
        "{} read line; while [ ! -e go ]; do sleep 0.01; done; \
         echo '{{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{{}}}}'; cat >/dev/null",
        super::SHAKE
    );
    let mut client = script(&house, &slow).open();
    let ping = client.begin("ping", &json!({}));
    process::wait_for("the decision", || {
        let pings = house.query(&["--server", "script", "--kind", "decision"]);
        pings.iter().any(|it| it["record"]["action"] == "ping").then_some(())
    });
    writer.kill();
    fs::write(house.path("go"), "").unwrap();
    assert!(client.answer(ping)["result"].is_object());
    assert_eq!(client.close(), 0);
    house.verified();
}

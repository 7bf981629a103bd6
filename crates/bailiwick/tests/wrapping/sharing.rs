//! Several wraps, and a gateway, share one log: one of them writes it, the others hand over, and
//! when the writer goes away another takes its place.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;

use super::client::Client;
use super::{helpdesk, house, script};
use crate::support::house::{House, Running};
use crate::support::process;

/// What a gateway says that finds a writer.
const ASKS: &str = "another process writes the log: it is asked to hand it over";

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
fn commands_are_carried_out_while_wraps_write() {
    let house = house();
    let (mut one, mut two) = (helpdesk(&house, &[]).open(), helpdesk(&house, &[]).open());
    for round in 0..3 {
        works(&mut one);
        works(&mut two);
        house.key("support-bot", "ada", "acme");
        let keys = house.json(0, &["keys", "list"]);
        assert_eq!(keys.as_array().unwrap().len(), round + 1, "{keys}");
        works(&mut two);
        works(&mut one);
    }
    assert_eq!((one.close(), two.close()), (0, 0));
    assert_eq!(calls(&house), 12);
    let report = house.verified();
    assert_eq!(report["in_doubt"], 0, "{report}");
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

/// A house whose gateway serves the helpdesk, too.
fn served() -> House {
    let house = House::helpdesk();
    let config = fs::read_to_string(house.path("bailiwick.toml")).unwrap();
    let keyless =
        "keyless_loopback = { agent = \"support-bot\", person = \"ada\", tenant = \"acme\" }\n";
    let config = config.replacen("[operators]", &format!("{keyless}[operators]"), 1);
    fs::write(house.path("wrap.toml"), config).unwrap();
    house
}

/// The helpdesk of such a house, wrapped.
fn beside(house: &House) -> Client {
    let who = ["--name", "helpdesk", "--agent", "support-bot", "--person", "ada"];
    let (program, config) = (process::program(), house.path("wrap.toml"));
    let words = [
        &["--config", config.to_str().unwrap()][..],
        &who,
        &["--", program.to_str().unwrap(), "helpdesk"],
    ];
    Client::start(house, &words.concat()).open()
}

#[test]
fn they_hand_over_to_a_gateway_that_runs() {
    let house = served();
    let running = house.up();
    drop(house.support());
    let mut client = beside(&house);
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
fn a_gateway_that_starts_takes_the_log_over_and_no_call_is_lost() {
    let house = served();
    let mut clients = [beside(&house), beside(&house), beside(&house)];
    let mut worked = 0;
    for round in 0..2 {
        let mut running = house.launch();
        let ready = || {
            let reply = house.operator("GET /readyz", &house.admin()?, "").ok()?;
            (reply.status == 200).then_some(())
        };
        process::wait_for("the gateway", || {
            clients.iter_mut().for_each(works);
            worked += clients.len();
            assert_eq!(running.ended(), None, "round {round}: {}", running.told());
            ready()
        });
        assert!(running.told().contains(ASKS), "{}", running.told());
        clients.iter_mut().for_each(works);
        worked += clients.len();
        // Another gateway is told no at once.
        let ran = house.run(&["up"]).expect(2);
        assert!(ran.err.contains("another process has the log"), "{ran:?}");
        assert_eq!(running.stop(), 0);
        clients.iter_mut().for_each(works);
        worked += clients.len();
    }
    for client in clients {
        assert_eq!(client.close(), 0);
    }
    assert_eq!(calls(&house), worked);
    assert_eq!(house.verified()["in_doubt"], 0);
}

/// Start a gateway while the writer does nothing, so that it waits.
fn waiting(house: &House, writer: &Client) -> Running {
    process::signal(writer.id(), "STOP");
    let running = house.launch();
    process::wait_for("the gateway to wait", || running.told().contains(ASKS).then_some(()));
    running
}

#[test]
fn a_gateway_that_is_killed_as_it_waits_leaves_the_log_to_the_wraps() {
    let house = served();
    let (mut writer, mut other) = (beside(&house), beside(&house));
    let running = waiting(&house, &writer);
    running.kill();
    process::signal(writer.id(), "CONT");
    works(&mut writer);
    works(&mut other);
    assert_eq!((writer.close(), other.close()), (0, 0));
    assert_eq!(calls(&house), 2);
    assert_eq!(house.verified()["in_doubt"], 0);
}

#[test]
fn a_gateway_that_waits_gets_the_log_when_its_writer_is_killed() {
    let house = served();
    let (mut writer, mut other) = (beside(&house), beside(&house));
    works(&mut other);
    let running = waiting(&house, &writer);
    writer.kill();
    process::wait_for("the gateway", || {
        let reply = house.operator("GET /readyz", &house.admin()?, "").ok()?;
        (reply.status == 200).then_some(())
    });
    works(&mut other);
    assert_eq!(running.stop(), 0);
    works(&mut other);
    assert_eq!(other.close(), 0);
    assert_eq!(calls(&house), 3);
    house.verified();
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

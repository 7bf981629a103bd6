//! `bailiwick kill` and `unkill`.

use std::time::Duration;

use serde_json::json;

use crate::support::agent::Agent;
use crate::support::house::House;
use crate::support::http;

/// In how much time a kill must be in force.
const SECOND: Duration = Duration::from_secs(1);
const BILLING: &str = "helpdesk/get_billing";

fn works(agent: &mut Agent) -> bool {
    agent.call("get_billing", &json!({ "customer_id": "c_41" })).is_done()
}

fn status(house: &House, key: &str) -> u16 {
    Agent::new(&house.agents(), "helpdesk", key).try_open().unwrap().http.status
}

fn kill(house: &House, verb: &str, kind: &str, name: &str) {
    house.run(&[verb, kind, name, "--reason", "runaway loop"]).expect(0);
}

/// Listen in a session, and say when the stream has ended.
fn listen(house: &House, key: &str, session: &str) -> std::sync::mpsc::Receiver<()> {
    let (address, bearer) = (house.agents(), format!("Bearer {key}"));
    let (over, ended) = std::sync::mpsc::channel();
    let session = session.to_owned();
    std::thread::spawn(move || {
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Accept", "text/event-stream"),
            ("Mcp-Session-Id", &session),
        ];
        let _ = http::send(&address, "GET /mcp/helpdesk", &headers, "");
        over.send(())
    });
    ended
}

#[test]
fn heavy_an_agent_is_killed_survives_no_restart_and_is_let_be_again() {
    let house = House::helpdesk();
    let running = house.up();
    let key = house.key("support-bot", "ada", "acme");
    let mut agent = Agent::new(&house.agents(), "helpdesk", &key);
    let opened = agent.try_open().unwrap();
    assert!(works(&mut agent));
    let ended = listen(&house, &key, opened.http.header("mcp-session-id").unwrap());
    assert!(ended.recv_timeout(SECOND).is_err(), "it listens");
    let mut other = Agent::open(&house.agents(), "helpdesk", &house.key("chat-bot", "ada", "acme"));

    kill(&house, "kill", "agent", "support-bot");
    ended.recv_timeout(SECOND).expect("the stream has ended");
    assert_eq!(status(&house, &key), 404);
    assert!(!works(&mut agent));
    assert_eq!(other.ask("ping", &json!({})).http.status, 200);
    let told = house.run(&["kill", "list"]).expect(0).out;
    assert!(told.contains("support-bot") && told.contains("runaway loop"), "{told}");
    assert_eq!(house.json(0, &["kill", "list"])[0]["order"], "kill:agent:support-bot");
    // A dry run says so too, and so does the record of the refusal.
    let who = ["--agent", "support-bot", "--person", "ada", "--tenant", "acme"];
    let asked = ["--tool", BILLING, "--arguments", "{\"customer_id\":\"c_41\"}"];
    let ask = [&["ask"], &who[..], &asked].concat();
    let told = house.run(&ask).expect(1).out;
    assert!(told.contains("an operator has ordered so") && told.contains("runaway loop"), "{told}");
    let denied = house.query(&["--decision", "denied", "--agent", "support-bot"]);
    let last = &denied.last().unwrap()["record"];
    assert_eq!((&last["cause"], &last["visible"]), (&json!("ordered"), &json!(false)), "{last}");
    let refused = Agent::new(&house.agents(), "helpdesk", &key).try_open().unwrap().decision();
    let why = house.run(&["why", &refused]).expect(1).out;
    assert!(why.contains("kill:agent:support-bot") && why.contains("runaway loop"), "{why}");

    assert_eq!(running.stop(), 0);
    let running = house.up();
    assert_eq!(status(&house, &key), 404);
    kill(&house, "unkill", "agent", "support-bot");
    assert!(works(&mut Agent::open(&house.agents(), "helpdesk", &key)));
    house.run(&ask).expect(0);
    assert_eq!(running.stop(), 0);
    for act in ["kill", "unkill"] {
        let acts = house.query(&["--kind", "admin"]);
        let act = acts.iter().find(|it| it["record"]["act"] == act).unwrap();
        assert_eq!(act["record"]["target"], "kill:agent:support-bot: runaway loop", "{act}");
        assert_eq!(act["record"]["done"], true);
    }
    house.verified();
}

#[test]
fn a_gateway_that_starts_later_finds_what_was_killed() {
    let house = House::helpdesk();
    let key = house.key("support-bot", "ada", "acme");
    kill(&house, "kill", "person", "ada");
    kill(&house, "kill", "tool", BILLING);
    let again = house.run(&["kill", "tool", BILLING, "--reason", "again"]);
    assert!(again.code == 2 && again.err.contains("exists already"), "{again:?}");
    let running = house.up();
    assert_eq!(status(&house, &key), 404);
    kill(&house, "unkill", "person", "ada");
    let mut agent = Agent::open(&house.agents(), "helpdesk", &key);
    let killed = agent.call("get_billing", &json!({ "customer_id": "c_41" }));
    assert_eq!(killed.error(), agent.call("never_was", &json!({})).error());
    assert!(agent.call("list_orders", &json!({ "customer_id": "c_41" })).is_done());
    assert_eq!(running.stop(), 0);
    kill(&house, "unkill", "tool", BILLING);
    assert_eq!(house.json(0, &["kill", "list"]), json!([]));
    for bad in [&["tool", "get_billing"], &["planet", "mars"], &["agent", ""]] {
        let ran = house.run(&[&["kill"], &bad[..], &["--reason", "x"]].concat());
        assert_eq!(ran.code, 2, "{ran:?}");
    }
    assert_eq!(house.run(&["kill", "agent", "bot"]).code, 2, "a reason is needed");
    // Persons are not named in the log.
    let acts = house.query(&["--kind", "admin"]);
    assert!(acts.iter().all(|it| !it.to_string().contains("ada")), "{acts:?}");
    house.verified();
}

#[test]
fn who_kills_what_nobody_knows_is_told() {
    let house = House::helpdesk();
    house.key("support-bot", "ada", "acme");
    let kill = |kind: &str, name: &str| house.run(&["kill", kind, name, "--reason", "x"]).expect(0);
    for (kind, known, other) in [
        ("agent", "support-bot", "suport-bot"),
        ("person", "ada", "adda"),
        ("tenant", "acme", "acne"),
        ("server", "helpdesk", "helpdsk"),
        ("tool", BILLING, "helpdsk/get_billing"),
    ] {
        let told = kill(kind, known);
        assert!(!told.err.contains("warning"), "{told:?}");
        let told = kill(kind, other);
        assert!(told.err.contains(&format!("{other} is not known here")), "{told:?}");
        assert!(told.out.contains("is killed"), "{told:?}");
    }
}

//! The life of a gateway: how it starts, how it stops, whom it lets in without a key, and what it
//! does when there is no room to write down what it would do.

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::agent::Agent;
use crate::support::house::House;
use crate::support::process::{children, is_alive, timed, wait_for};

/// A report that takes the helpdesk so many steps of 10 ms.
fn report(steps: u32) -> Value {
    json!({ "tenant": "acme", "report": "orders", "steps": steps })
}

#[test]
fn heavy_it_is_up_soon() {
    let house = House::helpdesk();
    assert_eq!(house.up().stop(), 0);
    // Loosely, and the best of three: this build is not optimised, and the machine may be busy.
    let starts = (0..3).map(|_| {
        let (running, took) = timed(|| {
            let running = house.launch();
            wait_for("an answer", || {
                crate::support::http::send(&house.agents(), "GET /healthz", &[], "").ok()
            });
            running
        });
        assert_eq!(running.stop(), 0);
        took
    });
    let best = starts.min().unwrap();
    assert!(best < Duration::from_secs(2), "the quickest start took {best:?}");
}

#[test]
fn it_stops_in_order() {
    let house = House::helpdesk();
    let running = house.up();
    let mut agent = house.support();
    let process = running.id();
    let below = children(process);
    assert!(!below.is_empty(), "the helpdesk runs as a child");

    let address = house.agents();
    let calling = std::thread::spawn(move || agent.call("export_report", &report(150)));
    wait_for("the call to be under way", || {
        let decisions = house.query(&["--kind", "decision", "--tool", "export_report"]);
        (!decisions.is_empty()).then_some(())
    });
    let (code, took) = timed(|| running.stop());
    assert_eq!(code, 0);
    let answer = calling.join().unwrap();
    assert!(answer.http.whole && answer.is_done(), "the call under way ended: {answer:?}");
    assert!(took < Duration::from_secs(20), "{took:?}");
    assert!(!is_alive(process));
    for child in below {
        assert!(!is_alive(child), "the child {child} is left behind");
    }
    assert!(std::net::TcpStream::connect(address).is_err(), "nobody listens any more");

    let report = house.verified();
    assert_eq!(report["in_doubt"], 0, "{report}");
    // Sealed: everything is under a published checkpoint, nothing is left in the journal only.
    assert_eq!(report["records"], report["size"], "{report}");
    let last = house.json(0, &["log", "query", "--limit", "1"]);
    assert_eq!(last[0]["record"]["kind"], "stopped", "{last}");
}

#[test]
fn an_interrupt_stops_it_too() {
    let house = House::helpdesk();
    let mut running = house.up();
    crate::support::process::signal(running.id(), "INT");
    assert_eq!(wait_for("the end", || running.ended()), 0);
    house.verified();
}

#[test]
fn a_second_gateway_does_not_start_on_the_same_log() {
    let house = House::helpdesk();
    let running = house.up();
    // On other addresses, so that only the log is in the way.
    let config = fs::read_to_string(house.path("bailiwick.toml")).unwrap();
    let config = config.replace(&house.agents(), "127.0.0.1:0");
    let config = config.replace(&house.operators(), "127.0.0.1:0");
    fs::write(house.path("second.toml"), config).unwrap();
    let second = house.path("second.toml");
    let ran = house.run(&["up", "--config", second.to_str().unwrap()]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("log"), "{ran:?}");
    assert_eq!(running.stop(), 0);
    assert_eq!(house.verified()["boots"], 1);
}

#[test]
fn without_a_key_nobody_is_let_in() {
    let house = House::helpdesk();
    let running = house.up();
    let mut nobody = Agent::new(&house.agents(), "helpdesk", "");
    let answer = nobody.try_open().unwrap();
    assert_eq!(answer.http.status, 401, "{answer:?}");
    assert!(answer.http.header("www-authenticate").unwrap().starts_with("Bearer"));
    assert!(answer.messages.is_empty(), "{answer:?}");
    assert_eq!(running.stop(), 0);
    let refusals = house.query(&["--kind", "refusal"]);
    assert_eq!(refusals[0]["record"]["reason"], "unidentified", "{refusals:?}");
}

#[test]
fn without_a_key_the_configured_caller_is_let_in() {
    let keyless =
        "keyless_loopback = { agent = \"support-bot\", person = \"ada\", tenant = \"acme\" }\n";
    let house = House::helpdesk_with(keyless, "");
    let running = house.up();
    let mut agent = Agent::open(&house.agents(), "helpdesk", "");
    assert!(agent.call("get_billing", &json!({ "customer_id": "c_41" })).is_done());
    let denied = agent.call("get_billing", &json!({ "customer_id": "c_42" }));
    assert_eq!(denied.error().0, 403, "{denied:?}");
    // A key that is shown has to be right all the same.
    let mut liar = Agent::new(&house.agents(), "helpdesk", "bwk_nonsense");
    assert_eq!(liar.try_open().unwrap().http.status, 401);
    // A page in a browser that reaches loopback under a name of its own is not let in.
    for header in [("Host", "attacker.example"), ("Origin", "https://attacker.example")] {
        let reply =
            crate::support::http::send(&house.agents(), "POST /mcp/helpdesk", &[header], "{}");
        assert_eq!(reply.unwrap().status, 403, "{header:?}");
    }
    agent.close();
    assert_eq!(running.stop(), 0);
    let decisions = house.query(&["--tool", "get_billing"]);
    assert_eq!(decisions[0]["record"]["chain"][1], "support-bot", "{decisions:?}");
}

#[test]
fn heavy_without_room_for_records_nothing_is_done() {
    // The least that a log may have: 40 MiB in segments of 5.
    let program = crate::support::process::program();
    let script = format!("tee -a reached/$$.jsonl | {} helpdesk", program.display());
    let house = House::new(
        "",
        &format!(
            "[log]\nsegment_mib = 5\nmax_mib = 40\n\n\
             [servers.helpdesk]\ncommand = [\"sh\", \"-c\", {script:?}]\n"
        ),
    );
    house.add_helpdesk_rules();
    // So much fits no tool's schema, and passes while the gateway observes.
    house.shadow_until("2500-01-01");
    fs::create_dir(house.path("reached")).unwrap();
    let running = house.up();
    let key = house.key("support-bot", "ada", "acme");
    let mut agent = Agent::open(&house.agents(), "helpdesk", &key);

    // Large arguments are sealed beside each decision: the room is soon used up.
    let ballast = "x".repeat(1 << 20);
    let mut calls = 0;
    let mut call = |agent: &mut Agent| {
        calls += 1;
        let arguments = json!({ "tenant": "acme", "query": ballast });
        let answer = agent.call("search_customers", &arguments);
        (answer.http.status != 200).then_some(answer)
    };
    let refused = wait_for("the log to be full", || {
        call(&mut agent)?;
        // What is written and not yet published stands there twice, and is freed when it is: the
        // log is full for good when there is no room a while later either.
        std::thread::park_timeout(Duration::from_secs(3));
        call(&mut agent)
    });
    assert_eq!(refused.http.status, 503, "{refused:?}");
    let (_, words) = refused.error();
    assert!(words.contains("record"), "the refusal says why: {words}");
    assert!(calls > 3, "it was full after {calls} calls");

    let (status, readiness) = house.readiness();
    assert_eq!(status, 503, "{readiness}");
    let trouble = readiness["log_trouble"].as_str().unwrap();
    assert!(trouble.contains("max_mib"), "{trouble}");
    assert_eq!(readiness["ready"], false);

    // Nothing goes out any more, large or small.
    let reached = || {
        let files = fs::read_dir(house.path("reached")).unwrap();
        files.map(|it| it.unwrap().metadata().unwrap().len()).sum::<u64>()
    };
    let before = reached();
    for _ in 0..3 {
        let arguments = json!({ "tenant": "acme", "query": ballast });
        assert_eq!(agent.call("search_customers", &arguments).http.status, 503);
    }
    assert_eq!(reached(), before, "a call reached the upstream without a record");
    running.stop();
    house.verified();
}

//! `kill -9` at random moments under load: whatever was acknowledged is on record afterwards, and
//! whatever reached the upstream has its decision there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bailiwick_core::{ExchangeId, Inputs, Record, Value as Known};
use bailiwick_gateway::recording;
use bailiwick_gateway::store::Store;
use bailiwick_log::{Filter, Kind, Order, Reader};
use serde_json::{Value, json};

use crate::support::agent::Agent;
use crate::support::house::House;
use crate::support::process::{pause, program};
use crate::support::random::Random;

/// How often one gateway is killed before a new one takes its place: its log grows all the time.
const KILLS_OF_ONE: usize = 25;
/// How many agents call at the same time.
const AGENTS: usize = 4;
/// The longest that a gateway serves before it is killed, in milliseconds.
const LIFE_MS: u64 = 400;

/// What an agent was told of a call.
struct Told {
    nonce: String,
    decision: String,
    leaf: u64,
    /// The whole answer came, and it is the upstream's.
    carried_out: bool,
}

#[test]
fn heavy_whatever_was_acknowledged_survives_kill_9() {
    let long = std::env::var("BAILIWICK_LONG").is_ok_and(|it| it == "1");
    let kills = if long { 1000 } else { KILLS_OF_ONE };
    let mut random = Random::new();
    let mut told = 0;
    for round in 0..kills / KILLS_OF_ONE {
        told += kill_one_gateway(round, &mut random);
    }
    eprintln!("{kills} kills, {told} acknowledged calls");
    assert!(told > kills * AGENTS, "too few calls to mean anything: {told}");
}

/// Kill one gateway again and again; how many calls it acknowledged.
fn kill_one_gateway(round: usize, random: &mut Random) -> usize {
    let program = program();
    // Every message that reaches the upstream is written down before the upstream reads it.
    let script = format!("tee -a reached/$$.jsonl | {} helpdesk", program.display());
    let house =
        House::new("", &format!("[servers.helpdesk]\ncommand = [\"sh\", \"-c\", {script:?}]\n"));
    house.add_helpdesk_rules();
    std::fs::create_dir(house.path("reached")).unwrap();
    let key = house.key("support-bot", "ada", "acme");
    let kept = house.path("kept-checkpoint");
    let mut all = Vec::new();
    for life in 0..KILLS_OF_ONE {
        let running = house.up();
        let mut agents = Vec::new();
        for agent in 0..AGENTS {
            let (address, key) = (house.agents(), key.clone());
            let name = format!("r{round}-l{life}-a{agent}");
            agents.push(std::thread::spawn(move || call_until_it_dies(&address, &key, &name)));
        }
        pause(Duration::from_millis(random.below(LIFE_MS)));
        running.kill();
        all.extend(agents.into_iter().flat_map(|it| it.join().unwrap()));
        check_log(&house, &kept);
    }
    // A start after the last kill recovers what the kill left, and stops in order.
    assert_eq!(house.up().stop(), 0);
    check_log(&house, &kept);
    check_calls(&house, &all);
    all.len()
}

/// The log is good as it was left, and continues the one that was there before.
fn check_log(house: &House, kept: &Path) {
    let path = kept.to_str().unwrap();
    if kept.exists() {
        let report = house.json(0, &["log", "verify", "--since-checkpoint", path]);
        assert_eq!(report["since_holds"], true, "{report}");
    } else {
        house.verified();
    }
    let note = house.json(0, &["log", "checkpoint"]);
    std::fs::write(kept, note["checkpoint"].as_str().unwrap()).unwrap();
}

/// Call without a pause until the gateway is gone: what was told, and nothing else.
fn call_until_it_dies(address: &str, key: &str, name: &str) -> Vec<Told> {
    let mut told = Vec::new();
    let mut agent = Agent::new(address, "helpdesk", key);
    if agent.try_open().is_err() {
        return told;
    }
    for n in 0.. {
        let nonce = format!("{name}-{n}");
        let (tool, arguments) = match n % 3 {
            0 => ("search_customers", json!({ "tenant": "acme", "query": nonce })),
            1 => {
                ("refund_order", json!({ "order_id": "4821", "amount_cents": 1, "reason": nonce }))
            }
            _ => (
                "refund_order",
                json!({ "order_id": "4821", "amount_cents": 9999, "reason": nonce }),
            ),
        };
        let call = json!({ "name": tool, "arguments": arguments });
        let Ok(answer) = agent.try_ask("tools/call", &call) else { return told };
        let Some((decision, leaf)) = answer.try_decision() else { return told };
        let whole = answer.http.whole;
        let carried_out = whole && answer.last().get("result").is_some();
        told.push(Told { nonce, decision, leaf, carried_out });
        if !whole {
            return told;
        }
    }
    told
}

/// What the log holds of the calls of agents.
#[derive(Default)]
struct OnRecord {
    /// Nonces of permitted calls.
    permitted: BTreeSet<String>,
    /// Nonce and leaf by decision.
    decisions: BTreeMap<ExchangeId, (String, u64)>,
    /// Leaves of decisions that have an outcome.
    outcomes: BTreeSet<u64>,
}

fn check_calls(house: &House, told: &[Told]) {
    let recorded = on_record(house);
    for it in told {
        let id = ExchangeId::parse(&it.decision).unwrap();
        let (nonce, leaf) = recorded
            .decisions
            .get(&id)
            .unwrap_or_else(|| panic!("{} was told to {} and is not on record", id, it.nonce));
        assert_eq!((nonce, *leaf), (&it.nonce, it.leaf), "{id}");
        if it.carried_out {
            assert!(recorded.permitted.contains(nonce), "{nonce} was carried out, not permitted");
            assert!(recorded.outcomes.contains(leaf), "{nonce} was answered without an outcome");
        }
    }
    let reached = reached(&house.path("reached"));
    assert!(!reached.is_empty(), "nothing reached the upstream");
    let unrecorded: Vec<_> = reached.difference(&recorded.permitted).collect();
    assert!(unrecorded.is_empty(), "reached the upstream without a decision: {unrecorded:?}");
}

fn on_record(house: &House) -> OnRecord {
    let store = Arc::new(Store::open(&house.path("data")).unwrap());
    let world = recording::world(&store);
    let reader = Reader::open(&house.path("data/log")).unwrap();
    let mut found = OnRecord::default();
    for kind in [Kind::Decision, Kind::Outcome] {
        let filter = Filter { kind: Some(kind), ..Filter::default() };
        for entry in reader.query(filter, Order::OldestFirst, usize::MAX).unwrap() {
            let entry = entry.unwrap();
            match entry.record {
                Record::Outcome(it) => {
                    found.outcomes.insert(it.decision);
                }
                Record::Decision(it) if it.action.as_ref() == "invoke_tool" => {
                    let sealed = reader.sealed(entry.index).unwrap().expect("inputs are sealed");
                    let clear = world.unseal(&sealed).unwrap().expect("nobody erased anything");
                    let nonce = nonce(&Inputs::decode(&clear).unwrap());
                    if it.permitted {
                        found.permitted.insert(nonce.clone());
                    }
                    found.decisions.insert(it.exchange, (nonce, entry.index));
                }
                Record::Decision(_)
                | Record::Refusal(_)
                | Record::Admin(_)
                | Record::Noticed(_)
                | Record::Started { .. }
                | Record::Stopped
                | Record::Heartbeat => {}
            }
        }
    }
    found
}

fn nonce(inputs: &Inputs) -> String {
    let member = |name| inputs.arguments.member(name).and_then(Known::as_text);
    member("query").or_else(|| member("reason")).unwrap_or_default().to_owned()
}

/// The nonces of all calls that reached the upstream.
fn reached(folder: &Path) -> BTreeSet<String> {
    let files = std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
    let texts: Vec<String> =
        files.map(|it| String::from_utf8(std::fs::read(it).unwrap()).unwrap()).collect();
    // The last line of a file may be cut off by the kill: no call that could be carried out.
    let messages = texts.iter().flat_map(|it| it.lines());
    let messages = messages.filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let calls = messages.filter(|it| it["method"] == "tools/call");
    let nonces = calls.map(|it| {
        let arguments = &it["params"]["arguments"];
        let nonce = arguments["query"].as_str().or_else(|| arguments["reason"].as_str());
        nonce.unwrap_or_else(|| panic!("{it} has no nonce")).to_owned()
    });
    nonces.collect()
}

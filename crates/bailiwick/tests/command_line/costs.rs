//! What calls of models came to, asked of a log that has some.

use std::path::Path;
use std::sync::Arc;

use bailiwick_core::{
    DecisionRecord, Digest, Durability, ExchangeId, Ledger as _, Meter, OutcomeRecord, Record,
    Sealed, Subject, Timestamp, Token,
};
use bailiwick_gateway::store::Store;
use bailiwick_log::{Log, Options, World};
use serde_json::{Value, json};

use crate::support::house::House;

/// 2026-11-22, and so many hours.
fn at(hours: u64) -> Timestamp {
    Timestamp::from_ns((20_779 * 24 + hours) * 3_600_000_000_000)
}

struct Writer {
    log: Log,
    person: Token,
}

impl Writer {
    fn decided(&self, hours: u64, agent: &str) -> ExchangeId {
        let exchange = ExchangeId::new(at(hours), [hours as u8; 10]);
        let record = DecisionRecord {
            exchange,
            tenant: "default".into(),
            chain: vec![Subject::Person(self.person), Subject::Agent(agent.into())],
            credential: Some("bwk-1".into()),
            task: None,
            session: None,
            trace: None,
            action: "complete".into(),
            resource_kind: "Model".into(),
            server: "vendor".into(),
            name: Some("model".into()),
            name_token: Token::from_bytes([1; 16]),
            named: Vec::new(),
            effect: "unknown".into(),
            pin: None,
            ask: Digest::of(b"ask"),
            permitted: true,
            cause: None,
            visible: true,
            policies: Vec::new(),
            obligations: Vec::new(),
            policy_set: Digest::of(b"set"),
            durability: Durability::Appended,
            findings: Vec::new(),
            latency_ns: 1,
            sealed: None,
            parent: None,
            bound: Some(2_000_000),
            view: None,
            items: Vec::new(),
            items_dropped: 0,
            classes: Vec::new(),
        };
        self.append(hours, &Record::Decision(Box::new(record)));
        exchange
    }

    fn ended(&self, hours: u64, exchange: ExchangeId, cost: Option<u64>) {
        let meter = Meter {
            model: Some("model-2026-11".into()),
            input: 1200,
            cached: 1000,
            output: 30,
            reasoning: 20,
            cost,
            status: 200,
            ..Meter::default()
        };
        let record = OutcomeRecord {
            exchange,
            decision: 0,
            disposition: "answered".into(),
            answer: Digest::of(b"answer"),
            answer_bytes: 10,
            chunks: 1,
            findings: Vec::new(),
            findings_dropped: 0,
            latency_ns: 5,
            meter: Some(Box::new(meter)),
            items: Vec::new(),
            sealed: None,
            named: Vec::new(),
            classes: Vec::new(),
        };
        self.append(hours, &Record::Outcome(record));
    }

    fn append(&self, hours: u64, record: &Record) {
        self.log.append(at(hours), record, &Sealed::default()).unwrap();
    }
}

/// A log of two days: `support` spends on both, `coder` once at a price that nobody knows, and
/// one call was cut off by a crash.
fn spent(house: &House, folder: &Path) {
    let store = Arc::new(Store::open(&house.path("data")).unwrap());
    let world = World::real(Arc::new(|| at(0)), store);
    let person = world.token(&"default".into(), "Person", "priya").unwrap();
    let log = Log::create(folder, "log.test/costs", Options::default(), world).unwrap();
    let writer = Writer { log, person };
    writer.ended(1, writer.decided(1, "support"), Some(1_500_000));
    writer.ended(2, writer.decided(2, "coder"), None);
    writer.ended(25, writer.decided(25, "support"), Some(2_250_000));
    writer.decided(26, "support");
    writer.log.close().unwrap();
}

fn asked(house: &House, words: &[&str]) -> Value {
    let words = [&["--json", "log", "cost"], words].concat();
    serde_json::from_str(&house.run(&words).expect(0).out).unwrap()
}

fn rows(value: &Value) -> Vec<(String, u64, u64)> {
    let row = |row: &Value| {
        let number = |key: &str| row[key].as_u64().unwrap();
        let name = row["name"].as_str().unwrap_or("-").to_owned();
        (name, number("calls"), number("cost_micro_dollars"))
    };
    value["rows"].as_array().unwrap().iter().map(row).collect()
}

#[test]
fn calls_of_models_are_added_up() {
    let house = House::new("", "");
    house.run(&["keys", "new", "--agent", "support", "--person", "priya"]).expect(0);
    let log = house.path("other-log");
    spent(&house, &log);
    let log = log.to_str().unwrap();
    let check = |words: &[&str], expected: &[(&str, u64, u64)]| {
        let told = asked(&house, &[&["--directory", log], words].concat());
        let expected: Vec<_> =
            expected.iter().map(|&(name, calls, cost)| (name.to_owned(), calls, cost)).collect();
        assert_eq!(rows(&told), expected, "{words:?}");
    };
    check(&[], &[("support", 3, 3_750_000), ("coder", 1, 0)]);
    check(&["--by", "model"], &[("vendor/model-2026-11", 3, 3_750_000), ("vendor/model", 1, 0)]);
    check(&["--by", "key"], &[("bwk-1", 4, 3_750_000)]);
    check(&["--by", "day"], &[("2026-11-22", 2, 1_500_000), ("2026-11-23", 2, 2_250_000)]);
    check(&["--by", "day", "--since", "2026-11-23"], &[("2026-11-23", 2, 2_250_000)]);
    let told = asked(&house, &["--directory", log, "--since", "2026-11-22"]);
    assert_eq!(
        told["total"],
        json!({
            "calls": 4, "refused": 0, "estimated": 0, "unpriced": 1, "unfinished": 1,
            "input_tokens": 3600, "cached_tokens": 3000, "cache_write_tokens": 0,
            "output_tokens": 90, "reasoning_tokens": 60,
            "cost_micro_dollars": 3_750_000, "at_most_micro_dollars": 4_000_000,
            "overdraft_micro_dollars": 250_000,
        })
    );
    let text = house.run(&["log", "cost", "--directory", log]).expect(0).out;
    let expected = "
         calls  refused  input  cached  output  reasoning       cost
support      3        0   2400    2000      60         40  $3.750000
coder        1        0   1200    1000      30         20  $0.000000
total        4        0   3600    3000      90         60  $3.750000
1 calls have a cost that nobody knows
1 calls have no outcome: under way, or lost in a crash
together these cost at most $4.000000 more
$0.250000 were spent beyond what had been reserved
";
    assert_eq!(text, expected.trim_start_matches('\n'));
    house.run(&["log", "cost", "--by", "weather"]).expect(2);
    house.run(&["log", "cost", "--since", "yesterday"]).expect(2);
}

#[test]
fn persons_have_their_names_where_the_house_knows_them() {
    let house = House::new("", "");
    spent(&house, &house.path("data/log"));
    let by_person = |house: &House| rows(&asked(house, &["--by", "person"]));
    let [(pseudonym, 4, 3_750_000)] = &by_person(&house)[..] else { panic!("one person") };
    assert_eq!(pseudonym.len(), 32);
    house.run(&["keys", "new", "--agent", "support", "--person", "priya"]).expect(0);
    assert_eq!(by_person(&house), [("priya".to_owned(), 4, 3_750_000)]);
    let copy = house.path("data/log");
    let told = asked(&house, &["--by", "person", "--directory", copy.to_str().unwrap()]);
    assert_eq!(&rows(&told)[0].0, pseudonym);
    let query = ["--json", "log", "query", "--kind", "outcome", "--limit", "1"];
    let told: Value = serde_json::from_str(&house.run(&query).expect(0).out).unwrap();
    let meter = &told[0]["record"]["meter"];
    assert_eq!(meter["cost_micro_dollars"], 2_250_000);
    assert_eq!((&meter["model"], &meter["cached_tokens"]), (&json!("model-2026-11"), &json!(1000)));
}

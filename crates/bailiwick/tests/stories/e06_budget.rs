//! A tenant's agents run away: 200,000 dollars in 48 hours, replayed against a cap of 500. It holds to
//! the cent, whoever asks at once.
//!
//! What is scaled: at two dollars a call the story has 100,000 calls, and at 1,000 times its speed
//! 579 of them come in a second. Its first 1,000 are replayed, the first 29 minutes of the 48 hours,
//! without a pause by eight agents at once, which is as fast as the machine goes; the cap is spent
//! after a quarter of them, and all that follows is the same.

use std::fs;
use std::sync::Mutex;

use serde_json::{Value, json};

use crate::racing::lab::{Lab, Provider};
use crate::support::house::House;
use crate::support::http::{Reply, send};

const CALLS: usize = 1_000;
const AGENTS: usize = 8;
const DOLLARS: u64 = 500;
const A_CALL: u64 = 2;

#[test]
fn heavy_a_runaway_is_stopped_at_the_cap() {
    let provider = Provider::start();
    // A hundred words cost two dollars, and what comes in costs nothing: the bound is the cost.
    let lab = Lab::new(&provider, &format!("tenant_month = \"{DOLLARS}\"\nkey_day = \"100000\"\n"));
    fs::write(lab.house.path("prices.toml"), crate::racing::lab::prices("0", "20000")).unwrap();
    let running = lab.house.up();
    let key =
        |number| lab.house.key(&format!("agent-{number}"), &format!("person-{number}"), "acme");
    let keys: Vec<String> = (0..AGENTS).map(key).collect();
    let replies = replay(&lab.house.agents(), &keys);
    assert_eq!(running.stop(), 0);

    let paid = replies.iter().filter(|it| it.status == 200).count() as u64;
    assert_eq!(paid * A_CALL, DOLLARS);
    for refused in replies.iter().filter(|it| it.status != 200) {
        let words = refused.text();
        assert_eq!(refused.status, 429, "{words}");
        assert!(words.contains("$0.000000 of $500.000000 a month are left"), "{words}");
        assert!(words.contains("begins anew in"), "{words}");
        let seconds: u64 = refused.header("retry-after").unwrap().parse().unwrap();
        assert!(seconds <= 31 * 86_400, "{seconds}");
    }
    let total = &lab.house.json(0, &["log", "cost", "--by", "agent"])["total"];
    assert_eq!(total["cost_micro_dollars"], DOLLARS * 1_000_000, "{total}");
    assert_eq!(total["refused"], CALLS as u64 - paid, "{total}");
    assert_eq!(total["overdraft_micro_dollars"], 0, "{total}");
    let records = lab.house.query(&[]);
    never_past_the_cap(&records);
    why_it_was_not_paid_for(&lab.house, &records);
    assert_eq!(lab.house.verified()["in_doubt"], 0);
}

/// Whoever looks is told that policy permitted it, and which cap did not suffice.
fn why_it_was_not_paid_for(house: &House, records: &[Value]) {
    let budget = "budget:tenant:month, $0.000000 left of $500.000000";
    let refused = records.iter().find(|it| it["record"]["unpaid"] == budget).unwrap();
    let exchange = refused["record"]["exchange"].as_str().unwrap();
    let told = house.run(&["why", exchange]).expect(0).out;
    assert!(told.contains("permitted, but NOT PAID FOR"), "{told}");
    assert!(told.contains(budget), "{told}");
    let told = house.run(&["log", "query", "--exchange", exchange]).expect(0).out;
    assert!(told.contains(&format!("unmet (not paid for: {budget})")), "{told}");
}

/// The calls of the trace, each agent taking the next one.
fn replay(address: &str, keys: &[String]) -> Vec<Reply> {
    let (next, replies) = (Mutex::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for key in keys {
            let (next, replies) = (&next, &replies);
            scope.spawn(move || {
                loop {
                    let call = {
                        let mut next = next.lock().unwrap();
                        *next += 1;
                        *next
                    };
                    if call > CALLS {
                        return;
                    }
                    let reply = ask(address, key, call % 2 == 0);
                    replies.lock().unwrap().push(reply);
                }
            });
        }
    });
    replies.into_inner().unwrap()
}

fn ask(address: &str, key: &str, streams: bool) -> Reply {
    let words = "a ".repeat(100);
    let body = json!({ "model": "parrot", "stream": streams, "max_tokens": 100,
        "messages": [{ "role": "user", "content": words }] });
    let bearer = format!("Bearer {key}");
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    send(address, "POST /openai/v1/chat/completions", &headers, &body.to_string()).unwrap()
}

/// What is reserved for a call here is what it costs: so what was ever reserved and spent is the sum
/// of the bounds of the calls that were sent, and it never passes the cap.
fn never_past_the_cap(records: &[Value]) {
    let of = |it: &Value, name: &str| it["record"][name].clone();
    let is_unmet = |it: &&Value| of(it, "disposition") == "unmet";
    let unmet: std::collections::BTreeSet<String> =
        records.iter().filter(is_unmet).map(|it| of(it, "exchange").to_string()).collect();
    let mut taken = 0;
    for record in records {
        let exchange = of(record, "exchange").to_string();
        let Some(bound) = record["record"]["bound_micro_dollars"].as_u64() else { continue };
        if !unmet.contains(&exchange) {
            assert_eq!(bound, A_CALL * 1_000_000, "{record}");
            taken += bound;
        }
        assert!(taken <= DOLLARS * 1_000_000, "{record}");
    }
    assert_eq!(taken, DOLLARS * 1_000_000);
}

//! The operators' listener: a token at every address, roles, probes, metrics, and the log's tiles
//! as any tlog-tiles client reads them.

use std::fs;

use serde_json::{Value, json};
use tlog_tiles::{Hash, Tile, TileHashReader, TileReader, check_record, prove_record, record_hash};

use crate::support::house::House;
use crate::support::process::wait_for;

const ADDRESSES: [&str; 11] = [
    "GET /readyz",
    "GET /metrics",
    "GET /log/checkpoint",
    "GET /log/tile/0/000.p/1",
    "GET /admin/v1/keys",
    "POST /admin/v1/keys",
    "GET /admin/v1/operators",
    "GET /admin/v1/spending",
    "POST /admin/v1/log/rotate-key",
    "POST /admin/v1/backup",
    "GET /no/such/place",
];

#[test]
fn every_address_needs_a_token() {
    let house = House::helpdesk();
    let running = house.up();
    let agents_key = house.key("support-bot", "ada", "acme");
    for token in ["", "nonsense", agents_key.as_str()] {
        for line in ADDRESSES {
            let reply = house.operator(line, token, "{}").unwrap();
            assert_eq!(reply.status, 401, "{line} with `{token}`: {reply:?}");
            assert!(reply.header("www-authenticate").is_some(), "{reply:?}");
        }
    }
    // An operator's token, in turn, is no agent's key.
    let admin = house.admin().unwrap();
    let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
    let agent = crate::support::agent::Agent::new(&house.agents(), "helpdesk", &admin);
    assert_eq!(agent.post(&ping).unwrap().http.status, 401);
    // Agents learn nothing of the gateway's health but that it is alive.
    for line in ADDRESSES {
        let reply = crate::support::http::send(&house.agents(), line, &[], "").unwrap();
        assert_eq!(reply.status, 401, "{line}: {reply:?}");
    }
    let alive = crate::support::http::send(&house.agents(), "GET /healthz", &[], "").unwrap();
    assert_eq!((alive.status, alive.text().as_str()), (200, "alive\n"));
    assert_eq!(running.stop(), 0);
    let refusals = house.query(&["--kind", "refusal"]);
    let of_operators: u64 = refusals
        .iter()
        .filter(|it| it["record"]["reason"] == "unidentified")
        .map(|it| it["record"]["count"].as_u64().unwrap())
        .sum();
    assert!(of_operators > 0, "{refusals:?}");
}

#[test]
fn roles_are_kept() {
    let house = House::helpdesk();
    let running = house.up();
    let make = |name: &str, role: &str| {
        let made = house.json(0, &["operators", "new", name, "--role", role]);
        assert_eq!(made["name"], name);
        made["token"].as_str().unwrap().to_owned()
    };
    let key = json!({ "agent": "a", "person": "p", "tenant": "t" }).to_string();
    let person = json!({ "name": "eve", "role": "admin" }).to_string();
    // Status of: probes, reading the log and what is spent, making a key, making an operator.
    let table = [
        ("admin", [200, 200, 200, 200, 200]),
        ("operator", [200, 200, 200, 200, 403]),
        ("auditor", [200, 200, 200, 403, 403]),
        ("approver", [200, 403, 403, 403, 403]),
    ];
    wait_for("a checkpoint", || {
        let reply = house.operator("GET /log/checkpoint", &house.admin()?, "").ok()?;
        (reply.status == 200).then_some(())
    });
    for (role, expected) in table {
        let token = make(&format!("the-{role}"), role);
        let status = |line: &str, body: &str| house.operator(line, &token, body).unwrap().status;
        let eve = person.replace("eve", &format!("eve-{role}"));
        let seen = [
            status("GET /readyz", ""),
            status("GET /log/checkpoint", ""),
            status("GET /admin/v1/spending", ""),
            status("POST /admin/v1/keys", &key),
            status("POST /admin/v1/operators", &eve),
        ];
        assert_eq!(seen, expected, "{role}");
    }

    // The command line says what the gateway says, and fails.
    let auditor = make("ann", "auditor");
    let mut command = house.command(&["keys", "new", "--agent", "a", "--person", "p"]);
    let ran = crate::support::process::Ran::of(command.env("BAILIWICK_OPERATOR_TOKEN", &auditor));
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("your role does not allow this"), "{ran:?}");

    // Revoked: in force at once.
    house.json(0, &["operators", "revoke", "ann"]);
    assert_eq!(house.operator("GET /readyz", &auditor, "").unwrap().status, 401);
    let listed = house.run(&["operators", "list"]).expect(0).out;
    let line = listed.lines().find(|it| it.starts_with("ann")).unwrap();
    assert!(line.contains("auditor") && line.contains("revoked"), "{line}");
    // Whoever is there already is not made again, and there is no such role.
    assert_eq!(house.run(&["operators", "new", "the-admin", "--role", "admin"]).code, 2);
    assert_eq!(house.run(&["operators", "new", "zoe", "--role", "king"]).code, 2);

    assert_eq!(running.stop(), 0);
    let acts = house.query(&["--kind", "admin"]);
    let has = |act: &str, operator: &str, done: bool| {
        acts.iter()
            .map(|it| &it["record"])
            .any(|it| it["act"] == act && it["operator"] == operator && it["done"] == done)
    };
    assert!(has("keys.new", "the-operator", true), "{acts:?}");
    assert!(has("operators.revoke", "admin", true), "{acts:?}");
    // Who asked for more than the role allows is on record by name.
    assert!(has("refused.role", "the-auditor", false), "{acts:?}");
    // What could not be done is on record as not done.
    assert!(has("operators.new", "admin", false), "{acts:?}");
    house.verified();
}

#[test]
fn a_bad_edit_is_told_and_changes_nothing() {
    let house = House::helpdesk();
    let running = house.up();
    let (status, before) = house.readiness();
    assert_eq!((status, &before["ready"]), (200, &json!(true)));
    let mut agent = house.support();
    let billing = json!({ "customer_id": "c_41" });

    let file = house.path("policies/extra.cedar");
    fs::write(&file, "@id(\"x\")\npermit (principal, action, resource\n").unwrap();
    let fault = wait_for("the fault", || {
        let (status, now) = house.readiness();
        (status == 503).then_some(now)
    });
    assert_eq!(fault["ready"], false);
    assert_eq!(fault["policy_set"], before["policy_set"]);
    let told = fault["rules_fault"][0].as_str().unwrap();
    assert!(told.contains("extra.cedar:"), "{told}");
    assert!(agent.call("get_billing", &billing).is_done(), "the former rules are in force");
    let status = house.run(&["status"]).expect(1).out;
    assert!(status.contains("NOT ready") && status.contains("extra.cedar"), "{status}");

    fs::write(&file, "@id(\"x\")\nforbid (principal is Agent, action, resource);\n").unwrap();
    let after = wait_for("the new rules", || {
        let (status, now) = house.readiness();
        (status == 200).then_some(now)
    });
    assert_ne!(after["policy_set"], before["policy_set"]);
    assert!(!agent.call("get_billing", &billing).is_done(), "the new rules are in force");
    assert!(running.told().contains("the edited rules are faulty"), "{}", running.told());

    assert_eq!(running.stop(), 0);
    let acts = house.query(&["--kind", "admin"]);
    let loaded: Vec<_> = acts
        .iter()
        .filter(|it| it["record"]["act"] == "rules.loaded")
        .map(|it| it["record"]["done"] == true)
        .collect();
    assert_eq!(loaded, [false, true], "{acts:?}");
}

#[test]
fn metrics_are_what_prometheus_reads() {
    let house = House::helpdesk();
    let running = house.up();
    let admin = house.admin().unwrap();
    let reply = house.operator("GET /metrics", &admin, "").unwrap();
    assert!(reply.header("content-type").unwrap().starts_with("text/plain; version=0.0.4"));
    let text = reply.text();
    let (mut kinds, mut helped) = (Vec::new(), Vec::new());
    let mut values = std::collections::BTreeMap::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert!(["gauge", "counter", "histogram", "summary"].contains(&kind), "{line}");
            kinds.push(name.to_owned());
        } else if let Some(rest) = line.strip_prefix("# HELP ") {
            helped.push(rest.split_once(' ').unwrap().0.to_owned());
        } else {
            let (name, value) = line.rsplit_once(' ').unwrap();
            let bare = name.split('{').next().unwrap();
            assert!(bare.starts_with("bailiwick_"), "{line}");
            assert!(kinds.iter().any(|it| bare.starts_with(it.as_str())), "{line} has no type");
            values.insert(name.to_owned(), value.parse::<f64>().unwrap());
        }
    }
    assert_eq!(kinds, helped);
    for (name, value) in [("ready", 1.0), ("servers", 1.0), ("servers_listed", 1.0)] {
        assert_eq!(values[&format!("bailiwick_{name}")], value, "{name}: {text}");
    }
    assert!(values["bailiwick_log_records"] > 1.0, "{text}");
    drop(running);
}

/// The log of a running gateway, fetched over HTTP as the standard says.
struct Fetched<'a>(&'a House, String);

impl Fetched<'_> {
    fn get(&self, path: &str) -> Vec<u8> {
        let reply = self.0.operator(&format!("GET /log/{path}"), &self.1, "").unwrap();
        assert_eq!(reply.status, 200, "{path}: {reply:?}");
        reply.body
    }
}

impl TileReader for Fetched<'_> {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
        // The crate names the height, which the standard has fixed since.
        let path = |tile: &Tile| tile.path().replacen("tile/8/", "tile/", 1);
        Ok(tiles.iter().map(|tile| self.get(&path(tile))).collect())
    }

    fn save_tiles(&self, _tiles: &[Tile], _data: &[Vec<u8>]) {}
}

/// Size and root, as the lines of a checkpoint say them.
fn head(note: &str) -> (u64, Hash) {
    let lines: Vec<&str> = note.lines().collect();
    (lines[1].parse().unwrap(), Hash::parse_hash(lines[2]).unwrap())
}

#[test]
fn another_implementation_reads_the_log_over_http() {
    let house = House::helpdesk();
    let running = house.up();
    let mut agent = house.support();
    let fetched = Fetched(&house, house.admin().unwrap());
    let decision = agent.call("get_billing", &json!({ "customer_id": "c_42" })).decision();
    let index: u64 = house.query(&["--exchange", &decision])[0]["index"].as_u64().unwrap();
    let note = wait_for("a checkpoint over the denial", || {
        let reply = house.operator("GET /log/checkpoint", &fetched.1, "").ok()?;
        let note = (reply.status == 200).then(|| reply.text())?;
        (head(&note).0 > index).then_some(note)
    });
    let (size, root) = head(&note);
    assert!(note.starts_with("bailiwick.example/log\n"), "{note}");

    // The log goes on: what the older checkpoint names can be had all the same.
    for n in 0..300 {
        agent.call("get_customer", &json!({ "customer_id": format!("c_{n}") }));
    }
    wait_for("a later checkpoint", || {
        (head(&String::from_utf8(fetched.get("checkpoint")).unwrap()).0 > 300).then_some(())
    });
    let client = TileHashReader::new(size, root, &fetched);
    let proof = prove_record(size, index, &client).unwrap();
    let entry = house.path("entry.bin");
    house.run(&["log", "prove", &decision, "--entry", entry.to_str().unwrap()]).expect(0);
    let entry = fs::read(entry).unwrap();
    check_record(&proof, size, root, index, record_hash(&entry)).unwrap();
    let mut other = entry.clone();
    other[10] ^= 1;
    assert!(check_record(&proof, size, root, index, record_hash(&other)).is_err());

    // The entry itself stands in the bundle of entries.
    let last = size - 1;
    let width = if index / 256 == last / 256 { size % 256 } else { 0 };
    let name = format!("tile/entries/{:03}", index / 256);
    let name = if width == 0 { name } else { format!("{name}.p/{width}") };
    let bundle = fetched.get(&name);
    assert!(bundle.windows(entry.len()).any(|it| it == entry), "{name}");

    // What belongs to nobody's eyes is not given out, not even to an admin.
    for path in ["key", "seal/000", "tile/0/../../key", "tile/0/000.p/0", "journal", ""] {
        let reply = house.operator(&format!("GET /log/{path}"), &fetched.1, "").unwrap();
        assert_eq!(reply.status, 404, "{path}");
    }
    drop(running);
}

#[test]
fn keys_take_effect_at_the_next_call() {
    let house = House::helpdesk();
    let running = house.up();
    let made = house
        .json(0, &["keys", "new", "--agent", "support-bot", "--person", "ada", "--tenant", "acme"]);
    let (id, key) = (made["id"].as_str().unwrap(), made["key"].as_str().unwrap());
    let mut agent = crate::support::agent::Agent::open(&house.agents(), "helpdesk", key);
    let billing = json!({ "customer_id": "c_41" });
    assert!(agent.call("get_billing", &billing).is_done());
    let listed: Value = house.json(0, &["keys", "list"]);
    let mine = listed.as_array().unwrap().iter().find(|it| it["id"] == id).unwrap();
    assert_eq!((&mine["agent"], &mine["person"]), (&json!("support-bot"), &json!("ada")));
    assert!(!listed.to_string().contains(key), "the list tells the key");
    let status = house.json(0, &["keys", "revoke", id]);
    assert_eq!(status["revoked"], true, "{status}");
    let refused = agent.call("get_billing", &billing);
    assert_eq!(refused.http.status, 401, "{refused:?}");
    assert_eq!(house.run(&["keys", "revoke", "no-such-id"]).code, 2);
    drop(running);
}

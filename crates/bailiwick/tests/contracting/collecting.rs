//! Signals are collected from registries when a person asks for it, and what cannot be had is told.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};

use serde_json::{Value, json};

use crate::support::house::House;

/// A registry of packages and of sources, all at one address.
fn registry() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for caller in listener.incoming() {
            // One that goes away early is none of ours.
            let _ = serve(caller.unwrap());
        }
    });
    address
}

fn serve(mut caller: TcpStream) -> std::io::Result<()> {
    let mut lines = BufReader::new(caller.try_clone()?).lines();
    let first = lines.next().unwrap_or_else(|| Ok(String::new()))?;
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    while lines.next().transpose()?.is_some_and(|it| !it.is_empty()) {}
    let (status, body) = match answer(&path) {
        Some(body) => ("200 OK", body.to_string()),
        None => ("404 Not Found", "{}".to_owned()),
    };
    let length = body.len();
    write!(
        caller,
        "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

fn answer(path: &str) -> Option<Value> {
    match path {
        "/@acme%2fcrm" => Some(json!({
            "time": { "1.4.2": "2026-01-09T08:00:00Z" },
            "versions": { "1.4.2": { "license": "MIT" } },
            "repository": { "url": "git+https://github.com/acme/crm.git" },
        })),
        "/repos/acme/crm" => Some(json!({
            "archived": true, "pushed_at": "2026-03-20T08:00:00Z", "open_issues_count": 47,
        })),
        "/search/issues?q=repo:acme/crm+is:open+label:security&per_page=1" => {
            Some(json!({ "total_count": 12 }))
        }
        "/pypi/notes/json" => Some(json!({
            "info": {}, "releases": { "1.2.0": [{ "upload_time_iso_8601": "2026-11-01T08:00:00Z" }] },
        })),
        "/pypi/notes/1.2.0/json" => Some(json!({
            "info": { "yanked": true }, "vulnerabilities": [{ "id": "PYSEC-2026-1" }],
        })),
        _ => None,
    }
}

#[test]
fn signals_are_collected_when_a_person_asks_and_kept_in_a_feed() {
    let house = House::new(
        "",
        "[health]\nfeeds = [\"health.json\"]\n\
         [servers.crm]\ncommand = [\"npx\", \"-y\", \"@acme/crm@1.4.2\"]\n\
         [servers.notes]\ncommand = [\"uvx\", \"notes==1.2.0\"]\n\
         [servers.far]\nurl = \"http://127.0.0.1:9/mcp\"\n",
    );
    let feed = house.path("health.json");
    let known = json!({ "as_of": "2026-10-01", "vulnerabilities": [
        { "id": "PYSEC-2026-1", "severity": "unknown", "since": "2026-09-30" }] });
    let before = json!({ "people": ["ada"], "servers": {
        "notes": known, "other": { "as_of": "2026-10-01" } } });
    fs::write(&feed, before.to_string()).unwrap();

    let named = "server = \"crm\"\n[standing]\nrepository = \"https://github.com/acme/crm\"\n";
    fs::create_dir_all(house.path("contracts")).unwrap();
    let contract = house.path("contracts/crm.toml");
    // A package may name any busy repository: only what that one warns of counts.
    let address = registry();
    let doubted = ["contracts", "collect", "crm", "--npm", &address, "--github", &address];
    let told = house.run(&doubted).expect(1);
    assert!(told.err.contains("standing.repository"), "{}", told.err);
    assert!(told.out.contains("archived") && !told.out.contains("last_commit"), "{}", told.out);
    // A password in an address is neither told nor sent.
    let secret = address.replace("://", "://ada:hunter2@");
    let told = house.run(&["contracts", "collect", "crm", "--npm", &secret, "--github", &address]);
    let said = format!("{}{}", told.out, told.err);
    assert!(said.contains("without them") && !said.contains("hunter2"), "{said}");
    fs::write(contract, named).unwrap();
    let out = feed.to_str().unwrap();
    let collect =
        ["contracts", "collect", "--npm", &address, "--pypi", &address, "--github", &address];
    let told = house.json(1, &[&collect[..], &["--out", out]].concat());
    let missing = |server: &str| told["missing"][server].to_string();
    assert!(missing("far").contains("names a package") && missing("crm") == "null", "{told}");
    assert!(missing("notes").contains("repository at GitHub"), "{told}");

    let written: Value = serde_json::from_str(&fs::read_to_string(&feed).unwrap()).unwrap();
    let crm = &written["servers"]["crm"];
    assert_eq!((&crm["archived"], &crm["open_security_issues"]), (&json!(true), &json!(12)));
    assert_eq!(
        (&crm["last_release"], &crm["last_commit"]),
        (&json!("2026-01-09"), &json!("2026-03-20"))
    );
    assert_eq!(crm["security_policy"], false);
    // What was known before is known since then, and what was not asked for is kept.
    let notes = &written["servers"]["notes"];
    assert_eq!(notes["vulnerabilities"][0]["since"], "2026-09-30");
    assert_eq!(notes["deprecated"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&written["people"][0], &written["servers"]["other"]["as_of"]),
        (&json!("ada"), &json!("2026-10-01"))
    );

    let judged = house.json(1, &["contracts", "health", "crm"]);
    assert_eq!(judged["servers"][0]["state"], "abandoned", "{judged}");
    // Where nobody answers, all is told and nothing is lost.
    let nobody = "http://127.0.0.1:9";
    let words =
        ["contracts", "collect", "crm", "--npm", &address, "--github", nobody, "--out", out];
    house.run(&words).expect(1);
    let judged = house.json(1, &["contracts", "health", "crm"]);
    assert_eq!(judged["servers"][0]["state"], "abandoned", "{judged}");
    let words = ["contracts", "collect", "notes", "--pypi", nobody, "--out", out];
    assert!(house.run(&words).expect(1).err.contains("cannot be reached"));
    assert!(fs::read_to_string(&feed).unwrap().contains("PYSEC-2026-1"));
    house.run(&["contracts", "collect", "nobody"]).expect(2);
}

#[test]
fn what_was_never_had_whole_is_not_known_and_of_ones_own_nobody_is_asked() {
    let house = House::new(
        "",
        "[health]\nfeeds = [\"health.json\"]\n\
         [servers.crm]\ncommand = [\"npx\", \"-y\", \"@acme/crm@1.4.2\"]\n\
         [servers.far]\nurl = \"http://127.0.0.1:9/mcp\"\n",
    );
    let (address, nobody) = (registry(), "http://127.0.0.1:9");
    let long_ago = json!({ "as_of": "2024-10-01", "last_commit": "2024-10-01" });
    let feed = json!({ "servers": { "crm": long_ago, "other": long_ago } });
    fs::write(house.path("health.json"), feed.to_string()).unwrap();
    // What was never had whole is not as if somebody had looked today.
    let first = house.path("first.json");
    let out = first.to_str().unwrap();
    let words =
        ["contracts", "collect", "crm", "--npm", &address, "--github", nobody, "--out", out];
    house.run(&words).expect(1);
    let written: Value = serde_json::from_str(&fs::read_to_string(&first).unwrap()).unwrap();
    let crm = &written["servers"]["crm"];
    assert_eq!((&crm["as_of"], &crm["last_release"]), (&json!("1970-01-01"), &json!("2026-01-09")));
    // Of a server of one's own nobody is asked, and nothing is missing.
    let ours = "server = \"far\"\n[standing]\npackage = \"in-house\"\n";
    fs::create_dir_all(house.path("contracts")).unwrap();
    fs::write(house.path("contracts/far.toml"), ours).unwrap();
    house.run(&["contracts", "collect", "far"]).expect(0);
    let told = house.run(&["contracts", "health", "crm"]).expect(1);
    assert!(told.err.contains("`other`"), "{}", told.err);
    assert!(told.out.contains("contracts compare crm"), "{}", told.out);
}

//! The catalogue against the real servers: its pins are what they show, no effect is milder than a
//! guess without a reason, and a server is governed by its entry in a minute.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use bailiwick_contracts::{Contract, Definition, EffectWord, Pin, draft};
use bailiwick_wire::json::{Document, Limits};
use serde_json::{Value, json};

use crate::real_servers::{Peers, UNFIT};
use crate::support::agent::Agent;
use crate::support::house::{House, manifest};
use crate::support::process::{Ran, program, wait_for};

/// What the catalogue says of itself.
fn catalogue() -> Vec<Value> {
    let listed = House::new("", "").json(0, &["contracts", "catalogue"]);
    listed.as_array().unwrap().clone()
}

/// How each package is started here, where it is installed.
fn command(peers: &Peers, package: &str) -> Vec<String> {
    let script = |name: &str| peers.npm(name, &[]);
    let with = |mut words: Vec<String>, more: &[&str]| {
        words.extend(more.iter().map(|it| (*it).to_owned()));
        words
    };
    let python = |name: &str, more: &[&str]| with(vec![peers.path("venv/bin/") + name], more);
    let folder = std::env::temp_dir();
    let folder = folder.to_str().unwrap();
    match package {
        "npm:@modelcontextprotocol/server-everything" => peers.npm("server-everything", &["stdio"]),
        "npm:@modelcontextprotocol/server-filesystem" => peers.npm("server-filesystem", &[folder]),
        "npm:@modelcontextprotocol/server-memory" => script("server-memory"),
        "npm:@modelcontextprotocol/server-sequential-thinking" => {
            script("server-sequential-thinking")
        }
        "pypi:mcp-server-time" => python("mcp-server-time", &["--local-timezone=UTC"]),
        "pypi:mcp-server-sqlite" => python("mcp-server-sqlite", &["--db-path", ":memory:"]),
        "pypi:mcp-server-fetch" => python("mcp-server-fetch", &[]),
        "pypi:mcp-server-git" => python("mcp-server-git", &[]),
        other => panic!("say here how {other} is started, and install it in tests/peers"),
    }
}

/// What a server lists before a client that can do everything.
fn definitions(peers: &Peers, words: &[String]) -> Vec<Definition> {
    let mut command = Command::new(peers.path("venv/bin/python"));
    command.arg(manifest().join("../../tests/peers/probe.py")).arg("list").args(words);
    let seen = Ran::of(&mut command).expect(0).json();
    let pages = seen["seen"].as_array().unwrap().iter();
    let pages = pages.filter(|it| it[0].as_str().unwrap().starts_with("tools/list"));
    pages.flat_map(|it| tools(it[2].as_str().unwrap())).collect()
}

/// The tools in the result of a `tools/list`.
fn tools(result: &str) -> Vec<Definition> {
    let document = Document::parse(result.as_bytes(), Limits::default()).unwrap();
    let list = document.root().member("tools").unwrap();
    list.elements().map(|it| Definition::of(&it.to_value()).unwrap()).collect()
}

/// How bad an effect is, of two the milder first.
const fn rank(effect: EffectWord) -> u8 {
    match effect {
        EffectWord::Read => 0,
        EffectWord::ReversibleWrite => 1,
        EffectWord::IrreversibleWrite => 2,
        EffectWord::Outbound => 3,
        EffectWord::Destructive => 4,
    }
}

/// Compare an entry with what its server lists, in the version that is installed.
#[track_caller]
fn check(entry: &Value, shown: &[Definition]) {
    let package = entry["package"].as_str().unwrap();
    let pins: BTreeMap<String, String> = serde_json::from_value(entry["pins"].clone()).unwrap();
    let found = shown.iter().map(|it| (it.name().to_owned(), Pin::of(it).to_string()));
    assert_eq!(found.collect::<BTreeMap<_, _>>(), pins, "{package}");

    let (registry, name) = package.split_once(':').unwrap();
    let folder = manifest().join("../../catalogue").join(registry).join(name);
    let contract = Contract::read(&fs::read_to_string(folder.join("contract.toml")).unwrap());
    let contract = contract.unwrap();
    for (tool, guess) in draft(&contract.server, shown).tools {
        let effect = &contract.tools[&tool].effect;
        let is_milder = rank(*effect.said()) < rank(*guess.effect.said());
        let evidence = effect.evidence().unwrap();
        let says_so = evidence.contains("Milder than a draft: ");
        assert_eq!(is_milder, says_so, "{package} {tool}: {:?}, {evidence}", guess.effect);
    }
}

#[test]
fn every_entry_is_of_the_server_that_is_installed() {
    let Some(peers) = Peers::find() else { return };
    for entry in catalogue() {
        let package = entry["package"].as_str().unwrap();
        // Ours lists one tool only once it was used: the test below has it.
        if package != "bailiwick:helpdesk" {
            check(&entry, &definitions(&peers, &command(&peers, package)));
        }
    }
}

#[test]
fn the_entry_of_the_demo_is_of_its_server() {
    let text = fs::read_to_string(manifest().join("src/helpdesk/tools.json")).unwrap();
    let shown = tools(&format!("{{\"tools\":{text}}}"));
    let all = catalogue();
    check(all.iter().find(|it| it["package"] == "bailiwick:helpdesk").unwrap(), &shown);
}

/// Everybody may read, and find out what there is.
const READ_ONLY: &str = r#"
@id("all_look")
permit (principal, action in [Action::"discover", Action::"session"], resource);
@id("all_read")
permit (principal, action in Action::"read", resource);
"#;

#[test]
fn a_server_is_governed_by_its_entry_in_a_minute() {
    let Some(peers) = Peers::find() else { return };
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().canonicalize().unwrap();
    fs::write(folder.join("there.txt"), "it is there\n").unwrap();
    let words = json!(peers.npm("server-filesystem", &[folder.to_str().unwrap()]));
    let house =
        House::new("", &format!("[servers.files]\ncommand = {words}\negress = \"best_effort\"\n"));
    house.closed();
    fs::write(house.path("policies/all.cedar"), READ_ONLY).unwrap();
    let running = house.up();
    let hint = house.run(&["doctor"]).out;
    assert!(hint.contains("bailiwick contracts add files"), "{hint}");

    let added = house.json(0, &["contracts", "add", "files"]);
    assert_eq!(added["package"], "npm:@modelcontextprotocol/server-filesystem");
    assert_eq!((&added["version"], &added["compared"]), (&json!("2026.8.31"), &json!(true)));
    assert_eq!(added["added"].as_array().unwrap().len(), 14, "{added}");
    assert_eq!((&added["unverified"], &added["unknown"]), (&json!({}), &json!([])));
    let file = house.path("contracts/files.toml");
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("server = \"files\"") && text.contains("REPLACES"), "{text}");
    // What remains is said: the folders.
    let filled = text.replace("\n# arguments.", "\narguments.");
    let filled = filled.replace("/YOUR/FOLDER", folder.to_str().unwrap());
    fs::write(&file, &filled).unwrap();
    let again = house.run(&["contracts", "add", "files"]).expect(0).out;
    assert!(again.contains("has every tool"), "{again}");
    assert_eq!(fs::read_to_string(&file).unwrap(), filled);
    let linted = house.run(&["contracts", "lint", "files"]).expect(0).out;
    assert!(linted.contains("0 errors, 0 warnings"), "{linted}");

    let why = "verified entry of the catalogue";
    house.run(&["contracts", "approve", "files", "--all", "--why", why]).expect(0);
    let key = house.key("reader", "ada", "default");
    let mut agent = Agent::open(&house.agents(), "files", &key);
    let path = folder.join("there.txt");
    let read = wait_for("the contract", || {
        let answer = agent.call("read_text_file", &json!({ "path": path }));
        answer.messages.last().is_some_and(|it| it["result"].is_object()).then_some(answer)
    });
    assert_eq!(read.result()["structuredContent"]["content"], "it is there\n");
    let written = agent.call("write_file", &json!({ "path": path, "content": "" }));
    assert!(!written.error().1.contains(UNFIT), "{written:?}");
    let outside = agent.call("read_text_file", &json!({ "path": "/etc/hostname" }));
    assert!(outside.error().1.contains(UNFIT), "{outside:?}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "it is there\n");
    assert_eq!(running.stop(), 0);
    house.verified();
}

/// Why nothing is verified where only a version speaks for it.
const UNSEEN: &str = "no gateway runs that saw what the server shows";

#[test]
fn what_is_not_seen_to_be_what_was_verified_is_not_called_so() {
    let ours = program();
    let sections = format!(
        "[servers.repo]\ncommand = [\"uvx\", \"mcp-server-git\"]\n\
         [servers.time]\ncommand = [\"uvx\", \"mcp-server-time==2026.10.10\"]\n\
         [servers.old]\ncommand = [\"uvx\", \"mcp-server-time==2025.1.1\"]\n\
         [servers.desk]\ncommand = [{ours:?}, \"helpdesk\"]\n\
         [servers.web]\nurl = \"http://127.0.0.1:9/mcp\"\n"
    );
    let house = House::new("", &sections);
    let effects = |server: &str| -> Vec<bool> {
        let text = fs::read_to_string(house.path(&format!("contracts/{server}.toml"))).unwrap();
        let contract = Contract::read(&text).unwrap();
        contract.tools.values().map(|it| it.effect.verified().is_some()).collect()
    };
    for (server, version, why) in [
        ("repo", Value::Null, UNSEEN),
        ("old", json!("2025.1.1"), UNSEEN),
        ("time", json!("2026.10.10"), UNSEEN),
        ("desk", json!(env!("CARGO_PKG_VERSION")), UNSEEN),
    ] {
        let added = house.json(0, &["contracts", "add", server]);
        assert_eq!((&added["version"], &added["compared"]), (&version, &json!(false)), "{added}");
        let doubts = added["unverified"].as_object().unwrap();
        assert!(!doubts.is_empty() && doubts.values().all(|it| it == why), "{added}");
        assert!(effects(server).into_iter().all(|it| !it), "{server}");
    }
    // What fetches itself must reach its registry; what is here already reaches nothing.
    let hosts = |server: &str| {
        let text = fs::read_to_string(house.path(&format!("contracts/{server}.toml"))).unwrap();
        Contract::read(&text).unwrap().standing.unwrap().hosts.is_some()
    };
    assert!(!hosts("time") && hosts("desk"));
    house.run(&["check"]).expect(0);
    let told = house.run(&["contracts", "add", "web"]).expect(2).err;
    assert!(told.contains("--from"), "{told}");
    let told = house.run(&["contracts", "add", "web", "--from", "nothing"]).expect(2).err;
    assert!(told.contains("pypi:mcp-server-git"), "{told}");
    house.run(&["contracts", "add", "web", "--from", "mcp-server-fetch"]).expect(0);
    assert_eq!(effects("web"), [false]);
    house.run(&["contracts", "add", "nobody"]).expect(2);

    let table = house.run(&["contracts", "catalogue"]).expect(0).out;
    assert!(table.contains("pypi:mcp-server-git@2026.10.10") && table.contains("12 tools"));
}

#[test]
fn a_server_that_defines_a_tool_otherwise_is_not_believed_for_it() {
    let house = House::helpdesk();
    let running = house.up();
    fs::remove_file(house.path("contracts/helpdesk.toml")).unwrap();
    let drafted = house.json(0, &["contracts", "draft", "helpdesk"]);
    assert_eq!(drafted["catalogue"], "bailiwick:helpdesk");
    // The clock's entry for the helpdesk: nothing that it shows is known to that.
    let drafted = fs::read(house.path("contracts/helpdesk.toml")).unwrap();
    let words = ["contracts", "add", "helpdesk", "--from", "mcp-server-time", "--force"];
    let strange = house.run(&words[..5]).expect(2).err;
    assert!(strange.contains("another server"), "{strange}");
    assert_eq!(fs::read(house.path("contracts/helpdesk.toml")).unwrap(), drafted);
    let wrong = house.json(0, &words);
    assert!(wrong["unknown"].as_array().unwrap().contains(&json!("refund_order")), "{wrong}");
    let right = house.json(0, &["contracts", "add", "helpdesk", "--force"]);
    // It lists that one only once it was used: until then nobody saw how it is defined.
    let unseen = json!({ "read_outbox": "the server does not show it" });
    assert_eq!((&right["unverified"], &right["unknown"]), (&unseen, &json!([])), "{right}");
    let text = fs::read_to_string(house.path("contracts/helpdesk.toml")).unwrap();
    for (name, tool) in Contract::read(&text).unwrap().tools {
        assert_eq!(tool.effect.verified().is_none(), name == "read_outbox", "{name}");
    }
    // What was added while nobody looked is verified by adding it again.
    drop(running);
    house.run(&["contracts", "add", "helpdesk", "--force"]).expect(0);
    let told = house.run(&["contracts", "add", "helpdesk"]).expect(0).out;
    assert!(
        told.contains("has every tool") && told.contains("not verified  refund_order"),
        "{told}"
    );
    let running = house.up();
    let again = house.json(0, &["contracts", "add", "helpdesk"]);
    assert_eq!((&again["unverified"], &again["added"]), (&unseen, &json!([])), "{again}");
    assert!(again["verified"].as_array().unwrap().contains(&json!("refund_order")), "{again}");
    assert_eq!(fs::read_to_string(house.path("contracts/helpdesk.toml")).unwrap(), text);
    drop(running);
}

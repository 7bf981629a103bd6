//! `bailiwick doctor` on good and bad set-ups: what it names, and by which exit code.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use super::taking_over::at;
use crate::support::house::House;
use crate::support::process::Ran;

/// The doctor's word on a house, whose home is the house's own folder.
#[track_caller]
fn doctor(house: &House, code: i32) -> Vec<Value> {
    let config = house.path("bailiwick.toml");
    let words = ["doctor", "--json", "--config", config.to_str().unwrap()];
    let told = Ran::of(&mut at(&house.path(""), &words)).expect(code).json();
    told.as_array().unwrap().clone()
}

/// Whether something is told of a subject in that state, with these words, and with advice.
#[track_caller]
fn tells(told: &[Value], state: &str, subject: &str, words: &str) {
    let said =
        |it: &&Value| it["subject"] == subject && it["what"].as_str().unwrap().contains(words);
    let found = told.iter().find(said).unwrap_or_else(|| panic!("no {words} in {told:#?}"));
    assert_eq!(found["state"], state, "{found}");
    assert_eq!(found["advice"].is_string(), state != "good", "{found}");
}

#[test]
fn a_sound_set_up_is_well() {
    let house = House::helpdesk();
    let told = doctor(&house, 0);
    tells(&told, "good", "log", "made at the first start");
    tells(&told, "good", "agents", "is free");
    let running = house.up();
    let told = doctor(&house, 0);
    tells(&told, "good", "configuration", "is right");
    tells(&told, "good", "policies", "load");
    tells(&told, "good", "agents", "a gateway answers");
    tells(&told, "good", "operators", "is ready");
    tells(&told, "good", "log", "records verify");
    tells(&told, "good", "log's room", "MiB used");
    tells(&told, "good", "files", "their owner's alone");
    tells(&told, "good", "server", "helpdesk: /");
    assert!(told.iter().all(|it| it["state"] == "good"), "{told:#?}");
    running.stop();
    let config = house.path("bailiwick.toml");
    let words = ["doctor", "--config", config.to_str().unwrap()];
    let text = Ran::of(&mut at(&house.path(""), &words)).expect(0).out;
    assert!(text.ends_with("All is well.\n"), "{text}");
}

#[test]
fn providers_of_models_are_looked_at() {
    let provider = crate::racing::lab::Provider::start();
    let sections = format!(
        "[providers.near]\nurl = \"http://{}/v1\"\nmodels = [\"small\"]\n\
         [providers.gone]\nurl = \"http://127.0.0.1:1/v1\"\n\
         secret_headers = {{ authorization = {{ file = \"gone.key\" }} }}\n\
         [models.fast]\nprovider = \"near\"\nmodel = \"large\"\n\
         [spending]\nprices = [\"prices.toml\"]\n",
        provider.address
    );
    let house = House::helpdesk_with("", &sections);
    let price = "[[price]]\nprovider = \"near\"\nmodel = \"small\"\n\
        per_million = { input = \"1\", output = \"1\" }\n";
    fs::write(house.path("prices.toml"), price).unwrap();
    fs::write(house.path("policies/near.cedar"), NEAR).unwrap();
    let told = doctor(&house, 1);
    tells(&told, "good", "provider", "near: somebody listens");
    tells(&told, "bad", "provider", "gone: nobody can be reached");
    tells(&told, "bad", "secret", "[providers.gone] authorization");
    tells(&told, "warning", "models", "`near/large` has no price");
    let checked = house.json(0, &["check"]);
    assert_eq!(checked["models"]["fast"], "near/large", "{checked}");
    assert_eq!(checked["providers"][1]["name"], "near", "{checked}");
    let warnings = checked["warnings"].to_string();
    assert!(warnings.contains("`near/large` has no price"), "{warnings}");
    assert!(!warnings.contains("`near`"), "a provider is no stranger: {warnings}");
}

const NEAR: &str = r#"@id("near")
permit (principal == Agent::"writer", action in Action::"use_model", resource in Server::"near");
"#;

#[test]
fn what_is_wrong_is_named_with_what_to_do() {
    let sections = "[servers.gone]\ncommand = [\"no-such-program-here\"]\n\
        [servers.loose]\ncommand = [\"npx\", \"-y\", \"loose-server@latest\"]\n\
        [servers.keyed]\nurl = \"http://127.0.0.1:1/mcp\"\n\
        secret_headers = { A = { file = \"missing.txt\" }, B = { file = \"open.txt\" } }\n";
    let house = House::new("", sections);
    fs::write(house.path("open.txt"), "secret").unwrap();
    fs::set_permissions(house.path("open.txt"), fs::Permissions::from_mode(0o644)).unwrap();
    // House folders are their owner's alone, which protects what is in them: open this one.
    fs::set_permissions(house.path(""), fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(house.path("policies/bad.cedar"), "permit (principal").unwrap();
    let told = doctor(&house, 1);
    tells(&told, "bad", "policies", "bad.cedar");
    tells(&told, "bad", "server", "no program `no-such-program-here`");
    tells(&told, "warning", "server", "`loose-server@latest` is whatever");
    tells(&told, "bad", "secret", "missing.txt");
    tells(&told, "bad", "files", "open.txt is open to others (mode 644)");

    let taken = std::net::TcpListener::bind(house.agents()).unwrap();
    std::thread::spawn(move || drop(taken.accept()));
    tells(&doctor(&house, 1), "bad", "agents", "something else answers");

    fs::write(house.path("bailiwick.toml"), "[agents]\nlissen = 1\n").unwrap();
    tells(&doctor(&house, 1), "bad", "configuration", "unknown field `lissen`");
}

#[test]
fn a_log_that_was_changed_is_told() {
    let house = House::helpdesk();
    let running = house.up();
    house.key("bot", "ada", "acme");
    running.stop();
    doctor(&house, 0);
    let folder = house.path("data/log/tile/entries");
    let mut files = Vec::new();
    below(&folder, &mut files);
    for file in files {
        let mut bytes = fs::read(&file).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(&file, bytes).unwrap();
    }
    let told = doctor(&house, 1);
    assert!(told.iter().any(|it| it["subject"] == "log" && it["state"] == "bad"), "{told:#?}");
}

fn below(folder: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { below(&path, found) } else { found.push(path) }
    }
}

#[test]
fn clients_are_governed_or_not() {
    let house = House::helpdesk();
    let cursor = house.path(".cursor/mcp.json");
    fs::create_dir(cursor.parent().unwrap()).unwrap();
    let server = r#"{"mcpServers": {"files": {"command": "/bin/sh", "args": ["-c", "true"]}}}"#;
    fs::write(&cursor, server).unwrap();
    tells(&doctor(&house, 0), "warning", "client", "Cursor: files is not governed");

    let config = house.path("bailiwick.toml");
    let config = config.to_str().unwrap();
    Ran::of(&mut at(&house.path(""), &["init", "--yes", "--config", config])).expect(0);
    let told = doctor(&house, 0);
    tells(&told, "note", "client", "server is observed, nothing is refused until");
    tells(&told, "good", "server", "files: /bin/sh");

    let adopted = fs::read_to_string(&cursor).unwrap();
    let program = format!("{:?}", crate::support::process::program());
    fs::write(&cursor, adopted.replace(&program, "\"/gone/bailiwick\"")).unwrap();
    tells(&doctor(&house, 1), "bad", "client", "points at /gone/bailiwick, which is gone");

    // A program is what its file is, not what it is called.
    let evil = house.path("bailiwick-evil");
    fs::copy("/bin/true", &evil).unwrap();
    fs::write(&cursor, adopted.replace(&program, &format!("{evil:?}"))).unwrap();
    let words = "files is not governed: it runs another program that calls itself bailiwick";
    tells(&doctor(&house, 1), "bad", "client", words);
    let other = house.path("other.toml");
    fs::copy(config, &other).unwrap();
    fs::write(&cursor, adopted.replace(config, other.to_str().unwrap())).unwrap();
    let words = "files is not governed: it goes through Bailiwick by another configuration";
    tells(&doctor(&house, 0), "warning", "client", words);

    let ended = adopted.split("\"--until\", \"").nth(1).unwrap()[..10].to_owned();
    fs::write(&cursor, adopted.replace(&ended, "2020-01-01")).unwrap();
    tells(&doctor(&house, 0), "good", "client", "is governed; observing ended on 2020-01-01");
    fs::write(&cursor, adopted.replace(config, "/gone/bailiwick.toml")).unwrap();
    tells(&doctor(&house, 1), "bad", "client", "names the configuration /gone/bailiwick.toml");
}

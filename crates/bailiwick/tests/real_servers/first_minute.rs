//! The first minute of somebody who has clients and servers already, with real ones: taken over,
//! observed, policies proposed and put in force, and everything put back. Whoever drives does what
//! a client does: it reads its settings and starts what stands there.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::{Peers, compare, house_with, is_same_or_unfit, make_repository};
use crate::support::house::House;
use crate::support::process::{Ran, program};

/// In the environment of one server. It is nobody's.
const KEY: &str = "key-0123456789abcdef";
/// The servers of the client, and the scenario that is played with each.
const SERVERS: [(&str, &str); 3] =
    [("every", "everything"), ("repo", "git"), ("remote", "everything")];

/// A person with a client.
struct Person {
    home: tempfile::TempDir,
    peers: Peers,
}

impl Person {
    fn path(&self, name: &str) -> PathBuf {
        self.home.path().canonicalize().unwrap().join(name)
    }

    fn settings(&self) -> PathBuf {
        self.path(".cursor/mcp.json")
    }

    fn bailiwick(&self, arguments: &[&str]) -> Ran {
        let mut command = Command::new(program());
        command.args(arguments).current_dir(&self.home).env("HOME", self.home.path());
        for name in ["BAILIWICK_CONFIG", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "CODEX_HOME"] {
            command.env_remove(name);
        }
        Ran::of(command.stdin(Stdio::null()))
    }

    /// The same, with the configuration that `init` made.
    fn configured(&self, arguments: &[&str]) -> Ran {
        let config = self.path(".config/bailiwick/bailiwick.toml");
        self.bailiwick(&[arguments, &["--config", config.to_str().unwrap()]].concat())
    }

    /// What each server shows to the client that has these settings.
    fn drive(&self, settings: &Path) -> Vec<Value> {
        let repository = self.path("repository");
        let played = SERVERS.iter().map(|(name, scenario)| {
            if *scenario == "git" {
                let _ = fs::remove_dir_all(&repository);
                make_repository(&repository);
            }
            let file = settings.to_str().unwrap();
            self.peers.drive(scenario, "client", &repository, &[file, name])
        });
        played.collect()
    }

    /// Settings like the client's, in which nothing is only observed any more.
    fn enforced(&self) -> PathBuf {
        let text = fs::read_to_string(self.settings()).unwrap();
        let mut settings: Value = serde_json::from_str(&text).unwrap();
        for (_, entry) in settings["mcpServers"].as_object_mut().unwrap() {
            let words = entry["args"].as_array_mut().unwrap();
            let at = words.iter().position(|it| it == "--observe").unwrap();
            assert_eq!(words[at + 1], "--until");
            words.drain(at..at + 3);
        }
        let file = self.path("enforced.json");
        fs::write(&file, settings.to_string()).unwrap();
        file
    }
}

/// The settings of a client with three servers, one of them remote and with a key.
fn settings(peers: &Peers, repository: &str, remote: &House, key: &str) -> String {
    let every = peers.npm("server-everything", &["stdio"]);
    let url = format!("http://{}/mcp/everything", remote.agents());
    let servers = json!({
        "every": { "command": every[0], "args": every[1..], "env": {
            "EVERYTHING_API_KEY": KEY, "GREETING": "hello there" } },
        "repo": { "command": peers.path("venv/bin/mcp-server-git"),
            "args": ["--repository", repository] },
        "remote": { "type": "http", "url": url,
            "headers": { "Authorization": format!("Bearer {key}"), "X-Team": "blue-team" } },
    });
    serde_json::to_string_pretty(&json!({ "mcpServers": servers, "theme": "dark" })).unwrap()
}

/// The calls among what was seen, which are the same whatever else may be listed.
fn calls(seen: &Value) -> Vec<&Value> {
    let steps = seen["seen"].as_array().unwrap().iter();
    let is_call = |it: &&Value| {
        let what = it[0].as_str().unwrap();
        ["call ", "read ", "prompt ", "many "].iter().any(|kind| what.starts_with(kind))
    };
    steps.filter(is_call).collect()
}

fn tools(seen: &Value) -> BTreeSet<&str> {
    let steps = seen["seen"].as_array().unwrap();
    let listed = steps.iter().find(|it| it[0] == "tools").unwrap()[1].as_array().unwrap();
    listed.iter().map(|it| it["name"].as_str().unwrap()).collect()
}

#[test]
fn clients_are_taken_over_observed_governed_and_put_back() {
    let Some(peers) = Peers::find() else { return };
    let http = peers.npm("server-everything", &["stdio"]);
    let remote = house_with(&format!("[servers.everything]\ncommand = {}\n", json!(http)));
    let running = remote.up();
    let key = remote.key("sdk", "tester", "default");
    let person = Person { home: tempfile::tempdir().unwrap(), peers };
    let file = person.settings();
    fs::create_dir(file.parent().unwrap()).unwrap();
    let repository = person.path("repository");
    let before = settings(&person.peers, repository.to_str().unwrap(), &remote, &key);
    fs::write(&file, &before).unwrap();
    let itself = person.drive(&file);

    // Taken over: no key is in the client's file any more, and nothing that worked stopped working.
    let done = person.bailiwick(&["init", "--yes", "--json"]).expect(0).json();
    assert_eq!(done["done"], true, "{done}");
    let after = fs::read_to_string(&file).unwrap();
    assert!(!after.contains(KEY) && !after.contains(&key), "{after}");
    assert!(after.contains("hello there") && after.contains("X-Team=blue-team"), "{after}");
    let secrets = person.path(".local/state/bailiwick/adoption/secrets");
    for secret in fs::read_dir(&secrets).unwrap() {
        let mode = secret.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let observed = person.drive(&file);
    for (itself, observed) in itself.iter().zip(&observed) {
        compare(itself, observed);
    }
    assert_eq!(observed[0]["env"]["EVERYTHING_API_KEY"], KEY);
    assert_eq!(observed[0]["env"]["GREETING"], "hello there");
    let query = ["--json", "log", "query", "--limit", "1000", "--decision", "would-deny"];
    let would = person.configured(&query);
    assert!(would.expect(0).json().as_array().unwrap().len() > 50);

    // Proposed from that, and put in force: what was used works, and the rest is not there.
    let suggested = person.configured(&["policy", "suggest"]).expect(0).out;
    let policies = person.path(".config/bailiwick/policies");
    fs::write(policies.join("suggested.cedar"), &suggested).unwrap();
    let checked = person.configured(&["--json", "check"]).expect(0).json();
    assert_eq!(checked["warnings"], json!([]), "{checked}");
    let governed = person.drive(&person.enforced());
    for (itself, governed) in itself.iter().zip(&governed) {
        let (itself, governed) = (calls(itself), calls(governed));
        assert_eq!(itself.len(), governed.len());
        for (itself, governed) in itself.iter().zip(governed) {
            let same = itself[0] == governed[0] && is_same_or_unfit(&itself[1], &governed[1]);
            assert!(same, "{itself} {governed}");
        }
    }
    // The one answer that holds the key, which from now on is nobody's but the server's.
    assert_eq!(governed[0]["env"]["error"], "The answer was withheld by policy");
    let (all, used) = (tools(&itself[1]), tools(&governed[1]));
    let never: Vec<_> = all.difference(&used).copied().collect();
    assert_eq!(never, ["git_diff", "git_diff_unstaged", "git_reset"]);
    let verified = person.configured(&["--json", "log", "verify"]);
    let verified = verified.expect(0).json();
    assert_eq!((&verified["good"], &verified["in_doubt"]), (&json!(true), &json!(0)));

    // And back, to the last byte, with nothing kept.
    person.bailiwick(&["init", "--undo"]).expect(0);
    assert_eq!(fs::read_to_string(&file).unwrap(), before);
    assert_eq!(fs::read_dir(&secrets).unwrap().count(), 0);
    assert_eq!(running.stop(), 0);
}

//! Whatever a server offers is asked for by a client without any SDK: the bytes of each answer are
//! the same through the gateway as without it.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::{Peers, UNFIT, house};
use crate::support::house::manifest;
use crate::support::process::Ran;

impl Peers {
    /// What the probe sees on one way to a server.
    #[track_caller]
    fn probe(&self, way: &str, rest: &[&str]) -> Value {
        let mut command = Command::new(self.path("venv/bin/python"));
        command.arg(manifest().join("../../tests/peers/probe.py")).arg(way);
        Ran::of(command.args(rest)).expect(0).json()
    }
}

/// Ask a server itself and through a gateway. Each gets a folder of its own, which its command
/// names as `FOLDER`.
#[track_caller]
fn same_bytes(name: &str, command: impl Fn(&Peers) -> Vec<String>) {
    let Some(peers) = Peers::find() else { return };
    let within = |folder: &Path| -> Vec<String> {
        let folder = folder.to_str().unwrap();
        command(&peers).iter().map(|it| it.replace("FOLDER", folder)).collect()
    };
    let place = tempfile::tempdir().unwrap();
    let words = within(place.path());
    let itself = peers.probe("stdio", &words.iter().map(String::as_str).collect::<Vec<_>>());

    let place = tempfile::tempdir().unwrap();
    let house = house(name, &format!("command = {}", json!(within(place.path()))));
    let running = house.up();
    let key = house.key("probe", "tester", "default");
    let url = format!("http://{}/mcp/{name}", house.agents());
    let through = peers.probe("http", &[&url, &key]);
    assert_eq!(running.stop(), 0);

    let seen = |it: &Value| it["seen"].as_array().unwrap().clone();
    assert_eq!(seen(&itself).len(), seen(&through).len());
    for (itself, through) in seen(&itself).iter().zip(&seen(&through)) {
        // What does not fit a tool's schema never reaches a server, which would have refused it.
        let is_refused = through[2].as_str().is_some_and(|it| it.contains(UNFIT));
        let told = itself[2].as_str().unwrap_or_default();
        let refuses = itself[1] == "error" || told.contains("\"isError\":true");
        if !(is_refused && refuses && itself[0] == through[0]) {
            assert_eq!(itself, through);
        }
    }
    let others = |it: &Value| {
        let mut it = it.clone();
        it.as_object_mut().unwrap().remove("seen");
        it
    };
    assert_eq!(others(&itself), others(&through));
    assert_eq!(house.verified()["in_doubt"], 0);
}

#[test]
fn every_byte_of_server_memory() {
    same_bytes("memory", |peers| {
        let mut words = vec!["env".to_owned(), "MEMORY_FILE_PATH=FOLDER/memory.json".to_owned()];
        words.extend(peers.npm("server-memory", &[]));
        words
    });
}

#[test]
fn every_byte_of_server_sequential_thinking() {
    same_bytes("thinking", |peers| peers.npm("server-sequential-thinking", &[]));
}

#[test]
fn every_byte_of_mcp_server_time() {
    same_bytes("time", |peers| {
        vec![peers.path("venv/bin/mcp-server-time"), "--local-timezone=Europe/Oslo".to_owned()]
    });
}

#[test]
fn every_byte_of_mcp_server_sqlite() {
    same_bytes("sqlite", |peers| {
        let words = [&peers.path("venv/bin/mcp-server-sqlite"), "--db-path", "FOLDER/test.db"];
        words.map(str::to_owned).to_vec()
    });
}

#[test]
fn every_byte_of_mcp_server_fetch() {
    same_bytes("fetch", |peers| vec![peers.path("venv/bin/mcp-server-fetch")]);
}

#[test]
fn every_byte_of_server_everything() {
    // One of its tools tells the environment, which is the same on both ways then.
    let path = format!("PATH={}", std::env::var("PATH").unwrap());
    same_bytes("everything", |peers| {
        let mut words = ["env", "-i", path.as_str()].map(str::to_owned).to_vec();
        words.extend(peers.npm("server-everything", &["stdio"]));
        words
    });
}

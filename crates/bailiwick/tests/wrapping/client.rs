//! A client that starts `bailiwick wrap` in the place of a server.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::house::House;
use crate::support::process::wait_for;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) struct Client {
    child: Child,
    input: Option<Box<dyn Write + Send>>,
    lines: Receiver<String>,
    next_id: u64,
}

impl Client {
    /// Start it with these arguments of `wrap`.
    pub(super) fn start(house: &House, arguments: &[&str]) -> Self {
        Self::of(house.command(&[&["wrap"][..], arguments].concat()))
    }

    pub(super) fn of(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self::on(child, Box::new(input), output)
    }

    /// The same over a pair of sockets, as clients that run on Node start their servers.
    pub(super) fn over_sockets(house: &House, arguments: &[&str]) -> Self {
        let mut command = house.command(&[&["wrap"][..], arguments].concat());
        let (input, its_input) = UnixStream::pair().unwrap();
        let (output, its_output) = UnixStream::pair().unwrap();
        command.stdin(OwnedFd::from(its_input)).stdout(OwnedFd::from(its_output));
        let child = command.spawn().unwrap();
        // Our copies of its ends are closed, so that each side learns of the other's end.
        drop(command);
        Self::on(child, Box::new(input), output)
    }

    fn on(child: Child, input: Box<dyn Write + Send>, output: impl Read + Send + 'static) -> Self {
        let (heard, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines() {
                if heard.send(line.unwrap()).is_err() {
                    return;
                }
            }
        });
        Self { child, input: Some(input), lines, next_id: 1 }
    }

    /// Shake hands.
    #[track_caller]
    pub(super) fn open(mut self) -> Self {
        let answer = self.shake();
        assert!(answer["result"]["serverInfo"].is_object(), "{answer}");
        self.say(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
        self
    }

    #[track_caller]
    pub(super) fn shake(&mut self) -> Value {
        let params = json!({
            "protocolVersion": "2025-06-18", "capabilities": {},
            "clientInfo": { "name": "tests", "version": "1" },
        });
        self.ask("initialize", &params)
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Say a line. Who does not listen any more is told nothing.
    pub(super) fn say(&mut self, line: &str) {
        let _ = writeln!(self.input.as_mut().unwrap(), "{line}");
    }

    /// The next line, as the message that it must be.
    #[track_caller]
    pub(super) fn hear(&self) -> Value {
        let line = self.lines.recv_timeout(PATIENCE).expect("it says something");
        serde_json::from_str(&line).unwrap_or_else(|why| panic!("{why}: {line}"))
    }

    /// Send a request, and give back its id.
    pub(super) fn begin(&mut self, method: &str, params: &Value) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        self.say(
            &json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string(),
        );
        id
    }

    /// The answer to a request; what else is said is let pass.
    #[track_caller]
    pub(super) fn answer(&self, id: u64) -> Value {
        loop {
            let heard = self.hear();
            if heard["id"] == id && heard.get("method").is_none() {
                return heard;
            }
        }
    }

    #[track_caller]
    pub(super) fn ask(&mut self, method: &str, params: &Value) -> Value {
        let id = self.begin(method, params);
        self.answer(id)
    }

    #[track_caller]
    pub(super) fn call(&mut self, tool: &str, arguments: &Value) -> Value {
        self.ask("tools/call", &json!({ "name": tool, "arguments": arguments }))
    }

    /// Its exit code, once it has ended.
    #[track_caller]
    pub(super) fn ended(&mut self) -> i32 {
        let status = wait_for("wrap to end", || self.child.try_wait().unwrap());
        status.code().unwrap_or(-1)
    }

    /// Say no more, and wait until it has ended.
    #[track_caller]
    pub(super) fn close(mut self) -> i32 {
        self.input = None;
        self.ended()
    }

    /// End it as nobody would ask it to.
    pub(super) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        self.child.wait().unwrap();
    }
}

//! An agent that speaks MCP over HTTP, blocking, one connection for each request.

use std::io;
use std::time::Duration;

use serde_json::{Value, json};

use super::http::{self, Reply};

const REVISION: &str = "2025-11-25";

/// One session of an agent with a server.
#[derive(Clone)]
pub(crate) struct Agent {
    address: String,
    path: String,
    key: String,
    session: Option<String>,
    asked: u64,
}

/// A reply, read as MCP.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) http: Reply,
    /// The messages of the body, in order.
    pub(crate) messages: Vec<Value>,
}

impl Agent {
    /// An agent without a session.
    pub(crate) fn new(address: &str, server: &str, key: &str) -> Self {
        let (address, path) = (address.to_owned(), format!("/mcp/{server}"));
        Self { address, path, key: key.to_owned(), session: None, asked: 0 }
    }

    /// An agent of all servers as one, without a session.
    pub(crate) fn everywhere(address: &str, key: &str) -> Self {
        Self { path: "/mcp".to_owned(), ..Self::new(address, "", key) }
    }

    /// Whether it has a session.
    pub(crate) fn is_open(&self) -> bool {
        self.session.is_some()
    }

    /// Whether all servers are one to it.
    pub(crate) fn is_everywhere(&self) -> bool {
        self.path == "/mcp"
    }

    /// Open a session.
    pub(crate) fn open(address: &str, server: &str, key: &str) -> Self {
        let mut agent = Self::new(address, server, key);
        let answer = agent.try_open().unwrap();
        assert!(agent.session.is_some(), "no session: {answer:?}");
        agent
    }

    /// Try to open a session.
    pub(crate) fn try_open(&mut self) -> io::Result<Answer> {
        let answer = self.try_ask(
            "initialize",
            &json!({
                "protocolVersion": REVISION,
                "capabilities": {},
                "clientInfo": { "name": "tests", "version": "1" },
            }),
        )?;
        self.session = answer.http.header("mcp-session-id").map(str::to_owned);
        if self.session.is_some() {
            self.post(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }))?;
        }
        Ok(answer)
    }

    /// Ask something.
    #[track_caller]
    pub(crate) fn ask(&mut self, method: &str, params: &Value) -> Answer {
        self.try_ask(method, params).unwrap()
    }

    /// Ask something that may get no reply.
    pub(crate) fn try_ask(&mut self, method: &str, params: &Value) -> io::Result<Answer> {
        self.asked += 1;
        let id = self.asked;
        self.post(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))
    }

    /// Call a tool.
    #[track_caller]
    pub(crate) fn call(&mut self, tool: &str, arguments: &Value) -> Answer {
        self.ask("tools/call", &json!({ "name": tool, "arguments": arguments }))
    }

    /// Send a message as it is.
    pub(crate) fn post(&self, message: &Value) -> io::Result<Answer> {
        self.send("POST", &message.to_string())
    }

    /// End the session.
    pub(crate) fn close(&mut self) {
        self.try_close().unwrap();
    }

    /// End the session, which may have ended by itself.
    pub(crate) fn try_close(&mut self) -> io::Result<()> {
        if self.session.take().is_some() { self.send("DELETE", "").map(drop) } else { Ok(()) }
    }

    /// Begin to listen, or to call, and go away without a word after this time.
    pub(crate) fn abandon(&self, verb: &str, message: &Value, after: Duration) -> io::Result<()> {
        let body = if verb == "POST" { message.to_string() } else { String::new() };
        self.with_headers(verb, |line, headers| {
            http::abandon(&self.address, line, headers, &body, after)
        })
    }

    fn send(&self, verb: &str, body: &str) -> io::Result<Answer> {
        let http = self
            .with_headers(verb, |line, headers| http::send(&self.address, line, headers, body))?;
        let messages = messages(&http);
        Ok(Answer { http, messages })
    }

    fn with_headers<T>(&self, verb: &str, act: impl FnOnce(&str, &[(&str, &str)]) -> T) -> T {
        let line = format!("{verb} {}", self.path);
        let bearer = format!("Bearer {}", self.key);
        let mut headers = vec![
            ("Accept", "application/json, text/event-stream"),
            ("Content-Type", "application/json"),
        ];
        if !self.key.is_empty() {
            headers.push(("Authorization", &bearer));
        }
        if let Some(session) = &self.session {
            headers.push(("Mcp-Session-Id", session));
            headers.push(("MCP-Protocol-Version", REVISION));
        }
        act(&line, &headers)
    }
}

fn messages(reply: &Reply) -> Vec<Value> {
    let text = reply.text();
    if reply.header("content-type").is_some_and(|it| it.starts_with("text/event-stream")) {
        let data = |event: &str| {
            let lines = event.lines().filter_map(|it| it.strip_prefix("data:"));
            lines.map(str::trim_start).collect::<Vec<_>>().join("\n")
        };
        return text.split("\n\n").filter_map(|it| serde_json::from_str(&data(it)).ok()).collect();
    }
    serde_json::from_str(&text).into_iter().collect()
}

impl Answer {
    /// The last message: the answer itself.
    pub(crate) fn last(&self) -> &Value {
        self.messages.last().unwrap_or(&Value::Null)
    }

    #[track_caller]
    pub(crate) fn result(&self) -> &Value {
        self.last().get("result").unwrap_or_else(|| panic!("no result: {self:?}"))
    }

    /// The code and words of a JSON-RPC error.
    #[track_caller]
    pub(crate) fn error(&self) -> (i64, &str) {
        let error = self.last().get("error").unwrap_or_else(|| panic!("no error: {self:?}"));
        (error["code"].as_i64().unwrap(), error["message"].as_str().unwrap())
    }

    /// The id of the decision, as the header says.
    #[track_caller]
    pub(crate) fn decision(&self) -> String {
        self.try_decision().unwrap_or_else(|| panic!("no decision: {self:?}")).0
    }

    /// The id of the decision and the index of its leaf, when the headers say them.
    pub(crate) fn try_decision(&self) -> Option<(String, u64)> {
        let id = self.http.header("bailiwick-decision")?;
        Some((id.to_owned(), self.http.header("bailiwick-leaf")?.parse().ok()?))
    }

    /// Whether the call was carried out and the tool did what it was asked.
    pub(crate) fn is_done(&self) -> bool {
        self.last().get("result").is_some_and(|it| it["isError"] != true)
    }
}

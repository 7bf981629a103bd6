//! A minimal MCP client over HTTP, blocking, for loopback only: what an agent's SDK would send.
//!
//! One connection for each request, answers as JSON or as an event stream. It is no part of the
//! gateway; it plays the agents of the demo and of the story tests.

use std::io::{self, BufRead, BufReader, Read, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

/// The largest head and body of a reply, in bytes.
const HEAD_MAX: u64 = 64 << 10;
const BODY_MAX: u64 = 16 << 20;

/// How long one read or write may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// How many pages of a list are followed.
const PAGES_MAX: usize = 100;

const REVISION: &str = "2025-11-25";

/// Why there is no reply.
#[derive(Debug)]
pub(crate) enum ClientError {
    /// The address is not `http://host:port/path`.
    Address,
    /// The connection failed.
    Io(io::Error),
    /// What came back is not HTTP, or too large.
    NotHttp(&'static str),
    /// What came back is not the message that was expected.
    NotMcp(&'static str),
}

impl From<io::Error> for ClientError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl std::fmt::Display for ClientError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Address => f.write_str("the address must be http://host:port/path"),
            Self::Io(error) => write!(f, "the connection failed: {error}"),
            Self::NotHttp(what) => write!(f, "the reply is not HTTP: {what}"),
            Self::NotMcp(what) => write!(f, "the reply is not MCP: {what}"),
        }
    }
}

impl std::error::Error for ClientError {}

/// One agent's session with one server.
pub(crate) struct Client {
    host: String,
    path: String,
    token: String,
    session: Option<String>,
    asked: u64,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The decision's id, as the gateway's header says.
    pub(crate) decision: Option<String>,
    /// The place of the decision's record in the log.
    pub(crate) leaf: Option<u64>,
    /// The answer, when there is one.
    pub(crate) answer: Option<Value>,
    session: Option<String>,
}

impl Client {
    /// Open a session at `http://host:port/mcp/server` with an API key.
    ///
    /// # Errors
    /// [`ClientError`]. A refused session is a [`Reply`] without a result, and an error here.
    pub(crate) fn open(url: &str, token: &str) -> Result<(Self, Reply), ClientError> {
        let rest = url.strip_prefix("http://").ok_or(ClientError::Address)?;
        let (host, path) = rest.split_once('/').ok_or(ClientError::Address)?;
        let (host, path) = (host.to_owned(), format!("/{path}"));
        let mut client = Self { host, path, token: token.to_owned(), session: None, asked: 0 };
        let params = json!({
            "protocolVersion": REVISION,
            "capabilities": {},
            "clientInfo": { "name": "bailiwick-demo", "version": env!("CARGO_PKG_VERSION") },
        });
        let reply = client.ask("initialize", &params)?;
        if reply.result().is_none() {
            return Err(ClientError::NotMcp("the session was refused"));
        }
        client.session.clone_from(&reply.session);
        client.send("POST", &json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }))?;
        Ok((client, reply))
    }

    /// Send a request and wait for its answer.
    ///
    /// # Errors
    /// [`ClientError`]. A refusal is no error: it is an answer.
    pub(crate) fn ask(&mut self, method: &str, params: &Value) -> Result<Reply, ClientError> {
        self.asked += 1;
        let id = self.asked;
        let request = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        self.send("POST", &request)
    }

    /// The names of the tools that this agent is shown, over all pages.
    ///
    /// # Errors
    /// [`ClientError`], also when the list never ends.
    pub(crate) fn tools(&mut self) -> Result<(Vec<String>, Reply), ClientError> {
        let (mut names, mut params) = (Vec::new(), json!({}));
        for _ in 0..PAGES_MAX {
            let reply = self.ask("tools/list", &params)?;
            let result = reply.result().ok_or(ClientError::NotMcp("there is no list"))?;
            let tools = result.get("tools").and_then(Value::as_array);
            let tools = tools.ok_or(ClientError::NotMcp("the list has no tools"))?;
            names.extend(tools.iter().filter_map(|it| Some(it.get("name")?.as_str()?.to_owned())));
            match result.get("nextCursor").and_then(Value::as_str) {
                Some(cursor) => params = json!({ "cursor": cursor }),
                None => return Ok((names, reply)),
            }
        }
        Err(ClientError::NotMcp("the list does not end"))
    }

    /// End the session.
    ///
    /// # Errors
    /// [`ClientError`].
    pub(crate) fn close(mut self) -> Result<(), ClientError> {
        if self.session.is_some() {
            self.send("DELETE", &Value::Null)?;
        }
        Ok(())
    }

    fn send(&mut self, verb: &str, message: &Value) -> Result<Reply, ClientError> {
        let body = if message.is_null() { String::new() } else { message.to_string() };
        let Self { host, path, token, session, .. } = &*self;
        let session = session.as_ref().map_or_else(String::new, |id| {
            format!("Mcp-Session-Id: {id}\r\nMCP-Protocol-Version: {REVISION}\r\n")
        });
        let head = format!(
            "{verb} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\
             Accept: application/json, text/event-stream\r\nContent-Type: application/json\r\n\
             {session}Content-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        let mut stream = TcpStream::connect(host)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        stream.write_all((head + &body).as_bytes())?;
        read_reply(&mut BufReader::new(stream), message.get("id"))
    }
}

impl Reply {
    /// The result, when the answer has one.
    pub(crate) fn result(&self) -> Option<&Value> {
        self.answer.as_ref()?.get("result")
    }

    /// The error's code and words, when the answer has them.
    pub(crate) fn error(&self) -> Option<(i64, &str)> {
        let error = self.answer.as_ref()?.get("error")?;
        Some((error.get("code")?.as_i64()?, error.get("message")?.as_str()?))
    }
}

/// A reply as it came.
#[derive(Debug)]
pub(super) struct Posted {
    pub(super) status: u16,
    pub(super) decision: Option<String>,
    pub(super) leaf: Option<u64>,
    pub(super) text: String,
}

/// Read a whole reply of which nothing more is to be understood.
///
/// # Errors
/// [`ClientError`].
pub(super) fn read_posted(stream: &mut impl BufRead) -> Result<Posted, ClientError> {
    let (Head { status, decision, leaf, .. }, text) = read_whole(stream)?;
    Ok(Posted { status, decision, leaf, text })
}

fn read_whole(stream: &mut impl BufRead) -> Result<(Head, String), ClientError> {
    let mut head = Head::default();
    read_head(stream, &mut head)?;
    let body = match (head.chunked, head.length) {
        (true, _) => read_chunks(stream)?,
        (false, length) => read_up_to(stream, length.unwrap_or(BODY_MAX))?,
    };
    if head.length.is_some_and(|length| length != body.len() as u64) && !head.chunked {
        return Err(ClientError::NotHttp("the body was cut off"));
    }
    let text = String::from_utf8(body).map_err(|_| ClientError::NotMcp("the body is no text"))?;
    Ok((head, text))
}

/// Read a whole reply, and in it the answer to the request of this id.
fn read_reply(stream: &mut impl BufRead, id: Option<&Value>) -> Result<Reply, ClientError> {
    let (head, text) = read_whole(stream)?;
    let answers = |it: &Value| it.get("method").is_none() && it.get("id") == id;
    let answer = if head.events {
        messages(&text).find(answers)
    } else {
        serde_json::from_str::<Value>(&text).ok().filter(answers)
    };
    let Head { status, decision, leaf, session, .. } = head;
    Ok(Reply { status, decision, leaf, answer: answer.filter(|_| id.is_some()), session })
}

/// The head of a reply, as far as it matters here.
#[derive(Default)]
struct Head {
    status: u16,
    decision: Option<String>,
    leaf: Option<u64>,
    session: Option<String>,
    length: Option<u64>,
    chunked: bool,
    events: bool,
}

fn read_head(stream: &mut impl BufRead, head: &mut Head) -> Result<(), ClientError> {
    let mut lines = stream.take(HEAD_MAX);
    let status = line(&mut lines)?;
    let status = status.strip_prefix("HTTP/1.1 ").and_then(|it| it.get(..3)?.parse().ok());
    head.status = status.ok_or(ClientError::NotHttp("there is no status"))?;
    loop {
        let header = line(&mut lines)?;
        if header.is_empty() {
            return Ok(());
        }
        let Some((name, value)) = header.split_once(':') else { continue };
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "bailiwick-decision" => head.decision = Some(value.to_owned()),
            "bailiwick-leaf" => head.leaf = value.parse().ok(),
            "mcp-session-id" => head.session = Some(value.to_owned()),
            "content-length" => head.length = value.parse().ok(),
            "transfer-encoding" => head.chunked = value.eq_ignore_ascii_case("chunked"),
            "content-type" => head.events = value.starts_with("text/event-stream"),
            _ => {}
        }
    }
}

/// One line without its end. The end of the stream is an error: no line here may be the last.
fn line(stream: &mut impl BufRead) -> Result<String, ClientError> {
    let mut line = String::new();
    stream.read_line(&mut line)?;
    let whole = line.strip_suffix('\n').ok_or(ClientError::NotHttp("it was cut off"))?;
    Ok(whole.strip_suffix('\r').unwrap_or(whole).to_owned())
}

fn read_up_to(stream: &mut impl BufRead, length: u64) -> Result<Vec<u8>, ClientError> {
    let mut body = Vec::new();
    stream.take(length.min(BODY_MAX)).read_to_end(&mut body)?;
    Ok(body)
}

fn read_chunks(stream: &mut impl BufRead) -> Result<Vec<u8>, ClientError> {
    let mut body = Vec::new();
    loop {
        let size = line(&mut stream.take(HEAD_MAX))?;
        let size = u64::from_str_radix(size.split(';').next().unwrap_or_default().trim(), 16);
        let size = size.map_err(|_| ClientError::NotHttp("a chunk has no size"))?;
        if body.len() as u64 + size > BODY_MAX {
            return Err(ClientError::NotHttp("the body is too large"));
        }
        let chunk = read_up_to(stream, size)?;
        if chunk.len() as u64 != size {
            return Err(ClientError::NotHttp("a chunk was cut off"));
        }
        body.extend(chunk);
        line(&mut stream.take(HEAD_MAX))?;
        if size == 0 {
            return Ok(body);
        }
    }
}

/// The messages of an event stream.
fn messages(text: &str) -> impl Iterator<Item = Value> {
    text.split("\n\n").filter_map(|event| {
        let data = event.lines().filter_map(|it| it.strip_prefix("data:"));
        serde_json::from_str(&data.map(str::trim_start).collect::<Vec<_>>().join("\n")).ok()
    })
}

/// A reply as it stands on the wire, to request 1.
#[cfg(test)]
pub(super) fn read_for_test(text: &str) -> Reply {
    read_reply(&mut BufReader::new(text.as_bytes()), Some(&json!(1))).unwrap()
}

#[cfg(test)]
mod tests;

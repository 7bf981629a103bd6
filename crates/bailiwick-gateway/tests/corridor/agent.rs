//! An agent: a client of the gateway that keeps every byte and header that it is told.

use std::net::SocketAddr;
use std::time::Duration;

use bailiwick_wire::sse::{Decoder, Event};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// How long anything may take before the test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A whole reply.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Said {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|it| it.to_str().unwrap())
    }

    /// All that a caller can tell it from another by.
    pub(crate) fn looks(&self) -> (u16, Vec<(String, String)>, String) {
        let told = |name: &str| !["date", "bailiwick-decision", "bailiwick-leaf"].contains(&name);
        let mut headers: Vec<_> = self
            .headers
            .iter()
            .filter(|(name, _)| told(name.as_str()))
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        headers.sort();
        (self.status, headers, self.text())
    }
}

/// An agent.
#[derive(Clone, Debug)]
pub(crate) struct Agent {
    pub(crate) address: SocketAddr,
    pub(crate) headers: Vec<(String, String)>,
}

impl Agent {
    pub(crate) fn with_key(address: SocketAddr, key: &str) -> Self {
        let headers = vec![("authorization".to_owned(), format!("Bearer {key}"))];
        Self { address, headers }
    }

    pub(crate) fn and(&self, name: &str, value: &str) -> Self {
        let mut agent = self.clone();
        agent.headers.retain(|(it, _)| it != name);
        agent.headers.push((name.to_owned(), value.to_owned()));
        agent
    }

    pub(crate) async fn wire(&self) -> SendRequest<Full<Bytes>> {
        let socket = TcpStream::connect(self.address).await.unwrap();
        socket.set_nodelay(true).unwrap();
        let (sender, connection) = http1::handshake(TokioIo::new(socket)).await.unwrap();
        tokio::spawn(connection);
        sender
    }

    pub(crate) fn request(&self, method: &str, path: &str, body: &str) -> Request<Full<Bytes>> {
        let mut request = Request::builder().method(method).uri(path);
        if !self.headers.iter().any(|(name, _)| name == "host") {
            request = request.header("host", self.address.to_string());
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request.body(Full::new(Bytes::from(body.to_owned()))).unwrap()
    }

    /// The head of the reply, with its body yet to be read.
    pub(crate) async fn open(&self, method: &str, path: &str, body: &str) -> Response<Incoming> {
        let mut wire = self.wire().await;
        let request = self.request(method, path, body);
        tokio::time::timeout(PATIENCE, wire.send_request(request)).await.unwrap().unwrap()
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: &str) -> Said {
        let (head, body) = self.open(method, path, body).await.into_parts();
        let body = tokio::time::timeout(PATIENCE, body.collect()).await.unwrap().unwrap();
        Said { status: head.status.as_u16(), headers: head.headers, body: body.to_bytes() }
    }

    pub(crate) async fn post(&self, server: &str, body: &str) -> Said {
        self.send("POST", &format!("/mcp/{server}"), body).await
    }

    pub(crate) async fn call(&self, server: &str, tool: &str) -> Said {
        self.post(server, &call(1, tool, "{}")).await
    }

    /// The events of a reply that is a stream.
    pub(crate) async fn stream(&self, server: &str, body: &str) -> Events {
        let response = self.open("POST", &format!("/mcp/{server}"), body).await;
        Events::of(response)
    }

    /// The same agent inside a new session, which was initialized.
    pub(crate) async fn in_session(&self, server: &str) -> Self {
        let said = self.post(server, INITIALIZE).await;
        assert_eq!(said.status, 200, "{said:?}");
        let id = said.header("mcp-session-id").unwrap_or_else(|| panic!("{said:?}")).to_owned();
        let agent = self.and("mcp-session-id", &id);
        let said = agent.post(server, INITIALIZED).await;
        assert_eq!(said.status, 202, "{said:?}");
        agent
    }
}

pub(crate) const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"roots":{},"sampling":{},"elicitation":{}},"clientInfo":{"name":"t","version":"1"}}}"#;
pub(crate) const INITIALIZED: &str = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;

/// A call of a tool.
pub(crate) fn call(id: u64, tool: &str, arguments: &str) -> String {
    ask(id, "tools/call", &format!(r#"{{"name":"{tool}","arguments":{arguments}}}"#))
}

/// A request.
pub(crate) fn ask(id: u64, method: &str, params: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{params}}}"#)
}

/// A stream of events, read one by one.
pub(crate) struct Events {
    pub(crate) headers: HeaderMap,
    body: Incoming,
    decoder: Decoder,
}

impl Events {
    pub(crate) fn of(response: Response<Incoming>) -> Self {
        let (head, body) = response.into_parts();
        let kind = head.headers.get("content-type").map(|it| it.to_str().unwrap().to_owned());
        assert_eq!(kind.as_deref(), Some("text/event-stream"), "{head:?}");
        Self { headers: head.headers, body, decoder: Decoder::new(1 << 20) }
    }

    pub(crate) fn decision(&self) -> String {
        self.headers["bailiwick-decision"].to_str().unwrap().to_owned()
    }

    /// The data of the next event; `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<String> {
        tokio::time::timeout(PATIENCE, self.read()).await.expect("an event in time")
    }

    /// Whether nothing comes for so long.
    pub(crate) async fn is_silent(&mut self, wait: Duration) -> bool {
        tokio::time::timeout(wait, self.read()).await.is_err()
    }

    /// The very bytes of the next event.
    pub(crate) async fn raw(&mut self) -> Option<String> {
        let event = tokio::time::timeout(PATIENCE, self.event()).await.expect("an event in time");
        event.map(|it| String::from_utf8(it.raw.to_vec()).unwrap())
    }

    async fn read(&mut self) -> Option<String> {
        self.event().await.map(|it| String::from_utf8(it.data.to_vec()).unwrap())
    }

    async fn event(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.decoder.next_event() {
                return Some(event);
            }
            let frame = self.body.frame().await?.unwrap();
            self.decoder.push(&frame.into_data().unwrap_or_default()).unwrap();
        }
    }
}

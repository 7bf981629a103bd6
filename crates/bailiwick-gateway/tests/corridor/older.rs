//! Servers of revision 2024-11-05: a stream, and an address to post to that is named on it.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::agent::{Events, INITIALIZE, call};
use crate::house::{House, Plan, until};

type Stream = mpsc::UnboundedSender<Bytes>;

/// Such a server, and what it saw.
#[derive(Clone)]
struct Older {
    url: String,
    endpoint: String,
    streams: Arc<Mutex<Vec<Stream>>>,
    seen: Arc<Mutex<Vec<String>>>,
}

struct Fed(mpsc::UnboundedReceiver<Bytes>);

impl hyper::body::Body for Fed {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(cx).map(|it| it.map(|it| Ok(Frame::data(it))))
    }
}

impl Older {
    async fn start(endpoint: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/sse", listener.local_addr().unwrap());
        let server = Self {
            url,
            endpoint: endpoint.to_owned(),
            streams: Arc::default(),
            seen: Arc::default(),
        };
        let serving = server.clone();
        tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let server = serving.clone();
                let service = service_fn(move |it| answer(server.clone(), it));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(socket), service));
            }
        });
        server
    }

    fn seen(&self, what: &str) -> usize {
        self.seen.lock().unwrap().iter().filter(|it| it.starts_with(what)).count()
    }

    fn say(&self, session: usize, message: &str) {
        let event = format!("event: message\r\ndata: {message}\r\n\r\n");
        let _ = self.streams.lock().unwrap()[session].send(Bytes::from(event));
    }

    async fn house(&self, more: &str) -> House {
        let mut plan = Plan::servers(&format!("[servers.crm]\nurl = \"{}\"\n{more}\n", self.url));
        plan.is_ready = false;
        plan.open().await
    }

    async fn ready(&self, more: &str) -> House {
        let house = self.house(more).await;
        until("the server is listed", || house.gateway.is_ready()).await;
        house
    }
}

fn reply(status: u16, kind: &str, fed: Fed) -> Response<Fed> {
    Response::builder().status(status).header("content-type", kind).body(fed).unwrap()
}

fn nothing() -> Fed {
    Fed(mpsc::unbounded_channel().1)
}

async fn answer(server: Older, request: Request<Incoming>) -> Result<Response<Fed>, Infallible> {
    let (head, body) = request.into_parts();
    let (method, path) = (head.method, head.uri.to_string());
    let body = body.collect().await.unwrap().to_bytes();
    let body = String::from_utf8(body.to_vec()).unwrap();
    server.seen.lock().unwrap().push(format!("{method} {path} {body}"));
    if method == Method::GET && path == "/sse" {
        let (stream, fed) = mpsc::unbounded_channel();
        let mut streams = server.streams.lock().unwrap();
        let endpoint = server.endpoint.replace('#', &streams.len().to_string());
        stream.send(Bytes::from(format!("event: endpoint\r\ndata: {endpoint}\r\n\r\n"))).unwrap();
        streams.push(stream);
        return Ok(reply(200, "text/event-stream", Fed(fed)));
    }
    let Some((_, session)) = path.split_once("?session=") else {
        return Ok(reply(405, "text/plain", nothing()));
    };
    let session: usize = session.parse().unwrap();
    let message: serde_json::Value = serde_json::from_str(&body).unwrap();
    let id = &message["id"];
    let result = match message["method"].as_str().unwrap_or_default() {
        "initialize" => r#"{"protocolVersion":"2024-11-05","capabilities":{"tools":{}},"serverInfo":{"name":"o","version":"1"}}"#.to_owned(),
        "tools/list" => r#"{"tools":[{"name":"look","inputSchema":{"type":"object"}},{"name":"hidden","inputSchema":{"type":"object"}},{"name":"quit","inputSchema":{"type":"object"}},{"name":"stream","inputSchema":{"type":"object"}}]}"#.to_owned(),
        "tools/call" if message["params"]["name"] == "quit" => {
            // Its place in the list stays, and its stream ends.
            server.streams.lock().unwrap()[session] = mpsc::unbounded_channel().0;
            return Ok(reply(202, "text/plain", nothing()));
        }
        "tools/call" => format!(r#"{{"content":[{{"type":"text","text":"in {session}"}}],"n":1.50}}"#),
        _ => return Ok(reply(202, "text/plain", nothing())),
    };
    if message["params"]["name"] == "stream" {
        server.say(session, r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"p","progress":1.0}}"#);
    }
    server.say(session, &format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#));
    Ok(reply(202, "text/plain", nothing()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn it_is_found_out_and_remembered_and_answers_in_its_revision() {
    let server = Older::start("/messages?session=#").await;
    let house = server.ready("").await;
    let said = house.worker.post("crm", INITIALIZE).await;
    assert_eq!(said.json()["result"]["protocolVersion"], "2024-11-05", "{said:?}");
    let agent = house.worker.in_session("crm").await;
    let said = agent.call("crm", "look").await;
    assert!(said.text().contains(r#""n":1.50"#), "{said:?}");
    assert_eq!(house.trail(&said).1.as_deref(), Some("answered"));
    // The view is cut here as everywhere, and what is hidden never was.
    let list = agent.post("crm", r#"{"jsonrpc":"2.0","id":2,"method":"tools/list"}"#).await.text();
    assert!(list.contains("look") && !list.contains("hidden"), "{list}");
    assert_eq!(agent.call("crm", "hidden").await.json()["error"]["code"], -32602);
    assert_eq!(server.seen("POST /sse"), 1, "it was asked once whether it streams");
    // A session of one's own for each: the stream of another says nothing here.
    let other = house.worker.in_session("crm").await;
    let (one, two) =
        (agent.call("crm", "look").await.text(), other.call("crm", "look").await.text());
    assert_ne!(one, two);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn it_streams_notifies_and_asks() {
    let server = Older::start("messages?session=#").await;
    let house = server.ready("transport = \"sse\"").await;
    assert_eq!(server.seen("POST /sse"), 0);
    let agent = house.worker.in_session("crm").await;
    let mut events = agent
        .stream(
            "crm",
            &call(1, "stream", "{}").replace(
                "\"arguments\":{}",
                "\"arguments\":{},\"_meta\":{\"progressToken\":\"p\"}",
            ),
        )
        .await;
    assert!(events.next().await.unwrap().contains(r#""progress":1.0"#));
    assert!(events.next().await.unwrap().contains(r#""n":1.50"#));
    assert_eq!(events.next().await, None);
    let session = server.streams.lock().unwrap().len() - 1;
    server.say(session, r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1e2}}"#);
    server.say(session, r#"{"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{}}"#);
    let mut events = Events::of(agent.open("GET", "/mcp/crm", "").await);
    assert!(events.next().await.unwrap().contains("1e2"));
    assert!(events.next().await.unwrap().contains("elicitation/create"));
    let answer = r#"{"jsonrpc":"2.0","id":"q","result":{"action":"accept"}}"#;
    assert_eq!(agent.post("crm", answer).await.status, 202);
    until("the answer arrived", || {
        server.seen.lock().unwrap().iter().any(|it| it.ends_with(answer))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_session_ends_with_its_stream_and_the_stream_with_its_session() {
    let server = Older::start("/m?session=#").await;
    let house = server.ready("").await;
    let agent = house.worker.in_session("crm").await;
    let said = agent.call("crm", "quit").await;
    assert_eq!(house.trail(&said).1.as_deref(), Some("unreachable"));
    assert_eq!(agent.call("crm", "look").await.status, 404, "the client begins anew");
    let agent = house.worker.in_session("crm").await;
    let stream = server.streams.lock().unwrap().last().unwrap().clone();
    assert!(!stream.is_closed());
    assert_eq!(agent.send("DELETE", "/mcp/crm", "").await.status, 204);
    until("the stream is closed", || stream.is_closed()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn messages_go_to_no_other_origin() {
    let elsewhere = Older::start("/m?session=#").await;
    let server = Older::start(&elsewhere.url.replace("/sse", "/m?session=#")).await;
    let house = server.house("").await;
    let said = house.worker.post("crm", INITIALIZE).await;
    assert_eq!(said.json()["error"]["code"], 503, "{said:?}");
    assert_eq!(house.trail(&said).1.as_deref(), Some("unreachable"));
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(elsewhere.seen.lock().unwrap().is_empty());
}

//! An upstream that speaks streamable HTTP, keeps what it received, and does as the test says.

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// What the test feeds into a stream: an error breaks it off.
pub(crate) type Feed = mpsc::UnboundedSender<io::Result<Bytes>>;

/// One request that arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Seen {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

type Hook = Box<dyn Fn(&Seen) + Send + Sync>;

#[derive(Default)]
struct State {
    seen: Mutex<Vec<Seen>>,
    hook: Mutex<Option<Hook>>,
    feeds: Mutex<HashMap<String, mpsc::UnboundedReceiver<io::Result<Bytes>>>>,
    verbatim: Mutex<HashMap<String, String>>,
    lists: Mutex<HashMap<String, String>>,
    sessions: Mutex<u64>,
    forgetful: Mutex<bool>,
    hung_up: AtomicUsize,
    streams: Mutex<Option<String>>,
    /// Methods that are never answered.
    hung: Mutex<HashSet<String>>,
    dead: Mutex<bool>,
    deaf: Mutex<bool>,
    /// Sessions up to this one are of a life before.
    buried: Mutex<u64>,
    capabilities: Mutex<Option<String>>,
}

/// The upstream. It ends with the test's runtime.
#[derive(Clone)]
pub(crate) struct Fixture {
    pub(crate) url: String,
    state: Arc<State>,
}

const TOOLS: &[&str] = &[
    "look", "change", "hidden", "locked", "boom", "err", "hang", "garbage", "drop", "stream",
    "duty", "leak", "tells", "free",
];

fn tools() -> String {
    let tools: Vec<_> = TOOLS
        .iter()
        .map(|it| format!(r#"{{"name":"{it}","inputSchema":{{"type":"object"}}}}"#))
        .collect();
    format!(r#"{{"tools":[{}]}}"#, tools.join(","))
}

impl Fixture {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let state = Arc::new(State::default());
        let lists = [
            ("tools/list", tools()),
            (
                "prompts/list",
                r#"{"prompts":[{"name":"greet"},{"name":"hidden_prompt"}]}"#.to_owned(),
            ),
            (
                "resources/list",
                r#"{"resources":[{"uri":"crm://open","name":"o"},{"uri":"crm://hidden","name":"h"}]}"#
                    .to_owned(),
            ),
            (
                "resources/templates/list",
                r#"{"resourceTemplates":[{"uriTemplate":"crm://item/{id}","name":"i"},{"uriTemplate":"crm://secret/{id}","name":"s"}]}"#
                    .to_owned(),
            ),
        ];
        *state.lists.lock().unwrap() = lists.map(|(k, v)| (k.to_owned(), v)).into_iter().collect();
        let serving = Arc::clone(&state);
        tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                socket.set_nodelay(true).unwrap();
                let state = Arc::clone(&serving);
                let service = service_fn(move |it| answer(Arc::clone(&state), it));
                // A connection that the gateway gives up ends with an error, and may.
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(socket), service));
            }
        });
        Self { url, state }
    }

    /// Run this whenever a call of a tool arrives, before it is answered.
    pub(crate) fn on_call(&self, hook: impl Fn(&Seen) + Send + Sync + 'static) {
        *self.state.hook.lock().unwrap() = Some(Box::new(hook));
    }

    /// The next call of this tool (or GET, under the name `listen`) is answered by a stream.
    pub(crate) fn feed(&self, tool: &str) -> Feed {
        let (feed, fed) = mpsc::unbounded_channel();
        self.state.feeds.lock().unwrap().insert(tool.to_owned(), fed);
        feed
    }

    /// Calls of this tool, or this method, are answered by just these bytes.
    pub(crate) fn verbatim(&self, name: &str, body: &str) {
        self.state.verbatim.lock().unwrap().insert(name.to_owned(), body.to_owned());
    }

    /// They are answered as before.
    pub(crate) fn verbatim_no_more(&self, name: &str) {
        self.state.verbatim.lock().unwrap().remove(name);
    }

    /// What a list shows from now on.
    pub(crate) fn list(&self, method: &str, result: &str) {
        self.state.lists.lock().unwrap().insert(method.to_owned(), result.to_owned());
    }

    /// Sessions are forgotten: requests in one get 404.
    pub(crate) fn forget(&self) {
        *self.state.forgetful.lock().unwrap() = true;
    }

    /// A request of this method is answered by the feed named `listen`.
    pub(crate) fn streams(&self, method: &str) {
        *self.state.streams.lock().unwrap() = Some(method.to_owned());
    }

    /// How many calls that hang were given up by the gateway.
    pub(crate) fn hung_up(&self) -> usize {
        self.state.hung_up.load(Ordering::SeqCst)
    }

    /// This method is never answered from now on, or is again.
    pub(crate) fn hang(&self, method: &str, hangs: bool) {
        let mut hung = self.state.hung.lock().unwrap();
        if hangs {
            hung.insert(method.to_owned())
        } else {
            hung.remove(method)
        };
    }

    /// Who listens is broken off, or is not any more.
    pub(crate) fn break_off_listeners(&self, breaks: bool) {
        *self.state.deaf.lock().unwrap() = breaks;
    }

    /// Connections break off; nothing is answered any more.
    pub(crate) fn die(&self) {
        *self.state.dead.lock().unwrap() = true;
        *self.state.buried.lock().unwrap() = *self.state.sessions.lock().unwrap();
    }

    /// It is there again, and knows nothing of its former sessions.
    pub(crate) fn revive(&self) {
        *self.state.dead.lock().unwrap() = false;
    }

    /// What it says that it can do, instead of all.
    pub(crate) fn offers(&self, capabilities: &str) {
        *self.state.capabilities.lock().unwrap() = Some(capabilities.to_owned());
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.state.seen.lock().unwrap().clone()
    }

    /// How many times this text arrived.
    pub(crate) fn heard(&self, text: &str) -> usize {
        self.seen().iter().filter(|it| it.text().contains(text)).count()
    }
}

/// Counts when it is dropped: the caller hung up.
struct Line<'a>(&'a State);

impl Drop for Line<'_> {
    fn drop(&mut self) {
        self.0.hung_up.fetch_add(1, Ordering::SeqCst);
    }
}

enum Body {
    Whole(Option<Bytes>),
    Events(mpsc::UnboundedReceiver<io::Result<Bytes>>),
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match &mut *self {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|it| Ok(Frame::data(it)))),
            Self::Events(fed) => fed.poll_recv(cx).map(|it| it.map(|it| it.map(Frame::data))),
        }
    }
}

fn reply(status: StatusCode, kind: &str, body: Body) -> Response<Body> {
    Response::builder().status(status).header("content-type", kind).body(body).unwrap()
}

fn json(text: String) -> Response<Body> {
    reply(StatusCode::OK, "application/json", Body::Whole(Some(Bytes::from(text))))
}

fn bare(status: StatusCode) -> Response<Body> {
    reply(status, "text/plain", Body::Whole(None))
}

async fn answer(state: Arc<State>, request: Request<Incoming>) -> io::Result<Response<Body>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let seen = Seen { method: head.method, headers: head.headers, body };
    state.seen.lock().unwrap().push(seen.clone());
    let message: serde_json::Value = serde_json::from_slice(&seen.body).unwrap_or_default();
    let method = message["method"].as_str().unwrap_or_default();
    let name = message["params"]["name"].as_str().unwrap_or_default();
    let in_session = seen.headers.contains_key("mcp-session-id");
    if *state.forgetful.lock().unwrap() && in_session {
        return Ok(bare(StatusCode::NOT_FOUND));
    }
    let number = seen.headers.get("mcp-session-id").and_then(|it| it.to_str().ok());
    let number = number.and_then(|it| it.strip_prefix("up-")?.parse::<u64>().ok());
    if *state.dead.lock().unwrap() || seen.method == Method::GET && *state.deaf.lock().unwrap() {
        return Err(io::Error::other("dead"));
    }
    if number.is_some_and(|it| it <= *state.buried.lock().unwrap()) {
        return Ok(bare(StatusCode::NOT_FOUND));
    }
    if state.hung.lock().unwrap().contains(method) {
        std::future::pending::<()>().await;
    }
    match (&seen.method, method) {
        (&Method::GET, _) => return Ok(streamed(&state, "listen").unwrap_or_else(not_allowed)),
        (&Method::DELETE, _) => return Ok(bare(StatusCode::OK)),
        _ => {}
    }
    let id = message["id"].to_string();
    let result = |it: &str| json(format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{it}}}"#));
    if method == "tools/call" {
        if let Some(hook) = &*state.hook.lock().unwrap() {
            hook(&seen);
        }
        return call(&state, name, &id, &result).await;
    }
    if state.streams.lock().unwrap().as_deref() == Some(method) {
        return Ok(streamed(&state, "listen").unwrap_or_else(not_allowed));
    }
    if let Some(stream) = streamed(&state, method) {
        return Ok(stream);
    }
    if let Some(text) = state.verbatim.lock().unwrap().get(method) {
        return Ok(json(text.clone()));
    }
    // The pages of a list after the first one are kept under their cursor.
    let page = match message["params"]["cursor"].as_str() {
        Some(cursor) => format!("{method}?{cursor}"),
        None => method.to_owned(),
    };
    if let Some(list) = state.lists.lock().unwrap().get(&page) {
        return Ok(result(list));
    }
    Ok(match method {
        "initialize" => {
            let mut sessions = state.sessions.lock().unwrap();
            *sessions += 1;
            let capabilities = state.capabilities.lock().unwrap().clone().unwrap_or_else(|| {
                r#"{"tools":{},"prompts":{},"resources":{},"completions":{},"logging":{}}"#.into()
            });
            let mut said = result(&format!(
                r#"{{"protocolVersion":"2025-11-25","capabilities":{capabilities},"serverInfo":{{"name":"fixture","version":"1"}}}}"#
            ));
            said.headers_mut().insert("mcp-session-id", format!("up-{sessions}").parse().unwrap());
            said
        }
        _ if message.get("id").is_none() || method.is_empty() => bare(StatusCode::ACCEPTED),
        _ => result(r#"{"ok":true}"#),
    })
}

fn not_allowed() -> Response<Body> {
    bare(StatusCode::METHOD_NOT_ALLOWED)
}

fn streamed(state: &State, name: &str) -> Option<Response<Body>> {
    let fed = state.feeds.lock().unwrap().remove(name)?;
    Some(reply(StatusCode::OK, "text/event-stream", Body::Events(fed)))
}

async fn call(
    state: &State,
    name: &str,
    id: &str,
    result: &(impl Fn(&str) -> Response<Body> + Sync),
) -> io::Result<Response<Body>> {
    if let Some(stream) = streamed(state, name) {
        return Ok(stream);
    }
    if let Some(text) = state.verbatim.lock().unwrap().get(name) {
        return Ok(json(text.clone()));
    }
    Ok(match name {
        "boom" => result(r#"{"content":[{"type":"text","text":"boom"}],"isError":true}"#),
        "err" => json(format!(
            r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32000,"message":"no"}}}}"#
        )),
        "hang" => {
            let _line = Line(state);
            std::future::pending::<Result<Response<Body>, Infallible>>().await.unwrap()
        }
        "garbage" => json("not json".to_owned()),
        "drop" => return Err(io::Error::other("gone")),
        _ => result(r#"{"content":[{"type":"text","text":"done"}]}"#),
    })
}

/// A server-sent event.
pub(crate) fn event(data: &str) -> io::Result<Bytes> {
    Ok(Bytes::from(format!("data: {data}\n\n")))
}

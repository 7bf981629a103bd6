//! A provider of models that keeps what it was asked, and answers as the model's name says.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bailiwick_wire::eventstream::frame;
use base64::Engine as _;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::kept::Kept;

/// One request that arrived.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

#[derive(Default)]
struct State {
    asked: Mutex<Vec<Asked>>,
    /// What stands in the stream of the model `scripted`, one entry a chunk, and what `told` says.
    script: Mutex<Vec<Bytes>>,
    /// What the model `says` answers, whole.
    says: Mutex<Value>,
    hung_up: AtomicUsize,
    connections: AtomicUsize,
    kept: Kept,
}

/// The provider. It ends with the test's runtime.
#[derive(Clone)]
pub(crate) struct Provider {
    pub(crate) url: String,
    state: Arc<State>,
}

/// A body that comes in chunks, and tells when it is dropped before its end.
struct Chunks(mpsc::UnboundedReceiver<io::Result<Bytes>>, Arc<State>, bool);

impl hyper::body::Body for Chunks {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let next = std::task::ready!(self.0.poll_recv(cx));
        self.2 |= next.is_none();
        Poll::Ready(next.map(|it| it.map(Frame::data)))
    }
}

impl Drop for Chunks {
    fn drop(&mut self) {
        if !self.2 {
            self.1.hung_up.fetch_add(1, Ordering::SeqCst);
        }
    }
}

impl Provider {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let state = Arc::new(State::default());
        let serving = Arc::clone(&state);
        tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                socket.set_nodelay(true).unwrap();
                serving.connections.fetch_add(1, Ordering::SeqCst);
                let state = Arc::clone(&serving);
                let service = service_fn(move |it| answer(Arc::clone(&state), it));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(socket), service));
            }
        });
        Self { url, state }
    }

    /// Everything that it was asked.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.state.asked.lock().unwrap().clone()
    }

    /// The body that it was asked last, read.
    pub(crate) fn last(&self) -> Value {
        serde_json::from_slice(&self.asked().last().unwrap().body).unwrap()
    }

    /// What the stream of the model `scripted` says, one entry a chunk.
    pub(crate) fn script(&self, chunks: &[String]) {
        self.script_bytes(chunks.iter().map(|it| Bytes::from(it.clone())).collect());
    }

    /// The same in bytes.
    pub(crate) fn script_bytes(&self, chunks: Vec<Bytes>) {
        *self.state.script.lock().unwrap() = chunks;
    }

    /// What the model `says` answers, whole.
    pub(crate) fn says(&self, body: Value) {
        *self.state.says.lock().unwrap() = body;
    }

    /// What it keeps.
    pub(crate) fn kept(&self) -> &Kept {
        &self.state.kept
    }

    /// How many connections to it there were.
    pub(crate) fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }

    /// How many streams were hung up on before their end.
    pub(crate) fn hung_up(&self) -> usize {
        self.state.hung_up.load(Ordering::SeqCst)
    }
}

/// A chunk of a chat that says this.
pub(crate) fn chunk(text: &str) -> String {
    let delta = json!({"index": 0, "delta": {"content": text}, "finish_reason": null});
    let chunk =
        json!({"id": "c-1", "object": "chat.completion.chunk", "model": "m-1", "choices": [delta]});
    format!("data: {chunk}\n\n")
}

/// What ends a chat: why, what it took, and the end of the stream.
pub(crate) fn ending(stop: &str, input: u64, output: u64) -> String {
    let stop =
        json!({"choices": [{"index": 0, "delta": {}, "finish_reason": stop}], "model": "m-1"});
    let usage = json!({"choices": [], "model": "m-1",
        "usage": {"prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output}});
    format!("data: {stop}\n\ndata: {usage}\n\ndata: [DONE]\n\n")
}

type Reply = Response<http_body_util::Either<http_body_util::Full<Bytes>, Chunks>>;

fn whole(status: u16, body: &Value) -> Reply {
    raw(status, Bytes::from(body.to_string()))
}

fn raw(status: u16, body: Bytes) -> Reply {
    let body = http_body_util::Full::new(body);
    let reply = Response::builder().status(status).header("content-type", "application/json");
    let reply = reply.header("x-request-id", "req-7").header("openai-organization", "secret-org");
    reply.body(http_body_util::Either::Left(body)).unwrap()
}

/// What it says of its models, all or one.
fn listed(path: &str) -> Option<Reply> {
    if let Some(name) = path.strip_prefix("/v1/models/") {
        return Some(whole(200, &json!({"type": "model", "id": name, "display_name": name})));
    }
    let entry = |id: &str| json!({"id": id, "object": "model", "created": 1, "owned_by": "lab"});
    let list = ["plain", "hidden", "fails"].map(entry);
    (path == "/v1/models").then(|| whole(200, &json!({"object": "list", "data": list})))
}

async fn heard(request: Request<Incoming>) -> Asked {
    let (head, body) = request.into_parts();
    Asked {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().map(str::to_owned),
        headers: head.headers,
        body: body.collect().await.map(|it| it.to_bytes()).unwrap_or_default(),
    }
}

async fn answer(state: Arc<State>, request: Request<Incoming>) -> io::Result<Reply> {
    let asked = heard(request).await;
    let (path, body) = (asked.path.clone(), asked.body.clone());
    let method = asked.method.clone();
    // In pieces, which nobody asked for.
    if asked.query.as_deref().is_some_and(|it| it.contains("pieces")) {
        return Ok(stream(Arc::clone(&state), "", Bytes::new()));
    }
    state.asked.lock().unwrap().push(asked);
    if let Some(listed) = listed(&path) {
        return Ok(listed);
    }
    if let Some((status, body)) = state.kept.answer(&method, &path, &body) {
        return Ok(raw(status, body));
    }
    if let Some(asked) = path.strip_prefix("/model/") {
        return bedrock(state, asked);
    }
    let said: Value = serde_json::from_slice(&body).unwrap_or_default();
    let model = said["model"].as_str().unwrap_or_default().to_owned();
    Ok(match (path.as_str(), model.as_str()) {
        (_, "busy") => {
            let mut reply =
                whole(429, &json!({"error": {"message": "slow down", "type": "requests"}}));
            reply.headers_mut().insert("retry-after", "7".parse().unwrap());
            reply
        }
        (_, "keyless") => whole(401, &json!({"error": {"message": "bad key sk-…"}})),
        (_, "says") => whole(200, &state.says.lock().unwrap()),
        (_, "silent") => std::future::pending().await,
        (_, "broken") => {
            whole(500, &json!({"error": {"message": "broken", "type": "server_error"}}))
        }
        (_, "overloaded") => whole(
            529,
            &json!({"type": "error", "error": {"type": "overloaded_error", "message": "later"}}),
        ),
        ("/v1/messages", "plain" | "tools") => whole(200, &message(&model)),
        // The connection is closed before the answer begins.
        (_, "vanishes") => return Err(io::ErrorKind::ConnectionReset.into()),
        ("/v1/messages/count_tokens", _) => whole(200, &json!({"input_tokens": 2095})),
        ("/v1/embeddings", _) => whole(
            200,
            &json!({"object": "list", "model": "e-1",
            "data": [{"object": "embedding", "index": 0, "embedding": [0.5, 1]}],
            "usage": {"prompt_tokens": 8, "total_tokens": 8}}),
        ),
        (_, "told") => {
            let script = state.script.lock().unwrap().concat();
            whole(200, &serde_json::from_slice(&script).unwrap())
        }
        (_, "scripted" | "endless" | "breaks" | "stalls") => {
            stream(state, &model, Bytes::from(chunk("and so on ")))
        }
        // A model whose tokenizer is known, of a provider that does not tell its usage.
        (_, "gpt-4o") if said["stream"] == true => stream(state, "breaks", Bytes::new()),
        (_, "gpt-4o" | "tools" | "untold" | "twice") => whole(200, &special(&model)),
        (_, _) => whole(200, &hello()),
    })
}

/// A chat that says something.
fn hello() -> Value {
    json!({"id": "c-9", "object": "chat.completion", "model": "plain-2026",
        "choices": [{"index": 0, "finish_reason": "stop",
            "message": {"role": "assistant", "content": "Hello!"}}],
        "usage": {"prompt_tokens": 1000, "completion_tokens": 200, "total_tokens": 1200}})
}

/// A message: text, and a call of a tool where that is asked for.
fn message(model: &str) -> Value {
    let mut content = vec![json!({"type": "text", "text": "Hello!"})];
    if model == "tools" {
        content.push(json!({"type": "tool_use", "id": "t1", "name": "look", "input": {"at": 7}}));
    }
    let stop = if model == "tools" { "tool_use" } else { "end_turn" };
    json!({"id": "msg_9", "type": "message", "role": "assistant", "model": "claude-2026",
        "content": content, "stop_reason": stop, "stop_sequence": null,
        "usage": {"input_tokens": 1000, "output_tokens": 200}})
}

/// A chat that calls a tool, once or twice over, or one that does not tell its usage.
fn special(model: &str) -> Value {
    let mut said = call_of_a_tool();
    if model == "twice" {
        let choices = said["choices"].as_array_mut().unwrap();
        choices.push(choices[0].clone());
    }
    if model == "gpt-4o" {
        said["choices"][0]["message"] =
            json!({"role": "assistant", "content": "tiktoken is great!"});
    }
    if model == "gpt-4o" || model == "untold" {
        said.as_object_mut().unwrap().remove("usage");
    }
    said
}

/// A chat that calls a tool.
fn call_of_a_tool() -> Value {
    let function = json!({"name": "look", "arguments": "{\"at\":7}"});
    let call = json!({"id": "t1", "type": "function", "function": function});
    let message = json!({"role": "assistant", "content": "Hello!", "tool_calls": [call]});
    json!({"id": "c-9", "object": "chat.completion", "model": "plain-2026",
        "choices": [{"index": 0, "finish_reason": "tool_calls", "message": message}],
        "usage": {"prompt_tokens": 1000, "completion_tokens": 200, "total_tokens": 1200}})
}

fn stream(state: Arc<State>, model: &str, and_so_on: Bytes) -> Reply {
    let (feed, chunks) = mpsc::unbounded_channel();
    let script = state.script.lock().unwrap().clone();
    let (endless, breaks) = (model == "endless", model == "breaks");
    let stalls = model == "stalls";
    tokio::spawn(async move {
        for chunk in script {
            let _ = feed.send(Ok(chunk));
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        while endless && feed.send(Ok(and_so_on.clone())).is_ok() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        if stalls {
            feed.closed().await;
        }
        if breaks {
            let _ = feed.send(Err(io::ErrorKind::ConnectionReset.into()));
        }
    });
    let body = http_body_util::Either::Right(Chunks(chunks, state, false));
    Response::builder().header("content-type", "text/event-stream").body(body).unwrap()
}

/// A frame of Bedrock's that carries this event of Anthropic's.
pub(crate) fn framed(event: &Value) -> Bytes {
    let bytes = base64::engine::general_purpose::STANDARD.encode(event.to_string());
    let headers = [
        (":event-type", "chunk"),
        (":content-type", "application/json"),
        (":message-type", "event"),
    ];
    frame(&headers, json!({"bytes": bytes, "p": "abcdefgh"}).to_string().as_bytes())
}

/// What Bedrock answers at the address of a model and a verb.
fn bedrock(state: Arc<State>, asked: &str) -> io::Result<Reply> {
    let (model, verb) = asked.split_once('/').unwrap_or((asked, ""));
    let kind = model.split(['.', '-']).nth(1).unwrap_or_default();
    let delta = json!({"type": "content_block_delta", "index": 0,
        "delta": {"type": "text_delta", "text": "and so on "}});
    Ok(match (kind, verb) {
        ("busy", _) => {
            let mut reply = whole(429, &json!({"message": "Too many requests"}));
            let kind = "ThrottlingException:http://internal.amazon.com/coral/";
            reply.headers_mut().insert("x-amzn-errortype", kind.parse().unwrap());
            reply
        }
        (_, "invoke-with-response-stream") => {
            let mut reply = stream(state, kind, framed(&delta));
            let kind = "application/vnd.amazon.eventstream";
            reply.headers_mut().insert("content-type", kind.parse().unwrap());
            reply
        }
        (_, _) => whole(
            200,
            &json!({"id": "msg_bdrk_1", "type": "message", "role": "assistant",
            "model": "claude-1", "content": [{"type": "text", "text": "Hello!"}],
            "stop_reason": "end_turn", "stop_sequence": null,
            "usage": {"input_tokens": 1000, "output_tokens": 200}}),
        ),
    })
}

//! The far side and the byte proxy: this binary again, each in a process of its own.

use std::process::Command;
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::Mutex;

use crate::Done;
use crate::lines;
use crate::process::{self, Part};
use crate::protocol::{Asked, BARE_TOOLS, SESSION, many_tools, result, strict_tools};
use crate::provider;
use crate::serving::served;

/// Where the proxy forwards to.
const FORWARD_TO: &str = "BENCH_FORWARD_TO";
/// How many tools a server has whose path begins so.
const CROWD: &str = "/crowd/";
const CROWD_TOOLS: usize = 50;

static MANY_TOOLS: LazyLock<String> = LazyLock::new(|| many_tools(CROWD_TOOLS));
/// Where a server says nothing of its tool's arguments, and where it says all, of how many.
pub(crate) const BARE: &str = "/bare";
pub(crate) const STRICT: &str = "/strict";
pub(crate) const STRICT_TOOLS: usize = 100;

static MANY_STRICT_TOOLS: LazyLock<String> = LazyLock::new(|| strict_tools(STRICT_TOOLS));

/// The tools that are shown at a path, where they are not the usual ones.
fn tools_at(path: &str) -> Option<&'static str> {
    match path {
        BARE => Some(BARE_TOOLS),
        STRICT => Some(&MANY_STRICT_TOOLS),
        path => path.starts_with(CROWD).then_some(&MANY_TOOLS),
    }
}

/// Be the far side, or the proxy: what a benchmark starts this binary as.
pub(crate) fn be(name: &str) -> Done {
    match name {
        "upstream" => upstream(),
        "byte-proxy" => byte_proxy(),
        "lines" => lines::serve(),
        "provider" => provider::serve(),
        other => Err(format!("no such part: {other}").into()),
    }
}

/// Start this binary as a part, which forwards there if it is a proxy.
pub(crate) fn start(name: &str, forward_to: &str) -> Done<Part> {
    start_on(None, name, forward_to)
}

/// The same, on one core alone.
pub(crate) fn start_on(core: Option<usize>, name: &str, forward_to: &str) -> Done<Part> {
    let mut command = process::on_core(Command::new(std::env::current_exe()?), core);
    command.args(["part", name]).env(FORWARD_TO, forward_to);
    Part::telling(&mut command, |line| line.trim().strip_prefix("listening ")?.parse().ok())
}

/// An MCP server that answers at once.
fn upstream() -> Done {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(served(|socket| async move {
        let service = service_fn(answer);
        let io = TokioIo::new(socket);
        let _ = hyper::server::conn::http1::Builder::new().serve_connection(io, service).await;
    }))
}

/// The least that a proxy does which understands HTTP and nothing else: hyper on both sides, the
/// bytes of bodies as they come, one connection onwards for each that comes in.
fn byte_proxy() -> Done {
    let to: Arc<str> = std::env::var(FORWARD_TO)?.into();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(served(move |socket| {
        let to = Arc::clone(&to);
        async move {
            let Ok(onwards) = onwards(&to).await else { return };
            let onwards = Arc::new(Mutex::new(onwards));
            let service = service_fn(move |request: Request<Incoming>| {
                let onwards = Arc::clone(&onwards);
                async move {
                    let mut onwards = onwards.lock().await;
                    onwards.ready().await?;
                    onwards.send_request(request).await
                }
            });
            let io = TokioIo::new(socket);
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(io, service).await;
        }
    }))
}

async fn onwards(to: &str) -> Done<SendRequest<Incoming>> {
    let socket = TcpStream::connect(to).await?;
    socket.set_nodelay(true)?;
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(socket)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

async fn answer(request: Request<Incoming>) -> hyper::Result<Response<Full<Bytes>>> {
    let tools = tools_at(request.uri().path());
    let body = request.into_body().collect().await?.to_bytes();
    let mut response = Response::new(Full::default());
    let Ok(Asked { id, method }) = serde_json::from_slice(&body) else {
        return Ok(empty(StatusCode::ACCEPTED));
    };
    let (Some(id), Some(result)) = (id, result(&method)) else {
        return Ok(empty(StatusCode::ACCEPTED));
    };
    let result = tools.filter(|_| method == "tools/list").unwrap_or(result);
    let reply = format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{result}}}");
    *response.body_mut() = Full::new(Bytes::from(reply));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if method == "initialize" {
        headers.insert(SESSION, HeaderValue::from_static("bench-session"));
    }
    Ok(response)
}

fn empty(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

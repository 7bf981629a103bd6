//! One connection, in the protocol that was agreed on and within its limits. What goes wrong before
//! there is a request is on record too.

use std::convert::Infallible;
use std::io::ErrorKind;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bailiwick_core::RefusalReason;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::{Notify, watch};

use super::body::{Body, text};
use super::counted::{Counted, UnderWay};
use super::door::Door;
use super::socket::Socket;
use crate::turning;

/// The most header fields of a request.
pub(super) const HEADERS_MAX: usize = 64;
/// The most bytes of a request's head.
const HEAD_BYTES_MAX: usize = 32 << 10;
/// The same where the protocol refuses by itself, unseen: what is no larger is refused on record.
const HEAD_LIST_BYTES_MAX: u32 = 64 << 10;
/// The most requests that are under way on one connection.
const STREAMS_MAX: u32 = 64;
/// The most requests that were taken back before anybody looked at them.
const TAKEN_BACK_MAX: usize = 20;
/// The most requests that were reset because of a mistake in them.
const MISTAKEN_MAX: usize = 64;
/// How much of a body may be on its way before anybody reads it: of one request, and of all.
const WINDOW_BYTES: u32 = 256 << 10;
const WINDOWS_BYTES: u32 = 1 << 20;
/// How much of a reply is held for a client that does not take it.
const UNSENT_BYTES_MAX: usize = 64 << 10;
/// After how much silence one asks whether a client is there, and how long it may take to say so.
const QUIET: Duration = Duration::from_secs(30);
const SIGN_PATIENCE: Duration = Duration::from_secs(20);
/// How long a connection may take to be closed in an orderly way.
const CLOSING_PATIENCE: Duration = Duration::from_secs(2);
/// How many bytes of a client that was turned off are read, so that it reads why.
const UNHEARD_BYTES_MAX: u64 = 64 << 10;

const HEAD_TOO_LARGE: &str = "the head of the request is too large\n";

/// Speak HTTP/1.1.
pub(super) async fn http1<F: Future<Output = Response<Body>>>(
    socket: impl AsyncRead + AsyncWrite + Unpin,
    door: &Door,
    answer: impl Fn(Request<Incoming>) -> F,
) {
    let service = service_fn(|request| {
        let reply = bounded(door, &answer, request);
        async move { Ok::<_, Infallible>(settled(reply).await) }
    });
    let mut stop = door.gate.parts.stop.subscribe();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(door.patience());
    // Nothing is told by itself while something is left to be read: what is no request is answered
    // below.
    http.max_headers(HEADERS_MAX).max_buf_size(HEAD_BYTES_MAX).pipeline_flush(true);
    let socket = Socket::new(socket, door.unread()).staying_open();
    let mut connection = http.serve_connection(TokioIo::new(socket), service);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = told(&mut stop) => {
            Pin::new(&mut connection).graceful_shutdown();
            (&mut connection).await
        }
    };
    let refusal = ended.err().as_ref().and_then(refusal);
    let parts = connection.into_parts();
    let mut socket = parts.io.into_inner().into_inner();
    match refusal {
        Some((reason, None)) => {
            turning::is_on_record(&door.gate, door.listener, reason);
        }
        // Between two requests a client may be silent: then this is only the end.
        Some((reason, Some(reply))) if !parts.read_buf.is_empty() => {
            turn_off(socket, door, reason, reply).await;
        }
        Some(_) | None => {
            let _ = tokio::time::timeout(CLOSING_PATIENCE, socket.shutdown()).await;
        }
    }
}

/// A status, and words.
type Reply = (StatusCode, &'static str);

/// Why a connection was ended, and what is told who did not get as far as a request. Who reads
/// nothing is told nothing.
fn refusal(problem: &hyper::Error) -> Option<(RefusalReason, Option<Reply>)> {
    Some(if problem.is_timeout() {
        let words = "the head of the request came too slowly\n";
        (RefusalReason::Limit, Some((StatusCode::REQUEST_TIMEOUT, words)))
    } else if problem.is_parse_too_large() {
        let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
        (RefusalReason::Limit, Some((status, HEAD_TOO_LARGE)))
    } else if problem.is_parse() {
        let words = "the head of the request cannot be read\n";
        (RefusalReason::Malformed, Some((StatusCode::BAD_REQUEST, words)))
    } else if broken(problem) == Some(ErrorKind::TimedOut) {
        (RefusalReason::Limit, None)
    } else {
        return None;
    })
}

/// Speak HTTP/2.
pub(super) async fn http2<F: Future<Output = Response<Body>> + Send + 'static>(
    socket: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    door: &Door,
    answer: impl Fn(Request<Incoming>) -> F,
) {
    let mut stop = door.gate.parts.stop.subscribe();
    let mut http = http2::Builder::new(TokioExecutor::new());
    http.timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(HEAD_LIST_BYTES_MAX)
        .max_pending_accept_reset_streams(TAKEN_BACK_MAX)
        .max_local_error_reset_streams(MISTAKEN_MAX)
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(WINDOWS_BYTES)
        .max_send_buf_size(UNSENT_BYTES_MAX)
        .keep_alive_interval(QUIET)
        .keep_alive_timeout(SIGN_PATIENCE);
    let under_way = UnderWay::default();
    let watched = under_way.watch();
    let hang_up = Arc::new(Notify::new());
    let service = service_fn(|request| {
        let (of, hang_up) = (under_way.begin(), Arc::clone(&hang_up));
        let reply = bounded(door, &answer, request);
        async move {
            let reply = settled(reply).await;
            reply.body().hung_up_by(&hang_up);
            Ok::<_, Infallible>(reply.map(|body| Counted { body, _of: of }))
        }
    });
    let socket = Socket::new(socket, door.unread());
    let connection = http.serve_connection(TokioIo::new(socket), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = told(&mut stop) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
        // Of a stream that is left unread nothing else is learned: all go with it.
        () = hang_up.notified() => {
            turning::is_on_record(&door.gate, door.listener, RefusalReason::Limit);
            return;
        }
        () = idle(watched, door.patience()) => {
            connection.as_mut().graceful_shutdown();
            let _ = tokio::time::timeout(CLOSING_PATIENCE, connection).await;
            return;
        }
    };
    let Err(problem) = ended else { return };
    let reason = match broken(&problem) {
        Some(ErrorKind::TimedOut) => RefusalReason::Limit,
        // The client went away.
        Some(_) => return,
        None if problem.is_timeout() || problem.is_incomplete_message() => return,
        // What a client may send without end, or not at all, has its limits in the protocol.
        None => RefusalReason::Malformed,
    };
    turning::is_on_record(&door.gate, door.listener, reason);
}

/// The answer to a request, if its head is no larger than it may be. It is on the heap, because
/// the connection moves it from hand to hand.
fn bounded<F>(
    door: &Door,
    answer: &impl Fn(Request<Incoming>) -> F,
    request: Request<Incoming>,
) -> Result<Pin<Box<F>>, Box<Response<Body>>> {
    let headers = request.headers();
    let bytes: usize = headers.iter().map(|(name, it)| name.as_str().len() + it.len()).sum();
    let is_large = headers.len() > HEADERS_MAX || bytes > HEAD_BYTES_MAX;
    if is_large { Err(Box::new(head_too_large(door))) } else { Ok(Box::pin(answer(request))) }
}

async fn settled<F: Future<Output = Response<Body>>>(
    reply: Result<Pin<Box<F>>, Box<Response<Body>>>,
) -> Response<Body> {
    match reply {
        Ok(reply) => reply.await,
        Err(refusal) => *refusal,
    }
}

fn head_too_large(door: &Door) -> Response<Body> {
    if turning::is_on_record(&door.gate, door.listener, RefusalReason::Limit) {
        return text(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, HEAD_TOO_LARGE);
    }
    text(StatusCode::SERVICE_UNAVAILABLE, turning::UNRECORDED)
}

/// Wait until the gateway is to stop.
async fn told(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|it| *it).await;
}

/// Wait until nothing was under way for so long.
async fn idle(mut under_way: watch::Receiver<usize>, patience: Duration) {
    loop {
        let _ = under_way.wait_for(|it| *it == 0).await;
        let begun = tokio::time::timeout(patience, under_way.wait_for(|it| *it > 0));
        if begun.await.is_err() {
            return;
        }
    }
}

/// How the socket failed, if that was the problem.
fn broken(problem: &hyper::Error) -> Option<ErrorKind> {
    let mut cause = std::error::Error::source(problem);
    while let Some(it) = cause {
        if let Some(it) = it.downcast_ref::<std::io::Error>() {
            return Some(it.kind());
        }
        cause = it.source();
    }
    None
}

/// Turn off whoever made no request that could be answered: on record, told, and hung up on.
pub(super) async fn turn_off(
    mut socket: impl AsyncRead + AsyncWrite + Unpin,
    door: &Door,
    reason: RefusalReason,
    (status, words): Reply,
) {
    let (status, words) = if turning::is_on_record(&door.gate, door.listener, reason) {
        (status, words)
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, turning::UNRECORDED)
    };
    let reply = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{words}",
        words.len()
    );
    let told = async {
        socket.write_all(reply.as_bytes()).await?;
        socket.shutdown().await?;
        // A socket that is closed before all was read takes back what it said.
        tokio::io::copy(&mut socket.take(UNHEARD_BYTES_MAX), &mut tokio::io::sink()).await
    };
    let _ = tokio::time::timeout(CLOSING_PATIENCE, told).await;
}

//! Accepting connections, within a limit, until the gateway shuts down.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::body::Body;

/// How long a client may take to send the head of a request.
const HEAD_PATIENCE: Duration = Duration::from_secs(30);
/// How long requests under way may take when the gateway shuts down.
const DRAIN_PATIENCE: Duration = Duration::from_secs(10);
/// The most header fields of a request.
const HEADERS_MAX: usize = 64;
/// The most bytes of a request's head.
const HEAD_BYTES_MAX: usize = 32 << 10;

/// Answer requests on a listener until told to stop; then let those under way end.
pub(crate) async fn serve<F>(
    listener: TcpListener,
    connections_max: usize,
    mut stop: watch::Receiver<bool>,
    answer: impl Fn(Request<Incoming>, SocketAddr) -> F + Clone + Send + Sync + 'static,
) where
    F: Future<Output = Response<Body>> + Send + 'static,
{
    let room = Arc::new(Semaphore::new(connections_max));
    let mut open = JoinSet::new();
    loop {
        while open.try_join_next().is_some() {}
        let permit = tokio::select! {
            permit = Arc::clone(&room).acquire_owned() => permit,
            _ = stop.wait_for(|it| *it) => break,
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|it| *it) => break,
        };
        let (Ok(permit), Ok((socket, peer))) = (permit, accepted) else {
            // Out of file descriptors, most likely: give those in use time to be closed.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let (stop, answer) = (stop.clone(), answer.clone());
        open.spawn(async move {
            connection(socket, peer, stop, answer).await;
            drop(permit);
        });
    }
    let drained = async { while open.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(DRAIN_PATIENCE, drained).await;
}

async fn connection<F>(
    socket: TcpStream,
    peer: SocketAddr,
    mut stop: watch::Receiver<bool>,
    answer: impl Fn(Request<Incoming>, SocketAddr) -> F + Send + Sync + 'static,
) where
    F: Future<Output = Response<Body>> + Send + 'static,
{
    // Replies are small and awaited: they must not be held back for more.
    let _ = socket.set_nodelay(true);
    let service = service_fn(move |request| {
        let reply = answer(request, peer);
        async move { Ok::<_, std::convert::Infallible>(reply.await) }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_PATIENCE);
    http.max_headers(HEADERS_MAX).max_buf_size(HEAD_BYTES_MAX).pipeline_flush(true);
    let connection = http.serve_connection(TokioIo::new(socket), service);
    tokio::pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stop.wait_for(|it| *it) => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

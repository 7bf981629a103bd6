//! Accepting connections, within a limit, until the gateway shuts down.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::{Request, Response};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::body::Body;
use super::door::Door;
use super::secure::Agreed;
use super::{secure, speak};
use crate::awake::awake;
use crate::listener::Listener;

/// How long requests under way may take when the gateway shuts down.
const DRAIN_PATIENCE: Duration = Duration::from_secs(10);

/// Answer requests on a listener until told to stop; then let those under way end.
pub(crate) async fn serve<F>(
    listener: TcpListener,
    door: Door,
    answer: impl Fn(Request<Incoming>, SocketAddr) -> F + Clone + Send + Sync + 'static,
) where
    F: Future<Output = Response<Body>> + Send + 'static,
{
    let mut stop = door.gate.parts.stop.subscribe();
    let room = Arc::new(Semaphore::new(door.most));
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
        let (door, answer) = (door.clone(), answer.clone());
        open.spawn(awake(async move {
            connection(socket, peer, &door, answer).await;
            drop(permit);
        }));
    }
    let drained = async { while open.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(DRAIN_PATIENCE, drained).await;
}

async fn connection<F>(
    socket: TcpStream,
    peer: SocketAddr,
    door: &Door,
    answer: impl Fn(Request<Incoming>, SocketAddr) -> F + Send + Sync + 'static,
) where
    F: Future<Output = Response<Body>> + Send + 'static,
{
    // Replies are small and awaited: they must not be held back for more.
    let _ = socket.set_nodelay(true);
    let answer = move |request| answer(request, peer);
    match (door.listener, &door.gate.parts.tls) {
        (Listener::Agents, Some(tls)) => match secure::shake_hands(socket, door, tls).await {
            Some((secured, Agreed::Http1)) => speak::http1(secured, door, answer).await,
            Some((secured, Agreed::Http2)) => speak::http2(secured, door, answer).await,
            None => {}
        },
        (Listener::Agents | Listener::Operators | Listener::Stdio, _) => {
            speak::http1(socket, door, answer).await
        }
    }
}

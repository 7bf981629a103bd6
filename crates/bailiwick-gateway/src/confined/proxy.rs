//! The proxy of one process: HTTP's `CONNECT`, and requests with a whole address.

use std::convert::Infallible;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HOST, HeaderMap, HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper::{Method, Request, Response, StatusCode, Uri, client, server};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

use super::reach::{NoWay, connect};
use super::watched::{Moved, Watched};
use crate::terms::{REFUSED, Terms};
use crate::{clock, descriptors};

/// How many connections one process may have.
const CONNECTIONS_MAX: usize = 64;
/// The places of all processes: an eighth of the files that we may have open, two for each.
static ALL: LazyLock<Arc<Semaphore>> = LazyLock::new(|| {
    let files = usize::try_from(descriptors::may_have()).unwrap_or(usize::MAX);
    Arc::new(Semaphore::new((files / 16).clamp(16, 1024)))
});
/// How long nothing may pass over a connection before it is closed: twice as long at most.
const STILL_MAX: Duration = Duration::from_secs(600);
/// How large the head of a request may be, and how long it may take.
const HEAD_BYTES_MAX: usize = 16 << 10;
const HEAD_PATIENCE: Duration = Duration::from_secs(30);
/// How much of a name is on record.
const NAME_MAX: usize = 253;
/// How long one waits after a connection could not be taken.
const BREATH: Duration = Duration::from_millis(100);

/// Fields that are about one connection, and not about what goes over it.
const HOP: [HeaderName; 7] = [
    HeaderName::from_static("connection"),
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-authorization"),
    HeaderName::from_static("proxy-connection"),
    HeaderName::from_static("te"),
    HeaderName::from_static("transfer-encoding"),
    HeaderName::from_static("upgrade"),
];

type Body = BoxBody<Bytes, hyper::Error>;
/// What is to be connected with the far side, once the process has been told so.
type Tunnel = Arc<Mutex<Option<(OnUpgrade, TcpStream)>>>;

/// Serve a process until it is gone; what it has open then is closed.
pub(super) async fn serve(listener: TcpListener, terms: Arc<Terms>, mut gone: watch::Receiver<()>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await.ok()?;
            match listener.accept().await {
                Ok((socket, _)) => Some((socket, place)),
                Err(_) => {
                    tokio::time::sleep(BREATH).await;
                    None
                }
            }
        };
        tokio::select! {
            _ = gone.changed() => return,
            next = next => if let Some((socket, place)) = next {
                connections.spawn(one(socket, place, Arc::clone(&terms)));
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn one(socket: TcpStream, _place: OwnedSemaphorePermit, terms: Arc<Terms>) {
    // Each has two ends: without a limit over all processes they would take every file that we
    // may have open.
    let Some(_places) = places(&terms.connections) else {
        terms.find(REFUSED, "too many connections are open at once".into());
        return;
    };
    let moved = Moved::default();
    let still = moved.still(STILL_MAX);
    tokio::select! {
        () = served(Watched::new(socket, &moved), terms) => {}
        () = still => {}
    }
}

/// The places of one connection: of its server's, and of all.
fn places(own: &Arc<Semaphore>) -> Option<[OwnedSemaphorePermit; 2]> {
    let place = |of: &Arc<Semaphore>| Arc::clone(of).try_acquire_owned().ok();
    Some([place(own)?, place(&ALL)?])
}

async fn served(socket: Watched<TcpStream>, terms: Arc<Terms>) {
    let tunnel = Tunnel::default();
    let service = service_fn(|request| {
        let (terms, tunnel) = (Arc::clone(&terms), Arc::clone(&tunnel));
        async move { Ok::<_, Infallible>(answer(request, &terms, &tunnel).await) }
    });
    let mut http = server::conn::http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_PATIENCE).max_buf_size(HEAD_BYTES_MAX);
    // An error is the end of this connection, of which the process knows.
    let _ = http.serve_connection(TokioIo::new(socket), service).with_upgrades().await;
    let open = tunnel.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some((near, mut far)) = open
        && let Ok(near) = near.await
    {
        let _ = copy_bidirectional(&mut TokioIo::new(near), &mut far).await;
    }
}

async fn answer(mut request: Request<Incoming>, terms: &Terms, tunnel: &Tunnel) -> Response<Body> {
    let is_tunnel = request.method() == Method::CONNECT;
    let is_http = request.uri().scheme_str() == Some("http");
    let host = request.uri().host().map(str::to_owned);
    let port = request.uri().port_u16().or((!is_tunnel).then_some(80));
    let (Some(host), Some(port), true) = (host, port, is_tunnel || is_http) else {
        let words = "this is a proxy: ask it for `CONNECT host:port` or `GET http://host/`";
        return said(StatusCode::BAD_REQUEST, words.into());
    };
    let hosts = terms.hosts(clock::now());
    let far = match connect(&hosts, &host, port, &terms.lookups).await {
        Ok(far) => far,
        Err(why) => return refused(terms, why, &host, port),
    };
    if is_tunnel {
        let near = hyper::upgrade::on(&mut request);
        *tunnel.lock().unwrap_or_else(PoisonError::into_inner) = Some((near, far));
        return Response::new(nothing());
    }
    match forwarded(request, far).await {
        Ok(response) => response,
        Err(_) => said(StatusCode::BAD_GATEWAY, format!("{host}:{port} broke off")),
    }
}

/// Send a request on, as it is but for what concerns the proxy.
async fn forwarded(
    request: Request<Incoming>,
    far: TcpStream,
) -> Result<Response<Body>, hyper::Error> {
    let (mut head, body) = request.into_parts();
    // The field may name another host than the address, which was looked at. A user in the address
    // is no part of it.
    let host = head.uri.authority().and_then(|it| it.as_str().rsplit('@').next());
    if let Some(host) = host.and_then(|it| HeaderValue::from_str(it).ok()) {
        head.headers.insert(HOST, host);
    }
    let path = head.uri.path_and_query().cloned();
    head.uri = path.map_or_else(|| Uri::from_static("/"), Uri::from);
    strip(&mut head.headers);
    let (mut sender, connection) = client::conn::http1::handshake(TokioIo::new(far)).await?;
    // It ends with the answer's last byte, or when nobody wants the answer any more.
    tokio::spawn(connection);
    let mut response = sender.send_request(Request::from_parts(head, body)).await?;
    strip(response.headers_mut());
    Ok(response.map(|it| it.boxed()))
}

fn strip(headers: &mut HeaderMap) {
    let named = headers.get_all(CONNECTION).iter().filter_map(|it| it.to_str().ok());
    let named = named.flat_map(|it| it.split(',')).filter_map(|it| it.trim().parse().ok());
    let named: Vec<HeaderName> = named.collect();
    for name in named.iter().chain(&HOP) {
        headers.remove(name);
    }
}

fn refused(terms: &Terms, why: NoWay, host: &str, port: u16) -> Response<Body> {
    let (status, words) = match why {
        NoWay::Unlisted => {
            terms.find(REFUSED, format!("{} is not listed", blurred(host, port)));
            (StatusCode::FORBIDDEN, "is not among the hosts in the contract of this server")
        }
        NoWay::Private => {
            let words = "leads to a private address, which is not listed";
            terms.find(REFUSED, format!("{} {words}", blurred(host, port)));
            (StatusCode::FORBIDDEN, "leads to a private address, which the contract does not list")
        }
        NoWay::Crowded => {
            // Without the name: whoever asks for many would fill the record with them.
            terms.find(REFUSED, "too many names are looked up at once".into());
            (StatusCode::SERVICE_UNAVAILABLE, "is not looked up: too many names are, at once")
        }
        NoWay::Slow => {
            let words = "is not known in time: its name server does not answer";
            terms.find(REFUSED, format!("{} {words}", blurred(host, port)));
            (StatusCode::GATEWAY_TIMEOUT, words)
        }
        NoWay::Unreachable => (StatusCode::BAD_GATEWAY, "cannot be reached"),
    };
    said(status, format!("bailiwick: {host}:{port} {words}"))
}

/// A host as it may be on record: in the parts of a long name a process can write what it likes.
fn blurred(host: &str, port: u16) -> String {
    if host.starts_with('[') || host.parse::<std::net::IpAddr>().is_ok() {
        return format!("{host}:{port}");
    }
    let name: String = host.to_ascii_lowercase().chars().take(NAME_MAX).collect();
    let labels: Vec<&str> = name.trim_end_matches('.').split('.').collect();
    match labels.as_slice() {
        [_, .., first, last] => format!("*.{first}.{last}:{port}"),
        _ => format!("{name}:{port}"),
    }
}

fn said(status: StatusCode, words: String) -> Response<Body> {
    let body = Full::new(Bytes::from(words + "\n")).map_err(|never| match never {}).boxed();
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
}

fn nothing() -> Body {
    Full::new(Bytes::new()).map_err(|never| match never {}).boxed()
}

//! Connections to HTTP upstreams: kept open and used again, with or without TLS.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, Response, Uri};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::unconstrained;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::Trouble;

/// How many idle connections to one server are kept.
const IDLE_MAX: usize = 256;
/// How much of an answer is read ahead, in bytes: a stream that nobody takes on holds twice as
/// much. The head of an answer is within it, too.
const BUFFER_BYTES_MAX: usize = 64 << 10;
/// How long an answer may take once it is over: long enough for a goodbye.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The upstream could not be reached, or broke off.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the upstream could not be reached")]
pub(crate) struct Unreachable;

/// Why a request has no answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Unanswered {
    /// Not a byte of it was sent.
    Unsent,
    /// It was sent, or some of it: it may have been carried out.
    BrokeOff,
}

impl From<Unanswered> for Unreachable {
    fn from(_: Unanswered) -> Self {
        Self
    }
}

/// What moves the bytes of one connection.
type Driver = Pin<Box<dyn Future<Output = ()> + Send>>;

/// One connection: where requests go in, and what moves its bytes. It is driven by whoever has
/// leased it, not by a task of its own: the way to an upstream and back wakes no other thread.
struct Connection {
    sender: SendRequest<Full<Bytes>>,
    /// Gone when the connection is closed.
    driver: Option<Driver>,
}

/// The connections to one server.
pub(crate) struct Pool {
    host: String,
    port: u16,
    secure: bool,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    idle: Mutex<Vec<Connection>>,
    over: watch::Sender<bool>,
    pub(crate) trouble: Trouble,
}

/// A connection in use. Given back only when its answer was read to the end.
pub(crate) struct Lease {
    pool: Arc<Pool>,
    connection: Connection,
    /// Tells a stream that its server is waited for no longer.
    over: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Lease {
    /// Let the next call use the connection.
    pub(crate) fn give_back(self) {
        let mut idle = self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE_MAX && self.connection.driver.is_some() {
            idle.push(self.connection);
        }
    }

    /// Do work that waits for this connection's bytes, moving them along meanwhile.
    pub(crate) async fn drive<T>(&mut self, work: impl Future<Output = T>) -> T {
        drive(&mut self.connection.driver, work).await
    }

    /// The same, if it is done without waiting.
    pub(crate) fn drive_now<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        // Whoever waits after this moves the bytes again, and is woken.
        let work = std::pin::pin!(drive(&mut self.connection.driver, work));
        match work.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(done) => Some(done),
            Poll::Pending => None,
        }
    }

    /// The same for a stream, which has no end of its own: `None` when it is over.
    pub(crate) async fn drive_on<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        let Self { pool, connection, over } = self;
        if *pool.over.borrow() {
            return None;
        }
        // Waited for from the first piece on, and not anew with each.
        let over = over.get_or_insert_with(|| {
            let pool = Arc::clone(pool);
            Box::pin(async move { pool.is_over().await })
        });
        tokio::select! {
            biased;
            done = drive(&mut connection.driver, work) => Some(done),
            () = over => None,
        }
    }
}

/// Do work that waits for nothing but what the driver does.
async fn drive<T>(driver: &mut Option<Driver>, work: impl Future<Output = T>) -> T {
    // INVARIANT: nothing but the driver makes the work ready, and the work is looked at whenever
    // the driver has moved. So it has nobody to wake: the task would only wake itself, and look
    // once more for nothing. Without a budget it never stops by itself either.
    let mut work = std::pin::pin!(unconstrained(work));
    std::future::poll_fn(|cx| {
        let mut silent = Context::from_waker(Waker::noop());
        if let Poll::Ready(done) = work.as_mut().poll(&mut silent) {
            return Poll::Ready(done);
        }
        let Some(moving) = driver else { return Poll::Pending };
        if moving.as_mut().poll(cx).is_ready() {
            // Dropped at once: only then does whoever waits for its bytes learn of its end.
            *driver = None;
        }
        work.as_mut().poll(&mut silent)
    })
    .await
}

/// Move what there is to move, and wait for nothing. What is sent next would wake whoever looked:
/// nobody does, and whoever drives it then looks again.
fn drive_once(driver: &mut Option<Driver>) {
    let mut silent = Context::from_waker(Waker::noop());
    if driver.as_mut().is_some_and(|it| it.as_mut().poll(&mut silent).is_ready()) {
        *driver = None;
    }
}

impl Pool {
    /// The connections to the server at this address.
    pub(crate) fn new(address: &Uri) -> Self {
        let host = address.host().unwrap_or_default().to_owned();
        let secure = address.scheme_str() == Some("https");
        let port = address.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let tls = ServerName::try_from(bare.clone()).ok().filter(|_| secure);
        let tls = tls.map(|name| (TlsConnector::from(Arc::new(trust())), name));
        Self {
            host: bare,
            port,
            secure,
            tls,
            idle: Mutex::default(),
            over: watch::Sender::new(false),
            trouble: Trouble::default(),
        }
    }

    /// Wait for this server no longer. Whoever has asked it something learns of it, so that what
    /// came of each call is on record.
    pub(crate) fn hang_up(&self) {
        self.over.send_replace(true);
    }

    async fn is_over(&self) {
        let mut over = self.over.subscribe();
        let _ = over.wait_for(|it| *it).await;
    }

    /// Wait until no answer is waited for any more.
    pub(crate) async fn too_late(&self) {
        self.is_over().await;
        tokio::time::sleep(LAST_WORDS).await;
    }

    /// Send a request. A kept connection that turns out to be closed is replaced, which is safe:
    /// the request is handed back only when not a byte of it was sent.
    pub(crate) async fn send(
        self: &Arc<Self>,
        mut request: Request<Full<Bytes>>,
    ) -> Result<(Response<Incoming>, Lease), Unanswered> {
        while let Some(mut kept) = self.kept() {
            let Connection { sender, driver } = &mut kept;
            // Nobody looked at it while it was idle: the server may have closed it meanwhile.
            drive_once(driver);
            if driver.is_none() || drive(driver, sender.ready()).await.is_err() {
                continue;
            }
            match drive(driver, sender.try_send_request(request)).await {
                Ok(response) => return Ok((response, self.lease(kept))),
                Err(mut refused) => request = refused.take_message().ok_or(Unanswered::BrokeOff)?,
            }
        }
        // On the heap: few calls need it, and every call would carry its room along.
        let fresh = Box::pin(self.connect()).await;
        let mut fresh = fresh.map_err(|Unreachable| Unanswered::Unsent)?;
        let Connection { sender, driver } = &mut fresh;
        match drive(driver, sender.try_send_request(request)).await {
            Ok(response) => Ok((response, self.lease(fresh))),
            Err(refused) if refused.message().is_some() => Err(Unanswered::Unsent),
            Err(_) => Err(Unanswered::BrokeOff),
        }
    }

    fn lease(self: &Arc<Self>, connection: Connection) -> Lease {
        Lease { pool: Arc::clone(self), connection, over: None }
    }

    fn kept(&self) -> Option<Connection> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    async fn connect(&self) -> Result<Connection, Unreachable> {
        let address = (self.host.as_str(), self.port);
        let socket = TcpStream::connect(address).await.map_err(|it| {
            self.trouble.tell(format!("{}:{} cannot be reached: {it}", self.host, self.port));
            Unreachable
        })?;
        socket.set_nodelay(true).map_err(|_| Unreachable)?;
        match &self.tls {
            // Never in the clear what was meant to be secured.
            None if self.secure => Err(Unreachable),
            None => handshake(socket).await,
            Some((connector, name)) => {
                let secured = connector.connect(name.clone(), socket).await;
                let secured = secured.map_err(|it| {
                    self.trouble.tell(format!("no TLS could be agreed on: {it}"));
                    Unreachable
                });
                handshake(secured?).await
            }
        }
    }
}

async fn handshake(
    socket: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
) -> Result<Connection, Unreachable> {
    let (sender, connection) = http1::Builder::new()
        .max_buf_size(BUFFER_BYTES_MAX)
        .handshake(TokioIo::new(socket))
        .await
        .map_err(|_| Unreachable)?;
    // Why it broke is seen by whoever waits for an answer.
    let driver = Box::pin(async move { drop(connection.await) });
    Ok(Connection { sender, driver: Some(driver) })
}

fn trust() -> ClientConfig {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()
}

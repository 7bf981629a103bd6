//! Connections to HTTP upstreams: kept open and used again, with or without TLS.

use std::sync::{Arc, Mutex, PoisonError};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, Response, Uri};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// How many idle connections to one server are kept.
const IDLE_MAX: usize = 256;

/// The upstream could not be reached, or broke off.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the upstream could not be reached")]
pub(crate) struct Unreachable;

/// The connections to one server.
pub(crate) struct Pool {
    host: String,
    port: u16,
    secure: bool,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    idle: Mutex<Vec<SendRequest<Full<Bytes>>>>,
}

/// A connection in use. Given back only when its answer was read to the end.
pub(crate) struct Lease {
    pool: Arc<Pool>,
    sender: SendRequest<Full<Bytes>>,
}

impl Lease {
    /// Let the next call use the connection.
    pub(crate) fn give_back(self) {
        let mut idle = self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE_MAX && !self.sender.is_closed() {
            idle.push(self.sender);
        }
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
        Self { host: bare, port, secure, tls, idle: Mutex::default() }
    }

    /// Send a request. A kept connection that turns out to be closed is replaced, which is safe:
    /// the request is handed back only when not a byte of it was sent.
    pub(crate) async fn send(
        self: &Arc<Self>,
        mut request: Request<Full<Bytes>>,
    ) -> Result<(Response<Incoming>, Lease), Unreachable> {
        while let Some(mut sender) = self.kept() {
            if sender.ready().await.is_err() {
                continue;
            }
            match sender.try_send_request(request).await {
                Ok(response) => return Ok((response, self.lease(sender))),
                Err(mut refused) => request = refused.take_message().ok_or(Unreachable)?,
            }
        }
        let mut sender = self.connect().await?;
        let response = sender.send_request(request).await.map_err(|_| Unreachable)?;
        Ok((response, self.lease(sender)))
    }

    fn lease(self: &Arc<Self>, sender: SendRequest<Full<Bytes>>) -> Lease {
        Lease { pool: Arc::clone(self), sender }
    }

    fn kept(&self) -> Option<SendRequest<Full<Bytes>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, Unreachable> {
        let address = (self.host.as_str(), self.port);
        let socket = TcpStream::connect(address).await.map_err(|_| Unreachable)?;
        socket.set_nodelay(true).map_err(|_| Unreachable)?;
        match &self.tls {
            // Never in the clear what was meant to be secured.
            None if self.secure => Err(Unreachable),
            None => handshake(socket).await,
            Some((connector, name)) => {
                let secured = connector.connect(name.clone(), socket).await;
                handshake(secured.map_err(|_| Unreachable)?).await
            }
        }
    }
}

async fn handshake(
    socket: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
) -> Result<SendRequest<Full<Bytes>>, Unreachable> {
    let (sender, connection) =
        http1::handshake(TokioIo::new(socket)).await.map_err(|_| Unreachable)?;
    // It ends with the last sender; why it broke is seen by whoever waits for an answer.
    tokio::spawn(connection);
    Ok(sender)
}

fn trust() -> ClientConfig {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()
}

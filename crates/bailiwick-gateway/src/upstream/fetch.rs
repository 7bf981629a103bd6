//! One document from a public address, because a person asked for it: no call of an agent, no
//! secret and nobody's data go along.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::header::{ACCEPT, CONNECTION, HOST, HeaderValue, USER_AGENT};
use hyper::{Request, Uri};

use super::connection::Pool;

/// Registries turn off whoever does not say who asks.
const AGENT: HeaderValue =
    HeaderValue::from_static(concat!("bailiwick/", env!("CARGO_PKG_VERSION")));
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const CLOSE: HeaderValue = HeaderValue::from_static("close");

/// What an address answered.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// The status. Redirections are not followed.
    pub status: u16,
    /// The whole body.
    pub body: Bytes,
}

/// Why there is no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum NotFetched {
    /// It is no address of the web.
    #[error("`{0}` is no address; write it as https://registry.example.com")]
    NoAddress(String),
    /// It holds a name or password, which is neither told nor sent.
    #[error("an address holds a user or a password; name the registry without them")]
    Secret,
    /// Nobody is reached there.
    #[error("{0} cannot be reached")]
    Unreachable(String),
    /// It takes too long.
    #[error("{0} does not answer in time")]
    TooLate(String),
    /// It is too much, or broke off.
    #[error("the answer of {0} breaks off or is too large")]
    BrokeOff(String),
}

/// Fetch a document of at most so many bytes, within that time.
///
/// # Errors
/// [`NotFetched`], also when the document is larger.
pub async fn fetch(
    address: &str,
    bytes_max: usize,
    patience: Duration,
) -> Result<Fetched, NotFetched> {
    let place = address.split_once("://").map_or(address, |(_, it)| it);
    if place.split(['/', '?', '#']).next().is_some_and(|it| it.contains('@')) {
        return Err(NotFetched::Secret);
    }
    let uri: Uri = address.parse().map_err(|_| NotFetched::NoAddress(address.to_owned()))?;
    let is_web = matches!(uri.scheme_str(), Some("http" | "https"));
    let authority = uri.authority().filter(|_| is_web).map(|it| it.as_str().to_owned());
    let host = authority.ok_or_else(|| NotFetched::NoAddress(address.to_owned()))?;
    let fetched = tokio::time::timeout(patience, whole(&uri, &host, bytes_max)).await;
    fetched.unwrap_or(Err(NotFetched::TooLate(host)))
}

async fn whole(uri: &Uri, host: &str, bytes_max: usize) -> Result<Fetched, NotFetched> {
    let unreachable = || NotFetched::Unreachable(host.to_owned());
    let mut request = Request::new(Full::new(Bytes::new()));
    *request.uri_mut() = uri.path_and_query().cloned().map_or_else(Uri::default, Uri::from);
    let named = HeaderValue::from_str(host).map_err(|_| unreachable())?;
    let headers = request.headers_mut();
    for (name, value) in [(HOST, named), (ACCEPT, JSON), (USER_AGENT, AGENT), (CONNECTION, CLOSE)] {
        headers.insert(name, value);
    }
    let pool = Arc::new(Pool::new(uri));
    let (response, mut lease) = pool.send(request).await.map_err(|_| unreachable())?;
    let status = response.status().as_u16();
    let body = lease.drive(Limited::new(response.into_body(), bytes_max).collect()).await;
    let body = body.map_err(|_| NotFetched::BrokeOff(host.to_owned()))?.to_bytes();
    Ok(Fetched { status, body })
}

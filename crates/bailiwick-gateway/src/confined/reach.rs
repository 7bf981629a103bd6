//! Connecting to a host for a process that is confined: listed, looked up here, and not led to a
//! private address that is not listed itself.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bailiwick_contracts::Hosts;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::lookup::{Nameless, lookup};

/// How long a name may take to be looked up, and an address to be connected to.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why there is no connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum NoWay {
    /// The contract does not list it.
    Unlisted,
    /// Its name leads to a private address, which the contract does not list.
    Private,
    /// Its name cannot be looked up now: too many are.
    Crowded,
    /// Whoever knows its name does not answer in time.
    Slow,
    /// Nobody knows its name, or it does not answer.
    Unreachable,
}

/// Connect to a host, as it stands in a request: an address of version 6 in brackets. `places` are
/// those of its server for looking up names.
pub(super) async fn connect(
    hosts: &Hosts,
    host: &str,
    port: u16,
    places: &Arc<Semaphore>,
) -> Result<TcpStream, NoWay> {
    let bare = host.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(host);
    if let Ok(address) = bare.parse::<IpAddr>() {
        if !hosts.has_address(address, port) {
            return Err(NoWay::Unlisted);
        }
        return first(vec![SocketAddr::new(address, port)]).await;
    }
    let name = host.to_ascii_lowercase();
    if !hosts.has_name(&name, port) {
        return Err(NoWay::Unlisted);
    }
    let all = lookup(places, name, port, PATIENCE).await.map_err(|why| match why {
        Nameless::Crowded => NoWay::Crowded,
        Nameless::Slow => NoWay::Slow,
        Nameless::Unknown => NoWay::Unreachable,
    })?;
    let (open, private): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|it| hosts.may_lead_to(it.ip(), port));
    if open.is_empty() && !private.is_empty() {
        return Err(NoWay::Private);
    }
    first(open).await
}

/// The first of some addresses that answers.
async fn first(addresses: Vec<SocketAddr>) -> Result<TcpStream, NoWay> {
    for address in addresses {
        if let Ok(Ok(stream)) = timeout(PATIENCE, TcpStream::connect(address)).await {
            // What a process sends in small pieces is sent in small pieces.
            let _ = stream.set_nodelay(true);
            return Ok(stream);
        }
    }
    Err(NoWay::Unreachable)
}

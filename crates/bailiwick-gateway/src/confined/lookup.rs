//! Looking up names for processes that are confined: by the system, which may take a minute for a
//! name whose server does not answer, and has a thread of ours for as long.

use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// How many names are looked up at once, for all processes.
const ALL_MAX: usize = 32;
static ALL: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(ALL_MAX)));
/// How many addresses of one name are tried.
const ADDRESSES_MAX: usize = 8;

/// Why a name has no address.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Nameless {
    /// As many are looked up already as may be.
    Crowded,
    /// Nobody answered in time.
    Slow,
    /// Nobody knows it.
    Unknown,
}

/// The addresses of a name, within this time. `own` are the places of its server.
pub(super) async fn lookup(
    own: &Arc<Semaphore>,
    name: String,
    port: u16,
    patience: Duration,
) -> Result<Vec<SocketAddr>, Nameless> {
    let ask = move || Some((name.as_str(), port).to_socket_addrs().ok()?.collect());
    placed([own, &ALL], patience, ask).await
}

/// INVARIANT: the places go with the thread and not with whoever waits for it, or threads that
/// nobody waits for any more would take all there are.
async fn placed(
    [own, all]: [&Arc<Semaphore>; 2],
    patience: Duration,
    ask: impl FnOnce() -> Option<Vec<SocketAddr>> + Send + 'static,
) -> Result<Vec<SocketAddr>, Nameless> {
    let places = async { Some((place(own).await?, place(all).await?)) };
    let places = timeout(patience, places).await.ok().flatten().ok_or(Nameless::Crowded)?;
    let asked = tokio::task::spawn_blocking(move || {
        let found = ask();
        drop(places);
        found
    });
    let found = timeout(patience, asked).await.map_err(|_| Nameless::Slow)?;
    let mut found = found.ok().flatten().ok_or(Nameless::Unknown)?;
    found.truncate(ADDRESSES_MAX);
    Ok(found)
}

async fn place(of: &Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
    Arc::clone(of).acquire_owned().await.ok()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// One that waits for a name server for longer than anybody waits for it keeps its place.
    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn places_are_given_back_with_the_thread() {
        for is_own in [true, false] {
            let (one, many) = (Arc::new(Semaphore::new(1)), Arc::new(Semaphore::new(9)));
            let places = if is_own { [&one, &many] } else { [&many, &one] };
            let patience = Duration::from_millis(200);
            let (release, held) = mpsc::channel::<()>();
            let slow = placed(places, patience, move || {
                let _ = held.recv();
                None
            });
            assert_eq!(slow.await, Err(Nameless::Slow));
            assert_eq!(placed(places, patience, || None).await, Err(Nameless::Crowded));
            drop(release);
            let found = placed(places, Duration::from_secs(30), || Some(Vec::new())).await;
            assert_eq!(found, Ok(Vec::new()));
            assert_eq!(placed(places, patience, || None).await, Err(Nameless::Unknown));
        }
    }
}

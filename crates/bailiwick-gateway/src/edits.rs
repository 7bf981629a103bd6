//! Waiting for people's edits of files: noticed within a second, read when they are whole.

use std::time::Duration;

use tokio::task::spawn_blocking;

/// How often one looks.
const LOOK: Duration = Duration::from_millis(500);
/// How long the files must be still before they are read.
const SETTLE: Duration = Duration::from_millis(200);

/// Wait until what one sees is not what was `seen`, and stands still. One looks on threads that may
/// wait for the disk.
pub(crate) async fn next<T, L>(seen: &mut T, look: L)
where
    T: PartialEq + Clone + Send + 'static,
    L: Fn() -> T + Clone + Send + 'static,
{
    // Where it cannot be looked, nothing is known to have changed.
    let look = async |before: &T| spawn_blocking(look.clone()).await.unwrap_or(before.clone());
    loop {
        tokio::time::sleep(LOOK).await;
        let looked = look(seen).await;
        if looked == *seen {
            continue;
        }
        // An edit of several files, or a file that is being written, is awaited to its end.
        *seen = looked;
        loop {
            tokio::time::sleep(SETTLE).await;
            let settled = look(seen).await;
            if settled == *seen {
                return;
            }
            *seen = settled;
        }
    }
}

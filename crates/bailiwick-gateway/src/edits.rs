//! Waiting for people's edits of files: noticed within a second, read when they are whole.

use std::time::Duration;

/// How often one looks.
const LOOK: Duration = Duration::from_millis(500);
/// How long the files must be still before they are read.
const SETTLE: Duration = Duration::from_millis(200);

/// Wait until what one sees is not what was `seen`, and stands still.
pub(crate) async fn next<T: PartialEq>(seen: &mut T, look: impl Fn() -> T) {
    loop {
        tokio::time::sleep(LOOK).await;
        let looked = look();
        if looked == *seen {
            continue;
        }
        // An edit of several files, or a file that is being written, is awaited to its end.
        *seen = looked;
        loop {
            tokio::time::sleep(SETTLE).await;
            let settled = look();
            if settled == *seen {
                return;
            }
            *seen = settled;
        }
    }
}

//! The writer's door: a socket for this user's other processes, through which they hand records
//! over.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bailiwick_core::{Ledger as _, Unrecorded};
use bailiwick_log::{HANDED_BYTES_MAX, Handed, Log, Taken};
use rustix::net::Shutdown;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::unix::OwnedReadHalf;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Notify, Semaphore, oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};

/// How many connections others may hold: two a process.
const CONNECTIONS_MAX: usize = 512;

/// An open door.
pub(super) struct Door {
    socket: PathBuf,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
}

impl Door {
    /// Open the door. The log's lock is held, so a name that is there was left by a writer that
    /// is gone. Who asks us to let go of the log is heard where `asked` is, and refused otherwise.
    ///
    /// # Errors
    /// What the file system says.
    pub(super) fn open(
        socket: &Path,
        log: Arc<Log>,
        asked: Option<Arc<Notify>>,
    ) -> std::io::Result<Self> {
        match std::fs::remove_file(socket) {
            Err(problem) if problem.kind() != std::io::ErrorKind::NotFound => return Err(problem),
            Ok(()) | Err(_) => {}
        }
        // The folder is its owner's alone, so nobody comes in before the mode is set.
        let listener = UnixListener::bind(socket)?;
        std::fs::set_permissions(socket, std::fs::Permissions::from_mode(0o600))?;
        let (stop, stopped) = watch::channel(false);
        let serving = tokio::spawn(serve(listener, (log, asked), stopped));
        Ok(Self { socket: socket.to_owned(), stop, serving })
    }

    /// Let nobody in any more, and answer all that was handed over, also by those who stand before
    /// the door. The log's lock is still held, so the name that goes first is ours.
    pub(super) async fn close(self) {
        let _ = std::fs::remove_file(&self.socket);
        self.stop.send_replace(true);
        let _ = self.serving.await;
    }
}

/// The log, and who is told that another wants it.
type Held = (Arc<Log>, Option<Arc<Notify>>);

async fn serve(listener: UnixListener, held: Held, mut stop: watch::Receiver<bool>) {
    let user = rustix::process::geteuid().as_raw();
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut open = JoinSet::new();
    let mut is_last = false;
    loop {
        while open.try_join_next().is_some() {}
        let accepted = tokio::select! {
            biased;
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|it| *it), if !is_last => {
                // Nobody new finds the door. Who stands there already may have handed something
                // over in good faith, and would have to take it for lost.
                is_last = true;
                continue;
            }
            () = std::future::ready(()), if is_last => break,
        };
        let Ok((stream, _)) = accepted else {
            if is_last {
                break;
            }
            // Out of file descriptors, most likely: give those in use time to be closed.
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            continue;
        };
        let is_ours = stream.peer_cred().is_ok_and(|it| it.uid() == user);
        // Who is not let in finds the connection closed.
        let Some(place) = Arc::clone(&room).try_acquire_owned().ok().filter(|_| is_ours) else {
            continue;
        };
        let (held, stop) = (held.clone(), stop.clone());
        open.spawn(async move {
            guest(stream, held, stop).await;
            drop(place);
        });
    }
    drop(listener);
    while open.join_next().await.is_some() {}
}

/// Take what one process hands over, until it goes away or we do.
async fn guest(stream: UnixStream, held: Held, mut stop: watch::Receiver<bool>) {
    let (mut from, mut to) = stream.into_split();
    let mut is_last = false;
    loop {
        let request = read(&mut from);
        tokio::pin!(request);
        let read = tokio::select! {
            read = &mut request => Some(read),
            _ = stop.wait_for(|it| *it), if !is_last => None,
        };
        let request = match read {
            Some(request) => request,
            // What is in the socket already was handed over in good faith: it is answered. From
            // here on the other's writes fail, so it knows that nothing came of them.
            None if rustix::net::shutdown(to.as_ref(), Shutdown::Read).is_ok() => {
                is_last = true;
                request.await
            }
            None => return,
        };
        let Some(request) = request else { return };
        let (taken, makes_way) = take(&held, &request).await;
        let taken = taken.encode();
        let length = u32::try_from(taken.len()).unwrap_or(u32::MAX).to_be_bytes();
        if to.write_all(&[&length[..], &taken].concat()).await.is_err() {
            return;
        }
        // Only for one that is still there: the log is let go of for nobody else.
        if let Some(asked) = makes_way {
            asked.notify_one();
        }
    }
}

/// What comes of a request, and who is to be told when it asks for the log itself.
async fn take((log, asked): &Held, request: &[u8]) -> (Taken, Option<Arc<Notify>>) {
    let mut makes_way = None;
    let done = match Handed::parse(request) {
        Ok(Handed::Append { at, record, sealed }) => {
            log.append(at, &record, &sealed).map(|it| it.index())
        }
        Ok(Handed::Durable(index)) if index < log.health().size => {
            let (tell, told) = oneshot::channel();
            // Nobody listens any more when the other went away.
            let tell = |it| {
                let _ = tell.send(it);
            };
            log.on_durable(index, Box::new(tell));
            told.await.unwrap_or(Err(Unrecorded::Stopped)).map(|()| index)
        }
        Ok(Handed::MakeWay) => {
            makes_way.clone_from(asked);
            asked.as_ref().map(|_| 0).ok_or(Unrecorded::Stopped)
        }
        Ok(Handed::Durable(_)) | Err(_) => Err(Unrecorded::Stopped),
    };
    let taken = match done {
        Ok(index) => Taken::Done { index, durable_end: log.durable_end() },
        Err(why) => Taken::Refused(why),
    };
    (taken, makes_way)
}

async fn read(stream: &mut OwnedReadHalf) -> Option<Vec<u8>> {
    let length = usize::try_from(stream.read_u32().await.ok()?).ok()?;
    if length > HANDED_BYTES_MAX {
        return None;
    }
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).await.ok()?;
    Some(bytes)
}

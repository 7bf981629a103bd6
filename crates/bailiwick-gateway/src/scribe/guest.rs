//! Handing over: one request, one reply, on a connection of its own for each kind of waiting.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bailiwick_core::Unrecorded;
use bailiwick_log::{HANDED_BYTES_MAX, Handed, Taken};

/// How long the writer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long it may take to say whether it lets go of the log.
const WAY: Duration = Duration::from_millis(250);

/// The writer is gone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Lost {
    /// Before it had the whole request: nothing came of it.
    Before,
    /// After: nobody knows what came of it.
    After,
}

/// What the writer said to a request.
type Said = Result<u64, Unrecorded>;

/// A process that hands over.
pub(super) struct Guest {
    socket: PathBuf,
    appends: Mutex<Option<UnixStream>>,
    flushes: Mutex<Option<UnixStream>>,
    durable_end: AtomicU64,
}

impl Guest {
    /// Find the writer.
    ///
    /// # Errors
    /// When nobody is at the socket.
    pub(super) fn connect(socket: &Path) -> std::io::Result<Self> {
        let appends = Mutex::new(Some(stream(socket)?));
        let (flushes, durable_end) = (Mutex::default(), AtomicU64::new(0));
        Ok(Self { socket: socket.to_owned(), appends, flushes, durable_end })
    }

    /// One that has lost its writer already.
    pub(super) fn of_nobody(socket: &Path) -> Self {
        let (appends, flushes) = (Mutex::default(), Mutex::default());
        Self { socket: socket.to_owned(), appends, flushes, durable_end: AtomicU64::new(0) }
    }

    /// Ask whoever writes the log to let go of it: whether it will, where it says so in time.
    pub(super) fn asked_to_make_way(socket: &Path) -> Option<bool> {
        let guest = Self::connect(socket).ok()?;
        let patient = guest.appends.lock().unwrap_or_else(PoisonError::into_inner);
        patient.as_ref()?.set_read_timeout(Some(WAY)).ok()?;
        drop(patient);
        Some(guest.ask(&guest.appends, &Handed::make_way()).ok()?.is_ok())
    }

    pub(super) fn durable_end(&self) -> u64 {
        self.durable_end.load(Ordering::Acquire)
    }

    /// Hand a record over; what comes back is its index.
    pub(super) fn append(&self, handed: &[u8]) -> Result<Said, Lost> {
        self.ask(&self.appends, handed)
    }

    /// Wait until an entry is durable.
    pub(super) fn durable(&self, index: u64) -> Result<Result<(), Unrecorded>, Lost> {
        let mut flushes = self.flushes.lock().unwrap_or_else(PoisonError::into_inner);
        // Others waited on this connection meanwhile, for as much or more.
        if index < self.durable_end() {
            return Ok(Ok(()));
        }
        if flushes.is_none() {
            *flushes = Some(stream(&self.socket).map_err(|_| Lost::Before)?);
        }
        drop(flushes);
        Ok(self.ask(&self.flushes, &Handed::durable(index))?.map(drop))
    }

    /// INVARIANT: a connection that failed is never used again, since what comes on it next might
    /// be the reply to an earlier request.
    fn ask(&self, on: &Mutex<Option<UnixStream>>, request: &[u8]) -> Result<Said, Lost> {
        let mut on = on.lock().unwrap_or_else(PoisonError::into_inner);
        let mut stream = on.take().ok_or(Lost::Before)?;
        if request.len() > HANDED_BYTES_MAX {
            *on = Some(stream);
            return Ok(Err(Unrecorded::TooLarge));
        }
        let length = u32::try_from(request.len()).unwrap_or(u32::MAX).to_be_bytes();
        let message = [&length[..], request].concat();
        // A part of a request is none: the writer acts on whole ones only.
        stream.write_all(&message).map_err(|_| Lost::Before)?;
        let taken = read(&mut stream).ok_or(Lost::After)?;
        *on = Some(stream);
        Ok(match taken {
            Taken::Done { index, durable_end } => {
                self.durable_end.fetch_max(durable_end, Ordering::AcqRel);
                Ok(index)
            }
            Taken::Refused(why) => Err(why),
        })
    }
}

fn stream(socket: &Path) -> std::io::Result<UnixStream> {
    let stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

fn read(stream: &mut UnixStream) -> Option<Taken> {
    let mut length = [0; 4];
    stream.read_exact(&mut length).ok()?;
    let length = usize::try_from(u32::from_be_bytes(length)).ok()?;
    let mut bytes = vec![0; length.min(64)];
    stream.read_exact(&mut bytes).ok()?;
    Taken::parse(&bytes).ok()
}

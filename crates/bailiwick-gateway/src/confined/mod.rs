//! Egress: a server's process reaches the hosts that its contract names, and nothing else.
//!
//! The process is started by this same program (`bailiwick confine`), which first takes the network
//! from itself, then hands us a listener that only it can reach, and then becomes the server. We
//! serve the listener as a proxy, which knows the hosts. What the process starts has no more than
//! it (decision 14).

mod handing;
mod kernel;
mod launcher;
mod lookup;
#[cfg(target_os = "linux")]
mod loopback;
mod proxy;
mod reach;
mod watched;

use std::ffi::OsString;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::Stdio;
use std::sync::Arc;

use tokio::net::unix::pipe::Sender;
use tokio::sync::watch;

use crate::terms::Terms;

pub use kernel::{Given, given, probe};
pub use launcher::launch;

/// What keeps a process from the network.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mechanism {
    /// A network of its own, in which there is nothing but our listener.
    Namespace,
    /// The kernel lets it connect to the port of our listener only, over TCP.
    Landlock,
    /// Nothing: it is told of the proxy, and may ask it or not.
    Proxy,
}

impl Mechanism {
    /// Its name on the launcher's command line.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Namespace => "namespace",
            Self::Landlock => "landlock",
            Self::Proxy => "proxy",
        }
    }

    /// The mechanism of this name.
    pub fn named(word: &str) -> Option<Self> {
        [Self::Namespace, Self::Landlock, Self::Proxy].into_iter().find(|it| it.word() == word)
    }

    /// What it leaves open, for people.
    pub const fn leaves(self) -> &'static str {
        match self {
            Self::Namespace => "nothing but sockets in the file system",
            Self::Landlock => {
                "UDP and name servers, other protocols than TCP, and TCP to the number of the \
                 proxy's port on any host"
            }
            Self::Proxy => "everything: a process that does not ask the proxy is not held",
        }
    }
}

/// The launcher's words before those of the command.
pub(crate) fn launcher(by: Mechanism) -> (OsString, [&'static str; 4]) {
    (kernel::this_program(), ["confine", "--by", by.word(), "--"])
}

/// What the gateway holds of a process that is about to be confined.
pub(crate) struct Leash(UnixStream);

impl Leash {
    /// A leash, with what becomes the process's standard input, and where that is written to.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn new() -> std::io::Result<(Self, Stdio, Sender)> {
        let (ours, theirs) = UnixStream::pair()?;
        let (reader, writer) = std::io::pipe()?;
        // It waits in the socket until the launcher takes it.
        handing::give(&ours, reader.as_fd())?;
        ours.set_nonblocking(true)?;
        let writer = Sender::from_owned_fd(OwnedFd::from(writer))?;
        Ok((Self(ours), Stdio::from(OwnedFd::from(theirs)), writer))
    }

    /// Take the listener when the process hands it over, and serve it until the process is gone.
    pub(crate) async fn hold(self, terms: Arc<Terms>, mut gone: watch::Receiver<()>) {
        let taken = async {
            let socket = tokio::net::UnixStream::from_std(self.0).ok()?;
            let fd = handing::taken(&socket).await.ok()?;
            let listener = std::net::TcpListener::from(fd);
            listener.set_nonblocking(true).ok()?;
            tokio::net::TcpListener::from_std(listener).ok()
        };
        tokio::select! {
            // One that hands over nothing reaches nothing; why it ended it says itself.
            taken = taken => if let Some(listener) = taken {
                proxy::serve(listener, terms, gone).await;
            },
            _ = gone.changed() => {}
        }
    }
}

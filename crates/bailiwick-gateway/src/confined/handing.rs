//! Handing an open file from one process to the other, over a pair of sockets.

use std::io::{Error, ErrorKind, IoSlice, IoSliceMut, Result};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use tokio::io::Interest;

const ONE: usize = rustix::cmsg_space!(ScmRights(1));

/// Give a file.
pub(super) fn give(socket: impl AsFd, file: BorrowedFd<'_>) -> Result<()> {
    let mut space = [MaybeUninit::uninit(); ONE];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let files = [file];
    if !control.push(SendAncillaryMessage::ScmRights(&files)) {
        return Err(ErrorKind::InvalidInput.into());
    }
    sendmsg(socket, &[IoSlice::new(b"f")], &mut control, SendFlags::empty())?;
    Ok(())
}

/// Take the file that was given.
pub(super) fn take(socket: impl AsFd) -> Result<OwnedFd> {
    let mut space = [MaybeUninit::uninit(); ONE];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    // No other process that is started meanwhile may have it.
    #[cfg(target_os = "linux")]
    let flags = RecvFlags::CMSG_CLOEXEC;
    #[cfg(not(target_os = "linux"))]
    let flags = RecvFlags::empty();
    recvmsg(socket, &mut [IoSliceMut::new(&mut byte)], &mut control, flags)?;
    let files = control.drain().filter_map(|it| {
        if let RecvAncillaryMessage::ScmRights(files) = it { Some(files) } else { None }
    });
    files.flatten().next().ok_or_else(|| Error::from(ErrorKind::UnexpectedEof))
}

/// The same, waiting for it.
pub(super) async fn taken(socket: &tokio::net::UnixStream) -> Result<OwnedFd> {
    socket.async_io(Interest::READABLE, || take(socket)).await
}

//! A new network has a loopback interface, which is down. It is brought up by a message to the
//! kernel (netlink), since the way by `ioctl` has no safe function.

use std::io::{Error, ErrorKind, Result};

use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socket_with,
};

/// The loopback interface is the first of every network.
const LOOPBACK: i32 = 1;
const NEW_LINK: u16 = 16;
const ERROR: u16 = 2;
/// It is a request, and wants an answer.
const FLAGS: u16 = 1 | 4;
const UP: u32 = 1;
const LENGTH: u32 = 32;

pub(super) fn bring_up() -> Result<()> {
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, None)?;
    let mut ask = Vec::new();
    // The header: length, kind, flags, number, and the sender, which the kernel knows.
    ask.extend(LENGTH.to_ne_bytes());
    ask.extend(NEW_LINK.to_ne_bytes());
    ask.extend(FLAGS.to_ne_bytes());
    ask.extend(1_u32.to_ne_bytes());
    ask.extend(0_u32.to_ne_bytes());
    // The interface: any family and kind, its number, its flags, and which of them change.
    ask.extend([0; 4]);
    ask.extend(LOOPBACK.to_ne_bytes());
    ask.extend(UP.to_ne_bytes());
    ask.extend(UP.to_ne_bytes());
    send(&socket, &ask, SendFlags::empty())?;
    let mut reply = [0; 256];
    let (read, _) = recv(&socket, &mut reply[..], RecvFlags::empty())?;
    let reply = reply.get(..read).unwrap_or_default();
    let kind = reply.get(4..6).and_then(|it| it.try_into().ok()).map(u16::from_ne_bytes);
    let code = reply.get(16..20).and_then(|it| it.try_into().ok()).map(i32::from_ne_bytes);
    match (kind, code) {
        (Some(ERROR), Some(0)) => Ok(()),
        (Some(ERROR), Some(code)) => Err(Error::from_raw_os_error(code.saturating_neg())),
        (_, _) => Err(ErrorKind::InvalidData.into()),
    }
}

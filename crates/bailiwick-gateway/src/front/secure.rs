//! The handshake of TLS: in its time, and with a word for who does not know that there is one.

use bailiwick_core::RefusalReason;
use hyper::StatusCode;
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::door::Door;
use super::speak;
use crate::tls::{self, Tls};
use crate::turning;

/// The first byte of every handshake.
const HANDSHAKE: u8 = 0x16;

/// What is spoken inside.
pub(super) enum Agreed {
    Http1,
    Http2,
}

/// What a client sent first.
enum First {
    Nothing,
    Handshake,
    /// No TLS at all.
    Clear,
}

/// Shake hands. `None` when that came to nothing, which is on record then.
pub(super) async fn shake_hands(
    socket: TcpStream,
    door: &Door,
    tls: &Tls,
) -> Option<(TlsStream<TcpStream>, Agreed)> {
    let patience = door.patience();
    match tokio::time::timeout(patience, first(&socket)).await.unwrap_or(First::Nothing) {
        // It may have been a probe, or somebody who thought better of it.
        First::Nothing => return None,
        First::Clear => {
            let reply = (StatusCode::BAD_REQUEST, tls::SPOKEN);
            speak::turn_off(socket, door, RefusalReason::Malformed, reply).await;
            return None;
        }
        First::Handshake => {}
    }
    let reason = match tokio::time::timeout(patience, tls.acceptor().accept(socket)).await {
        Ok(Ok(secured)) => {
            let is_h2 = secured.get_ref().1.alpn_protocol() == Some(tls::H2);
            return Some((secured, if is_h2 { Agreed::Http2 } else { Agreed::Http1 }));
        }
        // In the middle of a handshake nothing can be told but an alert, which was sent.
        Ok(Err(_)) => RefusalReason::Malformed,
        Err(_) => RefusalReason::Limit,
    };
    turning::is_on_record(&door.gate, door.listener, reason);
    None
}

async fn first(socket: &TcpStream) -> First {
    let mut byte = [0];
    match socket.peek(&mut byte).await {
        Ok(0) | Err(_) => First::Nothing,
        Ok(_) if byte == [HANDSHAKE] => First::Handshake,
        Ok(_) => First::Clear,
    }
}

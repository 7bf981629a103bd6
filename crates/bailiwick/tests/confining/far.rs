//! Far sides: a server that says hello over HTTP, and one that hears datagrams.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const HELLO: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";

/// Says hello to whoever connects, for as long as the test runs.
pub(super) struct Far {
    port: u16,
    count: Arc<AtomicUsize>,
}

impl Far {
    pub(super) fn at(address: &str) -> Self {
        let listener = TcpListener::bind((address, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        std::thread::spawn(move || {
            for socket in listener.incoming() {
                counted.fetch_add(1, Ordering::SeqCst);
                let mut socket = socket.unwrap();
                // One that connects and says nothing is a connection all the same.
                let mut head = [0; 4096];
                if socket.read(&mut head).is_ok_and(|it| it > 0) {
                    let _ = socket.write_all(HELLO);
                }
            }
        });
        Self { port, count }
    }

    pub(super) const fn port(&self) -> u16 {
        self.port
    }

    /// How many connected.
    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }
}

/// Hears datagrams.
pub(super) struct Ear(UdpSocket);

impl Ear {
    pub(super) fn new() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
        Self(socket)
    }

    pub(super) fn port(&self) -> u16 {
        self.0.local_addr().unwrap().port()
    }

    /// Whether one came.
    pub(super) fn heard(&self) -> bool {
        self.0.recv(&mut [0; 16]).is_ok()
    }
}

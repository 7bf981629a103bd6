//! Where chats are sent, and the bytes that are.

use std::net::SocketAddr;

/// Where requests go.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) address: SocketAddr,
    pub(super) path: &'static str,
    pub(super) key: String,
    /// What it calls the model.
    pub(super) model: &'static str,
    /// Header lines besides those that every call has.
    pub(super) head: String,
}

/// A request's bytes.
pub(super) fn request(target: &Target, body: &str) -> Vec<u8> {
    let Target { path, key, head, .. } = target;
    format!(
        "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {key}\r\n{head}\
         content-type: application/json\r\naccept: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

//! A client of the model path: one connection, one request at a time, whole or streamed.

use std::net::SocketAddr;
use std::time::Duration;

use memchr::memmem;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::Done;
use crate::clock::{now, time_of_day_ns};

const ROOM: usize = 64 << 10;
/// What ends a stream, and the chunk that ends its body.
const DONE: &[u8] = b"data: [DONE]\n\n";
const LAST: &[u8] = b"\r\n0\r\n\r\n";

/// One connection.
pub(super) struct Client {
    socket: TcpStream,
    buffer: Vec<u8>,
}

/// How a stream came.
pub(super) struct Streamed {
    /// Until its first event was here, and until its last.
    pub(super) first: Duration,
    pub(super) last: Duration,
    /// How old each chunk was when it came that says when it was written.
    pub(super) ages_us: Vec<f64>,
}

/// A chat of about so many bytes.
pub(super) fn chat(model: &str, bytes: usize, streams: bool) -> String {
    let words = "How are travel expenses of contractors approved, and who pays them back? ";
    let text: String = words.chars().cycle().take(bytes.saturating_sub(260)).collect();
    format!(
        "{{\"model\":\"{model}\",\"stream\":{streams},\"max_tokens\":256,\"temperature\":0.2,\
         \"messages\":[{{\"role\":\"system\",\
         \"content\":\"You answer questions about the handbook.\"}},\
         {{\"role\":\"user\",\"content\":\"{text}\"}}]}}"
    )
}

impl Client {
    pub(super) async fn connect(address: SocketAddr) -> Done<Self> {
        let socket = TcpStream::connect(address).await?;
        socket.set_nodelay(true)?;
        Ok(Self { socket, buffer: Vec::with_capacity(ROOM) })
    }

    /// Send a request and read its whole answer: how long that took.
    pub(super) async fn whole(&mut self, request: &[u8]) -> Done<Duration> {
        let begun = now();
        self.socket.write_all(request).await?;
        self.buffer.clear();
        loop {
            self.read().await?;
            let Some(head) = memmem::find(&self.buffer, b"\r\n\r\n") else { continue };
            if !self.buffer.starts_with(b"HTTP/1.1 200") {
                return Err(String::from_utf8_lossy(&self.buffer).into_owned().into());
            }
            let head_text = String::from_utf8_lossy(self.buffer.get(..head).unwrap_or_default());
            let length = head_text.lines().find_map(|it| {
                let (name, value) = it.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>())
            });
            // A proxy may send in chunks what came whole.
            let is_whole = match length {
                Some(length) => self.buffer.len() >= head + 4 + length?,
                None => self.buffer.ends_with(LAST),
            };
            if is_whole {
                return Ok(begun.elapsed());
            }
        }
    }

    /// Send a request and read its stream.
    pub(super) async fn stream(&mut self, request: &[u8]) -> Done<Streamed> {
        let begun = now();
        self.socket.write_all(request).await?;
        self.buffer.clear();
        let (mut first, mut ages_us) = (None, Vec::new());
        let mut seen = 0;
        loop {
            self.read().await?;
            let at = time_of_day_ns();
            let new = self.buffer.get(seen..).unwrap_or_default();
            if first.is_none() && memmem::find(new, b"data:").is_some() {
                first = Some(begun.elapsed());
            }
            for place in memmem::find_iter(new, b"at=") {
                let digits = new.get(place + 3..).unwrap_or_default();
                let length = digits.iter().take_while(|it| it.is_ascii_digit()).count();
                let text = std::str::from_utf8(digits.get(..length).unwrap_or_default())?;
                if let Ok(written) = text.parse::<u128>() {
                    ages_us.push(at.saturating_sub(written) as f64 / 1e3);
                }
            }
            seen = self.buffer.len();
            let tail = self.buffer.len().saturating_sub(64);
            if self.buffer.ends_with(LAST) {
                let end = memmem::find(self.buffer.get(tail..).unwrap_or_default(), DONE);
                if end.is_none() {
                    return Err(String::from_utf8_lossy(&self.buffer).into_owned().into());
                }
                let last = begun.elapsed();
                return Ok(Streamed { first: first.unwrap_or(last), last, ages_us });
            }
        }
    }

    /// Send a request and read only the beginning of its stream.
    pub(super) async fn begin(&mut self, request: &[u8]) -> Done {
        self.socket.write_all(request).await?;
        self.buffer.clear();
        while memmem::find(&self.buffer, b"data:").is_none() {
            self.read().await?;
        }
        Ok(())
    }

    async fn read(&mut self) -> Done {
        self.buffer.reserve(ROOM);
        if self.socket.read_buf(&mut self.buffer).await? == 0 {
            let said = String::from_utf8_lossy(&self.buffer).into_owned();
            return Err(format!("the connection was closed before the reply's end: {said}").into());
        }
        Ok(())
    }
}

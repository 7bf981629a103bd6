//! A client that costs little: one connection, one request at a time, no more of HTTP than the
//! servers measured here speak.

use std::net::SocketAddr;

use memchr::memmem;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::{Done, Failure};

/// How many bytes of a reply there is room for at first, and at most.
const REPLY: usize = 16 << 10;
const REPLY_MAX: usize = 4 << 20;

/// One connection.
pub(crate) struct Client {
    socket: TcpStream,
    buffer: Vec<u8>,
}

/// One reply: its head and its body.
pub(crate) struct Reply<'a> {
    head: &'a [u8],
    body: &'a [u8],
}

impl<'a> Reply<'a> {
    /// The value of a header, whose name is given in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&'a str> {
        header(self.head, name)
    }

    /// Whether it is a result of JSON-RPC.
    pub(crate) fn is_result(&self) -> bool {
        self.head.starts_with(b"HTTP/1.1 200") && memmem::find(self.body, b"\"result\":").is_some()
    }

    /// Whether what was asked is done, and there is nothing to tell.
    pub(crate) fn is_done(&self) -> bool {
        self.head.starts_with(b"HTTP/1.1 20")
    }

    /// The reply as text, to tell what went wrong.
    pub(crate) fn text(&self) -> String {
        let (head, body) = (String::from_utf8_lossy(self.head), String::from_utf8_lossy(self.body));
        format!("{head}{body}")
    }
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Done<Self> {
        let socket = TcpStream::connect(address).await?;
        socket.set_nodelay(true)?;
        Ok(Self { socket, buffer: vec![0; REPLY] })
    }

    /// Send a request and read its reply.
    pub(crate) async fn call(&mut self, request: &[u8]) -> Done<Reply<'_>> {
        self.socket.write_all(request).await?;
        let mut filled = 0;
        let mut whole = None;
        while whole.is_none_or(|(_, end)| filled < end) {
            if filled == self.buffer.len() {
                if filled >= REPLY_MAX {
                    return Err("a reply is too long".into());
                }
                self.buffer.resize(filled * 2, 0);
            }
            let room = self.buffer.get_mut(filled..).unwrap_or_default();
            let read = self.socket.read(room).await?;
            if read == 0 {
                return Err("the connection was closed before the reply's end".into());
            }
            filled += read;
            if whole.is_none() {
                whole = ends(self.buffer.get(..filled).unwrap_or_default())?;
            }
        }
        let (head, end) = whole.unwrap_or_default();
        let (head, rest) = self.buffer.split_at(head);
        let body = rest.get(..end - head.len()).unwrap_or_default();
        Ok(Reply { head, body })
    }
}

/// Where head and reply end, when the head is there.
fn ends(bytes: &[u8]) -> Result<Option<(usize, usize)>, Failure> {
    let Some(at) = memmem::find(bytes, b"\r\n\r\n") else { return Ok(None) };
    let head = at + 4;
    let length = match header(bytes.get(..head).unwrap_or_default(), "content-length") {
        Some(length) => length.parse::<usize>()?,
        None => 0,
    };
    Ok(Some((head, head + length)))
}

fn header<'a>(head: &'a [u8], name: &str) -> Option<&'a str> {
    let lines = head.split(|it| *it == b'\n').skip(1);
    let mut fields = lines.filter_map(|line| std::str::from_utf8(line).ok()?.split_once(':'));
    fields.find(|(it, _)| it.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_ends_where_its_head_says() {
        let head = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nx: y\r\n\r\n";
        assert_eq!(ends(head).unwrap(), Some((head.len(), head.len() + 5)));
        assert_eq!(ends(&head[..head.len() - 1]).unwrap(), None);
        assert_eq!(ends(b"HTTP/1.1 202 Accepted\r\n\r\n").unwrap(), Some((25, 25)));
        assert_eq!(header(head, "x"), Some("y"));
        assert!(ends(b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n").is_err());
    }
}

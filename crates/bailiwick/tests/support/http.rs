//! One HTTP request to loopback, its reply read whole.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use super::process::pause;

/// A reply.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// Header fields by lower-case name.
    pub(crate) head: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
    /// Whether the body ended as its length or its last chunk said.
    pub(crate) whole: bool,
}

impl Reply {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|why| panic!("{why} in {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.get(name).map(String::as_str)
    }
}

/// Send a request on a connection of its own.
pub(crate) fn send(
    address: &str,
    line: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> io::Result<Reply> {
    let socket = asked(address, line, headers, body)?;
    read(&mut BufReader::new(socket))
}

/// Send a request, and go away after some time without having read a word.
pub(crate) fn abandon(
    address: &str,
    line: &str,
    headers: &[(&str, &str)],
    body: &str,
    after: Duration,
) -> io::Result<()> {
    let socket = asked(address, line, headers, body)?;
    pause(after);
    drop(socket);
    Ok(())
}

fn asked(address: &str, line: &str, headers: &[(&str, &str)], body: &str) -> io::Result<TcpStream> {
    let mut socket = TcpStream::connect(address)?;
    socket.set_read_timeout(Some(Duration::from_secs(50)))?;
    socket.set_nodelay(true)?;
    let mut head = format!("{line} HTTP/1.1\r\nConnection: close\r\n");
    if !headers.iter().any(|(name, _)| *name == "Host") {
        head += &format!("Host: {address}\r\n");
    }
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += &format!("Content-Length: {}\r\n\r\n", body.len());
    socket.write_all((head + body).as_bytes())?;
    Ok(socket)
}

fn read(stream: &mut impl BufRead) -> io::Result<Reply> {
    let cut = || io::Error::new(io::ErrorKind::UnexpectedEof, "the head was cut off");
    let status = line(stream)?.split(' ').nth(1).and_then(|it| it.parse().ok());
    let status = status.ok_or_else(cut)?;
    let mut head = BTreeMap::new();
    loop {
        let field = line(stream)?;
        match field.split_once(':') {
            Some((name, value)) => {
                head.insert(name.to_ascii_lowercase(), value.trim().to_owned());
            }
            None if field.is_empty() => break,
            None => return Err(cut()),
        }
    }
    let mut body = Vec::new();
    let chunked = head.get("transfer-encoding").is_some_and(|it| it == "chunked");
    let length: Option<u64> = head.get("content-length").and_then(|it| it.parse().ok());
    let whole = match (chunked, length) {
        (true, _) => chunks(stream, &mut body).unwrap_or(false),
        (false, Some(length)) => {
            stream.take(length).read_to_end(&mut body).is_ok() && body.len() as u64 == length
        }
        (false, None) => stream.read_to_end(&mut body).is_ok(),
    };
    Ok(Reply { status, head, body, whole })
}

/// Read chunks; true when the last one came.
fn chunks(stream: &mut impl BufRead, body: &mut Vec<u8>) -> io::Result<bool> {
    loop {
        let Ok(size) = u64::from_str_radix(&line(stream)?, 16) else { return Ok(false) };
        let before = body.len() as u64;
        stream.take(size).read_to_end(body)?;
        if body.len() as u64 - before != size {
            return Ok(false);
        }
        line(stream)?;
        if size == 0 {
            return Ok(true);
        }
    }
}

fn line(stream: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    stream.read_line(&mut line)?;
    match line.strip_suffix("\r\n") {
        Some(line) => Ok(line.to_owned()),
        None => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "a line was cut off")),
    }
}

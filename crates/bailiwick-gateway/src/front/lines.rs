//! Lines on standard input and output. A pipe or a socket is read by the task that wants its lines:
//! a thread between the two would have to be woken for every one. What else may be there, such as a
//! terminal or a file, is read on a thread.

use std::fs::File;
use std::io::ErrorKind;
use std::os::fd::AsFd;
use std::os::unix::fs::FileTypeExt as _;

use bytes::Bytes;
use tokio::io::{
    AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite,
    AsyncWriteExt as _, BufReader,
};
use tokio::net::{UnixStream, unix::pipe};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// How many lines may wait.
const QUEUE: usize = 64;
/// Our own standard input and output, to be opened once more where that can be done. What is set
/// on the one that we were given is set for everybody who has it.
const INPUT_AGAIN: &str = "/proc/self/fd/0";
const OUTPUT_AGAIN: &str = "/proc/self/fd/1";

/// One line of standard input.
pub(crate) enum Line {
    /// A message, perhaps.
    Message(Bytes),
    /// More bytes than a message may have; they were read and dropped.
    TooLong,
}

/// The lines of standard input, until its end, which is told as soon as it was read: the lines
/// before it may still wait then.
pub(crate) fn input(longest: usize) -> (mpsc::Receiver<Line>, oneshot::Receiver<()>) {
    let (heard, lines) = mpsc::channel(QUEUE);
    let (open, ended) = oneshot::channel::<()>();
    let mut input = BufReader::new(readable());
    tokio::spawn(async move {
        let _open = open;
        while let Some(line) = next(&mut input, longest).await {
            if heard.send(line).await.is_err() {
                return;
            }
        }
    });
    (lines, ended)
}

/// Where lines for standard output go. When all who have it are gone and the task is done, nothing
/// is left unsaid.
pub(crate) fn output() -> (mpsc::Sender<Bytes>, JoinHandle<()>) {
    let (say, mut said) = mpsc::channel::<Bytes>(QUEUE);
    let mut output = writable();
    let writing = tokio::spawn(async move {
        while let Some(message) = said.recv().await {
            // A line break inside a message could only be white space between its tokens.
            let mut line: Vec<u8> = message.iter().copied().map(in_line).collect();
            line.push(b'\n');
            if output.write_all(&line).await.is_err() || output.flush().await.is_err() {
                return;
            }
        }
    });
    (say, writing)
}

fn readable() -> Box<dyn AsyncRead + Send + Unpin> {
    if is_pipe(INPUT_AGAIN)
        && let Ok(pipe) = pipe::OpenOptions::new().open_receiver(INPUT_AGAIN)
    {
        return Box::new(pipe);
    }
    match socket(std::io::stdin()) {
        Ok(socket) => Box::new(socket),
        Err(_) => Box::new(tokio::io::stdin()),
    }
}

fn writable() -> Box<dyn AsyncWrite + Send + Unpin> {
    if is_pipe(OUTPUT_AGAIN)
        && let Ok(pipe) = pipe::OpenOptions::new().open_sender(OUTPUT_AGAIN)
    {
        return Box::new(pipe);
    }
    match socket(std::io::stdout()) {
        Ok(socket) => Box::new(socket),
        Err(_) => Box::new(tokio::io::stdout()),
    }
}

/// Whether it is a pipe without a name. Whoever opens one with a name once more, after its last
/// writer has gone, is told of no end.
fn is_pipe(place: &str) -> bool {
    std::fs::read_link(place).is_ok_and(|it| it.to_string_lossy().starts_with("pipe:"))
}

/// The same, when it is a socket, as which some clients hand us both.
fn socket(of: impl AsFd) -> std::io::Result<UnixStream> {
    let file = File::from(of.as_fd().try_clone_to_owned()?);
    if !file.metadata()?.file_type().is_socket() {
        return Err(ErrorKind::Unsupported.into());
    }
    let socket = std::os::unix::net::UnixStream::from(std::os::fd::OwnedFd::from(file));
    // Fails where it is a socket of another kind.
    socket.local_addr()?;
    socket.set_nonblocking(true)?;
    UnixStream::from_std(socket)
}

const fn in_line(byte: u8) -> u8 {
    if matches!(byte, b'\n' | b'\r') { b' ' } else { byte }
}

/// The next line that is not empty; `None` at the end.
async fn next(input: &mut (impl AsyncBufRead + Unpin), longest: usize) -> Option<Line> {
    loop {
        let mut line = Vec::new();
        let most = longest as u64 + 1;
        if (&mut *input).take(most).read_until(b'\n', &mut line).await.ok()? == 0 {
            return None;
        }
        if line.len() > longest && line.last() != Some(&b'\n') {
            skip(input).await?;
            return Some(Line::TooLong);
        }
        let message = line.trim_ascii();
        if !message.is_empty() {
            return Some(Line::Message(Bytes::copy_from_slice(message)));
        }
    }
}

/// Read on to the end of the line, and keep nothing of it.
async fn skip(input: &mut (impl AsyncBufRead + Unpin)) -> Option<()> {
    loop {
        let there = input.fill_buf().await.ok()?;
        let end = there.iter().position(|it| *it == b'\n');
        let read = end.map_or(there.len(), |it| it + 1);
        let is_over = end.is_some() || there.is_empty();
        input.consume(read);
        if is_over {
            return Some(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_are_bounded_and_empty_ones_are_none() {
        let mut input: &[u8] = b"\n  \r\n{}\r\n123456789\n12345678\n123456789";
        let mut lines = Vec::new();
        while let Some(line) = next(&mut input, 8).await {
            lines.push(match line {
                Line::Message(message) => String::from_utf8(message.to_vec()).unwrap(),
                Line::TooLong => "too long".to_owned(),
            });
        }
        // The longest line fits without its end.
        assert_eq!(lines, ["{}", "too long", "12345678", "too long"]);
    }

    #[tokio::test]
    async fn a_line_that_is_too_long_is_skipped_however_it_comes() {
        let mut long = vec![b'x'; 100_000];
        long.extend_from_slice(b"\n{}\n");
        let mut input = BufReader::with_capacity(64, &*long);
        assert!(matches!(next(&mut input, 8).await, Some(Line::TooLong)));
        let Some(Line::Message(after)) = next(&mut input, 8).await else { panic!("no line") };
        assert_eq!(&*after, b"{}");
        assert!(next(&mut input, 8).await.is_none());
    }

    #[tokio::test]
    async fn a_socket_is_known_from_a_file() {
        let (ours, _theirs) = std::os::unix::net::UnixStream::pair().unwrap();
        assert!(socket(ours).is_ok());
        assert!(socket(tempfile::tempfile().unwrap()).is_err());
        let tcp = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        assert!(socket(tcp).is_err());
    }
}

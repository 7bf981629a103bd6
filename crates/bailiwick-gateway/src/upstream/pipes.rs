//! What goes in and out of a server's process, line by line.

use std::sync::Arc;

use bailiwick_core::ServerId;
use bytes::Bytes;
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
};
use tokio::sync::{mpsc, watch};

use crate::diary::Diary;

/// The longest line of standard error that is kept.
const STDERR_LINE_BYTES: u64 = 4096;

/// Write each message as a line. Ends, and closes the input, when nobody sends any more.
pub(super) async fn write_lines(
    mut stdin: impl AsyncWrite + Unpin,
    mut wanted: mpsc::Receiver<Bytes>,
) {
    while let Some(message) = wanted.recv().await {
        // A line break inside a message could only be white space between its tokens.
        let mut line = Vec::with_capacity(message.len() + 1);
        line.extend(
            message.iter().map(|&byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { byte }),
        );
        line.push(b'\n');
        if stdin.write_all(&line).await.is_err() || stdin.flush().await.is_err() {
            return;
        }
    }
}

/// Hand on each line of standard output; a line that is too long ends the reading.
pub(super) async fn read_lines(
    stdout: impl AsyncRead + Unpin,
    heard: &mpsc::Sender<Bytes>,
    longest: u64,
) {
    let mut reader = BufReader::with_capacity(64 << 10, stdout);
    loop {
        let mut line = Vec::new();
        match (&mut reader).take(longest + 1).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) if line.last() != Some(&b'\n') && line.len() as u64 > longest => return,
            Ok(_) => {}
        }
        while line.last().is_some_and(u8::is_ascii_whitespace) {
            line.pop();
        }
        if !line.is_empty() && heard.send(Bytes::from(line)).await.is_err() {
            return;
        }
    }
}

pub(super) async fn copy_stderr(
    stderr: impl AsyncRead + Unpin,
    diary: Arc<Diary>,
    server: ServerId,
    said: watch::Sender<String>,
) {
    let mut reader = BufReader::new(stderr);
    loop {
        let mut line = Vec::new();
        match (&mut reader).take(STDERR_LINE_BYTES).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {
                let text = String::from_utf8_lossy(&line);
                let text = text.trim_end();
                diary.keep(&format!("server {server} says: {text}"));
                if !text.is_empty() {
                    said.send_replace(text.to_owned());
                }
            }
        }
    }
}

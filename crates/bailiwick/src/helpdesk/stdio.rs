//! The helpdesk at standard input and output: one message a line.

use std::io::{self, BufRead, Read as _, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use super::rpc::Helpdesk;

/// The longest line that is read, in bytes. A longer one ends the session.
const LINE_MAX: u64 = 4 << 20;

/// How many lines may wait to be handled.
const LINES_WAITING: usize = 64;

/// How long one step of a long call takes.
const STEP: Duration = Duration::from_millis(10);

/// Serve one client until its end of standard input.
///
/// # Errors
/// When standard output cannot be written.
pub(crate) fn run_stdio() -> io::Result<()> {
    let mut helpdesk = Helpdesk::new().map_err(io::Error::other)?;
    let (lines, inbox) = sync_channel(LINES_WAITING);
    std::thread::spawn(move || read_lines(io::stdin().lock(), &lines));
    serve(&mut helpdesk, &inbox, &mut io::stdout().lock())
}

/// Hand on every line until the end, or until one is too long.
fn read_lines(mut input: impl BufRead, lines: &SyncSender<Vec<u8>>) {
    loop {
        let mut line = Vec::new();
        let read = input.by_ref().take(LINE_MAX).read_until(b'\n', &mut line);
        let ended = read.is_err() || !line.ends_with(b"\n");
        if line.len() as u64 == LINE_MAX || line.is_empty() || lines.send(line).is_err() || ended {
            return;
        }
    }
}

fn serve(
    helpdesk: &mut Helpdesk,
    inbox: &Receiver<Vec<u8>>,
    output: &mut impl Write,
) -> io::Result<()> {
    loop {
        let received = if helpdesk.is_busy() {
            inbox.recv_timeout(STEP)
        } else {
            inbox.recv().map_err(|_| RecvTimeoutError::Disconnected)
        };
        let mut said = match received {
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
            Err(RecvTimeoutError::Timeout) => Vec::new(),
            Ok(line) => match std::str::from_utf8(&line).map(str::trim) {
                Ok("") => Vec::new(),
                Ok(line) => helpdesk.handle(line),
                // Bytes that are no text are no JSON either.
                Err(_) => helpdesk.handle(""),
            },
        };
        // After messages too: a talkative client must not hold up its own reports.
        said.append(&mut helpdesk.step());
        for line in said {
            writeln!(output, "{line}")?;
            output.flush()?;
        }
    }
}

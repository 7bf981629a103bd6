//! Whoever talks to a process on its standard input and output, a line at a time.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::Done;
use crate::clock::now;

/// A process that is talked to.
pub(super) struct Talker {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    line: String,
}

impl Talker {
    pub(super) fn start(command: &mut Command) -> Done<Self> {
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = piped.spawn()?;
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().ok_or("no standard output")?);
        Ok(Self { child, input, output, line: String::new() })
    }

    /// Say a line that nobody answers.
    pub(super) fn tell(&mut self, line: &str) -> Done {
        let input = self.input.as_mut().ok_or("its input is closed")?;
        input.write_all(line.as_bytes())?;
        input.write_all(b"\n")?;
        Ok(input.flush()?)
    }

    /// Ask, and give back how long the answer took. Only the answer itself counts as one.
    pub(super) fn ask(&mut self, line: &str) -> Done<Duration> {
        let since = now();
        self.tell(line)?;
        loop {
            self.line.clear();
            if self.output.read_line(&mut self.line)? == 0 {
                return Err("it ended without an answer".into());
            }
            let took = since.elapsed();
            if self.line.contains("\"result\":") {
                return Ok(took);
            }
            if self.line.contains("\"error\":") {
                return Err(self.line.clone().into());
            }
        }
    }

    /// Whether a call is refused with these words.
    pub(super) fn is_refused(&mut self, line: &str, words: &str) -> Done<bool> {
        match self.ask(line) {
            Ok(_) => Ok(false),
            Err(_) => {
                let answer: Value = serde_json::from_str(&self.line)?;
                Ok(answer.pointer("/error/message").is_some_and(|it| it == words))
            }
        }
    }
}

impl Drop for Talker {
    /// The end of its input is what a client ends it by, and it ends its own server.
    fn drop(&mut self) {
        self.input = None;
        let _ = self.child.wait();
    }
}

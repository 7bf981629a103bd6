//! A server's process: started with only the environment that it was given, watched, and ended with
//! its whole process group.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bailiwick_contracts::{Unpinned, unpinned};
use bailiwick_core::{ServerId, Timestamp};
use bytes::Bytes;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, BufReader,
};
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, watch};

use super::Trouble;
use super::backoff::{Backoff, Event};
use super::kin::Kin;
use crate::clock;
use crate::diary::Diary;

/// How many messages may wait for the process to read them.
const INPUT_QUEUE: usize = 256;
/// How long a process may take to end by itself, and again after it was asked to.
const GRACE: Duration = Duration::from_secs(2);
/// How often one looks what a process has started.
const LOOK: Duration = Duration::from_secs(1);
/// How long what a process said last may take to be read once it has ended.
const LAST_WORDS: Duration = Duration::from_millis(100);
/// The longest line of standard error that is kept.
const STDERR_LINE_BYTES: u64 = 4096;

/// How a server's processes are started, and how they have fared.
pub(crate) struct ChildSpec {
    pub(crate) server: ServerId,
    pub(crate) program: String,
    pub(crate) arguments: Vec<String>,
    pub(crate) directory: PathBuf,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) line_bytes_max: u64,
    pub(crate) diary: Arc<Diary>,
    /// Held by every process until it is gone, so that a shutdown can wait for all of them.
    pub(crate) alive: Mutex<Option<mpsc::Sender<()>>>,
    shares_stderr: bool,
    /// What it would fetch without saying which version, and from when on it is not started so.
    unpinned: Option<(Unpinned, Timestamp)>,
    pub(crate) trouble: Trouble,
    backoff: Mutex<Backoff>,
}

/// Why a process was not started.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub(super) enum NotStarted {
    #[error("it failed lately and is given time")]
    BackingOff,
    #[error("the program cannot be started")]
    Failed,
    #[error("the gateway is shutting down")]
    ShuttingDown,
}

/// A process that runs. Dropping it ends the process.
pub(super) struct Running {
    /// Tells the supervisor that the session is gone, and whether the process was before it.
    stop: watch::Sender<bool>,
    pub(super) input: mpsc::Sender<Bytes>,
    pub(super) lines: Option<mpsc::Receiver<Bytes>>,
    dead: Arc<AtomicBool>,
}

impl Running {
    /// Whether the process is gone, or says no more.
    pub(super) fn is_dead(&self) -> bool {
        self.dead.load(Ordering::Acquire)
    }
}

impl Drop for Running {
    /// Before the input is closed: afterwards the process may end because of that.
    fn drop(&mut self) {
        self.stop.send_replace(self.is_dead());
    }
}

impl ChildSpec {
    pub(crate) fn new(
        server: ServerId,
        launch: (String, Vec<String>, PathBuf, BTreeMap<String, String>),
        line_bytes_max: usize,
        diary: Arc<Diary>,
        alive: mpsc::Sender<()>,
    ) -> Self {
        let (program, arguments, directory, environment) = launch;
        Self {
            server,
            program,
            arguments,
            directory,
            environment,
            line_bytes_max: line_bytes_max as u64,
            diary,
            alive: Mutex::new(Some(alive)),
            shares_stderr: false,
            unpinned: None,
            trouble: Trouble::default(),
            backoff: Mutex::default(),
        }
    }

    /// The same, whose processes write to our standard error themselves, or not.
    pub(crate) fn sharing_stderr(self, shares_stderr: bool) -> Self {
        Self { shares_stderr, ..self }
    }

    /// The same, which starts no package of which the command does not name the version, from this
    /// time on.
    pub(crate) fn refusing_unpinned(self, from: Timestamp) -> Self {
        let words: Vec<_> =
            std::iter::once(&self.program).chain(&self.arguments).cloned().collect();
        Self { unpinned: unpinned(&words).map(|it| (it, from)), ..self }
    }

    /// Whether it may be started at all. It is told each time: somebody waits for it.
    fn is_pinned(&self, now: Timestamp) -> bool {
        let Some((found, from)) = &self.unpinned else { return true };
        if now < *from {
            return true;
        }
        let what = format!(
            "`{}` is whatever its registry holds that day, so it is not started: {}",
            found.package,
            found.advice()
        );
        self.diary.tell(&format!("server {}: {what}", self.server));
        self.trouble.tell(what);
        false
    }

    /// No more processes; those that run end with their sessions.
    pub(crate) fn shut_down(&self) {
        self.alive.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    fn note(&self, event: Event, now: Timestamp) {
        let mut backoff = self.backoff.lock().unwrap_or_else(PoisonError::into_inner);
        *backoff = backoff.on(event, now);
    }

    /// Start a process with these variables besides its configured ones.
    pub(super) fn start<'a>(
        self: &Arc<Self>,
        secrets: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> Result<Running, NotStarted> {
        let now = clock::now();
        if !self.backoff.lock().unwrap_or_else(PoisonError::into_inner).may_start(now) {
            self.trouble.again();
            return Err(NotStarted::BackingOff);
        }
        if !self.is_pinned(now) {
            self.note(Event::FailedToStart, now);
            return Err(NotStarted::Failed);
        }
        let alive = self.alive.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let alive = alive.ok_or(NotStarted::ShuttingDown)?;
        let child = self.command(secrets).spawn().map_err(|problem| {
            let what = format!("`{}` cannot be started: {problem}", self.program);
            self.diary.tell(&format!("server {}: {what}", self.server));
            self.trouble.tell(what);
            self.note(Event::FailedToStart, now);
            NotStarted::Failed
        })?;
        Ok(self.watch(child, now, alive))
    }

    fn command<'a>(&self, secrets: impl Iterator<Item = (&'a str, &'a str)>) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).current_dir(&self.directory).env_clear();
        for name in ["PATH", "HOME"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.envs(&self.environment).envs(secrets);
        let stderr = if self.shares_stderr { Stdio::inherit() } else { Stdio::piped() };
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(stderr);
        // A group of its own, so that what it starts can be ended with it.
        command.process_group(0).kill_on_drop(true);
        command
    }

    fn watch(
        self: &Arc<Self>,
        mut child: Child,
        started: Timestamp,
        alive: mpsc::Sender<()>,
    ) -> Running {
        let (input, wanted) = mpsc::channel(INPUT_QUEUE);
        let (heard, lines) = mpsc::channel(INPUT_QUEUE);
        let (stop, stopped) = watch::channel(false);
        let dead = Arc::new(AtomicBool::new(false));
        if let Some(stdin) = child.stdin.take() {
            tokio::spawn(write_lines(stdin, wanted));
        }
        if let Some(stdout) = child.stdout.take() {
            let (dead, longest) = (Arc::clone(&dead), self.line_bytes_max);
            tokio::spawn(async move {
                read_lines(stdout, &heard, longest).await;
                // Known before whoever reads the lines learns of their end: it ends the session.
                dead.store(true, Ordering::Release);
                drop(heard);
            });
        }
        let (said, last_words) = watch::channel(String::new());
        if let Some(stderr) = child.stderr.take() {
            let (diary, server) = (Arc::clone(&self.diary), self.server.clone());
            tokio::spawn(copy_stderr(stderr, diary, server, said));
        }
        let held = (Arc::clone(self), alive, last_words);
        tokio::spawn(supervise(held, child, started, stopped, Arc::clone(&dead)));
        Running { stop, input, lines: Some(lines), dead }
    }
}

/// Wait for the process to end, or end it when its session is gone.
async fn supervise(
    held: (Arc<ChildSpec>, mpsc::Sender<()>, watch::Receiver<String>),
    mut child: Child,
    started: Timestamp,
    mut stopped: watch::Receiver<bool>,
    dead: Arc<AtomicBool>,
) {
    // The sender is held until the process is gone: a shutdown waits for all of them.
    let (spec, _alive, last_words) = held;
    let group = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
    let (mut kin, mut look) = (Kin::default(), tokio::time::interval(LOOK));
    let by_itself = loop {
        tokio::select! {
            // In this order: a process that was told to end has not failed, however fast it did so.
            biased;
            _ = stopped.changed() => break None,
            status = child.wait() => break Some(status),
            _ = look.tick() => kin.look(group),
        }
    };
    // One that ended by itself was waited for: its number may be another's by now.
    kin.look(group.filter(|_| by_itself.is_none()));
    dead.store(true, Ordering::Release);
    // A session that ended because its process said no more: it is the process that failed.
    let failed = by_itself.is_some() || *stopped.borrow();
    if failed {
        let now = clock::now();
        spec.note(Event::Died { lived_ns: now.since_ns(started) }, now);
    }
    let ended = match by_itself {
        Some(status) => Some(status),
        None => tokio::time::timeout(GRACE, child.wait()).await.ok(),
    };
    match ended {
        Some(status) if failed => {
            let status = status.map_or_else(|it| it.to_string(), |it| it.to_string());
            let what = format!("its process ended: {status}");
            spec.diary.tell(&format!("server {}: {what}", spec.server));
            spec.trouble.tell(format!("{what}{}", last(last_words).await));
        }
        Some(_) => {}
        None => {
            kin.look(group);
            signal(group, Signal::TERM);
            let _ = tokio::time::timeout(GRACE, child.wait()).await;
        }
    }
    // Whatever the process started and left behind goes with it.
    signal(group, Signal::KILL);
    kin.end();
    let _ = child.wait().await;
}

/// The last line of standard error, which may still be on its way.
async fn last(mut words: watch::Receiver<String>) -> String {
    let closed = async { while words.changed().await.is_ok() {} };
    let _ = tokio::time::timeout(LAST_WORDS, closed).await;
    let line = words.borrow();
    if line.is_empty() { String::new() } else { format!("; it said: {}", *line) }
}

fn signal(group: Option<Pid>, signal: Signal) {
    if let Some(group) = group {
        // An error says that nobody is left in the group, which is what is wanted.
        let _ = kill_process_group(group, signal);
    }
}

/// Write each message as a line. Ends, and closes the input, when nobody sends any more.
async fn write_lines(mut stdin: tokio::process::ChildStdin, mut wanted: mpsc::Receiver<Bytes>) {
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
async fn read_lines(stdout: impl AsyncRead + Unpin, heard: &mpsc::Sender<Bytes>, longest: u64) {
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

async fn copy_stderr(
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

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(program: &str, arguments: &[&str]) -> (Arc<ChildSpec>, mpsc::Receiver<()>) {
        let (alive, gone) = mpsc::channel(1);
        let arguments = arguments.iter().map(|&it| it.to_owned()).collect();
        let launch = (program.to_owned(), arguments, PathBuf::from("/"), BTreeMap::new());
        let spec = ChildSpec::new("files".into(), launch, 1024, Arc::default(), alive);
        (Arc::new(spec), gone)
    }

    /// The session ends while its process is ending too: that is no failure to start, and the next
    /// session must not be made to wait for it.
    #[tokio::test]
    async fn a_process_whose_session_ended_did_not_fail() {
        let (spec, mut gone) = spec("sh", &["-c", "exit 0"]);
        for round in 0..20 {
            let running = spec.start(std::iter::empty()).unwrap();
            // Blocks this thread, and with it every task: the process ends unseen.
            std::process::Command::new("sleep").arg("0.02").status().unwrap();
            drop(running);
            tokio::task::yield_now().await;
            tokio::time::sleep(Duration::from_millis(20)).await;
            let backoff = *spec.backoff.lock().unwrap();
            assert_eq!(backoff, Backoff::Ready, "round {round}");
        }
        spec.shut_down();
        assert!(gone.recv().await.is_none());
    }
}

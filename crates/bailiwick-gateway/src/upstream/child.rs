//! A server's process: started with only the environment that it was given, watched, and ended with
//! its whole process group.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bailiwick_core::{ServerId, Timestamp};
use bytes::Bytes;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncWrite;
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, watch};

use super::Trouble;
use super::backoff::{Backoff, Event};
use super::kin::Kin;
use super::pipes::{copy_stderr, read_lines, write_lines};
use super::starting::{Way, way};
use crate::clock;
use crate::confined::{Leash, launcher};
use crate::diary::Diary;
use crate::terms::Terms;

/// How many messages may wait for the process to read them.
const INPUT_QUEUE: usize = 256;
/// How long a process may take to end by itself, and again after it was asked to.
const GRACE: Duration = Duration::from_secs(2);
/// How often one looks what a process has started.
const LOOK: Duration = Duration::from_secs(1);
/// How long what a process said last may take to be read once it has ended.
const LAST_WORDS: Duration = Duration::from_millis(100);

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
    /// What its start is held to.
    terms: Option<Arc<Terms>>,
    pub(crate) trouble: Trouble,
    /// Why the last try to start one failed, if it did.
    unstarted: Mutex<Option<String>>,
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

/// Held until the process is gone: by a shutdown that waits, and by what serves the process.
type Alive = (mpsc::Sender<()>, watch::Sender<()>);
type Input = Box<dyn AsyncWrite + Send + Unpin>;

/// A process that was just started.
struct Spawned {
    child: Child,
    input: Option<Input>,
    leash: Option<Leash>,
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
            terms: None,
            trouble: Trouble::default(),
            unstarted: Mutex::default(),
            backoff: Mutex::default(),
        }
    }

    /// The same, whose processes write to our standard error themselves, or not.
    pub(crate) fn sharing_stderr(self, shares_stderr: bool) -> Self {
        Self { shares_stderr, ..self }
    }

    /// The same, whose processes are held to this.
    pub(crate) fn under(self, terms: Arc<Terms>) -> Self {
        Self { terms: Some(terms), ..self }
    }

    /// What its processes are held to.
    pub(crate) fn terms(&self) -> Option<&Arc<Terms>> {
        self.terms.as_ref()
    }

    /// How one may be started now.
    fn way(&self, now: Timestamp) -> Result<Way, String> {
        let Some(terms) = &self.terms else { return Ok(Way::default()) };
        let words: Vec<_> =
            std::iter::once(&self.program).chain(&self.arguments).cloned().collect();
        way(terms, &words, &self.directory, &self.environment, now)
    }

    /// Why the last try to start one failed, if it did.
    pub(crate) fn unstarted(&self) -> Option<String> {
        self.unstarted.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_unstarted(&self, why: Option<String>) {
        *self.unstarted.lock().unwrap_or_else(PoisonError::into_inner) = why;
    }

    /// It is told each time: somebody waits for it.
    fn not_started(&self, what: String, now: Timestamp) -> NotStarted {
        self.set_unstarted(Some(what.clone()));
        self.diary.tell(&format!("server {}: {what}", self.server));
        self.trouble.tell(what);
        self.note(Event::FailedToStart, now);
        NotStarted::Failed
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
        let way = self.way(now).map_err(|what| self.not_started(what, now))?;
        let alive = self.alive.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let alive = alive.ok_or(NotStarted::ShuttingDown)?;
        let spawned = self.spawned(&way, secrets).map_err(|problem| {
            self.not_started(format!("`{}` cannot be started: {problem}", self.program), now)
        })?;
        self.set_unstarted(None);
        Ok(self.watch(spawned, now, alive))
    }

    /// The process, where its input is written to, and what keeps it to its hosts.
    fn spawned<'a>(
        &self,
        way: &Way,
        secrets: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> std::io::Result<Spawned> {
        let mut command = self.command(way, secrets);
        if way.by.is_none() {
            let mut child = command.stdin(Stdio::piped()).spawn()?;
            let input = child.stdin.take().map(|it| Box::new(it) as Input);
            return Ok(Spawned { child, input, leash: None });
        }
        let (leash, stdin, input) = Leash::new()?;
        let child = command.stdin(stdin).spawn()?;
        Ok(Spawned { child, input: Some(Box::new(input)), leash: Some(leash) })
    }

    fn command<'a>(&self, way: &Way, secrets: impl Iterator<Item = (&'a str, &'a str)>) -> Command {
        let program = way.program.as_deref().unwrap_or(self.program.as_ref());
        let mut command = match way.by {
            None => Command::new(program),
            Some(by) => {
                let (launcher, words) = launcher(by);
                let mut command = Command::new(launcher);
                command.args(words).arg(program);
                command
            }
        };
        command.args(&self.arguments).current_dir(&self.directory).env_clear();
        for name in ["PATH", "HOME"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        if way.program.is_some() {
            // Python would write beside the files that were measured.
            command.env("PYTHONDONTWRITEBYTECODE", "1");
        }
        command.envs(&self.environment).envs(secrets);
        let stderr = if self.shares_stderr { Stdio::inherit() } else { Stdio::piped() };
        command.stdout(Stdio::piped()).stderr(stderr);
        // A group of its own, so that what it starts can be ended with it.
        command.process_group(0).kill_on_drop(true);
        command
    }

    fn watch(
        self: &Arc<Self>,
        spawned: Spawned,
        started: Timestamp,
        alive: mpsc::Sender<()>,
    ) -> Running {
        let Spawned { mut child, input: stdin, leash } = spawned;
        let (input, wanted) = mpsc::channel(INPUT_QUEUE);
        let (heard, lines) = mpsc::channel(INPUT_QUEUE);
        let (stop, stopped) = watch::channel(false);
        let dead = Arc::new(AtomicBool::new(false));
        let (ended, gone) = watch::channel(());
        if let (Some(leash), Some(terms)) = (leash, &self.terms) {
            tokio::spawn(leash.hold(Arc::clone(terms), gone));
        }
        if let Some(stdin) = stdin {
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
        let held = (Arc::clone(self), (alive, ended), last_words);
        tokio::spawn(supervise(held, child, started, stopped, Arc::clone(&dead)));
        Running { stop, input, lines: Some(lines), dead }
    }
}

/// Wait for the process to end, or end it when its session is gone.
async fn supervise(
    held: (Arc<ChildSpec>, Alive, watch::Receiver<String>),
    mut child: Child,
    started: Timestamp,
    mut stopped: watch::Receiver<bool>,
    dead: Arc<AtomicBool>,
) {
    // The senders are held until the process is gone: a shutdown waits for all of them, and what
    // serves the process ends with it.
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

//! The binary as a person runs it, and waiting for what it does.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long anything may take that a test waits for.
const PATIENCE: Duration = Duration::from_secs(45);

/// The binary under test.
pub(crate) fn program() -> PathBuf {
    std::env::var_os("BAILIWICK_BIN")
        .map_or_else(|| env!("CARGO_BIN_EXE_bailiwick").into(), PathBuf::from)
}

/// What a command came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// Carry out a command to its end.
    pub(crate) fn of(command: &mut Command) -> Self {
        let Output { status, stdout, stderr } = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        // A process that a signal ended has no code: no test expects -1.
        Self { code: status.code().unwrap_or(-1), out: text(stdout), err: text(stderr) }
    }

    /// What was printed, as the one JSON value that `--json` promises.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|why| panic!("{why} in {self:?}"))
    }

    /// The code that was expected, or everything that was printed.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }
}

/// Run the binary in the current folder.
pub(crate) fn run<A: AsRef<OsStr>>(arguments: &[A]) -> Ran {
    Ran::of(Command::new(program()).args(arguments))
}

/// Look again and again until there is something, or fail with what was waited for.
#[track_caller]
#[expect(clippy::disallowed_methods, reason = "another process is waited for")]
pub(crate) fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(began.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Let some time pass that nothing announces the end of.
#[expect(clippy::disallowed_methods, reason = "what is tested is that nothing happens, or chance")]
pub(crate) fn pause(time: Duration) {
    std::thread::sleep(time);
}

/// How long something took.
#[expect(clippy::disallowed_methods, reason = "a test measures")]
pub(crate) fn timed<T>(act: impl FnOnce() -> T) -> (T, Duration) {
    let began = Instant::now();
    (act(), began.elapsed())
}

/// Send a signal by name, such as `TERM`.
pub(crate) fn signal(process: u32, name: &str) {
    let process = process.to_string();
    let sent = Ran::of(Command::new("kill").args(["-s", name, &process]));
    assert_eq!(sent.code, 0, "{sent:?}");
}

/// The processes below a process, as far as Linux tells.
pub(crate) fn children(process: u32) -> Vec<u32> {
    let path = format!("/proc/{process}/task");
    let tasks = std::fs::read_dir(path).into_iter().flatten().flatten();
    let lists = tasks.filter_map(|it| std::fs::read_to_string(it.path().join("children")).ok());
    lists.flat_map(|it| numbers(&it)).collect()
}

fn numbers(text: &str) -> Vec<u32> {
    text.split_whitespace().filter_map(|it| it.parse().ok()).collect()
}

/// Whether a process is there and is no zombie.
pub(crate) fn is_alive(process: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"));
    stat.is_ok_and(|it| !it.rsplit(')').next().is_some_and(|rest| rest.starts_with(" Z")))
}

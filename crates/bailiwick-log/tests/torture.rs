//! Kill -9 at random moments: the writer is killed, the log is opened again and checked. Whatever
//! was said to be appended is there (the machine lives on), and the log verifies every time
//! against the checkpoint of the time before.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use bailiwick_log::{Reader, Verification, VerifierKey, verify};

/// The writer, which cargo builds beside this test.
fn writer() -> io::Result<PathBuf> {
    let mut path = std::env::current_exe()?;
    path.pop();
    if path.ends_with("deps") {
        path.pop();
    }
    Ok(path.join("examples/torture_writer"))
}

/// Run the writer for a while and kill it. Gives what it printed.
fn run_and_kill(dir: &Path, after: Duration) -> io::Result<String> {
    let mut child = Command::new(writer()?).arg(dir).stdout(Stdio::piped()).spawn()?;
    let mut out = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
    let reading = std::thread::spawn(move || {
        let mut text = String::new();
        out.read_to_string(&mut text).map(|_| text)
    });
    std::thread::park_timeout(after);
    child.kill()?;
    child.wait()?;
    reading.join().unwrap_or_else(|_| Err(io::ErrorKind::Other.into()))
}

/// The largest index of whole lines that begin with the word.
fn largest(text: &str, word: &str) -> Option<u64> {
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let numbers = whole.lines().filter_map(|it| it.strip_prefix(word)?.trim().parse().ok());
    numbers.max()
}

#[test]
fn nothing_that_was_acknowledged_is_lost_by_kill_9() {
    let rounds = if std::env::var("BAILIWICK_LONG").is_ok() { 1000 } else { 30 };
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log");
    let mut random = u64::from(std::process::id());
    let (mut kept, mut key): (Option<String>, Option<VerifierKey>) = (None, None);
    let mut most = 0;
    for round in 0..rounds {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888);
        let after = Duration::from_millis(5 + (random >> 33) % 250);
        let text = run_and_kill(dir.path(), after).unwrap();
        if !log.join("keys.txt").exists() {
            continue;
        }
        let reader = Reader::open(&log).unwrap();
        let key = key.get_or_insert_with(|| reader.key_chain().all().remove(0));
        let against = Verification { key, since: kept.as_deref().map(str::as_bytes) };
        let report = verify(&log, &against).unwrap();
        assert!(report.is_good(), "round {round}: {:?}", report.problems);
        for word in ["appended ", "durable ", "open "] {
            let Some(last) = largest(&text, word) else { continue };
            let last = if word == "open " { last.saturating_sub(1) } else { last };
            assert!(
                last == 0 || report.entries > last,
                "round {round}: {word}{last}, but the log has {} entries",
                report.entries
            );
            most = most.max(report.entries);
        }
        // An outcome whose decision is not there would be a problem above; a decision whose
        // outcome is not there is at most one a round.
        assert!(report.in_doubt <= round + 1, "round {round}: {} in doubt", report.in_doubt);
        if report.size > 0 {
            kept = Some(reader.note().unwrap());
        }
    }
    assert!(most > 100, "the writer hardly wrote: {most} entries");
}

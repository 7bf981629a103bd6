//! What commands print: for people on a terminal, or one JSON value with `--json`.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::OnceLock;

use bailiwick_core::Timestamp;
use serde::Serialize;

/// How every command is called.
pub(crate) struct Common {
    pub(crate) config: PathBuf,
    pub(crate) json: bool,
}

/// Why a command failed, and what to do, in words.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) String);

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

/// What a command came to: 0 for yes, 1 for no (a fault found, a call denied), 2 for a failure.
pub(crate) type Outcome = Result<ExitCode, Failure>;

/// Everything went well.
pub(crate) const YES: Outcome = Ok(ExitCode::SUCCESS);

/// The answer is no; what is printed says why.
pub(crate) fn no() -> Outcome {
    Ok(ExitCode::from(1))
}

/// Why something that was said could not be written: the first time counts.
static LOST: OnceLock<String> = OnceLock::new();

/// Print a line. A reader that went away is no failure; anything else is told by [`written`].
pub(crate) fn say(line: impl AsRef<str>) {
    if let Err(problem) = writeln!(std::io::stdout(), "{}", line.as_ref())
        && problem.kind() != std::io::ErrorKind::BrokenPipe
    {
        let _ = LOST.set(problem.to_string());
    }
}

/// Whether all that was said could be written. What the command did is done, but whoever keeps its
/// output, such as a checkpoint or a key, does not have it.
///
/// # Errors
/// [`Failure`] when something was lost.
pub(crate) fn written() -> Result<(), Failure> {
    match LOST.get() {
        None => Ok(()),
        Some(why) => Err(Failure(format!("standard output cannot be written: {why}"))),
    }
}

/// Print one JSON value.
///
/// # Errors
/// [`Failure`] when it cannot be written as JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<(), Failure> {
    say(serde_json::to_string_pretty(value)?);
    Ok(())
}

/// A time as people and other programs read it: RFC 3339, of one width, so that columns hold.
pub(crate) fn instant(at: Timestamp) -> String {
    let seconds = i64::try_from(at.ms() / 1000).ok();
    let parsed = seconds.and_then(|it| time::OffsetDateTime::from_unix_timestamp(it).ok());
    let format = &time::format_description::well_known::Rfc3339;
    match parsed.and_then(|it| it.format(format).ok()) {
        Some(text) => format!("{}.{:03}Z", text.trim_end_matches('Z'), at.ms() % 1000),
        None => at.ms().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_one_width() {
        let at = |ms: u64| instant(Timestamp::from_ns(ms * 1_000_000));
        assert_eq!(at(1_773_478_859_950), "2026-03-14T09:00:59.950Z");
        assert_eq!(at(1_773_478_859_000), "2026-03-14T09:00:59.000Z");
        assert_eq!(at(0), "1970-01-01T00:00:00.000Z");
    }
}

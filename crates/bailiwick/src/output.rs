//! What commands print: for people on a terminal, or one JSON value with `--json`.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

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

/// Print a line. A reader that went away is no failure.
pub(crate) fn say(line: impl AsRef<str>) {
    let _ = writeln!(std::io::stdout(), "{}", line.as_ref());
}

/// Print one JSON value.
///
/// # Errors
/// [`Failure`] when it cannot be written as JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<(), Failure> {
    say(serde_json::to_string_pretty(value)?);
    Ok(())
}

/// A time as people and other programs read it.
pub(crate) fn instant(at: Timestamp) -> String {
    let parsed = time::OffsetDateTime::from_unix_timestamp_nanos(i128::from(at.ms()) * 1_000_000);
    let format = &time::format_description::well_known::Rfc3339;
    parsed.ok().and_then(|it| it.format(format).ok()).unwrap_or_else(|| at.ms().to_string())
}

//! The MCP clients of this machine: governed, not governed, or pointing at what is gone.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bailiwick_core::Timestamp;
use bailiwick_gateway::config::Date;

use super::check::Check;
use super::launches;
use crate::adoption::{Doubt, Entry, FilePlan, Found, Inner, Ours, Standing, Wrapped, find};
use crate::commands::init;
use crate::output::{Failure, instant};

/// The servers of a file that are observed only, by the day on which that ends.
type Observed = BTreeMap<Timestamp, Vec<String>>;

/// What there is to say of every client's file that is found.
pub(super) fn checks(
    named: &[PathBuf],
    ours: &Ours,
    now: Timestamp,
) -> Result<Vec<Check>, Failure> {
    let found: Vec<Found> = find(&init::here()?, named)?;
    if found.is_empty() {
        return Ok(vec![Check::good("clients", "no MCP client's settings are on this machine")]);
    }
    let files = found.iter().map(|it| FilePlan::read(it, ours));
    Ok(files.flat_map(|file| of_file(&file, now)).collect())
}

fn of_file(file: &FilePlan, now: Timestamp) -> Vec<Check> {
    let place = file.found.file.display();
    let (mut checks, mut observed) = (Vec::new(), Observed::new());
    if let Some(problem) = &file.problem {
        let advice = "its client may not read it either: mend it";
        checks.push(Check::warning("client", format!("{place}: {problem}"), advice));
    }
    for (entry, standing) in &file.entries {
        let what = |how: &str| format!("{}: {} {how} ({place})", file.found.client, entry.name);
        match standing {
            Standing::Governed(wrapped) => checks.extend(match gone(wrapped, &what) {
                Some(gone) => vec![gone],
                None => governed(entry, wrapped, &what, (now, &mut observed)),
            }),
            Standing::Doubted(wrapped, doubt) => {
                checks.push(gone(wrapped, &what).unwrap_or_else(|| doubted(*doubt, &what)));
            }
            Standing::Change(_) => {
                let advice = "run `bailiwick init`";
                checks.push(Check::warning("client", what("is not governed"), advice));
            }
            Standing::LeftAlone(why) => {
                let advice = "put it into [servers] of the configuration, and the client onto it";
                let how = format!("is not governed, and `init` leaves it alone: {why}");
                checks.push(Check::warning("client", what(&how), advice));
            }
        }
    }
    checks.extend(observed.into_iter().map(|(day, names)| only_observed(file, day, &names)));
    checks
}

/// One line for all of a client's servers that are observed until a day.
fn only_observed(file: &FilePlan, day: Timestamp, names: &[String]) -> Check {
    let day = instant(day).get(..10).unwrap_or_default().to_owned();
    let (client, place, count) = (&file.found.client, file.found.file.display(), names.len());
    let servers = if count == 1 { "server is" } else { "servers are" };
    let what = format!(
        "{client}: {count} {servers} observed, nothing is refused until {day}: {} ({place})",
        names.join(", ")
    );
    Check::note("client", what, "before then, read `bailiwick policy suggest` and write policies")
}

/// What an entry needs and is not there.
fn gone(wrapped: &Wrapped, what: &dyn Fn(&str) -> String) -> Option<Check> {
    let program = Path::new(&wrapped.program);
    if program.is_absolute() && !program.exists() {
        let how = format!("points at {}, which is gone", program.display());
        let advice = "`bailiwick init --undo`, then `bailiwick init`; or put the program back";
        return Some(Check::bad("client", what(&how), advice));
    }
    let gone = wrapped.config.as_ref().filter(|it| !Path::new(it).exists());
    if let Some(config) = gone {
        let how = format!("names the configuration {config}, which is gone");
        let advice = "put it back, or `bailiwick init --undo` and `bailiwick init`";
        return Some(Check::bad("client", what(&how), advice));
    }
    if let Some((_, file)) = wrapped.extras.files.iter().find(|(_, it)| !Path::new(it).exists()) {
        let how = format!("takes a key from {file}, which is gone");
        let advice = "put it back, or `bailiwick init --undo` and `bailiwick init`";
        return Some(Check::bad("client", what(&how), advice));
    }
    None
}

fn doubted(doubt: Doubt, what: &dyn Fn(&str) -> String) -> Check {
    let how = format!("is not governed: {}", doubt.words());
    match doubt {
        Doubt::Program => {
            let advice = "look who put it there; take it out, then `bailiwick init`";
            Check::bad("client", what(&how), advice)
        }
        Doubt::Configuration => {
            let advice =
                "look at it by `bailiwick doctor --config FILE`, or name ours in the entry";
            Check::warning("client", what(&how), advice)
        }
    }
}

fn governed(
    entry: &Entry,
    wrapped: &Wrapped,
    what: &dyn Fn(&str) -> String,
    (now, observed): (Timestamp, &mut Observed),
) -> Vec<Check> {
    let standing = match until(wrapped) {
        None => Some(Check::good("client", what("is governed"))),
        Some(day) if day > now => {
            observed.entry(day).or_default().push(entry.name.clone());
            None
        }
        Some(_) => {
            let day = wrapped.until.as_deref().unwrap_or_default();
            Some(Check::good("client", what(&format!("is governed; observing ended on {day}"))))
        }
    };
    let mut checks: Vec<_> = standing.into_iter().collect();
    if let Inner::Command(words) = &wrapped.inner {
        let home = std::env::current_dir().unwrap_or_default();
        checks.extend(launches::of_command(&entry.name, words, &home));
    }
    checks
}

fn until(wrapped: &Wrapped) -> Option<Timestamp> {
    let day: Date = wrapped.until.as_ref()?.parse().ok()?;
    Some(day.begins())
}

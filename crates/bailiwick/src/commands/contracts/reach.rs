//! `bailiwick contracts reach`: what a server's credentials are said to reach, beside what they
//! were seen to reach: in the log, and in what the system behind says of them itself.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use bailiwick_contracts::{Reach, Sight, Touched, credentials, reach};
use bailiwick_facts::each_row;
use bailiwick_gateway::contract::Contracts;
use bailiwick_gateway::paths;
use bailiwick_log::{Filter, Order, Reader};
use clap::Args;
use serde::Deserialize;
use serde_json::json;

use super::diff::shown;
use crate::commands::{log, settings};
use crate::output::{self, Common, Failure, Outcome, YES, no, say};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The servers; all that there is a contract of, when none is named.
    servers: Vec<String>,
    /// From this time: milliseconds since 1970, or `2026-03-14T09:00:00Z`.
    #[arg(long)]
    since: Option<String>,
    /// What the system behind logged of its credentials: JSON lines or `.csv`, with `credential`,
    /// `action`, `resource` and perhaps `times`.
    #[arg(long, value_name = "FILE")]
    observed: Option<PathBuf>,
}

pub(super) fn run(common: &Common, arguments: &Arguments) -> Outcome {
    let settings = settings::load(common)?;
    let contracts = Contracts::read(&settings.contracts).map_err(|errors| {
        Failure(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })?;
    let known: BTreeSet<&str> = contracts.servers().collect();
    if let Some(stranger) = arguments.servers.iter().find(|it| !known.contains(it.as_str())) {
        let folder = settings.contracts.display();
        return Err(Failure(format!("no contract in {folder} is about `{stranger}`")));
    }
    let wanted = |it: &&str| {
        arguments.servers.is_empty() || arguments.servers.iter().any(|wanted| wanted == it)
    };
    let observed = arguments.observed.as_deref().map_or_else(|| Ok(Vec::new()), read)?;
    let sight = sight(&paths::log(&settings.data), arguments.since.as_deref())?;
    let all = || known.iter().filter_map(|it| contracts.of(&(*it).into()));
    let reaches: Vec<Reach> = all()
        .filter(|it| wanted(&it.server.as_str()))
        .map(|it| reach(it, sight.of(&it.server), &observed))
        .collect();
    let named: BTreeSet<String> = all().flat_map(credentials).collect();
    let strangers: BTreeSet<&str> = observed
        .iter()
        .map(|it| it.credential.as_str())
        .filter(|it| !named.contains(*it))
        .collect();
    let is_clean = strangers.is_empty() && reaches.iter().all(|it| it.undeclared.is_empty());
    if common.json {
        output::json(&json!({ "servers": reaches, "unknown_credentials": strangers }))?;
    } else {
        reaches.iter().for_each(print);
        for it in strangers {
            say(format!("! no contract names the credential `{}`", shown(it)));
        }
    }
    if is_clean { YES } else { no() }
}

/// What the log saw; nothing where there is none as yet.
fn sight(folder: &Path, since: Option<&str>) -> Result<Sight, Failure> {
    let mut sight = Sight::default();
    let since = since.map(log::time).transpose()?;
    if !folder.exists() {
        return Ok(sight);
    }
    let filter = Filter { since, ..Filter::default() };
    for entry in Reader::open(folder)?.query(filter, Order::OldestFirst, usize::MAX)? {
        sight.take(&entry?.record);
    }
    Ok(sight)
}

/// One line of a system's own log.
#[derive(Deserialize)]
struct Line {
    credential: String,
    #[serde(default)]
    action: String,
    resource: String,
    #[serde(default = "once")]
    times: u64,
}

const fn once() -> u64 {
    1
}

fn read(file: &Path) -> Result<Vec<Touched>, Failure> {
    let failed = |what: String| Failure(format!("{}: {what}", file.display()));
    let bytes = std::fs::read(file).map_err(|it| failed(it.to_string()))?;
    if file.extension().is_some_and(|it| it == "csv") {
        return of_csv(&bytes).map_err(failed);
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| failed("it is no UTF-8".into()))?;
    let lines = text.lines().enumerate().filter(|(_, it)| !it.trim().is_empty());
    let each = lines.map(|(number, line)| {
        let line: Line = serde_json::from_str(line)
            .map_err(|it| failed(format!("line {}: {it}", number + 1)))?;
        let Line { credential, action, resource, times } = line;
        Ok(Touched { credential, action, resource, times })
    });
    each.collect()
}

fn of_csv(bytes: &[u8]) -> Result<Vec<Touched>, String> {
    let mut rows = Vec::new();
    each_row(bytes, |row| {
        rows.push(row);
        Ok(())
    })
    .map_err(|it| it.to_string())?;
    let each = rows.into_iter().zip(1..).map(|(row, number)| {
        let of = |name: &str| row.iter().find(|(it, _)| it == name).map(|(_, it)| it.clone());
        let needed = |name| of(name).ok_or_else(|| format!("it names no column `{name}`"));
        let times = of("times").filter(|it| !it.is_empty());
        let times = times.map_or(Ok(1), |it| it.parse());
        Ok(Touched {
            credential: needed("credential")?,
            action: of("action").unwrap_or_default(),
            resource: needed("resource")?,
            times: times.map_err(|_| format!("row {number}: `times` is no whole number"))?,
        })
    });
    each.collect()
}

fn print(it: &Reach) {
    let joined = |all: Vec<String>| if all.is_empty() { "nothing".into() } else { all.join(", ") };
    let counted = |(what, times): (&String, &u64)| format!("{} x{times}", shown(what));
    say(&it.server);
    let credentials = it.credentials.iter().map(|it| shown(it)).collect();
    say(format!("    credentials  {}", joined(credentials)));
    say(format!("    declared     {}", joined(it.declared.iter().map(|it| shown(it)).collect())));
    say(format!("    seen         {}", joined(it.seen.types.iter().map(counted).collect())));
    say(format!("    tools        {}", joined(it.seen.tools.iter().map(counted).collect())));
    for odd in &it.undeclared {
        say(format!("  ! undeclared   {}", in_words(odd.kind, &shown(&odd.what), odd.times)));
    }
    for unused in &it.unused {
        say(format!("    never seen   {}", shown(unused)));
    }
}

fn in_words(kind: &str, what: &str, times: u64) -> String {
    match kind {
        "tool" => format!("tool {what} was called x{times}, and no contract says what it does"),
        "type" => format!("{what} was named x{times}, and its contract does not say so"),
        "host" => format!("{what} x{times}"),
        "outside" => format!("{what} was done x{times} without Bailiwick"),
        _ => format!("the system says that {what} was touched x{times}"),
    }
}

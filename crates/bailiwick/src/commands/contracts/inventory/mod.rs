//! `bailiwick contracts inventory`: a row for each tool, from the files alone, so that it can be
//! read when nothing runs; and the gate before a launch.

mod page;

use bailiwick_contracts::{Filled, Row, inventory};
use bailiwick_core::Day;
use bailiwick_gateway::contract::Contracts;
use clap::{Args, ValueEnum};
use serde_json::json;

use super::diff::shown;
use crate::commands::settings;
use crate::output::{self, Common, Failure, Outcome, YES, no, say};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The servers; all that there is a contract or an approval of, when none is named.
    servers: Vec<String>,
    /// As what it is printed.
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    /// The gate before a launch: exit code 1 when a cell is empty, unverified or expired.
    #[arg(long)]
    gate: bool,
    /// Tell also what expires within so many days.
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    soon: u32,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// For a terminal.
    Table,
    /// For a wiki or a review.
    Markdown,
    /// A page to print.
    Html,
}

pub(crate) fn run(common: &Common, arguments: &Arguments) -> Outcome {
    let settings = settings::load(common)?;
    let contracts = Contracts::read(&settings.contracts).map_err(|errors| {
        Failure(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })?;
    let today = Day::of(bailiwick_gateway::now());
    let mut servers: Vec<_> = contracts.known().into_iter().collect();
    if let Some(stranger) = arguments.servers.iter().find(|it| !servers.contains(it)) {
        let folder = settings.contracts.display();
        return Err(Failure(format!("nothing in {folder} is about `{stranger}`")));
    }
    servers.retain(|it| arguments.servers.is_empty() || arguments.servers.contains(it));
    let of = |server: &String| {
        let server = server.as_str().into();
        inventory(contracts.of(&server), contracts.lock(&server), today)
    };
    let rows: Vec<Row> = servers.iter().flat_map(of).collect();
    let gaps: usize = rows.iter().map(|it| it.gaps().count()).sum();
    if common.json {
        output::json(&json!({ "day": today.to_string(), "gaps": gaps, "tools": rows }))?;
    } else {
        match arguments.format {
            Format::Table => table(&rows, today, arguments.soon),
            Format::Markdown => page::markdown(&rows),
            Format::Html => page::html(&rows, today),
        }
    }
    if arguments.gate && (gaps > 0 || rows.is_empty()) { no() } else { YES }
}

fn table(rows: &[Row], today: Day, soon: u32) {
    for row in rows {
        say(format!("{}/{}", row.server, shown(&row.tool)));
        for cell in &row.cells {
            let value = shown(cell.filled.value());
            match &cell.filled {
                Filled::Said { .. } => say(format!("    {:<16} {value}", cell.name)),
                Filled::Guessed { .. } => {
                    say(format!("  ? {:<16} {value}   (nobody verified it)", cell.name));
                }
                Filled::Expired { since, .. } => {
                    say(format!("  ! {:<16} {value}   (expired on {since})", cell.name));
                }
                Filled::Missing => say(format!("  - {:<16} nobody says", cell.name)),
            }
        }
    }
    let gaps: usize = rows.iter().map(|it| it.gaps().count()).sum();
    let limit = Day::from_number(today.number().saturating_add(soon));
    for row in rows {
        let ends = |it: Day| it > today && it <= limit;
        for cell in row.cells.iter().filter(|it| it.expires.is_some_and(ends)) {
            let day = cell.expires.map_or_else(String::new, |it| it.to_string());
            say(format!(
                "soon: {}/{} {} expires on {day}",
                row.server,
                shown(&row.tool),
                cell.name
            ));
        }
    }
    say(format!("{} tools, {gaps} cells that nobody stands for", rows.len()));
}

//! `bailiwick contracts draft`: a first contract, guessed from what a server says of its tools.

use std::path::{Path, PathBuf};

use bailiwick_contracts::{Contract, append, draft, write_draft};
use bailiwick_gateway::config::Settings;
use clap::Args;
use serde_json::json;

use super::{ready, stands};
use crate::catalogue;
use crate::commands::settings;
use crate::files;
use crate::output::{self, Common, Failure, Outcome, YES, say};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The server.
    server: String,
    /// Print the whole draft, and write nothing.
    #[arg(long)]
    stdout: bool,
    /// Write a new file in the place of the one that is there.
    #[arg(long, conflicts_with = "stdout")]
    force: bool,
}

pub(crate) fn run(common: &Common, arguments: &Arguments) -> Outcome {
    let settings = settings::load(common)?;
    let server = &arguments.server;
    stands::servers(&settings, std::slice::from_ref(server))?;
    let definitions = stands::definitions(&stands::gateway(&settings)?, server)?;
    let drafted = draft(server, &definitions);
    if arguments.stdout {
        say(write_draft(&drafted)?.trim_end());
        return YES;
    }
    let there = of_server(&settings.contracts, server)?;
    let named = || settings.contracts.join(format!("{server}.toml"));
    let place = there.as_ref().map_or_else(named, |(file, _)| file.clone());
    let (file, text, added) = match there.filter(|_| !arguments.force) {
        None => {
            let file = place;
            let names = drafted.tools.keys().cloned().collect();
            (file, write_draft(&drafted)?, names)
        }
        Some((file, text)) => {
            let appended = append(&text, &drafted);
            let failed = |why| Failure(format!("{}: {why}", file.display()));
            let (text, added) = appended.map_err(failed)?;
            (file, text, added)
        }
    };
    if !added.is_empty() {
        std::fs::create_dir_all(&settings.contracts)
            .map_err(|problem| files::told(&settings.contracts, &problem))?;
        files::replace(&file, text)?;
    }
    tell(common, server, &file, &added, package(&settings, server)?)
}

/// The package that the catalogue has a ready contract for, where the server is that.
fn package(settings: &Settings, server: &str) -> Result<Option<String>, Failure> {
    let entries = catalogue::all()?;
    let server = settings.servers.iter().find(|it| it.name.as_str() == server);
    let entry = server.and_then(|it| ready::of_server(&entries, it));
    Ok(entry.map(|it| it.about.package.clone()))
}

fn tell(
    common: &Common,
    server: &str,
    file: &Path,
    added: &[String],
    package: Option<String>,
) -> Outcome {
    if common.json {
        output::json(&json!({ "file": file, "drafted": added, "catalogue": package }))?;
        return YES;
    }
    let file = file.display();
    if added.is_empty() {
        say(format!("{file} has every tool of {server}; nothing was written"));
    } else {
        say(format!("{file}: {} drafted, and none of it verified", super::counted(added.len())));
        say("look at every cell, and put `verified = true` beside what you stand for; then");
    }
    if let Some(package) = package {
        say(format!(
            "  bailiwick contracts add {server} --force   takes the verified one of {package}"
        ));
    }
    say(format!("  bailiwick contracts lint {server}       what is wrong with it"));
    say(format!("  bailiwick contracts diff {server}       what would be approved"));
    say(format!("  bailiwick contracts approve {server} --all --why TEXT   lets its tools in"));
    YES
}

/// The contract about a server, whatever its file is called.
pub(in crate::commands) fn of_server(
    folder: &Path,
    server: &str,
) -> Result<Option<(PathBuf, String)>, Failure> {
    let named = folder.join(format!("{server}.toml"));
    if named.exists() {
        return Ok(Some((named.clone(), files::read_text(&named)?)));
    }
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(problem) if problem.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(problem) => return Err(files::told(folder, &problem)),
    };
    let mut found: Vec<PathBuf> = entries.filter_map(|it| Some(it.ok()?.path())).collect();
    found.sort();
    for file in found.into_iter().filter(|it| it.extension().is_some_and(|it| it == "toml")) {
        let text = files::read_text(&file)?;
        // One that cannot be read may be the one about this server: a second would make both wrong.
        let read = Contract::read(&text);
        let read = read.map_err(|it| Failure(format!("{}: {it}", file.display())))?;
        if read.server == server {
            return Ok(Some((file, text)));
        }
    }
    Ok(None)
}

//! `bailiwick contracts compare`: may another server take the place of this one, and what would
//! have to be approved?

use std::collections::BTreeMap;

use bailiwick_contracts::{Change, Compared, Definition, Pin, compared};
use bailiwick_core::ServerId;
use bailiwick_gateway::candidate::{self, Candidate};
use bailiwick_gateway::config::{Launch, ServerSettings, Settings, address_of};
use bailiwick_gateway::contract::Contracts;
use clap::Args;
use serde_json::json;

use super::diff::{say_changes, shown};
use super::stands;
use crate::commands::settings;
use crate::output::{self, Common, Failure, Outcome, YES, no, say};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The server whose place is to be taken.
    server: String,
    /// The other one: its address, or its name in `[servers]`.
    #[arg(
        long,
        value_name = "URL|NAME",
        conflicts_with = "command",
        required_unless_present = "command"
    )]
    with: Option<String>,
    /// The command that starts the other one. It gets `PATH` and `HOME`; one that needs more is
    /// written into `[servers]`, and named.
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

pub(crate) fn run(common: &Common, arguments: &Arguments) -> Outcome {
    let settings = settings::load(common)?;
    let server = &arguments.server;
    stands::servers(&settings, std::slice::from_ref(server))?;
    let approved = approved(&settings, server)?;
    let candidate = meant(&settings, arguments)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let definitions = runtime.block_on(candidate::shown(&settings, candidate))?;
    let compared = compared(&approved, &definitions);
    let is_same = compared.values().all(|it| *it == Compared::Same);
    if common.json {
        let tools: BTreeMap<_, _> =
            compared.iter().map(|(name, it)| (name.clone(), as_json(it))).collect();
        output::json(&json!({ "server": server, "same": is_same, "tools": tools }))?;
    } else {
        compared.iter().for_each(|(name, it)| print(name, it));
        conclude(server, &compared);
    }
    if is_same { YES } else { no() }
}

/// What a person approved of a server.
fn approved(
    settings: &Settings,
    server: &str,
) -> Result<BTreeMap<String, (Pin, Definition)>, Failure> {
    let contracts = Contracts::read(&settings.contracts).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Failure(lines.join("\n"))
    })?;
    let lock = contracts.lock(&ServerId::from(server)).filter(|it| !it.tools.is_empty());
    let lock = lock.ok_or_else(|| {
        Failure(format!(
            "nobody approved a tool of `{server}`, so there is nothing to compare with: \
             `bailiwick contracts approve {server} --all --why TEXT`"
        ))
    })?;
    let each = lock.tools.iter().map(|(name, it)| {
        let definition = stands::definition(&it.definition)?;
        Ok((name.clone(), (it.pin, definition)))
    });
    each.collect()
}

/// How the other server is reached.
fn meant(settings: &Settings, arguments: &Arguments) -> Result<Candidate, Failure> {
    let launch = match (&arguments.with, arguments.command.split_first()) {
        (Some(with), _) => {
            if let Some(known) = settings.servers.iter().find(|it| it.name.as_str() == with) {
                return Ok(Candidate { server: known.clone(), is_configured: true });
            }
            if !with.contains("://") {
                return Err(Failure(format!(
                    "`{with}` is neither an address nor a name in [servers]; a command stands \
                     behind `--`"
                )));
            }
            Launch::Http(address_of(with).map_err(Failure)?, None)
        }
        (None, Some((program, rest))) => Launch::Child {
            program: program.clone(),
            arguments: rest.to_vec(),
            directory: std::env::current_dir()?,
            environment: BTreeMap::new(),
            shares_stderr: false,
        },
        (None, None) => {
            let what = "name the other server: --with URL|NAME, or its command behind `--`";
            return Err(Failure(what.into()));
        }
    };
    let server = ServerSettings {
        name: arguments.server.as_str().into(),
        launch,
        headers: BTreeMap::new(),
        egress: None,
        secret_environment: BTreeMap::new(),
        secret_headers: BTreeMap::new(),
    };
    Ok(Candidate { server, is_configured: false })
}

const fn word(it: &Compared) -> &'static str {
    match it {
        Compared::Same => "same",
        Compared::Worded(_) => "worded",
        Compared::Other(_) => "other",
        Compared::Missing => "missing",
        Compared::New => "new",
    }
}

fn changes(it: &Compared) -> &[Change] {
    match it {
        Compared::Worded(changes) | Compared::Other(changes) => changes,
        Compared::Same | Compared::Missing | Compared::New => &[],
    }
}

fn as_json(it: &Compared) -> serde_json::Value {
    let changes: Vec<_> = changes(it)
        .iter()
        .map(|it| json!({ "part": it.part, "at": it.at, "before": it.before, "after": it.after }))
        .collect();
    json!({ "compared": word(it), "changes": changes })
}

fn print(name: &str, it: &Compared) {
    let (mark, told) = match it {
        Compared::Same => ("=", "as it was approved"),
        Compared::Worded(_) => ("~", "told in other words: it would be held until approved"),
        Compared::Other(_) => ("~", "another definition: it would be held until approved"),
        Compared::Missing => ("-", "the other server does not have it"),
        Compared::New => ("+", "nobody approved it: it would be held"),
    };
    say(format!("{mark} {}   {told}", shown(name)));
    say_changes(changes(it));
}

fn conclude(server: &str, all: &BTreeMap<String, Compared>) {
    let count = |is_it: fn(&Compared) -> bool| all.values().filter(|it| is_it(it)).count();
    let same = count(|it| *it == Compared::Same);
    if same == all.len() {
        say(format!(
            "The manifest is the same: write the other server's command or url into \
             [servers.{server}], and start the gateway anew. Approvals hold, and agents keep the \
             name."
        ));
    } else {
        say(format!("{same} of {} tools are as they were approved.", all.len()));
    }
}

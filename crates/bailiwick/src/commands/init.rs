//! `bailiwick init`: find the MCP clients of this machine, and make their servers go through
//! Bailiwick; `--undo` puts everything back.

use std::io::{BufRead as _, Write as _};
use std::path::{Path, PathBuf};

use bailiwick_core::Timestamp;
use clap::Args;
use serde_json::{Value, json};

use super::{first, settings};
use crate::adoption::{
    FilePlan, Journal, Machine, Ours, Plan, RealDisk, Standing, System, Undone, Wrapping,
    carry_out, diff, find, undo,
};
use crate::output::{self, Common, Failure, Outcome, YES, no, say};

/// How long is observed when nothing is said.
const DAYS: u64 = 14;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Do it without asking.
    #[arg(long, conflicts_with = "dry_run")]
    yes: bool,
    /// Show what would be done, and do nothing.
    #[arg(long)]
    dry_run: bool,
    /// Another settings file with `mcpServers` (or TOML with `mcp_servers`). May be repeated.
    #[arg(long, value_name = "FILE")]
    file: Vec<PathBuf>,
    /// For so many days nothing is refused, only recorded.
    #[arg(long, default_value_t = DAYS, value_parser = clap::value_parser!(u64).range(1..=366))]
    days: u64,
    /// Put every file back as it was.
    #[arg(long, conflicts_with_all = ["dry_run", "file"])]
    undo: bool,
    /// With --undo: also where a file was edited since; the edits are kept.
    #[arg(long, requires = "undo")]
    force: bool,
}

/// The machine that this runs on.
///
/// # Errors
/// [`Failure`] when nobody says where home is.
pub(super) fn here() -> Result<Machine, Failure> {
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let home = variable("HOME").or_else(|| variable("USERPROFILE"));
    let home = home.filter(|it| it.is_absolute());
    let home =
        home.ok_or_else(|| Failure("HOME is not set: say whose clients are meant".into()))?;
    Ok(Machine::new(System::here(), &home, &std::env::current_dir()?, variable))
}

pub(crate) fn run(common: &Common, arguments: &Arguments) -> Outcome {
    let machine = here()?;
    if arguments.undo {
        return put_back(common, arguments, &machine);
    }
    let wrapping = wrapping(common, arguments)?;
    let found = find(&machine, &arguments.file)?;
    let plan = Plan::make(&found, &wrapping, &Journal::secrets(&machine.journal));
    if !common.json {
        tell(&machine, &plan);
    }
    let changes = plan.changes().count();
    let asked = arguments.yes || (changes > 0 && !arguments.dry_run && agreed(&plan, &wrapping)?);
    let done = changes > 0 && asked;
    if done {
        let config = settings::place(common);
        if !config.exists() {
            first::for_clients(&config)?;
        }
        carry_out(&RealDisk, &machine.journal, &plan)?;
    }
    if common.json {
        output::json(&as_json(&plan, &wrapping, done))?;
    } else {
        conclude(&machine, &plan, &wrapping, done);
    }
    if done || changes == 0 || arguments.dry_run { YES } else { no() }
}

fn wrapping(common: &Common, arguments: &Arguments) -> Result<Wrapping, Failure> {
    let ours = ours(common)?;
    let name = Path::new(&ours.program).file_name().unwrap_or_default().to_string_lossy();
    if !name.starts_with("bailiwick") {
        let why = "an entry that runs it would not be known again; name it bailiwick";
        return Err(Failure(format!("this program is called {name}: {why}")));
    }
    let until = day(bailiwick_gateway::now(), arguments.days)?;
    Ok(Wrapping { ours, until })
}

/// What every entry goes through.
///
/// # Errors
/// [`Failure`] when this program or its configuration cannot be named in an entry.
pub(super) fn ours(common: &Common) -> Result<Ours, Failure> {
    let program = std::env::current_exe()?;
    let text = |path: PathBuf| {
        let bad = |it: std::ffi::OsString| Failure(format!("{it:?} is no UTF-8, as JSON must be"));
        path.into_os_string().into_string().map_err(bad)
    };
    let config = text(std::path::absolute(settings::place(common))?)?;
    Ok(Ours { program: text(program)?, config })
}

/// The day that lies so many days after a time.
fn day(now: Timestamp, days: u64) -> Result<String, Failure> {
    let seconds = i64::try_from(now.ms() / 1000 + days * 86_400).unwrap_or(i64::MAX);
    let at = time::OffsetDateTime::from_unix_timestamp(seconds)
        .map_err(|_| Failure("this machine's clock is far off: set it first".into()))?;
    let date = at.date();
    Ok(format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day()))
}

fn tell(machine: &Machine, plan: &Plan) {
    if plan.files.is_empty() {
        say(format!("No MCP client's settings were found on this {} machine.", machine.system));
        say("Name a file with --file.");
    }
    for file in &plan.files {
        say(format!("{}  {}", file.found.client, file.found.file.display()));
        if let Some(problem) = &file.problem {
            say(format!("  left alone: {problem}"));
        }
        for (entry, standing) in &file.entries {
            say(format!("  {:<20} {}", entry.name, in_words(standing)));
        }
    }
    for file in plan.changes() {
        say("");
        diff(file).iter().for_each(say);
    }
}

fn in_words(standing: &Standing) -> String {
    match standing {
        Standing::Governed(it) => match &it.until {
            Some(until) => format!("goes through Bailiwick already, observed until {until}"),
            None => "goes through Bailiwick already".to_owned(),
        },
        Standing::Doubted(_, doubt) => format!("NOT GOVERNED, and left alone: {}", doubt.words()),
        Standing::Change(name) => format!("will go through Bailiwick as `{name}`"),
        Standing::LeftAlone(why) => format!("left alone: {why}"),
    }
}

fn agreed(plan: &Plan, wrapping: &Wrapping) -> Result<bool, Failure> {
    let (files, servers) = (plan.changes().count(), servers(plan));
    let until = &wrapping.until;
    // On standard error: with --json, standard output holds one value and nothing else.
    let mut screen = std::io::stderr();
    write!(screen, "\nRewrite {servers} servers in {files} files, observed until {until}? [y/N] ")?;
    screen.flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

fn servers(plan: &Plan) -> usize {
    plan.changes().map(|it| it.hunks.len()).sum()
}

fn conclude(machine: &Machine, plan: &Plan, wrapping: &Wrapping, done: bool) {
    say("");
    if plan.changes().next().is_none() {
        say("Nothing needs to change.");
    } else if done {
        let until = &wrapping.until;
        say(format!("Done. Until {until} nothing is refused; what would be is on record."));
        say(format!("The files as they were are in {}.", machine.journal.display()));
        say("next:  restart the clients");
        say("       bailiwick doctor");
        say("       bailiwick policy suggest");
        say("back:  bailiwick init --undo");
    } else {
        say("Nothing was changed.");
    }
}

fn as_json(plan: &Plan, wrapping: &Wrapping, done: bool) -> Value {
    let entry = |(entry, standing): &(crate::adoption::Entry, Standing)| {
        let (state, name, why) = match standing {
            Standing::Governed(it) => ("governed", it.name.clone(), None),
            Standing::Doubted(_, doubt) => ("doubted", None, Some(doubt.words().to_owned())),
            Standing::Change(name) => ("change", Some(name.clone()), None),
            Standing::LeftAlone(why) => ("left_alone", None, Some(why.clone())),
        };
        json!({ "entry": entry.place, "state": state, "server": name, "why": why })
    };
    let file = |it: &FilePlan| {
        json!({
            "client": it.found.client,
            "file": it.found.file,
            "problem": it.problem,
            "entries": it.entries.iter().map(entry).collect::<Vec<_>>(),
            "diff": if it.hunks.is_empty() { Vec::new() } else { diff(it) },
        })
    };
    let files: Vec<Value> = plan.files.iter().map(file).collect();
    json!({ "done": done, "until": wrapping.until, "files": files })
}

fn put_back(common: &Common, arguments: &Arguments, machine: &Machine) -> Outcome {
    let undone = undo(&RealDisk, &machine.journal, arguments.force)?;
    let left = undone.iter().any(|it| match it {
        Undone::Restored(_) => false,
        Undone::TakenBack { lost, .. } => !lost.is_empty(),
        Undone::Refused { .. } => true,
    });
    if common.json {
        output::json(&undone.iter().map(undone_json).collect::<Vec<_>>())?;
    } else if undone.is_empty() {
        say(format!("Nothing was adopted: {} tells of nothing.", machine.journal.display()));
    } else {
        undone.iter().for_each(|it| say(undone_text(it)));
        say("The configuration and the log stay.");
    }
    if left { no() } else { YES }
}

fn undone_text(it: &Undone) -> String {
    match it {
        Undone::Restored(file) => format!("as it was       {}", file.display()),
        Undone::TakenBack { file, copy, lost } => {
            let lost = if lost.is_empty() {
                String::new()
            } else {
                format!("; not found, look yourself: {}", lost.join(", "))
            };
            let (file, copy) = (file.display(), copy.display());
            format!("taken out of    {file}, whose edits are kept{lost}; a copy is {copy}")
        }
        Undone::Refused { file, why } => format!("LEFT ALONE      {}: {why}", file.display()),
    }
}

fn undone_json(it: &Undone) -> Value {
    match it {
        Undone::Restored(file) => json!({ "file": file, "state": "restored" }),
        Undone::TakenBack { file, copy, lost } => {
            json!({ "file": file, "state": "taken_back", "copy": copy, "lost": lost })
        }
        Undone::Refused { file, why } => json!({ "file": file, "state": "refused", "why": why }),
    }
}

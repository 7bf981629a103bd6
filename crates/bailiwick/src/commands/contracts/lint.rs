//! `bailiwick contracts lint`: what is wrong with tools as their servers define them, and with the
//! contracts about them.

use std::path::PathBuf;

use bailiwick_contracts::{Definition, Remark, Severity, Subject, lint, sarif, scores};
use bailiwick_gateway::config::{Launch, Settings};
use bailiwick_wire::json::{Document, Limits, Node};
use clap::Args;
use serde_json::{Value, json};

use super::diff::shown;
use super::{draft, stands};
use crate::commands::settings;
use crate::files;
use crate::output::{self, Common, Failure, Outcome, YES, no, say};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The servers of which to tell; all that are configured, when none is named. Each is looked at
    /// beside all.
    servers: Vec<String>,
    /// Print SARIF 2.1.0, for code hosts and editors.
    #[arg(long)]
    sarif: bool,
    /// Look at the tools in this file, the answer to a `tools/list`, and at no gateway.
    #[arg(long, value_name = "FILE")]
    definitions: Option<PathBuf>,
    /// Tell notes, too.
    #[arg(long)]
    notes: bool,
}

/// What is known of one server.
struct Known {
    server: String,
    definitions: Vec<Definition>,
    contract: Option<(String, String)>,
    launch: Vec<String>,
}

pub(crate) fn run(common: &Common, arguments: &Arguments) -> Outcome {
    let (known, unlisted) = match &arguments.definitions {
        Some(file) => (vec![of_file(file, &arguments.servers)?], 0),
        None => of_gateway(&settings::load(common)?, &arguments.servers)?,
    };
    let subjects: Vec<_> = known.iter().map(Known::subject).collect();
    let named = &arguments.servers;
    let mut remarks = lint(&subjects);
    remarks.retain(|it| named.is_empty() || named.contains(&it.server));
    let errors = remarks.iter().filter(|it| it.rule.severity() == Severity::Error).count();
    if arguments.sarif {
        output::json(&sarif(env!("CARGO_PKG_VERSION"), &remarks))?;
    } else if common.json {
        let mut scores = scores(&subjects, &remarks);
        scores.retain(|it| named.is_empty() || named.contains(&it.server));
        let scores = scores
            .iter()
            .map(|it| json!({ "server": it.server, "tool": it.tool, "points": it.points }));
        let all: Vec<_> = remarks.iter().map(as_json).collect();
        output::json(&json!({ "remarks": all, "scores": scores.collect::<Vec<_>>() }))?;
    } else {
        print(&remarks, arguments.notes);
    }
    if errors == 0 && unlisted == 0 { YES } else { no() }
}

/// Every server that is configured, since each is judged beside the others; and how many of those
/// that were asked for cannot be listed.
fn of_gateway(settings: &Settings, named: &[String]) -> Result<(Vec<Known>, usize), Failure> {
    let gateway = stands::gateway(settings)?;
    stands::servers(settings, named)?;
    let (mut known, mut unlisted) = (Vec::new(), 0);
    for server in &settings.servers {
        let name = server.name.to_string();
        let definitions = match stands::definitions(&gateway, &name) {
            Ok(definitions) => definitions,
            Err(why) => {
                eprintln!("server {name}: {}", why.0);
                unlisted += usize::from(named.is_empty() || named.contains(&name));
                Vec::new()
            }
        };
        let contract = draft::of_server(&settings.contracts, &name)?;
        let contract = contract.map(|(file, text)| (file.display().to_string(), text));
        let launch = match &server.launch {
            Launch::Child { program, arguments, .. } => {
                std::iter::once(program).chain(arguments).cloned().collect()
            }
            Launch::Http(..) => Vec::new(),
        };
        known.push(Known { server: name, definitions, contract, launch });
    }
    Ok((known, unlisted))
}

/// The tools in a file: a list, or an answer that holds one.
fn of_file(file: &std::path::Path, named: &[String]) -> Result<Known, Failure> {
    let failed = |why: &str| Failure(format!("{}: {why}", file.display()));
    let bytes = files::read(file)?;
    let document = Document::parse(&bytes, Limits::default());
    let document = document.map_err(|problem| failed(&problem.to_string()))?;
    let root = document.root();
    let within = |it: Node<'_>| it.member("tools").is_some();
    let answer = root.member("result").filter(|it| within(*it)).unwrap_or(root);
    let list = answer.member("tools").unwrap_or(root);
    let definitions = list.elements().map(|it| Definition::of(&it.to_value()));
    let definitions = definitions.collect::<Result<Vec<_>, _>>();
    let definitions = definitions.map_err(|problem| failed(&problem.to_string()))?;
    if definitions.is_empty() {
        return Err(failed("no tools: give a list of them, or the answer to a `tools/list`"));
    }
    let stem = || file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let server = named.first().cloned().unwrap_or_else(stem);
    Ok(Known { server, definitions, contract: None, launch: Vec::new() })
}

impl Known {
    fn subject(&self) -> Subject<'_> {
        Subject {
            server: &self.server,
            definitions: &self.definitions,
            contract: self.contract.as_ref().map(|(file, text)| (file.as_str(), text.as_str())),
            launch: &self.launch,
        }
    }
}

fn as_json(remark: &Remark) -> Value {
    json!({
        "rule": remark.rule.id(), "severity": remark.rule.severity(), "server": remark.server,
        "tool": remark.tool, "at": remark.place.to_string(), "message": remark.message,
    })
}

const fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn print(remarks: &[Remark], with_notes: bool) {
    let of = |severity: Severity| remarks.iter().filter(move |it| it.rule.severity() == severity);
    for remark in remarks {
        let severity = remark.rule.severity();
        if severity == Severity::Note && !with_notes {
            continue;
        }
        let name = match remark.tool.as_str() {
            "" => remark.server.clone(),
            tool => format!("{}/{}", remark.server, shown(tool)),
        };
        let (word, rule) = (word(severity), remark.rule.id());
        say(format!("{word:<8} {rule:<22} {name} {}", shown(&remark.place.to_string())));
        say(format!("         {}", shown(&remark.message)));
    }
    let count = |severity| of(severity).count();
    let notes = count(Severity::Note);
    let more = if notes > 0 && !with_notes { " (--notes tells them)" } else { "" };
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    say(format!("{errors} errors, {warnings} warnings, {notes} notes{more}"));
}

//! `bailiwick log incident`: the first hour. What did this agent really do, who answers for it, and
//! for how long can it still be undone? From the log and the contracts alone, so also offline.

use std::collections::{BTreeMap, HashMap};

use bailiwick_contracts::{Contract, Tool, seconds};
use bailiwick_core::{AgentId, Effect, ExchangeId, Record, ServerId, Timestamp};
use bailiwick_gateway::contract::Contracts;
use bailiwick_log::{Entry, Filter, Kind, Order, Reader};
use clap::Args;
use serde::Serialize;

use super::Place;
use super::query::time;
use crate::commands::settings;
use crate::output::{self, Common, Failure, Outcome, YES, instant, say};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// The agent.
    #[arg(long)]
    agent: String,
    /// From this time: milliseconds since 1970, or `2026-03-14T09:00:00Z`.
    #[arg(long)]
    since: Option<String>,
    /// Before this time.
    #[arg(long)]
    until: Option<String>,
}

/// One tool that was called, with what its contract says of it.
#[derive(Serialize)]
struct Line {
    server: String,
    tool: String,
    effect: String,
    /// Calls that went out.
    called: u64,
    /// Of those, the ones of which no outcome is on record.
    in_doubt: u64,
    /// Calls that were refused.
    refused: u64,
    first: String,
    last: String,
    /// How it is undone, in the contract's words.
    undo: Option<String>,
    /// Seconds left to undo the last call; none where the contract gives no window.
    undo_left_seconds: Option<u64>,
    on_call: Option<String>,
    audit_log: Option<String>,
    credential: Option<String>,
    reaches: Option<Vec<String>>,
}

/// What was done with one tool.
#[derive(Default)]
struct Done {
    effect: Box<str>,
    called: u64,
    refused: u64,
    open: u64,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
}

pub(super) fn run(common: &Common, arguments: &Arguments) -> Outcome {
    let reader = Reader::open(&arguments.place.folder(common)?)?;
    let told = |it: &Option<String>| it.as_deref().map(time).transpose();
    let filter = Filter {
        agent: Some(AgentId::from(arguments.agent.as_str())),
        since: told(&arguments.since)?,
        until: told(&arguments.until)?,
        ..Filter::default()
    };
    let mut done = BTreeMap::new();
    let mut under_way = HashMap::new();
    for entry in reader.query(filter, Order::OldestFirst, usize::MAX)? {
        take(&mut done, &mut under_way, &entry?);
    }
    close(&reader, &mut under_way, told(&arguments.since)?)?;
    for place in under_way.into_values() {
        done.entry(place).or_default().open += 1;
    }
    let contracts = contracts(common)?;
    let now = bailiwick_gateway::now();
    let lines: Vec<Line> =
        done.iter().map(|(place, it)| line(place, it, contracts.as_ref(), now)).collect();
    if common.json {
        output::json(&lines)?;
    } else {
        print(&arguments.agent, &lines);
    }
    YES
}

/// A server and its tool.
type Called = (ServerId, Box<str>);

fn take(
    done: &mut BTreeMap<Called, Done>,
    under_way: &mut HashMap<ExchangeId, Called>,
    entry: &Entry,
) {
    match &entry.record {
        Record::Decision(it) if &*it.resource_kind == "Tool" => {
            // A name that never was is on record by its pseudonym only.
            let Some(name) = it.name.clone() else { return };
            let place = (it.server.clone(), name);
            let one = done.entry(place.clone()).or_default();
            one.effect.clone_from(&it.effect);
            if it.permitted {
                one.called += 1;
                one.first = one.first.or(Some(entry.at));
                one.last = Some(entry.at);
                under_way.insert(it.exchange, place);
            } else {
                one.refused += 1;
            }
        }
        Record::Outcome(_)
        | Record::Decision(_)
        | Record::Refusal(_)
        | Record::Admin(_)
        | Record::Noticed(_)
        | Record::Started { .. }
        | Record::Stopped
        | Record::Heartbeat => {}
    }
}

/// Take out what has an outcome, whenever that came. An outcome names no agent.
fn close(
    reader: &Reader,
    under_way: &mut HashMap<ExchangeId, Called>,
    since: Option<Timestamp>,
) -> Result<(), Failure> {
    let outcomes = Filter { kind: Some(Kind::Outcome), since, ..Filter::default() };
    for entry in reader.query(outcomes, Order::OldestFirst, usize::MAX)? {
        if let Record::Outcome(it) = &entry?.record {
            under_way.remove(&it.exchange);
        }
    }
    Ok(())
}

/// The contracts of the configuration, where there is one: a log may have been carried elsewhere.
fn contracts(common: &Common) -> Result<Option<Contracts>, Failure> {
    let Ok(settings) = settings::load(common) else { return Ok(None) };
    let told = |errors: Vec<bailiwick_gateway::config::ConfigError>| {
        Failure(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    };
    Contracts::read(&settings.contracts).map(Some).map_err(told)
}

fn line(place: &Called, done: &Done, contracts: Option<&Contracts>, now: Timestamp) -> Line {
    let (server, name) = place;
    let contract = contracts.and_then(|it| it.of(server));
    let tool = contract.and_then(|it| it.tools.get(&**name));
    let undo = tool.and_then(|it| it.undo.as_ref()).map(|it| it.said());
    let window = undo.and_then(|it| it.window.as_deref()).and_then(seconds);
    let passed = done.last.map(|it| now.ms().saturating_sub(it.ms()) / 1000);
    let text = |at: Option<Timestamp>| at.map_or_else(String::new, instant);
    Line {
        server: server.to_string(),
        tool: name.to_string(),
        effect: done.effect.to_string(),
        called: done.called,
        in_doubt: done.open,
        refused: done.refused,
        first: text(done.first),
        last: text(done.last),
        undo: undo.map(|it| it.how.clone()),
        undo_left_seconds: window.zip(passed).map(|(all, passed)| all.saturating_sub(passed)),
        on_call: on_call(contract, tool),
        audit_log: tool.and_then(|it| it.audit_log.as_ref()).map(|it| it.said().clone()),
        credential: tool.and_then(|it| it.credential.as_ref()).map(|it| it.said().clone()),
        reaches: tool.and_then(|it| it.reaches.as_ref()).map(|it| it.said().clone()),
    }
}

fn on_call(contract: Option<&Contract>, tool: Option<&Tool>) -> Option<String> {
    let own = tool.and_then(|it| it.on_call.as_ref());
    let standing = contract.and_then(|it| it.standing.as_ref());
    own.or(standing.and_then(|it| it.on_call.as_ref())).map(|it| it.said().clone())
}

fn print(agent: &str, lines: &[Line]) {
    let nobody = "nobody says";
    for it in lines {
        say(format!("{}/{}   {}", it.server, it.tool, it.effect));
        let doubt = if it.in_doubt > 0 {
            format!(", {} of them without an outcome", it.in_doubt)
        } else {
            String::new()
        };
        say(format!("    called {} times{doubt}, refused {} times", it.called, it.refused));
        if it.called == 0 {
            continue;
        }
        say(format!("    first {}, last {}", it.first, it.last));
        if it.effect != Effect::Read.as_str() {
            let undo = it.undo.as_deref().unwrap_or(nobody);
            let left = it.undo_left_seconds.map_or_else(String::new, |it| match it {
                0 => "; the time for it is over".to_owned(),
                left => format!("; {} h {} min are left", left / 3600, left % 3600 / 60),
            });
            say(format!("    undo        {undo}{left}"));
        }
        say(format!("    on call     {}", it.on_call.as_deref().unwrap_or(nobody)));
        say(format!("    its own log {}", it.audit_log.as_deref().unwrap_or(nobody)));
        let reaches = it.reaches.as_ref().map_or_else(|| nobody.to_owned(), |it| it.join(", "));
        say(format!(
            "    credential  {}, which also reaches: {reaches}",
            it.credential.as_deref().unwrap_or(nobody)
        ));
    }
    say(format!("{} tools; to stop it at once: `bailiwick kill agent {agent}`", lines.len()));
}

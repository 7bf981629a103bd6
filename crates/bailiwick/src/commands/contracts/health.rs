//! `bailiwick contracts health`: does anybody look after the servers, and what follows. From the
//! files alone, so that it can be read when nothing runs.

use bailiwick_contracts::health::{Exception, State, Verdict};
use bailiwick_core::{Day, ServerId};
use bailiwick_gateway::config::Settings;
use bailiwick_gateway::contract::Contracts;
use bailiwick_gateway::health::Health;
use clap::Args;
use serde::Serialize;
use serde_json::json;

use super::diff::shown;
use crate::commands::settings;
use crate::output::{self, Common, Failure, Outcome, YES, no, say};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The servers; all that are configured or that there is a contract for, when none is named.
    servers: Vec<String>,
}

/// How one server stands.
#[derive(Serialize)]
struct Line {
    server: String,
    #[serde(flatten)]
    verdict: Verdict,
    /// When it will stand otherwise if nothing is heard of it, and how.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<Next>,
    exceptions: Vec<Excused>,
}

#[derive(Serialize)]
struct Next {
    on: String,
    state: State,
    acts: State,
}

#[derive(Serialize)]
struct Excused {
    #[serde(flatten)]
    exception: Exception,
    holds: bool,
    /// Why it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    why_not: Option<&'static str>,
}

pub(crate) fn run(common: &Common, arguments: &Arguments) -> Outcome {
    let settings = settings::load(common)?;
    let (contracts, health) = read(&settings)?;
    let today = Day::of(bailiwick_gateway::now());
    let mut servers = health.servers();
    let is_known = |it: &&String| servers.iter().any(|known| known.as_str() == it.as_str());
    if let Some(stranger) = arguments.servers.iter().find(|it| !is_known(it)) {
        let what = format!("there is no server `{stranger}`, and no contract about one");
        return Err(Failure(what));
    }
    let is_asked = |it: &&ServerId| arguments.servers.iter().any(|asked| asked == it.as_str());
    servers.retain(|it| arguments.servers.is_empty() || is_asked(it));
    let of = |it: &ServerId| line(&health, &contracts, it, today);
    let lines: Vec<_> = servers.into_iter().map(of).collect();
    for stranger in health.strangers() {
        eprintln!("warning: feeds tell of `{stranger}`, which [servers] and contracts do not have");
    }
    let needs_record = health.requires_record();
    let is_good = |it: &Line| {
        let is_recorded = it.verdict.record_gaps.is_empty() || !needs_record;
        it.verdict.acts == State::Active && is_recorded
    };
    if common.json {
        let day = today.to_string();
        let (is_watched, faults) = (!settings.health.feeds.is_empty(), health.faults());
        output::json(&json!({
            "day": day, "requires_record": needs_record, "servers": lines,
            "is_judged_by_age": is_watched, "faults": faults,
        }))?;
    } else {
        lines.iter().for_each(|it| print(it, needs_record));
        if settings.health.feeds.is_empty() {
            say("[health] names no feeds, so nothing is judged by age: see docs/health.md");
        }
    }
    if lines.iter().all(is_good) && health.faults().is_empty() { YES } else { no() }
}

/// The contracts, and the health that they and the feeds come to. Feeds that cannot be read are
/// told.
///
/// # Errors
/// [`Failure`] with everything that is wrong with them.
pub(super) fn read(settings: &Settings) -> Result<(Contracts, Health), Failure> {
    let contracts = contracts(settings)?;
    let health = Health::read(settings, &contracts, None).map_err(Failure)?;
    health.faults().iter().for_each(|it| eprintln!("{}", shown(it)));
    Ok((contracts, health))
}

/// The contracts.
///
/// # Errors
/// [`Failure`] with everything that is wrong with them.
pub(super) fn contracts(settings: &Settings) -> Result<Contracts, Failure> {
    Contracts::read(&settings.contracts).map_err(|errors| {
        Failure(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })
}

fn line(health: &Health, contracts: &Contracts, server: &ServerId, today: Day) -> Line {
    let looked = health.looked(contracts, server.as_str());
    let next = health.timeline(server).and_then(|it| it.after(today));
    let exceptions = looked.exceptions().iter().map(|it| {
        let why_not = it.lapsed(looked.people, today);
        Excused { exception: it.clone(), holds: why_not.is_none(), why_not }
    });
    Line {
        server: server.to_string(),
        verdict: looked.judge(today),
        next: next.map(|it| Next { on: it.from.to_string(), state: it.state, acts: it.acts }),
        exceptions: exceptions.collect(),
    }
}

fn print(line: &Line, needs_record: bool) {
    let Verdict { state, acts, score, reasons, record_gaps } = &line.verdict;
    let score = score.map_or_else(String::new, |it| format!("   {it} of 100"));
    say(format!("{}   {}{score}", line.server, told(*state, *acts)));
    for it in reasons {
        let cost = if it.points > 0 { format!("   (-{})", it.points) } else { String::new() };
        say(format!("    {:<12} {}{cost}", it.state.as_str(), shown(&it.to_string())));
    }
    if !record_gaps.is_empty() {
        let off = if needs_record { "; without them it is off" } else { "" };
        say(format!("    its contract's [standing] lacks: {}{off}", record_gaps.join(", ")));
    }
    if !needs_record || record_gaps.is_empty() {
        say(format!("    {}", what_follows(*acts, &line.server)));
    }
    for Excused { exception: it, why_not, .. } in &line.exceptions {
        let holds = why_not.map_or_else(String::new, |it| format!(" (it does not hold: {it})"));
        say(format!(
            "    exception for {} until {} by {}: {}{holds}",
            it.state.as_str(),
            it.until.0,
            shown(&it.approver),
            shown(&it.why)
        ));
    }
    if let Some(next) = &line.next {
        say(format!("    from {} on: {}", next.on, told(next.state, next.acts)));
    }
}

fn told(state: State, acts: State) -> String {
    if state == acts {
        return state.as_str().to_owned();
    }
    format!("{}, treated as {} by an exception", state.as_str(), acts.as_str())
}

fn what_follows(acts: State, server: &str) -> String {
    let what = match acts {
        State::Active => "nothing is kept from it",
        State::Unknown => "nothing is kept from it; collect signals for it",
        State::Stale => "nothing is kept from it; look at it again",
        State::Orphaned => "it takes no new agents; name an owner",
        State::Abandoned => "it takes no new agents and can only be read; find a replacement",
        State::Quarantined => "every call of it is refused; find a replacement",
    };
    if acts.only_reads() {
        format!("{what}: `bailiwick contracts compare {server} --with URL|NAME`")
    } else {
        what.to_owned()
    }
}

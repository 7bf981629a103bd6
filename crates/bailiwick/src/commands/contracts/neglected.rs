//! `bailiwick contracts neglected`: servers that are used and whose source does not move. From the
//! log, the feeds and the contracts alone, so also offline.

use std::collections::{BTreeMap, BTreeSet};

use bailiwick_contracts::health::{Signals, State};
use bailiwick_contracts::{Cell, Contract};
use bailiwick_core::{Day, Record, ServerId, Subject, Timestamp};
use bailiwick_log::{Entry, Filter, Kind, Order, Reader};
use clap::Args;
use serde::Serialize;
use serde_json::json;

use super::health;
use crate::commands::log::Place;
use crate::commands::settings;
use crate::output::{self, Common, Outcome, YES, instant, no, say};

const HOUR_NS: u64 = 3_600_000_000_000;
/// Months are of so many days here.
const MONTH_DAYS: u32 = 30;
/// The most agents that are named of one server.
const AGENTS_MAX: usize = 1_000;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// Servers whose source has not changed for so many months of 30 days, or is archived.
    #[arg(long, default_value_t = 6)]
    months: u32,
    /// That were called within the last so many hours.
    #[arg(long, default_value_t = 24)]
    hours: u64,
}

/// One server that is used and that nobody looks after.
#[derive(Serialize)]
struct Line {
    server: String,
    state: State,
    /// When its source last changed; none where that is not known and it is archived.
    last_change: Option<String>,
    open_issues: Option<u64>,
    open_security_issues: Option<u64>,
    owner: Option<String>,
    /// Calls that went out.
    calls: u64,
    last_call: String,
    agents: BTreeSet<String>,
    tools: BTreeMap<String, u64>,
    credentials: BTreeSet<String>,
    data_classes: BTreeSet<String>,
}

/// What was done with one server.
#[derive(Default)]
struct Use {
    calls: u64,
    last: Option<Timestamp>,
    agents: BTreeSet<String>,
    tools: BTreeMap<String, u64>,
}

pub(crate) fn run(common: &Common, arguments: &Arguments) -> Outcome {
    let settings = settings::load(common)?;
    let (contracts, judged) = health::read(&settings)?;
    let now = bailiwick_gateway::now();
    let today = Day::of(now);
    let since = now.ns().saturating_sub(arguments.hours.saturating_mul(HOUR_NS));
    let reader = Reader::open(&arguments.place.folder(common)?)?;
    let filter = Filter {
        kind: Some(Kind::Decision),
        permitted: Some(true),
        since: Some(Timestamp::from_ns(since)),
        ..Filter::default()
    };
    let mut uses = BTreeMap::<ServerId, Use>::new();
    for entry in reader.query(filter, Order::OldestFirst, usize::MAX)? {
        take(&mut uses, &entry?);
    }
    let days = arguments.months.saturating_mul(MONTH_DAYS);
    let (mut lines, mut unknown) = (Vec::new(), Vec::new());
    for (server, used) in uses {
        let looked = judged.looked(&contracts, server.as_str());
        if looked.signals.is_none() {
            unknown.push(server.to_string());
        }
        if let Some(signals) = looked.signals.filter(|it| is_still(it, today, days)) {
            let state = looked.judge(today).state;
            let mut line = line(&server, used, (signals, state), looked.contract);
            line.last_change = signals.moved(today).map(|it| it.0.to_string());
            lines.push(line);
        }
    }
    if common.json {
        let faults = judged.faults();
        output::json(&json!({
            "day": today.to_string(), "servers": lines, "unknown": unknown, "faults": faults,
        }))?;
    } else {
        lines.iter().for_each(print);
        let (count, hours, months) = (lines.len(), arguments.hours, arguments.months);
        say(format!(
            "{count} servers were called in the last {hours} h whose source has not changed in \
             {months} months"
        ));
        if !unknown.is_empty() && !settings.health.feeds.is_empty() {
            say(format!("no feed tells of {}, which were called", unknown.join(", ")));
        }
        if settings.health.feeds.is_empty() {
            say("[health] names no feeds, so nothing is known of any source: see docs/health.md");
        }
    }
    if lines.is_empty() { YES } else { no() }
}

fn take(uses: &mut BTreeMap<ServerId, Use>, entry: &Entry) {
    let Record::Decision(it) = &entry.record else { return };
    if &*it.resource_kind != "Tool" {
        return;
    }
    let used = uses.entry(it.server.clone()).or_default();
    used.calls += 1;
    used.last = Some(entry.at);
    if let Some(name) = &it.name {
        *used.tools.entry(name.to_string()).or_default() += 1;
    }
    for link in &it.chain {
        if let Subject::Agent(agent) = link
            && used.agents.len() < AGENTS_MAX
        {
            used.agents.insert(agent.to_string());
        }
    }
}

/// Whether a source is archived, or has not changed for so many days.
fn is_still(it: &Signals, today: Day, days: u32) -> bool {
    let changed = it.moved(today);
    let age = changed.map(|it| today.number().saturating_sub(it.0.number()));
    it.archived == Some(true) || age.is_some_and(|it| it >= days)
}

fn line(
    server: &ServerId,
    used: Use,
    (signals, state): (&Signals, State),
    contract: Option<&Contract>,
) -> Line {
    let standing = contract.and_then(|it| it.standing.as_ref());
    let tools = || contract.into_iter().flat_map(|it| it.tools.values());
    let all = |cell: &Option<Cell<Vec<String>>>| cell.as_ref().map(|it| it.said().clone());
    let of_server = standing.and_then(|it| all(&it.credentials)).unwrap_or_default();
    let of_tools = tools().filter_map(|it| it.credential.as_ref()).map(|it| it.said().clone());
    let classes = tools().flat_map(|it| [all(&it.data_in), all(&it.data_out)]).flatten().flatten();
    Line {
        server: server.to_string(),
        state,
        last_change: None,
        open_issues: signals.open_issues,
        open_security_issues: signals.open_security_issues,
        owner: standing.and_then(|it| it.owner.as_ref()).map(|it| it.said().clone()),
        calls: used.calls,
        last_call: used.last.map_or_else(String::new, instant),
        agents: used.agents,
        tools: used.tools,
        credentials: of_server.into_iter().chain(of_tools).collect(),
        data_classes: classes.collect(),
    }
}

fn print(it: &Line) {
    let listed = |all: &BTreeSet<String>| {
        if all.is_empty() {
            return "nobody says".to_owned();
        }
        all.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
    };
    let since = it.last_change.as_deref().unwrap_or("nobody knows when; it is archived");
    say(format!("{}   {}, last changed {since}", it.server, it.state.as_str()));
    let issues = |all: Option<u64>| all.map_or_else(|| "?".to_owned(), |it| it.to_string());
    say(format!(
        "    {} open issues, {} of them about security",
        issues(it.open_issues),
        issues(it.open_security_issues)
    ));
    say(format!("    {} calls, the last {}", it.calls, it.last_call));
    say(format!("    agents       {}", listed(&it.agents)));
    say(format!("    credentials  {}", listed(&it.credentials)));
    say(format!("    data         {}", listed(&it.data_classes)));
    say(format!("    owner        {}", it.owner.as_deref().unwrap_or("nobody")));
}

#[cfg(test)]
mod tests {
    use bailiwick_contracts::Date;

    use super::*;

    #[test]
    fn what_is_said_of_a_day_to_come_hides_nothing() {
        let day = |it: &str| Date(it.parse().unwrap());
        let today = "2026-11-23".parse().unwrap();
        let still =
            Signals { last_release: Some(day("2024-03-01")), ..Signals::as_of(day("2026-11-23")) };
        assert!(is_still(&still, today, 180));
        let claimed = Signals { last_commit: Some(day("2099-01-01")), ..still.clone() };
        assert!(is_still(&claimed, today, 180));
        let moves = Signals { last_commit: Some(day("2026-11-01")), ..still };
        assert!(!is_still(&moves, today, 180));
    }
}

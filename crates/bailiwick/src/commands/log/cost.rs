//! `bailiwick log cost`: what calls of models came to, by agent, model, key, person or day.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use bailiwick_core::TenantId;
use bailiwick_facts::{By, Day, Row, Spend, Tally};
use bailiwick_gateway::recording;
use bailiwick_gateway::store::Store;
use bailiwick_log::{Filter, Order, Reader};
use clap::Args;
use serde_json::{Value, json};

use super::Place;
use crate::commands::settings;
use crate::output::{self, Common, Failure, Outcome, YES, say};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// By what the calls are added up.
    #[arg(long, default_value = "agent", value_parser = By::ALL.map(|it| it.as_str()))]
    by: String,
    /// Only calls of this day (UTC) and later: `2026-11-01`.
    #[arg(long)]
    since: Option<Day>,
}

/// Tell what the calls of a log came to.
///
/// # Errors
/// [`Failure`] when it cannot be read.
pub(crate) fn tell(log: &Path, by: By) -> Result<(), Failure> {
    let (rows, total) = spent(log, by, Day::default())?;
    as_text(&rows, &total);
    Ok(())
}

fn spent(log: &Path, by: By, since: Day) -> Result<(Vec<(Row, Tally)>, Tally), Failure> {
    let reader = Reader::open(log)?;
    let filter = Filter { since: since.begins(), ..Filter::default() };
    let mut spend = Spend::new(by, since);
    for entry in reader.query(filter, Order::OldestFirst, usize::MAX)? {
        let entry = entry?;
        spend.apply(entry.at, &entry.record);
    }
    Ok(spend.finish())
}

pub(super) fn run(common: &Common, arguments: &Arguments) -> Outcome {
    let by = By::parse(&arguments.by).unwrap_or(By::Agent);
    let since = arguments.since.unwrap_or_default();
    let (mut rows, total) = spent(&arguments.place.folder(common)?, by, since)?;
    // A log that lies elsewhere may be another house's, whose pseudonyms nobody here can read.
    if by == By::Person && arguments.place.directory.is_none() {
        name_persons(common, &mut rows)?;
    }
    if common.json {
        let rows: Vec<Value> = rows.iter().map(|(row, tally)| row_json(row, tally)).collect();
        let since = arguments.since.map(|it| it.to_string());
        output::json(&json!({
            "by": by.as_str(), "since": since, "rows": rows, "total": tally_json(&total),
        }))?;
    } else {
        as_text(&rows, &total);
    }
    YES
}

/// Persons are pseudonyms in the log. Those for whom there are keys are known here.
fn name_persons(common: &Common, rows: &mut [(Row, Tally)]) -> Result<(), Failure> {
    let store = Arc::new(Store::open(&settings::load(common)?.data)?);
    let world = recording::world(&store);
    let mut names = HashMap::new();
    for key in store.agent_keys() {
        let tenant = TenantId::from(key.tenant.as_str());
        // Only of tenants that the log has: asking must not make a key for another.
        if rows.iter().any(|(row, _)| row.tenant.as_ref() == Some(&tenant)) {
            let token = world.token(&tenant, "Person", &key.person)?.to_string();
            names.insert((tenant, token), key.person);
        }
    }
    for (row, _) in rows {
        let (Some(tenant), Some(token)) = (&row.tenant, &row.name) else { continue };
        if let Some(name) = names.get(&(tenant.clone(), token.to_string())) {
            row.name = Some(name.as_str().into());
        }
    }
    Ok(())
}

const HEADS: [&str; 8] = ["", "calls", "refused", "input", "cached", "output", "reasoning", "cost"];

fn as_text(rows: &[(Row, Tally)], total: &Tally) {
    let mut lines = vec![HEADS.map(ToOwned::to_owned)];
    lines.extend(rows.iter().map(|(row, tally)| line(name(row), tally)));
    lines.push(line("total".to_owned(), total));
    let width = |at: usize| {
        let cells = lines.iter().filter_map(|line| line.get(at));
        cells.map(|it| it.chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..HEADS.len()).map(width).collect();
    for cells in &lines {
        let mut cells = cells.iter().zip(&widths);
        let first = cells.next().map_or_else(String::new, |(it, width)| format!("{it:<width$}"));
        let rest = cells.map(|(it, width)| format!("  {it:>width$}")).collect::<String>();
        say(first + &rest);
    }
    for note in notes(total) {
        say(note);
    }
}

fn name(row: &Row) -> String {
    let name = row.name.as_deref().unwrap_or("-");
    match &row.tenant {
        Some(tenant) if tenant.as_str() != "default" => format!("{tenant}/{name}"),
        _ => name.to_owned(),
    }
}

fn line(name: String, it: &Tally) -> [String; 8] {
    let numbers = [it.calls, it.refused, it.input, it.cached, it.output, it.reasoning];
    let [calls, refused, input, cached, output, reasoning] = numbers.map(|it| it.to_string());
    [name, calls, refused, input, cached, output, reasoning, it.cost.to_string()]
}

/// What the cost leaves out, and what it rests on.
fn notes(total: &Tally) -> Vec<String> {
    let Tally { unpriced, unfinished, estimated, at_most, overdraft, .. } = total;
    let mut notes = Vec::new();
    if *unpriced > 0 {
        notes.push(format!("{unpriced} calls have a cost that nobody knows"));
    }
    if *unfinished > 0 {
        notes.push(format!("{unfinished} calls have no outcome: under way, or lost in a crash"));
    }
    if at_most.micro() > 0 {
        notes.push(format!("together these cost at most {at_most} more"));
    }
    if *estimated > 0 {
        notes.push(format!("{estimated} calls were counted here: their providers did not tell"));
    }
    if overdraft.micro() > 0 {
        notes.push(format!("{overdraft} were spent beyond what had been reserved"));
    }
    notes
}

fn row_json(row: &Row, tally: &Tally) -> Value {
    let mut value = tally_json(tally);
    if let Value::Object(fields) = &mut value {
        fields.insert("tenant".into(), json!(row.tenant.as_ref().map(|it| it.as_str())));
        fields.insert("name".into(), json!(row.name));
    }
    value
}

fn tally_json(it: &Tally) -> Value {
    json!({
        "calls": it.calls,
        "refused": it.refused,
        "estimated": it.estimated,
        "unpriced": it.unpriced,
        "unfinished": it.unfinished,
        "input_tokens": it.input,
        "cached_tokens": it.cached,
        "cache_write_tokens": it.cache_write,
        "output_tokens": it.output,
        "reasoning_tokens": it.reasoning,
        "cost_micro_dollars": it.cost.micro(),
        "at_most_micro_dollars": it.at_most.micro(),
        "overdraft_micro_dollars": it.overdraft.micro(),
    })
}

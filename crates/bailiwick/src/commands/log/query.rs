//! `bailiwick log query`: which calls, by whom, of what, when.

use std::collections::BTreeMap;
use std::sync::Arc;

use bailiwick_contracts::COLLECTION;
use bailiwick_core::{
    Classed, DecisionRecord, Digest, ExchangeId, Meter, OutcomeRecord, Record, Subject, TenantId,
    Timestamp, Token,
};
use bailiwick_gateway::recording;
use bailiwick_gateway::store::Store;
use bailiwick_log::{Certainty, Entry, Filter, Kind, Order, Reader, Sought};
use clap::Args;
use serde_json::{Value, json};

use super::Place;
use super::thing::{self, Asked};
use crate::commands::settings;
use crate::output::{self, Common, Failure, Outcome, YES, instant, say};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// Only calls of this agent.
    #[arg(long)]
    agent: Option<String>,
    /// Only calls for this person; the log holds a pseudonym, which needs the tenant's key.
    #[arg(long)]
    person: Option<String>,
    /// Only calls that name this thing, in their arguments or in their answers, or that touch all
    /// of its type: `Customer::"c_42"`. The log holds a pseudonym, as of persons. Or only calls
    /// that name one that counted as this when they were decided: `Customer[tier=2]`. Where that is
    /// not known, it is said and counts as a match.
    #[arg(long, value_name = "TYPE::ID")]
    resource: Option<String>,
    /// The tenant of the person or thing.
    #[arg(long, default_value = "default")]
    tenant: String,
    /// Only calls of this tool.
    #[arg(long)]
    tool: Option<String>,
    /// Only calls to this server.
    #[arg(long)]
    server: Option<String>,
    /// Only decisions that came out so.
    #[arg(long, value_parser = ["permitted", "denied", "would-deny"])]
    decision: Option<String>,
    /// Only records of this kind.
    #[arg(long, value_parser = Kind::ALL.map(|it| it.as_str()))]
    kind: Option<String>,
    /// Only one exchange, by its decision's id.
    #[arg(long)]
    exchange: Option<String>,
    /// Only what holds this piece of content, by its digest in `--json`: a result of a tool, and
    /// the prompts into which it went.
    #[arg(long, value_name = "DIGEST")]
    item: Option<String>,
    /// From this time: milliseconds since 1970, or `2026-03-14T09:00:00Z`.
    #[arg(long)]
    since: Option<String>,
    /// Before this time.
    #[arg(long)]
    until: Option<String>,
    /// At most so many records.
    #[arg(long, default_value_t = 100)]
    limit: usize,
    /// Oldest first.
    #[arg(long)]
    oldest: bool,
}

/// How many policies are named of a denial.
const POLICIES_MAX: usize = 3;

pub(super) fn run(common: &Common, arguments: &Arguments) -> Outcome {
    let reader = Reader::open(&arguments.place.folder(common)?)?;
    let order = if arguments.oldest { Order::OldestFirst } else { Order::NewestFirst };
    let (mut found, mut none, mut has_class) = (Vec::new(), true, false);
    // Nobody is known in a tenant that never was.
    let filter = filter(common, arguments)?;
    let sought = filter.as_ref().and_then(|it| it.classed.clone());
    let certainty = |entry: &Entry| sought.as_ref()?.in_record(&entry.record);
    let entries = filter.map(|it| reader.query(it, order, arguments.limit)).transpose()?;
    for entry in entries.into_iter().flatten() {
        let entry = entry?;
        none = false;
        has_class |= certainty(&entry) == Some(Certainty::Certain);
        if common.json {
            let mut json = as_json(&entry);
            if let (Some(it), Some(all)) = (certainty(&entry), json.as_object_mut()) {
                all.insert("certain".to_owned(), json!(it == Certainty::Certain));
            }
            found.push(json);
        } else {
            let is_sure = certainty(&entry) != Some(Certainty::Possible);
            let unsure = if is_sure { "" } else { " (perhaps: its class was not known)" };
            say(format!("{}{unsure}", as_text(&entry)));
        }
    }
    if common.json {
        output::json(&found)?;
    }
    if let Some(doubt) =
        sought.as_ref().filter(|_| !has_class).and_then(|it| thing::doubt(common, it))
    {
        eprintln!("{doubt}");
    }
    if none {
        eprintln!("no record matches{}", tenant_told(arguments));
    }
    YES
}

/// Persons and things are known by a tenant's key only: in another tenant nothing is found.
fn tenant_told(asked: &Arguments) -> String {
    let whom = asked.person.as_ref().or(asked.resource.as_ref());
    whom.map_or_else(String::new, |whom| {
        format!("; `{whom}` was looked for in tenant `{}` (--tenant names another)", asked.tenant)
    })
}

/// Whom and what is asked for, as the log knows them.
#[derive(Default)]
struct Known {
    person: Option<Token>,
    named: Vec<(Box<str>, Token)>,
    classed: Option<Sought>,
}

/// Whom and what is asked for; `None` when nobody and nothing can be it.
fn known(common: &Common, asked: &Arguments) -> Result<Option<Known>, Failure> {
    let resource = asked.resource.as_deref().map(Asked::parse).transpose()?;
    let mut known = Known::default();
    if let Some(Asked::Counted { kind, attribute, value }) = resource {
        let (kind, attribute, value) = (kind.into(), attribute.into(), value.into());
        known.classed = Some(Sought { kind, attribute, value, every: None });
    }
    if asked.person.is_none() && resource.is_none() {
        return Ok(Some(known));
    }
    let data = settings::load(common)?.data;
    let store = Arc::new(Store::open(&data)?);
    let world = recording::world(&store);
    let tenant = TenantId::from(asked.tenant.as_str());
    // Asking must not make a key for a tenant that never was. Classes need none.
    if !store.has_tenant_key(&tenant)? {
        let is_open = asked.person.is_none() && known.classed.is_some();
        return Ok(is_open.then_some(known));
    }
    let token = |kind: &str, id: &str| world.token(&tenant, kind, id);
    known.person = asked.person.as_ref().map(|it| token("Person", it)).transpose()?;
    if let Some(Asked::One { kind, id }) = resource {
        known.named.push((kind.into(), token(kind, id)?));
        known.named.push((COLLECTION.into(), token(COLLECTION, kind)?));
    }
    if let Some(sought) = &mut known.classed {
        sought.every = Some((COLLECTION.into(), token(COLLECTION, &sought.kind)?));
    }
    Ok(Some(known))
}

/// What is asked for; `None` when nothing can be it.
fn filter(common: &Common, asked: &Arguments) -> Result<Option<Filter>, Failure> {
    let Some(Known { person, named, classed }) = known(common, asked)? else { return Ok(None) };
    let kind = asked
        .kind
        .as_deref()
        .map(|word| Kind::parse(word).ok_or_else(|| Failure(format!("`{word}` is no kind"))));
    let exchange = asked.exchange.as_deref().map(|text| {
        ExchangeId::parse(text).ok_or_else(|| Failure(format!("`{text}` is no decision's id")))
    });
    let item = asked
        .item
        .as_deref()
        .map(|text| Digest::parse(text).ok_or_else(|| Failure(format!("`{text}` is no digest"))));
    Ok(Some(Filter {
        agent: asked.agent.as_deref().map(Into::into),
        person,
        tool: asked.tool.as_deref().map(Into::into),
        server: asked.server.as_deref().map(Into::into),
        permitted: asked.decision.as_deref().map(|it| it != "denied"),
        would_deny: asked.decision.as_deref().and_then(|it| (it == "would-deny").then_some(true)),
        kind: kind.transpose()?,
        since: asked.since.as_deref().map(time).transpose()?,
        until: asked.until.as_deref().map(time).transpose()?,
        exchange: exchange.transpose()?,
        item: item.transpose()?,
        named,
        classed,
    }))
}

/// A time as people write it.
///
/// # Errors
/// [`Failure`] when it is none.
pub(in crate::commands) fn time(text: &str) -> Result<Timestamp, Failure> {
    if let Ok(ms) = text.parse::<u64>() {
        return Ok(Timestamp::from_ns(ms.saturating_mul(1_000_000)));
    }
    let bad = || Failure(format!("`{text}` is no time; write it as 2026-03-14T09:00:00Z"));
    let parsed = time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339);
    let ns = parsed.map_err(|_| bad())?.unix_timestamp_nanos();
    Ok(Timestamp::from_ns(u64::try_from(ns).map_err(|_| bad())?))
}

fn as_text(entry: &Entry) -> String {
    let (index, at) = (entry.index, instant(entry.at));
    let what = match &entry.record {
        Record::Decision(it) => {
            let verdict = match (it.permitted, it.would_be_denied()) {
                (true, None) => "permitted",
                (true, Some(_)) => "WOULD DENY",
                (false, _) => "denied   ",
            };
            let who = it.chain.iter().map(subject).collect::<Vec<_>>().join(" > ");
            let name = it.name.as_deref().unwrap_or("");
            let cause = it.cause.as_deref().map_or_else(String::new, |it| format!(" ({it}"));
            let cause = if cause.is_empty() { cause } else { format!("{cause}{})", by(it)) };
            let (action, server) = (&it.action, &it.server);
            let of = told(&it.named, &it.classes);
            format!("{verdict} {who}: {action} {server}/{name}{cause}{of} {}", it.exchange)
        }
        Record::Outcome(it) => {
            let status = it.meter.as_ref().map_or(0, |it| it.status);
            let said = match (unpaid(it), status) {
                (Some(why), _) => format!(" (not paid for: {why})"),
                (None, 0 | 200..=299) => String::new(),
                (None, status) => format!(" (the provider said {status})"),
            };
            format!(
                "outcome   {}{said} of record {}, {} bytes{}",
                it.disposition,
                it.decision,
                it.answer_bytes,
                told(&it.named, &it.classes)
            )
        }
        Record::Refusal(it) => {
            format!("turned away at {}: {} (x{})", it.listener, it.reason.as_str(), it.count)
        }
        Record::Admin(it) => {
            let done = if it.done { "" } else { " (NOT done)" };
            format!("act       {} by {} ({}) on {}{done}", it.act, it.operator, it.role, it.target)
        }
        Record::Noticed(it) => {
            let tool = it.tool.as_deref().map(|it| format!("/{it}")).unwrap_or_default();
            format!("noticed   {} of {}{tool}: {}", it.what, it.server, it.detail)
        }
        Record::Started { version } => format!("started   version {version}"),
        Record::Stopped => "stopped".to_owned(),
        Record::Heartbeat => "heartbeat".to_owned(),
    };
    format!("{index:>8}  {at}  {what}")
}

/// By what it was denied, in so far as that has a name.
fn by(it: &DecisionRecord) -> String {
    let is_denied = !it.permitted || it.would_be_denied().is_some();
    let names: Vec<_> = it.policies.iter().map(|it| it.as_str()).collect();
    let (first, more) = names.split_at(names.len().min(POLICIES_MAX));
    match (is_denied && !first.is_empty(), more.is_empty()) {
        (false, _) => String::new(),
        (true, true) => format!(" by {}", first.join(", ")),
        (true, false) => format!(" by {} and {} more", first.join(", "), more.len()),
    }
}

/// What the named things counted as, where that is on record.
fn told(named: &[(Box<str>, Token)], classes: &[Classed]) -> String {
    let words = thing::in_words(named, classes);
    if words.is_empty() { words } else { format!(" [{words}]") }
}

/// Why a call was not paid for, and so not made.
pub(in crate::commands) fn unpaid(it: &OutcomeRecord) -> Option<&str> {
    it.meter.as_ref().and_then(|it| it.stop.as_deref()).filter(|_| &*it.disposition == "unmet")
}

fn subject(subject: &Subject) -> String {
    match subject {
        Subject::Person(token) => {
            let token = token.to_string();
            format!("person {}", token.get(..8).unwrap_or(&token))
        }
        Subject::Agent(agent) => agent.to_string(),
        Subject::System(purpose) => format!("system {purpose}"),
        Subject::Server(server) => format!("server {server}"),
    }
}

fn decision_as_json(it: &DecisionRecord) -> Value {
    json!({
        "kind": "decision",
        "exchange": it.exchange.to_string(),
        "parent": it.parent.map(|it| it.to_string()),
        "tenant": it.tenant.as_str(),
        "chain": it.chain.iter().map(subject).collect::<Vec<_>>(),
        "credential": it.credential.as_ref().map(|it| it.as_str()),
        "action": it.action,
        "resource_kind": it.resource_kind,
        "server": it.server.as_str(),
        "name": it.name,
        "named": thing::as_json(&it.named, &it.classes),
        "effect": it.effect,
        "permitted": it.permitted,
        "cause": it.cause,
        "would_deny": it.would_be_denied(),
        "visible": it.visible,
        "policies": it.policies.iter().map(|it| it.as_str()).collect::<Vec<_>>(),
        "obligations": it.obligations,
        "policy_set": it.policy_set.to_string(),
        "durability": it.durability.as_str(),
        "findings": it.findings.iter().map(|it| &*it.kind).collect::<Vec<_>>(),
        "latency_ns": it.latency_ns,
        "bound_micro_dollars": it.bound,
        "view": it.view.map(|it| it.to_string()),
        "items": it.items.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "items_dropped": it.items_dropped,
        "sealed": it.sealed.map(|it| it.to_string()),
    })
}

fn as_json(entry: &Entry) -> Value {
    let record = match &entry.record {
        Record::Decision(it) => decision_as_json(it),
        Record::Outcome(it) => json!({
            "kind": "outcome",
            "exchange": it.exchange.to_string(),
            "decision": it.decision,
            "disposition": it.disposition,
            "unpaid": unpaid(it),
            "answer_bytes": it.answer_bytes,
            "named": thing::as_json(&it.named, &it.classes),
            "chunks": it.chunks,
            "findings": it.findings.iter().map(|it| &*it.kind).collect::<Vec<_>>(),
            "latency_ns": it.latency_ns,
            "meter": it.meter.as_deref().map(meter),
            "items": it.items.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "sealed": it.sealed.map(|it| it.to_string()),
        }),
        Record::Refusal(it) => json!({
            "kind": "refusal",
            "exchange": it.exchange.to_string(),
            "reason": it.reason.as_str(),
            "listener": it.listener,
            "count": it.count,
        }),
        Record::Admin(it) => json!({
            "kind": "admin",
            "operator": it.operator,
            "role": it.role,
            "act": it.act,
            "target": it.target,
            "done": it.done,
        }),
        Record::Noticed(it) => json!({
            "kind": "noticed",
            "server": it.server.as_str(),
            "tool": it.tool,
            "what": it.what,
            "detail": it.detail,
        }),
        Record::Started { version } => json!({ "kind": "started", "version": version }),
        Record::Stopped => json!({ "kind": "stopped" }),
        Record::Heartbeat => json!({ "kind": "heartbeat" }),
    };
    let at = instant(entry.at);
    json!({ "index": entry.index, "at": at, "at_ns": entry.at.ns(), "record": record })
}

/// What a call of a model used and cost.
fn meter(it: &Meter) -> Value {
    json!({
        "model": it.model,
        "input_tokens": it.input,
        "cached_tokens": it.cached,
        "cache_write_tokens": it.cache_write,
        "output_tokens": it.output,
        "reasoning_tokens": it.reasoning,
        "estimated": it.estimated,
        "cost_micro_dollars": it.cost,
        "prices": it.prices.map(|it| it.to_string()),
        "stop": it.stop,
        "status": it.status,
        "first_ns": it.first_ns,
        "cache_write_long_tokens": it.cache_write_long,
        "audio_input_tokens": it.audio_input,
        "audio_output_tokens": it.audio_output,
        "class": it.class,
        "uses": it.uses.iter().map(|(kind, count)| (&**kind, count)).collect::<BTreeMap<_, _>>(),
    })
}

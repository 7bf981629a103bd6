//! `bailiwick why`: why a call was decided as it was, from its record and its sealed inputs.

use bailiwick_core::{
    DecisionRecord, Digest, ExchangeId, Inputs, Policy as _, Record, ServerId, Timestamp,
};
use bailiwick_gateway::admission::{CHANGED, UNAPPROVED};
use bailiwick_gateway::dry_run::{self, Answer, Besides};
use bailiwick_gateway::facts::STALE;
use bailiwick_gateway::kills::KEY_TERMS;
use bailiwick_gateway::store::Store;
use bailiwick_gateway::{Rules, paths, recording};
use bailiwick_log::{Filter, Kind, Order, Reader};
use bailiwick_policy::{Explanation, PolicyEffect, Standing};
use clap::Args;
use serde_json::{Value, json};
use std::sync::Arc;

use super::around::Surroundings;
use super::{asked, log, settings};
use crate::output::{self, Common, Failure, Outcome, YES, instant, no, say};

/// The cause of a refusal because of what a call's arguments are.
const UNFIT: &str = "unfit";
/// The cause of a refusal by a policy, or by what stands beside the policies.
const FORBIDDEN: &str = "forbidden";

#[derive(Args)]
pub(crate) struct Arguments {
    /// The decision's id, as the reply's `Bailiwick-Decision` header says.
    decision: String,
    /// Ask the addresses of `[facts]`, too. Files and databases are always asked.
    #[arg(long)]
    ask_sources: bool,
}

pub(crate) fn run(common: &Common, arguments: &Arguments) -> Outcome {
    let settings = settings::load(common)?;
    let bad = || Failure(format!("`{}` is no decision's id", arguments.decision));
    let exchange = ExchangeId::parse(&arguments.decision).ok_or_else(bad)?;
    let reader = Reader::open(&paths::log(&settings.data))?;
    let unknown = || Failure(format!("the log has no decision {exchange}"));
    let index = reader.find(exchange)?.ok_or_else(unknown)?;
    let entry = reader.entry(index)?.ok_or_else(unknown)?;
    let Record::Decision(decision) = &entry.record else {
        return Err(Failure(format!("{exchange} was turned away before there was a call")));
    };
    let store = Arc::new(Store::open(&settings.data)?);
    let sealed = reader.sealed(index)?;
    let clear = sealed.map(|it| recording::world(&store).unseal(&it)).transpose()?.flatten();
    let Some(clear) = clear else {
        let erased =
            "its inputs were erased, so only the record is left; see `bailiwick log query`";
        return Err(Failure(format!("{exchange}: {erased}")));
    };
    let mut inputs = Inputs::decode(&clear)?;
    inputs.principal.credential.clone_from(&decision.credential);
    let rules = Rules::read(&settings).map_err(|bad| Failure(bad.0.join("\n")))?;
    let misfit = decision.cause.as_deref().filter(|it| *it == UNFIT).map(Into::into);
    let besides = Besides { pin: decision.pin, misfit };
    let set = rules.policies.digest();
    let around = Surroundings::of((&settings, rules), &inputs, arguments.ask_sources, entry.at)?;
    let answer = around.decide(Some(&store), &inputs, besides, entry.at)?;
    let unpaid = unpaid(&reader, exchange, entry.at)?;
    if !common.json {
        say(format!("call        {}", asked::in_a_line(&inputs)));
        head(decision, unpaid.as_deref(), entry.at, set);
    }
    let notes = unpaid.map(|it| format!("it was not paid for, so nothing was sent: {it}"));
    let orders = orders(Some(&store), inputs.resource.server(), &answer);
    let mut notes: Vec<String> = notes.into_iter().chain(orders).collect();
    notes.extend(others(decision, &answer));
    print(common, &inputs, &answer, (&notes, &around.unknown))
}

/// What is decided now is not what was decided then.
fn others(decision: &DecisionRecord, answer: &Answer) -> Option<String> {
    let was = decision.permitted && decision.would_be_denied().is_none();
    let is = answer.permitted;
    (was != is).then(|| {
        let was = if was { "permitted" } else { "denied" };
        format!(
            "the record says {was}: what decided it then (policies, contracts, facts, health, \
             orders) is not as it is now"
        )
    })
}

/// Why a call that policy permitted was not made, where no budget sufficed for it.
fn unpaid(
    reader: &Reader,
    exchange: ExchangeId,
    decided: Timestamp,
) -> Result<Option<String>, Failure> {
    let (exchange, kind, since) = (Some(exchange), Some(Kind::Outcome), Some(decided));
    let filter = Filter { exchange, kind, since, ..Filter::default() };
    for entry in reader.query(filter, Order::OldestFirst, 1)? {
        if let Record::Outcome(outcome) = entry?.record {
            return Ok(log::unpaid(&outcome).map(str::to_owned));
        }
    }
    Ok(None)
}

/// What operators have ordered of what a dry run rests on, and why.
pub(super) fn orders(store: Option<&Store>, server: &ServerId, answer: &Answer) -> Vec<String> {
    // Those that cannot be read are named by the answer all the same.
    let kills = store.and_then(|it| it.all_kills().ok()).unwrap_or_default().into_iter();
    let kills = kills.filter(|it| answer.policies.contains(&it.order)).map(|it| {
        let since = instant(Timestamp::from_ns(it.since_ns));
        format!("{} was ordered by {} at {since}: {}", it.order, it.operator, it.reason)
    });
    let terms = answer.policies.iter().filter(|it| **it == KEY_TERMS);
    let terms =
        terms.map(|it| format!("{it}: the key does not cover this (`bailiwick keys show`)"));
    let held = answer.policies.iter().filter_map(|it| match it.as_str() {
        UNAPPROVED => Some(format!(
            "{it}: nobody approved this tool (`bailiwick contracts approve SERVER TOOL`)"
        )),
        CHANGED => Some(format!(
            "{it}: another definition of this tool was approved (`bailiwick contracts diff SERVER`)"
        )),
        STALE => Some(format!("{it}: `bailiwick status` says what is wrong with its source")),
        it if it.starts_with("health:") => {
            Some(format!("{it}: `bailiwick contracts health {server}` says why"))
        }
        _ => None,
    });
    kills.chain(terms).chain(held).collect()
}

/// What the record itself says, which no later edit changes.
fn head(decision: &DecisionRecord, unpaid: Option<&str>, at: Timestamp, set: Digest) {
    let verdict = match (decision.permitted, unpaid) {
        (true, None) => "permitted",
        (true, Some(_)) => "permitted, but NOT PAID FOR",
        (false, _) => "denied",
    };
    let cause = decision.cause.as_deref().map_or_else(String::new, |it| format!(" ({it})"));
    let policies: Vec<&str> = decision.policies.iter().map(|it| it.as_str()).collect();
    say(format!("on record   {verdict}{cause} at {}", instant(at)));
    if !policies.is_empty() {
        say(format!("by          {}", policies.join(", ")));
    }
    for (policy, words) in policies.iter().filter_map(|it| Some((it, dry_run::in_words(it)?))) {
        say(format!("            {policy}: {words}"));
    }
    let classes = log::in_words(&decision.named, &decision.classes);
    if !classes.is_empty() {
        say(format!("about       {classes}"));
    }
    if decision.policy_set != set {
        say("The policies have changed since. What follows is what today's would say.");
    }
    say("");
}

/// Print what a dry run came to; the exit code is its answer.
pub(super) fn print(
    common: &Common,
    inputs: &Inputs,
    answer: &Answer,
    (notes, unknown): (&[String], &[String]),
) -> Outcome {
    if common.json {
        output::json(&as_json(answer, notes, unknown))?;
    } else {
        as_text(inputs, answer, notes, unknown);
    }
    if answer.permitted { YES } else { no() }
}

fn as_text(inputs: &Inputs, answer: &Answer, notes: &[String], unknown: &[String]) {
    let verdict = if answer.permitted { "permitted" } else { "denied" };
    let known = if unknown.is_empty() { "" } else { ", as far as is known here" };
    say(format!("{verdict}{known}"));
    if let Some(cause) = answer.cause {
        say(format!("because     {}", because(cause, &answer.policies)));
    }
    if !answer.visible {
        say("told        that there is no such thing");
    }
    say(format!("effect      {}", inputs.effect.as_str()));
    for it in unknown {
        say(format!("unknown     {it}"));
    }
    for note in notes {
        say(format!("note        {note}"));
    }
    for (policy, why) in &answer.errors {
        say(format!("error       {policy}: {why}"));
    }
    for obligation in &answer.obligations {
        say(format!("obligation  {obligation}"));
    }
    say("");
    say("may it be known?");
    explanation(&answer.discover);
    say("may it be done?");
    explanation(&answer.invoke);
}

/// Why it is denied. What stands beside the policies is said by its own name.
fn because(cause: &str, policies: &[String]) -> String {
    let besides: Vec<_> = policies.iter().filter_map(|it| dry_run::in_words(it)).collect();
    if cause != FORBIDDEN || besides.is_empty() {
        return in_words(cause).to_owned();
    }
    let is_all = besides.len() == policies.len();
    let by_policy = (!is_all).then(|| in_words(cause));
    besides.into_iter().chain(by_policy).collect::<Vec<_>>().join("; and ")
}

fn in_words(cause: &str) -> &str {
    match cause {
        "no_permit" => "no policy permits it for every link of the chain",
        FORBIDDEN => "a policy forbids it",
        "ordered" => "an operator has ordered so, whatever the policies say",
        "error" => "a policy could not be evaluated, and an error denies",
        "unknown_obligation" => "a policy asks for a duty that this build does not know",
        "nonexistent" => "there is no such thing",
        UNFIT => "its arguments are not what the tool takes, or cannot be checked",
        other => other,
    }
}

fn explanation(explanation: &Explanation) {
    for link in &explanation.links {
        say(format!("  {}", link.principal));
        if link.candidates.is_empty() {
            say("    no policy is about this");
        }
        for candidate in &link.candidates {
            let policy = &candidate.policy;
            let effect = effect(policy.effect);
            let standing = match &candidate.standing {
                Standing::Matched => "applies".to_owned(),
                Standing::NotMatched => "does not apply: its condition does not hold".to_owned(),
                Standing::Failed(why) => format!("FAILED: {why}"),
            };
            say(format!(
                "    {effect} {} {standing}  ({}:{})",
                policy.id, policy.file, policy.line
            ));
        }
    }
}

const fn effect(effect: PolicyEffect) -> &'static str {
    match effect {
        PolicyEffect::Permit => "permit",
        PolicyEffect::Forbid => "forbid",
    }
}

fn as_json(answer: &Answer, notes: &[String], unknown: &[String]) -> Value {
    json!({
        "permitted": answer.permitted,
        "cause": answer.cause,
        "visible": answer.visible,
        "policies": answer.policies,
        "notes": notes,
        "unknown": unknown,
        "errors": answer.errors,
        "obligations": answer.obligations,
        "discover": links(&answer.discover),
        "invoke": links(&answer.invoke),
    })
}

fn links(explanation: &Explanation) -> Vec<Value> {
    let links = explanation.links.iter().map(|link| {
        let candidates = link.candidates.iter().map(|it| {
            let standing = match &it.standing {
                Standing::Matched => "matched",
                Standing::NotMatched => "not_matched",
                Standing::Failed(_) => "failed",
            };
            json!({
                "policy": it.policy.id.to_string(),
                "effect": effect(it.policy.effect),
                "place": format!("{}:{}", it.policy.file, it.policy.line),
                "standing": standing,
            })
        });
        json!({ "principal": link.principal, "candidates": candidates.collect::<Vec<_>>() })
    });
    links.collect()
}

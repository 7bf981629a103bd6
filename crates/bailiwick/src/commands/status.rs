//! `bailiwick status`: how the running gateway fares, as `/readyz` tells it, and what is left to
//! spend.

use bailiwick_core::Timestamp;
use bailiwick_facts::MicroDollars;
use bailiwick_gateway::{Readiness, Spending};
use serde::Serialize;
use serde_json::json;

use super::admin::Remote;
use super::settings;
use crate::output::{self, Common, Failure, Outcome, YES, instant, no, say};

pub(crate) fn run(common: &Common) -> Outcome {
    let settings = settings::load(common)?;
    let Some(gateway) = Remote::find(&settings)? else {
        let address = settings.operators;
        return Err(Failure(format!(
            "no gateway answers at {address}: start one with `bailiwick up`"
        )));
    };
    let (_, body) = gateway.send("GET", "/readyz", &json!(null))?;
    let readiness: Readiness = serde_json::from_str(&body)
        .map_err(|_| Failure(format!("the gateway says: {}", body.trim())))?;
    let spending = if readiness.providers.is_empty() { None } else { spending(&gateway)? };
    let status = Status { readiness, spending };
    if common.json {
        output::json(&status)?;
    } else {
        print(&status.readiness);
        status.spending.iter().for_each(print_spending);
    }
    if status.readiness.ready { YES } else { no() }
}

/// What `--json` says.
#[derive(Serialize)]
struct Status {
    #[serde(flatten)]
    readiness: Readiness,
    #[serde(skip_serializing_if = "Option::is_none")]
    spending: Option<Spending>,
}

/// What is left to spend; `None` where the operator's role does not allow to know it.
fn spending(gateway: &Remote) -> Result<Option<Spending>, Failure> {
    let (status, body) = gateway.send("GET", "/admin/v1/spending", &json!(null))?;
    match status {
        200 => Ok(Some(serde_json::from_str(&body)?)),
        403 => Ok(None),
        _ => Err(Failure(format!("the gateway says: {}", body.trim()))),
    }
}

fn print_spending(it: &Spending) {
    let dollars = MicroDollars::from_micro;
    for cap in &it.caps {
        say(format!(
            "cap       {} for each {}, {}",
            dollars(cap.micro_dollars),
            cap.of,
            cap.period
        ));
    }
    for budget in &it.budgets {
        let agent = budget.agent.as_ref().map_or_else(String::new, |it| format!(" of {it}"));
        let (spent, reserved) = (budget.spent_micro_dollars, budget.reserved_micro_dollars);
        let both = budget.left_micro_dollars.zip(budget.cap_micro_dollars);
        let left = both.map_or_else(String::new, |(left, cap)| {
            format!(", {} left of {}", dollars(left), dollars(cap))
        });
        say(format!(
            "budget    {} {}{agent}, {}: {} spent, {} reserved{left}",
            budget.of,
            budget.name,
            budget.period,
            dollars(spent),
            dollars(reserved)
        ));
    }
    if it.others > 0 {
        say(format!("  and {} accounts more, with less on them", it.others));
    }
}

fn print(it: &Readiness) {
    say(if it.ready { "ready" } else { "NOT ready" });
    if let Some(day) = &it.observing_until {
        say(format!("OBSERVING until {day}: policy refuses nothing"));
    }
    say(format!("policies  {} in force, set {}", it.policies, it.policy_set));
    for fault in &it.rules_fault {
        say(format!("  an edit is not in force: {fault}"));
    }
    for warning in &it.warnings {
        say(format!("  warning: {warning}"));
    }
    for server in &it.servers {
        let state = if server.listed { "listed" } else { "NOT listed: no call can be made" };
        say(format!("server    {} {state}", server.name));
        if let Some(why) = &server.absent {
            say(format!("  {why}"));
        }
        if let Some(remedy) = &server.remedy {
            say(format!("  -> {remedy}"));
        }
    }
    for provider in &it.providers {
        match &provider.degraded {
            None => say(format!("provider  {}", provider.name)),
            Some(why) => {
                let since = provider.degraded_since_ns.map(|it| instant(Timestamp::from_ns(it)));
                let since = since.map_or_else(String::new, |it| format!(", since {it}"));
                say(format!("provider  {} DEGRADED: {why}{since}", provider.name));
            }
        }
    }
    say(format!("sessions  {}", it.sessions));
    match &it.log_trouble {
        None => say(format!("log       {} records", it.log_records)),
        Some(trouble) => say(format!("log       {} records, but {trouble}", it.log_records)),
    }
}

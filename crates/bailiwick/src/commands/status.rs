//! `bailiwick status`: how the running gateway fares, as `/readyz` tells it.

use bailiwick_gateway::Readiness;
use serde_json::json;

use super::admin::Remote;
use super::settings;
use crate::output::{self, Common, Failure, Outcome, YES, no, say};

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
    if common.json {
        output::json(&readiness)?;
    } else {
        print(&readiness);
    }
    if readiness.ready { YES } else { no() }
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
    }
    say(format!("sessions  {}", it.sessions));
    match &it.log_trouble {
        None => say(format!("log       {} records", it.log_records)),
        Some(trouble) => say(format!("log       {} records, but {trouble}", it.log_records)),
    }
}

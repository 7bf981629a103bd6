//! `bailiwick contracts drift`: how tools answer, what of it is not as it was, and what canaries
//! came to.

use bailiwick_contracts::{Part, Quantiles, Told};
use bailiwick_core::Timestamp;
use bailiwick_gateway::{Answering, Sung};
use clap::Args;
use serde_json::json;

use super::diff::shown;
use super::stands;
use crate::commands::settings;
use crate::output::{self, Common, Outcome, YES, instant, no, say};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The servers; all that are configured, when none is named.
    servers: Vec<String>,
    /// Show every part of answers that is known, and not only what is not as it was.
    #[arg(long)]
    parts: bool,
}

pub(crate) fn run(common: &Common, arguments: &Arguments) -> Outcome {
    let settings = settings::load(common)?;
    let gateway = stands::gateway(&settings)?;
    let mut all = Vec::new();
    for server in stands::servers(&settings, &arguments.servers)? {
        let path = format!("/admin/v1/contracts/{server}/drift");
        let told: Answering = gateway.call("GET", &path, &json!(null))?;
        all.push(told);
    }
    if common.json {
        output::json(&all)?;
    } else {
        all.iter().for_each(|it| print(it, arguments.parts));
    }
    if all.iter().all(is_as_usual) { YES } else { no() }
}

fn is_as_usual(it: &Answering) -> bool {
    let sung = it.canaries.values().flat_map(|it| it.values());
    it.tools.values().all(|it| it.drifts.is_empty())
        && sung.into_iter().all(|it| it.fault.is_none())
}

fn print(it: &Answering, all_parts: bool) {
    if it.tools.is_empty() && it.canaries.is_empty() {
        say(format!("{}: nothing is learned as yet", it.server));
    }
    for (name, tool) in &it.tools {
        print_tool(&format!("{}/{}", it.server, shown(name)), tool, all_parts);
    }
    for (tool, canaries) in &it.canaries {
        for (name, sung) in canaries {
            say(format!("{}/{tool}   canary {name} {}", it.server, outcome(sung)));
        }
    }
}

fn outcome(it: &Sung) -> String {
    let at = |ns| instant(Timestamp::from_ns(ns));
    match &it.fault {
        None => format!("got the known answer at {}", at(it.at_ns)),
        Some(why) => format!("FAILED since {}: {why}", at(it.since_ns)),
    }
}

fn print_tool(name: &str, it: &Told, all_parts: bool) {
    let state = match (it.is_learning, it.drifts.is_empty()) {
        (true, _) => "is being learned",
        (false, true) => "is as usual",
        (false, false) => "DRIFTS",
    };
    say(format!("{name}   {state}, {} answers known", it.answers));
    for (drift, raised) in &it.drifts {
        let since = instant(Timestamp::from_ns(raised.since_ns));
        say(format!("    {} since {since}: {}", drift.as_str(), raised.detail));
    }
    let errors = &it.errors;
    say(format!(
        "    failed    {} of {}, lately {} of {}",
        errors.usual, errors.usual_of, errors.recent, errors.recent_of
    ));
    say(format!("    took      {}", quantiles(&it.latency_us, "us")));
    say(format!("    size      {}", quantiles(&it.bytes, "bytes")));
    for part in it.parts.iter().filter(|it| all_parts || it.drift.is_some()) {
        print_part(part);
    }
}

fn print_part(it: &Part) {
    let mark = match it.drift.as_deref() {
        Some("gone") => "-",
        Some(_) => "+",
        None => " ",
    };
    let path = if it.path.is_empty() { "/" } else { &it.path };
    let share = &it.share;
    say(format!(
        "    {mark} {} {}   in {} of {}, lately in {} of {}",
        shown(path),
        it.kind,
        share.usual,
        share.usual_of,
        share.recent,
        share.recent_of
    ));
}

fn quantiles(it: &Quantiles, unit: &str) -> String {
    let told = |it: Option<u64>| it.map_or_else(|| "-".to_owned(), |it| it.to_string());
    format!(
        "{} to {} {unit}, half {}, lately half {}",
        told(it.usual_p5),
        told(it.usual_p95),
        told(it.usual_p50),
        told(it.recent_p50)
    )
}

//! `bailiwick doctor`: is the whole set-up sound, and if not, what to do.

mod check;
mod clients;
mod egress;
mod gateway;
mod known;
mod launches;
mod log;
mod providers;
mod ready;
mod secrets;

use std::path::PathBuf;

use bailiwick_gateway::config::Settings;
use bailiwick_gateway::{Rules, warnings};
use clap::Args;

use self::check::{Check, State};
pub(super) use self::gateway::is_outdated;
use super::{init, settings};
use crate::output::{self, Common, Outcome, YES, no, say};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Another settings file of an MCP client. May be repeated.
    #[arg(long, value_name = "FILE")]
    file: Vec<PathBuf>,
}

pub(crate) fn run(common: &Common, arguments: &Arguments) -> Outcome {
    let now = bailiwick_gateway::now();
    let mut checks = vec![check::clock(now)];
    match settings::load(common) {
        Ok(settings) => {
            let file = settings::place(common);
            checks.push(Check::good("configuration", format!("{} is right", file.display())));
            checks.extend(of_settings(&settings));
        }
        Err(failure) => {
            let advice = "mend what is named, then run this again; `bailiwick check` says more";
            let faults = failure.0.lines();
            checks.extend(faults.map(|it| Check::bad("configuration", it, advice)));
        }
    }
    checks.extend(clients::checks(&arguments.file, &init::ours(common)?, now)?);
    if common.json {
        output::json(&checks)?;
    } else {
        checks.iter().flat_map(Check::lines).for_each(say);
        say(check::summary(&checks));
    }
    if checks.iter().any(|it| it.state == State::Bad) { no() } else { YES }
}

fn of_settings(settings: &Settings) -> Vec<Check> {
    let now = bailiwick_gateway::now();
    let mut checks = rules(settings);
    checks.extend(check::observing(settings.observe_until.map(|it| it.begins()), now));
    let told: Vec<_> = checks.iter().map(|it| it.what().to_owned()).collect();
    checks.extend(gateway::checks(settings, &told));
    checks.extend(secrets::checks(settings));
    checks.extend(log::checks(settings, now));
    checks.extend(settings.servers.iter().flat_map(launches::of_server));
    checks.extend(egress::checks(settings));
    checks.extend(ready::checks(settings));
    checks.extend(providers::checks(settings));
    checks
}

fn rules(settings: &Settings) -> Vec<Check> {
    let folder = settings.policies.display();
    vec![match Rules::read(settings) {
        Err(bad) => {
            let advice = "mend it; until then the gateway does not start, or keeps what it has";
            Check::bad("policies", bad.0.join("; "), advice)
        }
        Ok(rules) if rules.policies.is_empty() => {
            let advice = "write one, or read what `bailiwick policy suggest` proposes";
            Check::warning("policies", format!("{folder} has none: nothing is permitted"), advice)
        }
        Ok(rules) => {
            let count = rules.policies.len();
            let doubts = warnings::of_rules(&rules, warnings::names(settings));
            let doubts = doubts.map(|it| {
                Check::warning("policies", it, "see what it means; the gateway takes it as it is")
            });
            let good = Check::good("policies", format!("{count} in {folder} load"));
            let known = known::checks(settings, &rules);
            let held = warnings::of_admission(settings, &rules).into_iter().map(|it| {
                let advice = "approve what you have read: `bailiwick contracts diff|approve`";
                Check::note("admission", it, advice)
            });
            return std::iter::once(good).chain(doubts).chain(held).chain(known).collect();
        }
    }]
}

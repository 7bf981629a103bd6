//! What is known of servers and of things: does anybody look after a server, is what it launches
//! what was approved, and do the sources of facts say anything.

use bailiwick_core::Day;
use bailiwick_gateway::Rules;
use bailiwick_gateway::config::{Launch, ServerSettings, Settings};
use bailiwick_gateway::facts::{Looked, idle};
use bailiwick_gateway::measured::measured;

use super::check::Check;

pub(super) fn checks(settings: &Settings, rules: &Rules) -> Vec<Check> {
    let now = bailiwick_gateway::now();
    let servers = settings.servers.iter().map(|it| &it.name);
    let health = rules.health.warnings(servers, Day::of(now)).into_iter();
    let health = health.map(|it| {
        Check::warning("health", it, "`bailiwick contracts health` says why, and what comes next")
    });
    let mut checks: Vec<_> = health.collect();
    checks.extend(settings.servers.iter().filter_map(|it| launched(rules, it)));
    checks.extend(facts(settings, rules));
    checks
}

/// What it launches, where its contract declares a digest.
fn launched(rules: &Rules, server: &ServerSettings) -> Option<Check> {
    let name = &server.name;
    let standing = rules.contracts.of(name)?.standing.as_ref()?;
    let declared = standing.digest.as_ref()?.said();
    if let Launch::Http(..) = server.launch {
        return None;
    }
    match measured(server) {
        Ok(found) if found.digest.eq_ignore_ascii_case(declared) => None,
        Ok(found) => {
            let what = format!(
                "{name}: what it launches is not what was approved, so it is not started: it has \
                 the digest {}",
                found.digest
            );
            let advice = format!(
                "see what changed there; when it is as it should be, declare what `bailiwick \
                 contracts digest {name}` prints"
            );
            Some(Check::bad("server", what, advice))
        }
        Err(why) => {
            let what = format!("{name}: its digest is declared and cannot be checked: {why}");
            Some(Check::bad("server", what, "mend its command, or take the digest out"))
        }
    }
}

fn facts(settings: &Settings, rules: &Rules) -> Vec<Check> {
    if settings.facts.is_empty() && settings.classing.is_empty() {
        return Vec::new();
    }
    let now = bailiwick_gateway::now();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(problem) => {
            let what = format!("they were not asked: {problem}");
            return vec![Check::warning("facts", what, "run this again")];
        }
    };
    // An address would be told who asks: a gateway that runs says how it fares.
    let looked = runtime.block_on(Looked::at(settings, false, now));
    let known = looked.known(now).into_iter().map(|it| Check::good("facts", it));
    let failed = looked.warnings(now).into_iter().map(|it| {
        Check::bad(
            "facts",
            it,
            "mend the source: calls about its things rest on it (docs/facts.md)",
        )
    });
    let idle = idle(settings, rules).into_iter();
    let idle = idle.map(|it| Check::warning("facts", it, "see whether it is spelled as meant"));
    let against = looked.known_to(rules, settings, now).err().map(|bad| {
        let advice = "take it out of entities.json, or out of the source";
        Check::bad("facts", bad.0.join("; "), advice)
    });
    known.chain(failed).chain(idle).chain(against).collect()
}

//! `bailiwick check`: is the configuration right, and what does it mean.

use std::collections::BTreeMap;

use bailiwick_core::{Day, Policy as _};
use bailiwick_gateway::config::{self, Launch, ProviderSettings, Settings};
use bailiwick_gateway::facts::{Looked, idle};
use bailiwick_gateway::{Readiness, Rules, missing_secrets, tls, warnings};
use clap::{Args, ValueEnum};
use serde_json::json;

use super::admin::Remote;
use super::doctor::is_outdated;
use super::settings;
use crate::output::{self, Common, Outcome, YES, no, say};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Print a JSON Schema instead: that of the configuration file, or of a contract.
    #[arg(long, value_name = "OF", num_args = 0..=1, default_missing_value = "configuration")]
    schema: Option<Schema>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Schema {
    Configuration,
    Contract,
}

pub(crate) fn run(common: &Common, arguments: &Arguments) -> Outcome {
    if let Some(schema) = arguments.schema {
        output::json(&match schema {
            Schema::Configuration => config::schema(),
            Schema::Contract => bailiwick_contracts::contract_schema(),
        })?;
        return YES;
    }
    let settings = match settings::load(common) {
        Ok(settings) => settings,
        Err(failure) => return faulty(common, failure.0.lines().map(str::to_owned).collect()),
    };
    match Rules::read(&settings) {
        Ok(rules) => match warnings::faults_of_models(&settings) {
            None => right(common, &settings, &rules),
            Some(fault) => faulty(common, vec![fault]),
        },
        Err(bad) => faulty(common, bad.0),
    }
}

fn faulty(common: &Common, faults: Vec<String>) -> Outcome {
    if common.json {
        output::json(&json!({ "right": false, "faults": faults }))?;
    } else {
        faults.iter().for_each(say);
    }
    no()
}

fn right(common: &Common, settings: &Settings, rules: &Rules) -> Outcome {
    let warnings = warnings(settings, rules);
    let servers: Vec<_> =
        settings.servers.iter().map(|it| (it.name.to_string(), way(&it.launch))).collect();
    if common.json {
        output::json(&json!({
            "right": true,
            "agents": settings.agents.to_string(),
            "tls": settings.tls.is_some(),
            "operators": settings.operators.to_string(),
            "keyless_loopback": settings.keyless.is_some(),
            "data": settings.data,
            "policies": rules.policies.len(),
            "policy_set": rules.policies.digest().to_string(),
            "servers": servers.iter().map(|(name, way)| json!({ "name": name, "way": way }))
                .collect::<Vec<_>>(),
            "providers": settings.models.providers.iter()
                .map(|it| json!({
                    "name": it.name.as_str(),
                    "url": it.url.to_string(),
                    "models": it.models,
                    "has_unclaimed": settings.models.has_unclaimed(it),
                }))
                .collect::<Vec<_>>(),
            "models": settings.models.aliases.iter()
                .map(|(name, (provider, model))| (name, format!("{provider}/{model}")))
                .collect::<BTreeMap<_, _>>(),
            "durability": { "read": settings.reads.as_str(), "write": settings.writes.as_str() },
            "warnings": warnings,
        }))?;
        return YES;
    }
    let over = if settings.tls.is_some() { ", over TLS" } else { "" };
    say(format!("agents      {}{over}", settings.agents));
    say(format!("operators   {}", settings.operators));
    if let Some(keyless) = &settings.keyless {
        say(format!(
            "keyless     callers on this machine are {} for {}",
            keyless.agent, keyless.person
        ));
    }
    say(format!("data        {}", settings.data.display()));
    say(format!("policies    {} in {}", rules.policies.len(), settings.policies.display()));
    say(format!("policy set  {}", rules.policies.digest()));
    let (reads, writes) = (settings.reads.as_str(), settings.writes.as_str());
    say(format!("durability  reads {reads}, everything else {writes}"));
    for (name, way) in servers {
        say(format!("server      {name}: {way}"));
    }
    for provider in &settings.models.providers {
        let asked = asked_of(settings, provider);
        say(format!("provider    {}: {}, asked for {asked}", provider.name, provider.url));
    }
    for (name, (provider, model)) in &settings.models.aliases {
        say(format!("model       {name}: {provider}/{model}"));
    }
    for warning in warnings {
        say(format!("warning     {warning}"));
    }
    say("It is right.");
    YES
}

/// What is not wrong, and will surprise all the same.
fn warnings(settings: &Settings, rules: &Rules) -> Vec<String> {
    let mut warnings: Vec<String> = warnings::of_rules(rules, warnings::names(settings)).collect();
    warnings.extend(warnings::of_admission(settings, rules));
    warnings.extend(warnings::of_egress(settings, rules));
    warnings.extend(warnings::of_digests(settings, rules));
    let servers = settings.servers.iter().map(|it| &it.name);
    warnings.extend(rules.health.warnings(servers, Day::of(bailiwick_gateway::now())));
    warnings.extend(of_facts(settings, rules));
    warnings.extend(warnings::of_models(settings));
    warnings.extend(warnings::in_the_clear(settings));
    let missing = missing_secrets(settings);
    let unreadable = tls::check(settings).err().map(|it| it.to_string());
    let missing = missing.into_iter().chain(unreadable);
    warnings.extend(missing.map(|it| format!("here it would not start: {it}")));
    warnings.extend(tls::warnings(settings));
    warnings.extend(of_gateway(settings));
    warnings
}

/// What of the sources is of no use, and what those say that are files and databases.
fn of_facts(settings: &Settings, rules: &Rules) -> Vec<String> {
    let mut warnings = idle(settings, rules);
    let now = bailiwick_gateway::now();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    if let Some(runtime) = runtime.ok().filter(|_| !settings.facts.is_empty()) {
        let looked = runtime.block_on(Looked::at(settings, false, now));
        warnings.extend(looked.warnings(now));
        let against = looked.known_to(rules, settings, now).err();
        warnings.extend(against.into_iter().flat_map(|bad| bad.0));
    }
    warnings
}

/// Whether a gateway runs by what the file said before.
fn of_gateway(settings: &Settings) -> Option<String> {
    let remote = Remote::find(settings).ok()??;
    let (_, body) = remote.send("GET", "/readyz", &json!(null)).ok()?;
    let ready: Readiness = serde_json::from_str(&body).ok()?;
    let words = "the gateway that runs does so by what the file said before it was edited: restart \
                 it to use this";
    is_outdated(settings, &ready).then(|| words.to_owned())
}

fn asked_of(settings: &Settings, provider: &ProviderSettings) -> String {
    match provider.models.as_slice() {
        [] if settings.models.has_unclaimed(provider) => {
            "every model that no provider claims".into()
        }
        [] => format!("{}/... only", provider.name),
        models => models.join(", "),
    }
}

fn way(launch: &Launch) -> String {
    match launch {
        Launch::Child { program, arguments, .. } => {
            std::iter::once(program).chain(arguments).cloned().collect::<Vec<_>>().join(" ")
        }
        Launch::Http(address, _) => address.to_string(),
    }
}

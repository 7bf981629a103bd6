//! `bailiwick keys`: the keys of agents. Each names an agent, a person and a tenant.

use bailiwick_core::Timestamp;
use bailiwick_gateway::store::NewKey;
use bailiwick_gateway::{KeyAsked, KeyMade};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::admin::Admin;
use super::settings;
use crate::output::{self, Common, Failure, Outcome, YES, instant, say};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Make a key; it is shown once and kept nowhere
    New {
        /// The agent that will use it.
        #[arg(long)]
        agent: String,
        /// The person on whose behalf the agent acts.
        #[arg(long)]
        person: String,
        /// The tenant.
        #[arg(long, default_value = "default")]
        tenant: String,
        /// After how many days it ends. Never, when not given.
        #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
        days: Option<u64>,
    },
    /// List all keys; what they prove, never the keys themselves
    List,
    /// Revoke a key, in force for the next call
    Revoke {
        /// The key's id, as `list` shows it.
        id: String,
    },
}

pub(crate) fn run(common: &Common, arguments: &Arguments) -> Outcome {
    let settings = settings::load(common)?;
    let admin = Admin::reach(&settings)?;
    let outcome = match &arguments.verb {
        Verb::New { agent, person, tenant, days } => {
            let lasts_seconds = days.map(|it| it.saturating_mul(86_400));
            let (agent, person, tenant) = (agent.clone(), person.clone(), tenant.clone());
            new(common, &admin, &KeyAsked { agent, person, tenant, lasts_seconds })
        }
        Verb::List => list(common, &admin),
        Verb::Revoke { id } => revoke(common, &admin, id),
    };
    if let Admin::Here(local) = admin {
        local.close()?;
    }
    outcome
}

fn new(common: &Common, admin: &Admin, asked: &KeyAsked) -> Outcome {
    let made = match admin {
        Admin::Running(gateway) => gateway.call("POST", "/admin/v1/keys", asked)?,
        Admin::Here(local) => {
            let now = bailiwick_gateway::now();
            let lasts_ns = asked.lasts_seconds.map(|it| it.saturating_mul(1_000_000_000));
            let new = NewKey {
                agent: asked.agent.as_str().into(),
                person: asked.person.as_str().into(),
                tenant: asked.tenant.as_str().into(),
                expires: lasts_ns.map(|it| Timestamp::from_ns(now.ns().saturating_add(it))),
            };
            let act = local.act("keys.new", &asked.agent, |it| it.new_agent_key(&new, now));
            act.map(|(made, key)| KeyMade { id: made.id, key })?
        }
    };
    if common.json {
        output::json(&made)?;
        return YES;
    }
    say(&made.key);
    eprintln!("This is the only time that the key is shown. Its id is {}.", made.id);
    eprintln!(
        "The agent sends it as `Authorization: Bearer {}...`",
        &made.key[..8.min(made.key.len())]
    );
    YES
}

fn list(common: &Common, admin: &Admin) -> Outcome {
    let keys: Value = match admin {
        Admin::Running(gateway) => gateway.call("GET", "/admin/v1/keys", &json!(null))?,
        Admin::Here(local) => serde_json::to_value(local.store.agent_keys())?,
    };
    if common.json {
        output::json(&keys)?;
        return YES;
    }
    let keys = keys.as_array().ok_or_else(|| Failure("the list cannot be read".into()))?;
    say(format!("{:<14} {:<20} {:<20} {:<14} state", "id", "agent", "person", "tenant"));
    let now = bailiwick_gateway::now();
    for key in keys {
        let text = |name: &str| key.get(name).and_then(Value::as_str).unwrap_or_default();
        let time = |name: &str| key.get(name).and_then(Value::as_u64).map(Timestamp::from_ns);
        let state = state(time("revoked_ns"), time("expires_ns"), now);
        let (id, agent) = (text("id"), text("agent"));
        let (person, tenant) = (text("person"), text("tenant"));
        say(format!("{id:<14} {agent:<20} {person:<20} {tenant:<14} {state}"));
    }
    YES
}

/// Whether a key can be used, and the day on which that changes or changed.
fn state(revoked: Option<Timestamp>, ends: Option<Timestamp>, now: Timestamp) -> String {
    let day = |at: Timestamp| instant(at).split('T').next().unwrap_or_default().to_owned();
    match (revoked, ends) {
        (Some(at), _) => format!("revoked {}", day(at)),
        (None, Some(at)) if at <= now => format!("ended {}", day(at)),
        (None, Some(at)) => format!("until {}", day(at)),
        (None, None) => "in force".to_owned(),
    }
}

fn revoke(common: &Common, admin: &Admin, id: &str) -> Outcome {
    match admin {
        Admin::Running(gateway) => {
            gateway.call::<Value>("DELETE", &format!("/admin/v1/keys/{id}"), &json!(null))?;
        }
        Admin::Here(local) => {
            let now = bailiwick_gateway::now();
            local.act("keys.revoke", id, |store| store.revoke_agent_key(id, now))?;
        }
    }
    if common.json {
        output::json(&json!({ "id": id, "revoked": true }))?;
    } else {
        say(format!("{id} is revoked"));
    }
    YES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_says_whether_and_how_long_it_can_be_used() {
        let day = |it: u64| Some(Timestamp::from_ns(it * 86_400_000_000_000));
        let now = Timestamp::from_ns(2 * 86_400_000_000_000);
        assert_eq!(state(None, None, now), "in force");
        assert_eq!(state(None, day(3), now), "until 1970-01-04");
        assert_eq!(state(None, day(2), now), "ended 1970-01-03");
        assert_eq!(state(day(1), day(3), now), "revoked 1970-01-02");
    }
}

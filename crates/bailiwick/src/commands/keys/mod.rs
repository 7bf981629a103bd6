//! `bailiwick keys`: the keys of agents. Each names an agent, a person and a tenant, and the terms
//! on which it may be used.

mod show;
mod terms;

use bailiwick_gateway::store::{AgentKey, Terms};
use bailiwick_gateway::{KeyAsked, KeyMade, PersonAsked, RotationAsked};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use self::terms::Given;
use super::admin::Admin;
use super::settings;
use crate::output::{self, Common, Failure, Outcome, YES, say};

const KEYS: &str = "/admin/v1/keys";

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Make a key; it is shown once and kept nowhere
    New(New),
    /// List all keys; what they prove and on which terms, never the keys themselves
    List,
    /// Show one key, never the key itself
    Show {
        /// The key's id, as `list` shows it.
        #[arg(value_parser = id)]
        id: String,
    },
    /// Make a new key with the same powers; the old one ends
    Rotate {
        /// The id of the old key.
        #[arg(value_parser = id)]
        id: String,
        /// For how many minutes the old key stays good beside the new one.
        #[arg(long, value_name = "MINUTES", default_value_t = 0)]
        overlap: u64,
    },
    /// Put a key on other terms, in force for the next request
    Limit {
        /// The key's id.
        #[arg(value_parser = id)]
        id: String,
        #[command(flatten)]
        given: Given,
    },
    /// Revoke a key, or all of one person's, in force for the next call
    Revoke {
        /// The key's id, as `list` shows it.
        #[arg(value_parser = id, required_unless_present = "person")]
        id: Option<String>,
        /// All keys of this person; nobody else's.
        #[arg(long, conflicts_with = "id")]
        person: Option<String>,
    },
}

#[derive(Args)]
struct New {
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
    /// What people are to call it.
    #[arg(long, value_name = "TEXT")]
    label: Option<String>,
    #[command(flatten)]
    given: Given,
}

/// The id of a key: it becomes a part of an address.
fn id(text: &str) -> Result<String, &'static str> {
    let is_id = !text.is_empty() && text.bytes().all(|it| it.is_ascii_alphanumeric());
    if is_id { Ok(text.to_owned()) } else { Err("a key's id has letters and digits only") }
}

pub(crate) fn run(common: &Common, arguments: &Arguments) -> Outcome {
    let settings = settings::load(common)?;
    let admin = Admin::reach(&settings)?;
    let outcome = match &arguments.verb {
        Verb::New(new) => asked(new).and_then(|it| make(common, &admin, &it)),
        Verb::List => all(&admin).and_then(|it| show::list(common, &it)),
        Verb::Show { id } => one(&admin, id).and_then(|it| show::one(common, &it)),
        Verb::Rotate { id, overlap } => rotate(common, &admin, id, *overlap),
        Verb::Limit { id, given } => limit(common, &admin, id, given),
        Verb::Revoke { id: Some(id), .. } => revoke(common, &admin, id),
        Verb::Revoke { person, .. } => {
            revoke_all(common, &admin, person.as_deref().unwrap_or_default())
        }
    };
    if let Admin::Here(local) = admin {
        local.close()?;
    }
    outcome
}

fn asked(new: &New) -> Result<KeyAsked, Failure> {
    Ok(KeyAsked {
        agent: new.agent.clone(),
        person: new.person.clone(),
        tenant: new.tenant.clone(),
        lasts_seconds: new.days.map(|it| it.saturating_mul(86_400)),
        label: new.label.clone(),
        terms: new.given.over(Terms::default())?,
    })
}

fn make(common: &Common, admin: &Admin, asked: &KeyAsked) -> Outcome {
    let made = match admin {
        Admin::Running(gateway) => gateway.call("POST", KEYS, asked)?,
        Admin::Here(local) => {
            let now = bailiwick_gateway::now();
            let new = asked.meant(now)?;
            local.act("keys.new", &asked.agent, |it| it.new_agent_key(&new, now)).map(made)?
        }
    };
    tell(common, &made)
}

fn made((key, text): (AgentKey, String)) -> KeyMade {
    KeyMade { id: key.id, key: text }
}

/// Show a key, this once.
fn tell(common: &Common, made: &KeyMade) -> Outcome {
    if common.json {
        output::json(made)?;
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

pub(super) fn all(admin: &Admin) -> Result<Vec<AgentKey>, Failure> {
    match admin {
        Admin::Running(gateway) => gateway.call("GET", KEYS, &json!(null)),
        Admin::Here(local) => Ok(local.store.agent_keys()),
    }
}

fn one(admin: &Admin, id: &str) -> Result<AgentKey, Failure> {
    match admin {
        Admin::Running(gateway) => gateway.call("GET", &format!("{KEYS}/{id}"), &json!(null)),
        Admin::Here(local) => Ok(local.store.agent_key(id)?),
    }
}

fn rotate(common: &Common, admin: &Admin, id: &str, overlap_minutes: u64) -> Outcome {
    let asked = RotationAsked { overlap_seconds: overlap_minutes.saturating_mul(60) };
    let made = match admin {
        Admin::Running(gateway) => gateway.call("POST", &format!("{KEYS}/{id}/rotate"), &asked)?,
        Admin::Here(local) => {
            let (now, overlap_ns) = (bailiwick_gateway::now(), asked.overlap_ns());
            let rotate =
                local.act("keys.rotate", id, |it| it.rotate_agent_key(id, overlap_ns, now));
            rotate.map(made)?
        }
    };
    tell(common, &made)
}

fn limit(common: &Common, admin: &Admin, id: &str, given: &Given) -> Outcome {
    if given.is_nothing() {
        return Err(Failure("say what is to change, such as `--day-usd 5`".into()));
    }
    let mut key = one(admin, id)?;
    let terms = given.over((*key.terms).clone())?;
    match admin {
        Admin::Running(gateway) => {
            gateway.call::<Value>("PUT", &format!("{KEYS}/{id}/terms"), &terms)?;
        }
        Admin::Here(local) => {
            let target = format!("{id} {}", terms.in_a_line());
            local.act("keys.limit", &target, |it| it.limit_agent_key(id, terms.clone()))?;
        }
    }
    key.terms = terms.into();
    show::one(common, &key)
}

fn revoke(common: &Common, admin: &Admin, id: &str) -> Outcome {
    match admin {
        Admin::Running(gateway) => {
            gateway.call::<Value>("DELETE", &format!("{KEYS}/{id}"), &json!(null))?;
        }
        Admin::Here(local) => {
            let now = bailiwick_gateway::now();
            local.act("keys.revoke", id, |store| store.revoke_agent_keys(&[id], now))?;
        }
    }
    if common.json {
        output::json(&json!({ "id": id, "revoked": true }))?;
    } else {
        say(format!("{id} is revoked"));
    }
    YES
}

fn revoke_all(common: &Common, admin: &Admin, person: &str) -> Outcome {
    let ids: Vec<String> = match admin {
        Admin::Running(gateway) => {
            let asked = PersonAsked { person: person.to_owned() };
            gateway.call("POST", &format!("{KEYS}/revoke"), &asked)?
        }
        Admin::Here(local) => {
            let (now, ids) = (bailiwick_gateway::now(), local.store.agent_keys_of(person));
            local.act_on_each("keys.revoke", &ids, |store| store.revoke_agent_keys(&ids, now))?;
            ids
        }
    };
    if common.json {
        output::json(&json!({ "person": person, "revoked": ids }))?;
    } else if ids.is_empty() {
        say(format!("{person} has no key that could be revoked"));
    } else {
        ids.iter().for_each(|id| say(format!("{id} is revoked")));
    }
    YES
}

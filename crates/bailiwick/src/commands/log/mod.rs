//! `bailiwick log`: verify, prove, query and add up.

pub(crate) mod cost;
mod growth;
mod incident;
mod payload;
mod prove;
mod query;
mod thing;
mod verify;

use std::path::PathBuf;

use bailiwick_gateway::paths;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

pub(super) use query::{time, unpaid};
pub(super) use thing::in_words;

use super::admin::Admin;
use super::settings;
use crate::output::{self, Common, Failure, Outcome, YES, say};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Is the log whole and unchanged? Offline: needs only its folder and the verifier key
    Verify(verify::Arguments),
    /// Write a proof that a decision stands in the log, which any tlog-tiles client can check
    Prove(prove::Arguments),
    /// Check a proof against an entry and a key, with nothing else at hand
    CheckProof(prove::CheckArguments),
    /// Which calls, by whom, of what, when
    Query(Box<query::Arguments>),
    /// The first hour: what an agent really did, who is on call for it, how long it can be undone
    Incident(incident::Arguments),
    /// What calls of models came to, by agent, model, key, person or day
    Cost(cost::Arguments),
    /// What a call asked or was answered, where its route keeps it; reading it is on record
    Payload(payload::Arguments),
    /// Print the newest checkpoint: keep it elsewhere, for `verify --since-checkpoint`
    Checkpoint,
    /// How the log grows, and when it will be full
    Forecast,
    /// Change the key that signs checkpoints; the old one vouches for the new
    RotateKey,
}

/// Where a log lies: the configured one, unless another is named.
#[derive(Args)]
pub(in crate::commands) struct Place {
    /// The log's folder, or a copy of it. The configured one, when not given.
    #[arg(long)]
    directory: Option<PathBuf>,
}

impl Place {
    pub(in crate::commands) fn folder(&self, common: &Common) -> Result<PathBuf, Failure> {
        let folder = match &self.directory {
            Some(folder) => folder.clone(),
            None => paths::log(&settings::load(common)?.data),
        };
        // A log that lacks one of them is damaged; what has none of them is no log.
        if !["checkpoint", "journal", "tile"].iter().any(|it| folder.join(it).exists()) {
            return Err(Failure(format!("there is no log in {}", folder.display())));
        }
        Ok(folder)
    }
}

pub(crate) fn run(common: &Common, arguments: &Arguments) -> Outcome {
    match &arguments.verb {
        Verb::Verify(arguments) => verify::run(common, arguments),
        Verb::Prove(arguments) => prove::run(common, arguments),
        Verb::CheckProof(arguments) => prove::check(common, arguments),
        Verb::Query(arguments) => query::run(common, arguments),
        Verb::Incident(arguments) => incident::run(common, arguments),
        Verb::Cost(arguments) => cost::run(common, arguments),
        Verb::Payload(arguments) => payload::run(common, arguments),
        Verb::Checkpoint => checkpoint(common),
        Verb::Forecast => growth::run(common),
        Verb::RotateKey => rotate(common),
    }
}

fn checkpoint(common: &Common) -> Outcome {
    let folder = paths::log(&settings::load(common)?.data);
    let note = bailiwick_log::Reader::open(&folder)?.note()?;
    if common.json {
        output::json(&json!({ "checkpoint": note }))?;
    } else {
        say(note.trim_end());
    }
    YES
}

fn rotate(common: &Common) -> Outcome {
    let settings = settings::load(common)?;
    let key = match Admin::reach(&settings)? {
        Admin::Running(gateway) => {
            gateway.call::<String>("POST", "/admin/v1/log/rotate-key", &Value::Null)?
        }
        Admin::Here(local) => {
            let world = bailiwick_gateway::recording::world(&local.store);
            let key = local.log.rotate_key("command-line", &world)?.to_string();
            local.close()?;
            key
        }
    };
    if common.json {
        output::json(&json!({ "key": key }))?;
    } else {
        say(&key);
        eprintln!(
            "The former key vouches for this one in the log: those who hold it need no other."
        );
    }
    YES
}

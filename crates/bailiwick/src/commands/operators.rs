//! `bailiwick operators`: who runs the gateway, each with one role.

use bailiwick_gateway::store::Role;
use bailiwick_gateway::{OperatorAsked, OperatorMade};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

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
    /// Make an operator; the token is shown once and kept nowhere
    New {
        /// The operator's name, which stands in the record of each act.
        name: String,
        /// What the operator may do.
        #[arg(long, value_parser = ["admin", "operator", "approver", "auditor"])]
        role: String,
    },
    /// List all operators
    List,
    /// Revoke an operator, in force for the next act
    Revoke {
        /// The operator's name.
        name: String,
    },
}

pub(crate) fn run(common: &Common, arguments: &Arguments) -> Outcome {
    let settings = settings::load(common)?;
    let admin = Admin::reach(&settings)?;
    let outcome = match &arguments.verb {
        Verb::New { name, role } => new(common, &admin, name, role),
        Verb::List => list(common, &admin),
        Verb::Revoke { name } => revoke(common, &admin, name),
    };
    if let Admin::Here(local) = admin {
        local.close()?;
    }
    outcome
}

fn new(common: &Common, admin: &Admin, name: &str, role: &str) -> Outcome {
    let role = Role::parse(role).ok_or_else(|| Failure(format!("there is no role {role}")))?;
    let made = match admin {
        Admin::Running(gateway) => {
            let asked = OperatorAsked { name: name.to_owned(), role };
            gateway.call("POST", "/admin/v1/operators", &asked)?
        }
        Admin::Here(local) => {
            let target = format!("{name} {}", role.as_str());
            let now = bailiwick_gateway::now();
            let made =
                local.act("operators.new", &target, |store| store.new_operator(name, role, now))?;
            OperatorMade { name: made.0.name, token: made.1 }
        }
    };
    if common.json {
        output::json(&made)?;
    } else {
        say(&made.token);
        eprintln!("This is the only time that the token is shown.");
    }
    YES
}

fn list(common: &Common, admin: &Admin) -> Outcome {
    let operators: Value = match admin {
        Admin::Running(gateway) => gateway.call("GET", "/admin/v1/operators", &json!(null))?,
        Admin::Here(local) => serde_json::to_value(local.store.operators())?,
    };
    if common.json {
        output::json(&operators)?;
        return YES;
    }
    for operator in operators.as_array().into_iter().flatten() {
        let text = |name: &str| operator.get(name).and_then(Value::as_str).unwrap_or_default();
        let revoked = operator.get("revoked_ns").is_some_and(|it| !it.is_null());
        let state = if revoked { "revoked" } else { "in force" };
        say(format!("{:<24} {:<10} {state}", text("name"), text("role")));
    }
    YES
}

fn revoke(common: &Common, admin: &Admin, name: &str) -> Outcome {
    match admin {
        Admin::Running(gateway) => {
            let path = format!("/admin/v1/operators/{name}");
            gateway.call::<Value>("DELETE", &path, &json!(null))?;
        }
        Admin::Here(local) => {
            let now = bailiwick_gateway::now();
            local.act("operators.revoke", name, |store| store.revoke_operator(name, now))?;
        }
    }
    if common.json {
        output::json(&json!({ "name": name, "revoked": true }))?;
    } else {
        say(format!("{name} is revoked"));
    }
    YES
}

//! `bailiwick kill` and `unkill`: stop something by name, at once, and let it be again.

use bailiwick_core::Timestamp;
use bailiwick_gateway::config::Settings;
use bailiwick_gateway::kills::{Kill, KillKind};
use bailiwick_gateway::store::AgentKey;
use bailiwick_gateway::{KillAsked, warnings};
use clap::Args;
use serde_json::json;

use super::admin::Admin;
use super::{keys, settings};
use crate::output::{self, Common, Failure, Outcome, YES, instant, say};

const KILLS: &str = "/admin/v1/kills";

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    list: Option<List>,
    #[command(flatten)]
    what: Option<What>,
}

#[derive(clap::Subcommand)]
enum List {
    /// List what is killed, why, by whom and since when
    List,
}

/// What is meant, and why.
#[derive(Args)]
pub(crate) struct What {
    /// What kind of thing.
    #[arg(value_parser = KillKind::ALL.map(KillKind::as_str))]
    kind: String,
    /// Its name; of a tool `server/tool`, of a model `provider/model`, of a key its id.
    name: String,
    /// Why. It goes on record: name nobody in it.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

impl What {
    fn asked(&self) -> Result<KillAsked, Failure> {
        let kind = KillKind::parse(&self.kind);
        let kind = kind.ok_or_else(|| Failure(format!("nothing is a {}", self.kind)))?;
        Ok(KillAsked { kind, name: self.name.clone(), reason: self.reason.clone() })
    }
}

pub(crate) fn kill(common: &Common, arguments: &Arguments) -> Outcome {
    match (&arguments.list, &arguments.what) {
        (None, Some(what)) => {
            let asked = what.asked()?;
            with_admin(common, |admin, settings| {
                stop(common, admin, &asked)?;
                // It is done, whatever is known of the name.
                match stranger(settings, admin, &asked) {
                    Ok(None) => {}
                    Ok(Some(doubt)) => eprintln!("warning: {doubt}"),
                    Err(why) => eprintln!("warning: is it the right name? Nobody knows: {}", why.0),
                }
                YES
            })
        }
        (_, _) => with_admin(common, |admin, _| list(common, admin)),
    }
}

pub(crate) fn unkill(common: &Common, what: &What) -> Outcome {
    let asked = what.asked()?;
    with_admin(common, |admin, _| let_be(common, admin, &asked))
}

fn with_admin(common: &Common, act: impl FnOnce(&Admin, &Settings) -> Outcome) -> Outcome {
    let settings = settings::load(common)?;
    let admin = Admin::reach(&settings)?;
    let outcome = act(&admin, &settings);
    if let Admin::Here(local) = admin {
        local.close()?;
    }
    outcome
}

fn stop(common: &Common, admin: &Admin, asked: &KillAsked) -> Outcome {
    let kill: Kill = match admin {
        Admin::Running(gateway) => gateway.call("POST", KILLS, asked)?,
        Admin::Here(local) => {
            let kill = asked.meant("command-line", bailiwick_gateway::now())?;
            local.act("kill", &asked.target(&kill.order), |store| store.kill(&kill))?;
            kill
        }
    };
    told(common, &kill, "is killed")
}

/// That nothing has this name as far as anybody here knows: one may kill ahead of time, and who
/// meant something that runs must hear of it.
fn stranger(
    settings: &Settings,
    admin: &Admin,
    asked: &KillAsked,
) -> Result<Option<String>, Failure> {
    let KillAsked { kind, name, .. } = asked;
    let keyed = |of: fn(&AgentKey) -> &str, keyless: Option<&str>| {
        let keys = keys::all(admin)?;
        Ok::<_, Failure>(keyless == Some(name) || keys.iter().any(|it| of(it) == name))
    };
    let keyless = settings.keyless.as_ref();
    let (is_known, whose) = match kind {
        KillKind::Agent => {
            (keyed(|it| &it.agent, keyless.map(|it| it.agent.as_str()))?, "no key is of it")
        }
        KillKind::Person => {
            (keyed(|it| &it.person, keyless.map(|it| it.person.as_str()))?, "no key is of her")
        }
        KillKind::Tenant => {
            (keyed(|it| &it.tenant, keyless.map(|it| it.tenant.as_str()))?, "no key is in it")
        }
        KillKind::Key => (keyed(|it| &it.id, None)?, "there is no such key"),
        KillKind::Tool | KillKind::Server | KillKind::Model => {
            let server = name.split_once('/').map_or(name.as_str(), |(server, _)| server);
            let names = warnings::names(settings);
            (names.contains(&server), "neither [servers] nor [providers] has it")
        }
    };
    let kind = kind.as_str();
    let words = || {
        format!("{kind} {name} is not known here: {whose}. If something else was meant, it goes on")
    };
    Ok((!is_known).then(words))
}

fn let_be(common: &Common, admin: &Admin, asked: &KillAsked) -> Outcome {
    let kill: Kill = match admin {
        Admin::Running(gateway) => gateway.call("DELETE", KILLS, asked)?,
        Admin::Here(local) => {
            let fresh = asked.meant("command-line", bailiwick_gateway::now())?;
            let kill = local.store.killed(asked.kind, &asked.name)?.unwrap_or(fresh);
            let target = asked.target(&kill.order);
            local.act("unkill", &target, |store| store.unkill(asked.kind, &asked.name))?;
            kill
        }
    };
    told(common, &kill, "is killed no more")
}

fn told(common: &Common, kill: &Kill, state: &str) -> Outcome {
    if common.json {
        output::json(kill)?;
    } else {
        say(format!("{} {} {state}; records say {}", kill.kind.as_str(), kill.name, kill.order));
    }
    YES
}

fn list(common: &Common, admin: &Admin) -> Outcome {
    let kills: Vec<Kill> = match admin {
        Admin::Running(gateway) => gateway.call("GET", KILLS, &json!(null))?,
        Admin::Here(local) => local.store.all_kills()?,
    };
    if common.json {
        output::json(&kills)?;
        return YES;
    }
    for kill in kills {
        let Kill { kind, name, order, reason, operator, since_ns } = kill;
        let since = instant(Timestamp::from_ns(since_ns));
        say(format!("{:<7} {name:<28} since {since} by {operator}: {reason}", kind.as_str()));
        if kind == KillKind::Person {
            say(format!("        records say {order}"));
        }
    }
    YES
}

//! `bailiwick contracts approve`: a person lets tools in, as their server shows them now.

use std::collections::BTreeMap;
use std::time::Duration;

use bailiwick_gateway::admission::Admitted;
use bailiwick_gateway::approving::{ApprovalAsked, ToolStands};
use clap::Args;
use serde_json::json;

use super::diff::shown;
use super::stands;
use crate::commands::admin::Remote;
use crate::commands::settings;
use crate::output::{self, Common, Failure, Outcome, YES, say};

/// How often the gateway is asked whether it goes by an approval, and after what time again.
const TRIES: usize = 12;
const PAUSE: Duration = Duration::from_millis(250);

#[derive(Args)]
pub(crate) struct Arguments {
    /// The server.
    server: String,
    /// Its tools.
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    tools: Vec<String>,
    /// Every tool that is not approved as it stands.
    #[arg(long)]
    all: bool,
    /// Why. It goes on record, and into the lock: name nobody in it.
    #[arg(long, value_name = "TEXT")]
    why: String,
    /// Approve only what has this pin: what you looked at, and nothing that came since. One tool.
    #[arg(long, value_name = "PIN", conflicts_with = "all")]
    pin: Option<String>,
}

pub(crate) fn run(common: &Common, arguments: &Arguments) -> Outcome {
    let settings = settings::load(common)?;
    let gateway = stands::gateway(&settings)?;
    let Arguments { server, why, .. } = arguments;
    stands::servers(&settings, std::slice::from_ref(server))?;
    let meant = meant(&stands::of(&gateway, server)?, arguments)?;
    if meant.is_empty() {
        say("every tool is as it was approved");
        return YES;
    }
    let asked = ApprovalAsked { server: server.clone(), tools: meant, why: why.clone() };
    asked.checked()?;
    let _: usize = gateway.call("POST", "/admin/v1/contracts/approve", &asked)?;
    let in_force = is_in_force(&gateway, &asked);
    let lock = settings.contracts.join(format!("{server}.lock"));
    if common.json {
        output::json(&json!({ "server": server, "approved": asked.tools, "lock": lock,
            "in_force": in_force }))?;
        return YES;
    }
    for (tool, pin) in &asked.tools {
        say(format!("approved {server}/{} {pin}", shown(tool)));
    }
    say(format!("It is on record, and in {}: keep that under version control.", lock.display()));
    if !in_force {
        eprintln!(
            "warning: it is not in force: the files of the rules cannot be used as they are; see \
             `bailiwick check`"
        );
    }
    YES
}

/// Whether the gateway goes by the approvals, which it reads within a second or two.
fn is_in_force(gateway: &Remote, asked: &ApprovalAsked) -> bool {
    let is_seen = || {
        stands::of(gateway, &asked.server).is_ok_and(|all| {
            let is_approved = |it: &&ToolStands| it.admitted == Admitted::Approved;
            asked
                .tools
                .keys()
                .all(|tool| all.iter().filter(|it| it.name == *tool).any(|it| is_approved(&it)))
        })
    };
    (0..TRIES).any(|_| {
        let is_seen = is_seen();
        if !is_seen {
            // Nothing tells a command that a file was read, but the gateway when it is asked again.
            std::thread::park_timeout(PAUSE);
        }
        is_seen
    })
}

/// The tools that are meant, with the pins that they have.
fn meant(
    all: &[ToolStands],
    arguments: &Arguments,
) -> Result<BTreeMap<String, bailiwick_contracts::Pin>, Failure> {
    if arguments.all {
        let open = all.iter().filter(|it| it.admitted != Admitted::Approved);
        return Ok(open.map(|it| (it.name.clone(), it.pin)).collect());
    }
    if arguments.pin.is_some() && arguments.tools.len() != 1 {
        return Err(Failure("--pin is of one tool: name that one".into()));
    }
    let mut meant = BTreeMap::new();
    for name in &arguments.tools {
        let Some(tool) = all.iter().find(|it| it.name == *name) else {
            let names: Vec<_> = all.iter().map(|it| shown(&it.name)).collect();
            let server = &arguments.server;
            return Err(Failure(format!("{server} has no `{name}`; it has {}", names.join(", "))));
        };
        let pin = arguments.pin.as_ref().map(|it| it.parse()).transpose()?;
        meant.insert(name.clone(), pin.unwrap_or(tool.pin));
    }
    Ok(meant)
}

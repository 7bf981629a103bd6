//! `bailiwick contracts relearn`: a person says that what a tool answers now is as it should be.

use bailiwick_gateway::RelearnAsked;
use clap::Args;

use super::diff::shown;
use super::stands;
use crate::commands::settings;
use crate::output::{self, Common, Outcome, YES, say};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The server.
    server: String,
    /// Its tools.
    #[arg(required = true)]
    tools: Vec<String>,
    /// Why. It goes on record: name nobody in it.
    #[arg(long, value_name = "TEXT")]
    why: String,
}

pub(crate) fn run(common: &Common, arguments: &Arguments) -> Outcome {
    let settings = settings::load(common)?;
    let gateway = stands::gateway(&settings)?;
    let Arguments { server, tools, why } = arguments;
    stands::servers(&settings, std::slice::from_ref(server))?;
    let (server, tools, why) = (server.clone(), tools.clone(), why.clone());
    let asked = RelearnAsked { server, tools, why };
    let _: usize = gateway.call("POST", "/admin/v1/contracts/relearn", &asked)?;
    if common.json {
        output::json(&asked)?;
        return YES;
    }
    for tool in &asked.tools {
        say(format!("{}/{}: what it answers now is what is usual", asked.server, shown(tool)));
    }
    YES
}

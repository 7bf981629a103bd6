//! `bailiwick contracts digest SERVER`: the digest of what its command launches, to be declared.

use bailiwick_gateway::Rules;
use bailiwick_gateway::measured::measured;
use clap::Args;
use serde_json::json;

use crate::commands::settings;
use crate::output::{self, Common, Failure, Outcome, YES, no, say};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The server.
    server: String,
}

/// Exit code 1 where its contract declares another one.
pub(crate) fn run(common: &Common, arguments: &Arguments) -> Outcome {
    let settings = settings::load(common)?;
    let name = arguments.server.as_str();
    let server = settings.servers.iter().find(|it| it.name.as_str() == name);
    let server = server.ok_or_else(|| Failure(format!("[servers] has no `{name}`")))?;
    let found = measured(server)
        .map_err(|why| Failure(format!("server {name}: its digest cannot be told: {why}")))?;
    let rules = Rules::read(&settings).map_err(|bad| Failure(bad.0.join("\n")))?;
    let standing = rules.contracts.of(&server.name).and_then(|it| it.standing.as_ref());
    let declared = standing.and_then(|it| Some(it.digest.as_ref()?.said().clone()));
    let differs = declared.as_ref().is_some_and(|it| !it.eq_ignore_ascii_case(&found.digest));
    if common.json {
        output::json(&json!({
            "server": name, "digest": found.digest, "covers": found.covers,
            "declared": declared, "differs": differs,
        }))?;
    } else {
        found.covers.iter().for_each(|it| say(format!("# covers {it}")));
        say(format!("digest = \"{}\"", found.digest));
        match &declared {
            Some(other) if differs => say(format!("# the contract says another: {other}")),
            Some(_) => say("# the contract says the same"),
            None => say("# put it under [standing] in the server's contract"),
        }
    }
    if differs { no() } else { YES }
}

//! `bailiwick policy suggest`: policies that permit what was observed, for a person to read.

use std::sync::Arc;

use bailiwick_gateway::store::Store;
use bailiwick_gateway::{paths, recording};
use bailiwick_log::{Filter, Kind, Reader};
use bailiwick_policy::{PolicySet, Source};
use clap::Args;
use serde_json::json;

use super::cedar::{Proposal, proposals};
use super::observed::Observed;
use crate::commands::{log, settings};
use crate::output::{self, Common, Failure, Outcome, YES, no, say};

#[derive(Args)]
pub(super) struct Arguments {
    /// Only what was observed from this time: milliseconds since 1970, or `2026-03-14T09:00:00Z`.
    #[arg(long)]
    since: Option<String>,
    /// Only what this agent did.
    #[arg(long)]
    agent: Option<String>,
}

pub(super) fn run(common: &Common, arguments: &Arguments) -> Outcome {
    let settings = settings::load(common)?;
    let filter = Filter {
        agent: arguments.agent.as_deref().map(Into::into),
        since: arguments.since.as_deref().map(log::time).transpose()?,
        kind: Some(Kind::Decision),
        ..Filter::default()
    };
    let reader = Reader::open(&paths::log(&settings.data))?;
    let store = Arc::new(Store::open(&settings.data)?);
    let observed = Observed::read(&reader, &recording::world(&store), filter)?;
    let proposals = proposals(&observed);
    let text = text(&observed, &proposals);
    // What is proposed must load: a person who puts it in force relies on that.
    PolicySet::load(&[Source { name: "suggested.cedar", text: &text }], None)
        .map_err(|it| Failure(format!("what was observed makes no policy that loads: {it}")))?;
    if common.json {
        output::json(&json!({
            "calls": observed.calls,
            "refused": observed.refused,
            "unreadable": observed.unreadable,
            "policies": proposals,
            "text": text,
        }))?;
    } else {
        say(text.trim_end());
    }
    if proposals.is_empty() { no() } else { YES }
}

fn text(observed: &Observed, proposals: &[Proposal]) -> String {
    let Observed { calls, refused, unreadable, .. } = observed;
    let mut text = format!(
        "// Proposed by `bailiwick policy suggest` from {calls} calls. Read every line: what was\n\
         // observed is not what should be. A call made once by mistake is permitted here, and\n\
         // what nobody happened to do is not. {refused} refused calls are not in it.\n"
    );
    if *unreadable > 0 {
        text.push_str(&format!("// {unreadable} calls could not be read: erased, or unknown.\n"));
    }
    text.push_str(
        "// The gateway's own listing goes by a policy of its own, as in starter.cedar.\n",
    );
    for proposal in proposals {
        text.push('\n');
        text.push_str(&proposal.text);
    }
    text
}

//! `bailiwick log prove` and `check-proof`: that one entry stands in the log.

use std::path::PathBuf;

use bailiwick_core::ExchangeId;
use bailiwick_log::{Reader, verify_proof};
use clap::Args;
use serde_json::json;

use super::Place;
use super::verify::key;
use crate::files;
use crate::output::{self, Common, Failure, Outcome, YES, no, say};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The decision's id, or a record's index.
    decision: String,
    #[command(flatten)]
    place: Place,
    /// Where the proof is written. Standard output, when not given.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Where the entry's bytes are written: a proof is checked against them.
    #[arg(long)]
    entry: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct CheckArguments {
    /// The proof.
    proof: PathBuf,
    /// The entry's bytes, as `prove --entry` wrote them.
    #[arg(long)]
    entry: PathBuf,
    /// The verifier key, or a file that holds it. The gateway's own, when not given.
    #[arg(long)]
    key: Option<String>,
}

pub(super) fn run(common: &Common, arguments: &Arguments) -> Outcome {
    let reader = Reader::open(&arguments.place.folder(common)?)?;
    let decision = &arguments.decision;
    let unknown = || Failure(format!("the log has no decision {decision}"));
    let index = match decision.parse::<u64>() {
        Ok(index) => index,
        Err(_) => {
            let bad = || Failure(format!("`{decision}` is neither a decision's id nor an index"));
            let exchange = ExchangeId::parse(decision).ok_or_else(bad)?;
            reader.find(exchange)?.ok_or_else(unknown)?
        }
    };
    let entry = reader.entry_bytes(index)?.ok_or_else(unknown)?;
    if reader.checkpoint()?.head.size <= index {
        let soon = "it is not under a published checkpoint yet; that takes about a second";
        return Err(Failure(format!("record {index}: {soon}")));
    }
    let proof = reader.prove(index)?.to_string();
    if let Some(file) = &arguments.entry {
        files::write(file, &entry)?;
    }
    match &arguments.out {
        Some(file) => files::write(file, &proof)?,
        None if common.json => output::json(&json!({ "index": index, "proof": proof }))?,
        None => say(proof.trim_end()),
    }
    YES
}

pub(super) fn check(common: &Common, arguments: &CheckArguments) -> Outcome {
    let entry = files::read(&arguments.entry)?;
    let proof = files::read_text(&arguments.proof)?;
    let key = key(common, arguments.key.as_deref())?;
    let checked = verify_proof(&key, &entry, &proof);
    let fault = checked.as_ref().err().map(ToString::to_string);
    if common.json {
        output::json(&json!({ "good": fault.is_none(), "fault": fault }))?;
    } else {
        say(fault.as_deref().unwrap_or("The entry stands in the log."));
    }
    if fault.is_none() { YES } else { no() }
}

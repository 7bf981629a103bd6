//! `bailiwick log verify`: finds change, deletion, reorder; with a kept checkpoint, truncation and
//! rollback too. Without one it says what it cannot know.

use std::path::{Path, PathBuf};

use bailiwick_gateway::paths;
use bailiwick_log::{Checkpoint, Report, Verification, VerifierKey, verify};
use clap::Args;
use serde_json::{Value, json};

use super::Place;
use crate::commands::settings;
use crate::files;
use crate::output::{self, Common, Failure, Outcome, YES, no, say};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// The verifier key, or a file that holds it. The gateway's own, when not given.
    #[arg(long)]
    key: Option<String>,
    /// A checkpoint that was kept elsewhere.
    #[arg(long, value_name = "FILE")]
    since_checkpoint: Option<PathBuf>,
}

pub(super) fn run(common: &Common, arguments: &Arguments) -> Outcome {
    let folder = arguments.place.folder(common)?;
    let since = arguments.since_checkpoint.as_deref().map(kept).transpose()?;
    let key = key(common, arguments.key.as_deref())?;
    let against = Verification { key: &key, since: since.as_deref() };
    let report = verify(&folder, &against)?;
    if common.json {
        output::json(&as_json(&report))?;
    } else {
        as_text(&report);
    }
    if report.is_good() { YES } else { no() }
}

/// The checkpoint in a file. Another file says nothing of the log, and must not seem to.
fn kept(file: &Path) -> Result<Vec<u8>, Failure> {
    let note = files::read(file)?;
    if Checkpoint::of_note(&note).is_none() {
        let what = "is no checkpoint, such as `bailiwick log checkpoint` prints";
        return Err(Failure(format!("{} {what}", file.display())));
    }
    Ok(note)
}

/// The key that is named, or the one in the file that is named, or the gateway's own.
pub(super) fn key(common: &Common, said: Option<&str>) -> Result<VerifierKey, Failure> {
    let text = match said {
        Some(text) if text.contains('+') && !text.contains('\n') => text.to_owned(),
        Some(file) => files::read_text(Path::new(file))?,
        None => files::read_text(&paths::verifier_key(&settings::load(common)?.data))?,
    };
    VerifierKey::parse(text.trim()).map_err(|_| Failure("that is no verifier key".into()))
}

fn as_text(it: &Report) {
    say(format!("log         {}", it.origin));
    say(format!("records     {} ({} under the checkpoint)", it.entries, it.size));
    let (denied, doubt) = (it.decisions.saturating_sub(it.permitted), it.in_doubt);
    say(format!("decisions   {}: {} permitted, {denied} denied", it.decisions, it.permitted));
    say(format!(
        "outcomes    {}; {doubt} calls ended without one (a crash, or under way)",
        it.outcomes
    ));
    say(format!("others      {} turned away, {} administrative acts", it.refusals, it.admin_acts));
    say(format!("opened      {} times, by gateways, wraps and commands", it.boots));
    for problem in &it.problems {
        say(format!("PROBLEM     {problem}"));
    }
    let more = it.problem_count.saturating_sub(it.problems.len() as u64);
    if more > 0 {
        say(format!("            and {more} more"));
    }
    for unknown in it.unknown() {
        say(format!("not known   {unknown}"));
    }
    say(if it.is_good() { "The log is whole and unchanged." } else { "THE LOG DOES NOT VERIFY." });
}

fn as_json(it: &Report) -> Value {
    let problems: Vec<String> = it.problems.iter().map(ToString::to_string).collect();
    let root: String = it.root.iter().map(|byte| format!("{byte:02x}")).collect();
    json!({
        "good": it.is_good(),
        "origin": it.origin,
        "size": it.size,
        "root": root,
        "records": it.entries,
        "decisions": it.decisions,
        "permitted": it.permitted,
        "outcomes": it.outcomes,
        "in_doubt": it.in_doubt,
        "refusals": it.refusals,
        "admin_acts": it.admin_acts,
        "boots": it.boots,
        "first_ns": it.first_ns,
        "last_ns": it.last_ns,
        "clock_back_ns": it.clock_back_ns,
        "seals": it.seals,
        "seals_missing": it.seals_missing,
        "tail": it.tail.as_ref().map(|tail| json!({
            "records": tail.entries, "signed": tail.signed,
        })),
        "keys": it.keys,
        "since_size": it.since_size,
        "since_holds": it.since_holds,
        "unknown": it.unknown(),
        "problems": problems,
        "problem_count": it.problem_count,
    })
}

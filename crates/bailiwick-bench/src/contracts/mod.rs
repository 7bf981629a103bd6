//! `bench contracts`: how often a draft says of a tool what its vendor says, how many poisoned
//! definitions the lint finds, how often it cries for nothing, how fast both are, and what
//! contracts cost a call.

mod corpus;
mod effects;
mod poison;
mod shares;
mod slowdown;

use std::path::PathBuf;

use bailiwick_contracts::{Definition, Subject, draft, lint, scores};

use crate::Done;
use crate::clock::now;
use crate::report::Report;

/// So many tools at once, as one catalogue.
const CATALOGUE: usize = 1_000;
const ROUNDS: usize = 3;

/// Measure on these corpora; where none is named, on the shared ones. A corpus that is not there
/// leaves its figures absent.
pub(crate) fn run(options: &[&str]) -> Done<Report> {
    let (tools, attacks) = files(options)?;
    let tools = corpus::tools(&tools)?;
    let attacks = corpus::attacks(&attacks)?;
    let mut report = Report::default();
    effects::measure(&tools, &mut report);
    poison::measure(&tools, &attacks, &mut report);
    report.add("tools_per_s", speed(&tools), "drafted and linted as one catalogue (>= 1,000)");
    slowdown::measure(&mut report)?;
    Ok(report)
}

/// The files of tools and of attacks.
fn files(options: &[&str]) -> Done<(Vec<PathBuf>, Vec<PathBuf>)> {
    let (mut tools, mut attacks) = (Vec::new(), Vec::new());
    let mut options = options.iter();
    while let Some(option) = options.next() {
        let file = options.next().ok_or_else(|| format!("{option} needs a file"))?;
        match *option {
            "--tools" => tools.push(file.into()),
            "--attacks" => attacks.push(file.into()),
            _ => return Err(format!("no such option: {option}").into()),
        }
    }
    if tools.is_empty() && attacks.is_empty() {
        let Some(shared) = std::env::var_os("BAILIWICK_SHARED").map(PathBuf::from) else {
            eprintln!("no corpora: set BAILIWICK_SHARED, or name files by --tools and --attacks");
            return Ok((tools, attacks));
        };
        let of = |names: &[&str]| names.iter().map(|it| shared.join("corpora").join(it)).collect();
        tools = of(&["tools/tools.jsonl", "tools/tools_npm.jsonl"]);
        attacks = of(&["attacks/safetybench.jsonl", "attacks/dvmcp.jsonl"]);
    }
    Ok((tools, attacks))
}

/// How many tools are drafted and linted in a second.
fn speed(tools: &[corpus::Tool]) -> Option<f64> {
    let definitions: Vec<Definition> =
        tools.iter().map(|it| it.definition.clone()).cycle().take(CATALOGUE).collect();
    if definitions.is_empty() {
        return None;
    }
    let rounds = (0..ROUNDS).map(|_| {
        let begun = now();
        let contract = None;
        let all = [Subject { server: "all", definitions: &definitions, contract, launch: &[] }];
        let remarks = lint(&all);
        let made = (draft("all", &definitions).tools.len(), scores(&all, &remarks).len());
        std::hint::black_box(made);
        begun.elapsed().as_secs_f64()
    });
    let best = rounds.fold(f64::INFINITY, f64::min);
    Some(definitions.len() as f64 / best)
}

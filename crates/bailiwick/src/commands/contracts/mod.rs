//! `bailiwick contracts`: what is known of each tool, and which a person approved.

mod add;
mod approve;
mod catalogue;
mod collect;
mod compare;
mod diff;
mod digest;
mod draft;
mod drift;
mod health;
mod inventory;
mod lint;
mod neglected;
mod reach;
mod ready;
mod relearn;
mod stands;

pub(super) use draft::of_server as contract_of;
pub(super) use ready::of_server as ready_for;

use clap::{Args, Subcommand};

use crate::output::{Common, Outcome};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Write a first contract, guessed from what the server says of its tools
    Draft(draft::Arguments),
    /// List the ready contracts that are part of this program
    Catalogue,
    /// Write a contract from the catalogue, for a server that it knows
    Add(add::Arguments),
    /// Look for what is wrong with tools, and with the contracts about them
    Lint(lint::Arguments),
    /// Show what nobody approved, and what changed since it was approved
    Diff(diff::Arguments),
    /// Approve tools as their server shows them now
    Approve(approve::Arguments),
    /// The digest of what a server's command launches, to be declared in its contract
    Digest(digest::Arguments),
    /// Show how tools answer, what of it is not as it was, and what canaries came to
    Drift(drift::Arguments),
    /// Say that what tools answer now is as it should be
    Relearn(relearn::Arguments),
    /// Show whether another server can take the place of this one
    Compare(compare::Arguments),
    /// A row for each tool: what it does, who answers for it, how it is undone
    Inventory(inventory::Arguments),
    /// Whether anybody looks after the servers, and what follows
    Health(health::Arguments),
    /// Servers that are used and whose source does not change any more
    Neglected(neglected::Arguments),
    /// Ask public registries how the servers' packages fare, and write a feed
    Collect(collect::Arguments),
    /// What credentials are said to reach, beside what they were seen to reach
    Reach(reach::Arguments),
}

pub(crate) fn run(common: &Common, arguments: &Arguments) -> Outcome {
    match &arguments.what {
        What::Draft(arguments) => draft::run(common, arguments),
        What::Catalogue => catalogue::run(common),
        What::Add(arguments) => add::run(common, arguments),
        What::Lint(arguments) => lint::run(common, arguments),
        What::Diff(arguments) => diff::run(common, arguments),
        What::Approve(arguments) => approve::run(common, arguments),
        What::Digest(arguments) => digest::run(common, arguments),
        What::Drift(arguments) => drift::run(common, arguments),
        What::Relearn(arguments) => relearn::run(common, arguments),
        What::Compare(arguments) => compare::run(common, arguments),
        What::Inventory(arguments) => inventory::run(common, arguments),
        What::Health(arguments) => health::run(common, arguments),
        What::Neglected(arguments) => neglected::run(common, arguments),
        What::Collect(arguments) => collect::run(common, arguments),
        What::Reach(arguments) => reach::run(common, arguments),
    }
}

/// `1 tool`, `2 tools`.
fn counted(tools: usize) -> String {
    format!("{tools} tool{}", if tools == 1 { "" } else { "s" })
}

//! `bailiwick contracts`: what is known of each tool, and which a person approved.

mod approve;
mod diff;
mod draft;
mod inventory;
mod lint;
mod stands;

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
    /// Look for what is wrong with tools, and with the contracts about them
    Lint(lint::Arguments),
    /// Show what nobody approved, and what changed since it was approved
    Diff(diff::Arguments),
    /// Approve tools as their server shows them now
    Approve(approve::Arguments),
    /// A row for each tool: what it does, who answers for it, how it is undone
    Inventory(inventory::Arguments),
}

pub(crate) fn run(common: &Common, arguments: &Arguments) -> Outcome {
    match &arguments.what {
        What::Draft(arguments) => draft::run(common, arguments),
        What::Lint(arguments) => lint::run(common, arguments),
        What::Diff(arguments) => diff::run(common, arguments),
        What::Approve(arguments) => approve::run(common, arguments),
        What::Inventory(arguments) => inventory::run(common, arguments),
    }
}

/// `1 tool`, `2 tools`.
fn counted(tools: usize) -> String {
    format!("{tools} tool{}", if tools == 1 { "" } else { "s" })
}

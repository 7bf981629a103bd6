//! `bailiwick policy`: working on policies.

mod cedar;
mod observed;
mod suggest;

use clap::{Args, Subcommand};

use crate::output::{Common, Outcome};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Propose policies that permit what was observed and no more, for a person to read
    Suggest(suggest::Arguments),
}

pub(crate) fn run(common: &Common, arguments: &Arguments) -> Outcome {
    match &arguments.verb {
        Verb::Suggest(arguments) => suggest::run(common, arguments),
    }
}

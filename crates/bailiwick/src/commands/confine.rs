//! `bailiwick confine -- CMD`: how the gateway starts a server's process that is kept to the hosts
//! of its contract. Nobody types it.

use std::ffi::OsString;

use bailiwick_gateway::confined::{self, Mechanism};
use clap::Args;

use crate::output::{Failure, Outcome, YES, no, say};

#[derive(Args)]
pub(crate) struct Arguments {
    /// What keeps it from the network.
    #[arg(long, value_parser = by)]
    by: Mechanism,
    /// Try it on this process, and start nothing.
    #[arg(long)]
    probe: bool,
    /// The command.
    #[arg(last = true)]
    words: Vec<OsString>,
}

fn by(word: &str) -> Result<Mechanism, String> {
    Mechanism::named(word).ok_or_else(|| "it is one of namespace, landlock and proxy".into())
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    if !arguments.probe {
        return Err(Failure(confined::launch(arguments.by, &arguments.words)));
    }
    match confined::probe(arguments.by) {
        Ok(()) => YES,
        Err(why) => {
            say(why);
            no()
        }
    }
}

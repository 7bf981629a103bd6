//! `bailiwick completions`: completion scripts, made from the command line itself.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::output::{Outcome, YES};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The shell.
    shell: Shell,
}

pub(crate) fn run<C: CommandFactory>(arguments: &Arguments) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut C::command(), "bailiwick", &mut script);
    crate::output::say(String::from_utf8_lossy(&script).trim_end());
    YES
}

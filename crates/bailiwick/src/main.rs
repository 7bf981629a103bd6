//! The `bailiwick` binary: one verb, one file under `commands`.

mod cli;
mod commands;
mod helpdesk;
mod output;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}

//! The `bailiwick` binary: one verb, one file under `commands`.

mod adoption;
mod catalogue;
mod cli;
mod commands;
mod files;
mod helpdesk;
mod output;
mod parrot;

use std::process::ExitCode;

/// A call allocates some two hundred small things and frees them on another thread as often as not:
/// with the system's allocator that is a tenth of its cost (decision record 0001).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::run()
}

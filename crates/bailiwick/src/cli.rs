//! The command line: COMMANDS, as shown to people.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::commands;
use crate::output::{self, Common};

/// One binary between AI agents and everything they can touch: it decides every call by policy,
/// carries out what is allowed, inspects what comes back, and keeps a record that can be proven.
#[derive(Parser)]
#[command(name = "bailiwick", version, propagate_version = true, max_term_width = 100)]
#[command(after_help = "Exit codes: 0 yes or done, 1 no (denied, faulty, not proven), 2 failed.\n\
    Start with `bailiwick demo`, then `bailiwick up`.")]
struct Cli {
    /// The configuration. When not given and not here: ~/.config/bailiwick/bailiwick.toml, which
    /// `init` and `wrap` write. `up` alone writes one here.
    #[arg(long, short, global = true, default_value = "bailiwick.toml", env = "BAILIWICK_CONFIG")]
    config: PathBuf,
    /// Print one JSON value instead of text for people.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// See it work: a gateway, a server, agents and a story, with nothing to set up
    Demo(commands::demo::Arguments),
    /// Serve (writes a working configuration when there is none)
    Up(commands::up::Arguments),
    /// Make the MCP clients of this machine go through Bailiwick, or undo it
    Init(commands::init::Arguments),
    /// Govern one stdio server, in its place in a client's configuration
    Wrap(commands::wrap::Arguments),
    /// Parse, validate and print what the configuration means
    Check(commands::check::Arguments),
    /// Look at the whole set-up, and say what to do
    Doctor(commands::doctor::Arguments),
    /// A dry run: would this be allowed, and why
    Ask(commands::ask::Arguments),
    /// Why a call was decided as it was
    Why(commands::why::Arguments),
    /// Propose policies from what was observed
    Policy(commands::policy::Arguments),
    /// What is known of each tool, and which a person approved
    Contracts(commands::contracts::Arguments),
    /// Make, list, limit, rotate and revoke the keys of agents
    Keys(commands::keys::Arguments),
    /// Stop an agent, a person, a key, a tool, a server, a model or a tenant, at once
    Kill(commands::kill::Arguments),
    /// Let be again what was killed
    Unkill(commands::kill::What),
    /// Make, list and revoke operators
    Operators(commands::operators::Arguments),
    /// Verify, prove and query the log
    Log(commands::log::Arguments),
    /// How the running gateway fares
    Status,
    /// Copy log and state of the running gateway into a new folder
    Backup(commands::backup::BackupArguments),
    /// Verify a copy and put it in the place of the data folder
    Restore(commands::backup::RestoreArguments),
    /// Print a completion script for a shell
    Completions(commands::completions::Arguments),
    /// Start a command that is kept to its hosts
    #[command(hide = true)]
    Confine(commands::confine::Arguments),
    /// The helpdesk server of the demo, on standard input and output
    #[command(hide = true)]
    Helpdesk,
    /// The models of the demo, at this address, until Ctrl-C
    #[command(hide = true)]
    Parrot {
        /// Where to listen.
        #[arg(long, default_value = "127.0.0.1:8430")]
        listen: std::net::SocketAddr,
    },
}

/// Read the command line and carry it out.
pub(crate) fn run() -> ExitCode {
    let Cli { config, json, command } = Cli::parse();
    let common = Common { config, json };
    let outcome = match command {
        Command::Demo(arguments) => commands::demo::run(&common, &arguments),
        Command::Up(arguments) => commands::up::run(&common, &arguments),
        Command::Init(arguments) => commands::init::run(&common, &arguments),
        Command::Wrap(arguments) => commands::wrap::run(&common, &arguments),
        Command::Check(arguments) => commands::check::run(&common, &arguments),
        Command::Doctor(arguments) => commands::doctor::run(&common, &arguments),
        Command::Ask(arguments) => commands::ask::run(&common, &arguments),
        Command::Why(arguments) => commands::why::run(&common, &arguments),
        Command::Policy(arguments) => commands::policy::run(&common, &arguments),
        Command::Contracts(arguments) => commands::contracts::run(&common, &arguments),
        Command::Keys(arguments) => commands::keys::run(&common, &arguments),
        Command::Kill(arguments) => commands::kill::kill(&common, &arguments),
        Command::Unkill(what) => commands::kill::unkill(&common, &what),
        Command::Operators(arguments) => commands::operators::run(&common, &arguments),
        Command::Log(arguments) => commands::log::run(&common, &arguments),
        Command::Status => commands::status::run(&common),
        Command::Backup(arguments) => commands::backup::back_up(&common, &arguments),
        Command::Restore(arguments) => commands::backup::restore(&common, &arguments),
        Command::Completions(arguments) => commands::completions::run::<Cli>(&arguments),
        Command::Confine(arguments) => commands::confine::run(&arguments),
        Command::Helpdesk => commands::serve_helpdesk(),
        Command::Parrot { listen } => commands::serve_parrot(listen),
    };
    let outcome = outcome.and_then(|code| output::written().map(|()| code));
    outcome.unwrap_or_else(|failure| {
        eprintln!("bailiwick: {}", failure.0);
        ExitCode::from(2)
    })
}

//! `bailiwick up`: serve. Without a configuration, a commented working one is written first.

use std::path::Path;
use std::sync::Arc;

use bailiwick_gateway::diary::Diary;
use bailiwick_gateway::{Gateway, paths};
use clap::Args;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::settings;
use crate::helpdesk;
use crate::output::{Common, Failure, Outcome, YES, say};

/// What is written when there is no configuration.
const FIRST: &str = include_str!("up/bailiwick.toml");
pub(super) const STARTER: &str = include_str!("up/starter.cedar");

#[derive(Args)]
pub(crate) struct Arguments {}

pub(crate) fn run(common: &Common, _: &Arguments) -> Outcome {
    if !common.config.exists() {
        write_first(&common.config)?;
    }
    let settings = settings::load(common)?;
    let data = settings.data.clone();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let told = Told::listen()?;
        let gateway = Gateway::start(settings, Arc::new(Diary::default())).await?;
        let (agents, operators) = (gateway.agents(), gateway.operators());
        say(format!("agents     http://{agents}/mcp/{{server}}"));
        say(format!("operators  http://{operators}"));
        let token = paths::admin_token(&data);
        // A restored gateway has none, and whoever made operators of their own removes it.
        if token.exists() {
            say(format!("           the first admin's token is in {}", token.display()));
        }
        say("Make a key for an agent with `bailiwick keys new --agent NAME --person NAME`.");
        told.wait().await;
        say("stopping: calls under way may end, then the log is sealed");
        gateway.shut_down().await?;
        say("stopped");
        YES
    })
}

/// An interrupt, or a request to terminate. Listened for before anything begins: one that came
/// earlier would end the process in disorder.
pub(super) struct Told {
    interrupt: Signal,
    terminate: Signal,
}

impl Told {
    pub(super) fn listen() -> Result<Self, Failure> {
        let interrupt = signal(SignalKind::interrupt())?;
        let terminate = signal(SignalKind::terminate())?;
        Ok(Self { interrupt, terminate })
    }

    /// Wait for it.
    pub(super) async fn wait(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Write a configuration, a starter policy and the helpdesk to try it on. Files that are there
/// already are left alone.
fn write_first(config: &Path) -> Result<(), Failure> {
    let folder = config.parent().unwrap_or(Path::new("."));
    let program = std::env::current_exe()?;
    let first = FIRST.replace("@PROGRAM@", &program.display().to_string());
    write_new(config, &first)?;
    write_rules(folder, &[("starter.cedar", STARTER)])?;
    say(format!("wrote {}, with a server to try, policies and a contract", config.display()));
    say("To try it: `bailiwick keys new --agent support-bot --person ada --tenant acme`.");
    Ok(())
}

/// Write a configuration and the starter policies, and nothing else.
pub(super) fn write_starter(config: &Path, text: &str) -> Result<(), Failure> {
    let folder = config.parent().unwrap_or(Path::new("."));
    for name in ["policies", "contracts"] {
        std::fs::create_dir_all(folder.join(name))?;
    }
    write_new(&folder.join("policies/starter.cedar"), STARTER)?;
    write_new(config, text)
}

/// Write the helpdesk's contract, policies and entities, and some more policies.
pub(super) fn write_rules(folder: &Path, more: &[(&str, &str)]) -> Result<(), Failure> {
    let policies = folder.join("policies");
    let contracts = folder.join("contracts");
    std::fs::create_dir_all(&policies)?;
    std::fs::create_dir_all(&contracts)?;
    write_new(&contracts.join("helpdesk.toml"), helpdesk::CONTRACT)?;
    write_new(&policies.join("entities.json"), helpdesk::ENTITIES)?;
    for (name, text) in helpdesk::POLICIES.iter().chain(more) {
        write_new(&policies.join(name), text)?;
    }
    Ok(())
}

/// Write a file that is not there yet.
pub(super) fn write_new(file: &Path, text: &str) -> Result<(), Failure> {
    if file.exists() {
        return Ok(());
    }
    std::fs::write(file, text).map_err(|problem| Failure(format!("{}: {problem}", file.display())))
}

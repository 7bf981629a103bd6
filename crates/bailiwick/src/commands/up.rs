//! `bailiwick up`: serve. Without a configuration, a commented working one is written first.

use std::sync::Arc;

use bailiwick_gateway::diary::Diary;
use bailiwick_gateway::{Gateway, paths};
use clap::Args;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{first, settings};
use crate::output::{Common, Failure, Outcome, YES, say};

#[derive(Args)]
pub(crate) struct Arguments {}

pub(crate) fn run(common: &Common, _: &Arguments) -> Outcome {
    if !common.config.exists() {
        first::for_up(&common.config)?;
    }
    let settings = settings::load_from(&common.config)?;
    let data = settings.data.clone();
    let has_models = !settings.models.providers.is_empty();
    let scheme = if settings.tls.is_some() { "https" } else { "http" };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let told = Told::listen()?;
        let gateway = Gateway::start(settings, Arc::new(Diary::default())).await?;
        let (agents, operators) = (gateway.agents(), gateway.operators());
        say(format!("agents     {scheme}://{agents}/mcp/{{server}}"));
        if has_models {
            let vendors = ["openai/v1", "anthropic"].map(|it| format!("{scheme}://{agents}/{it}"));
            say(format!("models     {}", vendors.join(" and ")));
        }
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

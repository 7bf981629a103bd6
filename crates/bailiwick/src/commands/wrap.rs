//! `bailiwick wrap -- CMD` or `--url URL`: stand in the place of a server in a client's
//! configuration, and govern it. Standard output is the client's: whatever is said to people goes
//! to standard error.

mod name;
mod server;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bailiwick_gateway::config::{Date, Keyless, Settings};
use bailiwick_gateway::diary::Diary;
use bailiwick_gateway::{Ended, Wrap};
use clap::Args;

use super::{first, settings, up};
use crate::output::{Common, Failure, Outcome, YES, no};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The server's name in policies and records. When not given, the command or address tells it.
    #[arg(long)]
    name: Option<String>,
    /// The agent that calls. When not given: that of `keyless_loopback`, else `local-agent`.
    #[arg(long)]
    agent: Option<String>,
    /// The person for whom it calls. When not given: that of `keyless_loopback`, else you.
    #[arg(long)]
    person: Option<String>,
    /// Refuse nothing until this day, such as 2026-12-24, and record what would have been refused.
    #[arg(long, value_name = "DATE", num_args = 0..=1, require_equals = true)]
    observe: Option<Option<Date>>,
    /// The day on which observing ends.
    #[arg(long, value_name = "DATE", requires = "observe")]
    until: Option<Date>,
    /// Give the server this variable only (repeat it), besides PATH and HOME. When not given, it
    /// gets what we got.
    #[arg(long = "env", value_name = "NAME", conflicts_with = "url")]
    variables: Vec<String>,
    /// Give the server a variable whose value is in a file. May be repeated.
    #[arg(long, value_name = "NAME=FILE", value_parser = pair, conflicts_with = "url")]
    secret_env: Vec<(String, String)>,
    /// The address of a server that speaks over HTTP, in the place of a command.
    #[arg(long)]
    url: Option<String>,
    /// Send it a header whose value is in a file. May be repeated.
    #[arg(long, value_name = "NAME=FILE", value_parser = pair)]
    #[arg(requires = "url", conflicts_with = "command")]
    secret_header: Vec<(String, String)>,
    /// Send it a header that is no secret. May be repeated.
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    #[arg(requires = "url", conflicts_with = "command")]
    header: Vec<(String, String)>,
    /// How it speaks. When not given, that is found out.
    #[arg(long, requires = "url", conflicts_with = "command")]
    transport: Option<Way>,
    /// The server's command, after `--`.
    #[arg(last = true, required_unless_present = "url", conflicts_with = "url")]
    command: Vec<String>,
}

/// How a server at an address speaks.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Way {
    /// Streamable HTTP
    StreamableHttp,
    /// HTTP+SSE, as in revision 2024-11-05
    Sse,
}

/// A name and what belongs to it.
fn pair(text: &str) -> Result<(String, String), String> {
    let (name, rest) = text.split_once('=').ok_or("there is no `=` in it")?;
    if name.is_empty() || rest.is_empty() {
        return Err("one side of the `=` is empty".into());
    }
    Ok((name.to_owned(), rest.to_owned()))
}

pub(crate) fn run(common: &Common, arguments: &Arguments) -> Outcome {
    let (mut settings, made) = load(common)?;
    let server = server::meant_by(arguments)?;
    settings.keyless = Some(caller(&settings, arguments));
    settings.regulated.retain(|it| *it == server.name);
    settings.servers = vec![server];
    if let Some(day) = observe_until(&settings, arguments)? {
        settings.observe_until = Some(day);
    }
    let diary = Arc::new(Diary::default());
    if let Some(config) = made {
        introduce(&diary, &config, &settings);
    }
    // One client and one server: what little there is to do is done in order, on one thread.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ended = runtime.block_on(async {
        let told = up::Told::listen()?;
        let wrap = Wrap::start(settings, diary).await?;
        Ok::<_, Failure>(wrap.serve(told.wait()).await?)
    })?;
    // A thread may still wait for a client that neither speaks nor listens.
    runtime.shutdown_background();
    match ended {
        Ended::ByClient => YES,
        Ended::ByServer => no(),
    }
}

/// The configuration that was named or lies here; else the user's own, made when there is none:
/// then its place is told too.
fn load(common: &Common) -> Result<(Settings, Option<PathBuf>), Failure> {
    let config = settings::place(common);
    let made = config != common.config && !config.exists();
    if made {
        first::for_clients(&config)?;
    }
    let settings = settings::load_from(&config)?;
    Ok((settings, made.then_some(config)))
}

/// What the first wrap of a user made, and by which names policies know what is called.
fn introduce(diary: &Diary, config: &Path, settings: &Settings) {
    diary.tell(&format!("made {}", config.display()));
    if let (Some(server), Some(who)) = (settings.servers.first(), &settings.keyless) {
        diary.tell(&format!(
            "governing Server \"{}\", called by Agent \"{}\" for Person \"{}\"",
            server.name, who.agent, who.person
        ));
    }
    if settings.observe_until.is_none() {
        let folder = settings.policies.display();
        diary.tell(&format!(
            "no policy permits anything yet: write one in {folder}, or begin with --observe=DATE"
        ));
    }
}

fn caller(settings: &Settings, arguments: &Arguments) -> Keyless {
    let user = ["USER", "LOGNAME"].into_iter().find_map(|it| std::env::var(it).ok());
    let user = user.filter(|it| !it.is_empty()).unwrap_or_else(|| "local-user".into());
    let mut keyless = settings.keyless.clone().unwrap_or_else(|| Keyless {
        agent: "local-agent".into(),
        person: user.as_str().into(),
        tenant: "default".into(),
    });
    if let Some(agent) = &arguments.agent {
        keyless.agent = agent.as_str().into();
    }
    if let Some(person) = &arguments.person {
        keyless.person = person.as_str().into();
    }
    keyless
}

/// What may fail open ends: a client starts its servers each day, so no day is chosen for anybody.
fn observe_until(settings: &Settings, arguments: &Arguments) -> Result<Option<Date>, Failure> {
    let Some(observe) = arguments.observe else { return Ok(None) };
    match (observe, arguments.until) {
        (Some(_), Some(_)) => Err(Failure("two days are given: keep one".into())),
        (Some(day), None) | (None, Some(day)) => Ok(Some(day)),
        (None, None) if settings.observe_until.is_some() => Ok(None),
        (None, None) => Err(Failure(
            "observing needs its end: write --observe=2026-12-24, or another day".into(),
        )),
    }
}

//! `bailiwick wrap -- CMD`: stand in the place of a server in a client's configuration, and govern
//! it. Standard output is the client's: whatever is said to people goes to standard error.

mod name;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bailiwick_gateway::config::{Date, Keyless, Launch, ServerSettings, Settings};
use bailiwick_gateway::diary::Diary;
use bailiwick_gateway::{Ended, Wrap};
use clap::Args;

use super::{settings, up};
use crate::output::{Common, Failure, Outcome, YES, no};

/// Our own variables are nothing to a server.
const OURS: &str = "BAILIWICK_";
/// What `bailiwick wrap` writes where there is no configuration at all.
const FIRST: &str = include_str!("wrap/bailiwick.toml");

#[derive(Args)]
pub(crate) struct Arguments {
    /// The server's name in policies and records. When not given, the command tells it.
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
    #[arg(long = "env", value_name = "NAME")]
    variables: Vec<String>,
    /// The server's command, after `--`.
    #[arg(last = true, required = true)]
    command: Vec<String>,
}

pub(crate) fn run(common: &Common, arguments: &Arguments) -> Outcome {
    let mut settings = load(common)?;
    let server = server(arguments)?;
    settings.keyless = Some(caller(&settings, arguments));
    settings.regulated.retain(|it| *it == server.name);
    settings.servers = vec![server];
    if let Some(day) = observe_until(&settings, arguments)? {
        settings.observe_until = Some(day);
    }
    // One client and one server: what little there is to do is done in order, on one thread.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ended = runtime.block_on(async {
        let told = up::Told::listen()?;
        let wrap = Wrap::start(settings, Arc::new(Diary::default())).await?;
        Ok::<_, Failure>(wrap.serve(told.wait()).await?)
    })?;
    // A thread may still wait for a client that neither speaks nor listens.
    runtime.shutdown_background();
    match ended {
        Ended::ByClient => YES,
        Ended::ByServer => no(),
    }
}

/// The configuration that was named or lies here; else the user's own, made when there is none.
fn load(common: &Common) -> Result<Settings, Failure> {
    let named = common.config != Path::new("bailiwick.toml") || common.config.exists();
    if named {
        return settings::load(common);
    }
    let config = user_config()?;
    if !config.exists() {
        up::write_starter(&config, FIRST)?;
    }
    settings::load(&Common { config, json: common.json })
}

/// `bailiwick/bailiwick.toml` where this user's configurations lie.
fn user_config() -> Result<PathBuf, Failure> {
    let folder =
        |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|it| it.is_absolute());
    let base = folder("XDG_CONFIG_HOME").or_else(|| folder("HOME").map(|it| it.join(".config")));
    let base = base.ok_or_else(|| Failure("there is no HOME: name a file with --config".into()))?;
    Ok(base.join("bailiwick/bailiwick.toml"))
}

fn server(arguments: &Arguments) -> Result<ServerSettings, Failure> {
    let (program, rest) =
        arguments.command.split_first().ok_or_else(|| Failure("no command is given".into()))?;
    let name = match &arguments.name {
        Some(name) => name.clone(),
        None => name::of_command(&arguments.command)
            .ok_or_else(|| Failure("the command tells no name: give one with --name".into()))?,
    };
    if !bailiwick_gateway::config::is_server_name(&name) {
        let rule = "use letters, digits, `-` and single `_`";
        return Err(Failure(format!("`{name}` cannot be a server's name: {rule}")));
    }
    Ok(ServerSettings {
        name: name.as_str().into(),
        launch: Launch::Child {
            program: program.clone(),
            arguments: rest.to_vec(),
            directory: std::env::current_dir()?,
            environment: environment(&arguments.variables),
            shares_stderr: true,
        },
        secret_environment: BTreeMap::new(),
        secret_headers: BTreeMap::new(),
    })
}

/// A client adds its server's variables to its own: which are which cannot be told, so the server
/// gets what it would have got without us, or what is named.
fn environment(named: &[String]) -> BTreeMap<String, String> {
    let all = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let passes = |name: &String| {
        let wanted = named.is_empty() || named.contains(name);
        wanted && !name.starts_with(OURS)
    };
    all.filter(|(name, _)| passes(name)).collect()
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

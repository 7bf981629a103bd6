//! `bailiwick demo`: a gateway with a helpdesk and models behind it, agents that act out stories
//! through the real front, each call told with its decision, and the log verified at the end.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bailiwick_facts::By;
use bailiwick_gateway::diary::Diary;
use bailiwick_gateway::store::{NewKey, Store};
use bailiwick_gateway::{Gateway, paths};
use bailiwick_log::{Verification, VerifierKey, verify};
use clap::Args;
use serde_json::json;

use super::folder::clear;
use super::models;
use super::story::PlayError;
use super::{Keys, Summary, Verdict, play};
use crate::commands::first::write_helpdesk;
use crate::commands::log::cost;
use crate::commands::settings;
use crate::commands::up::Told;
use crate::output::{self, Common, Failure, Outcome, YES, no, say};
use crate::parrot::{self, Parrot};

/// How long the helpdesk may take to be listed.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Args)]
pub(crate) struct Arguments {
    /// Stay up afterwards, to try things out.
    #[arg(long)]
    serve: bool,
    /// Where the demo's files are written. A new folder beside you, when not given.
    #[arg(long, default_value = "bailiwick-demo")]
    directory: std::path::PathBuf,
}

pub(crate) fn run(common: &Common, arguments: &Arguments) -> Outcome {
    let folder = std::path::absolute(&arguments.directory)?;
    // Held to the end: another demo must not clear the folder beneath this one.
    let _ours = clear(&folder)?;
    let parrot = Arc::new(Parrot::start(SocketAddr::from(([127, 0, 0, 1], 0)))?);
    let config = set_up(&folder, &parrot)?;
    let settings = settings::load_from(&config)?;
    let data = settings.data.clone();
    let keys = keys(&data)?;
    let guest = arguments.serve.then(|| guest(&data)).transpose()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let gateway = Gateway::start(settings, Arc::new(Diary::default())).await?;
        listed(&gateway).await?;
        let base = format!("http://{}/mcp/helpdesk", gateway.agents());
        let quiet = common.json;
        let (agents, operators) = (gateway.agents(), gateway.operators());
        let admin = std::fs::read_to_string(paths::admin_token(&data))?;
        let models = Arc::clone(&parrot);
        let played = tokio::task::spawn_blocking(move || {
            let mut out: Box<dyn std::io::Write> =
                if quiet { Box::new(std::io::sink()) } else { Box::new(std::io::stdout()) };
            let mut summary = play(&base, &keys, &mut out)?;
            let (admin, parrot) = (admin.trim(), &*models);
            let place = models::Place { agents, operators, admin, parrot };
            summary.played.extend(models::play(&place, &keys, &mut out)?);
            Ok::<_, PlayError>(summary)
        });
        let summary = played.await?.map_err(|problem| Failure(problem.to_string()))?;
        if let Some(guest) = &guest {
            // From now on the configuration says where the gateway is, so that verbs reach it.
            let text = configuration((gateway.agents(), gateway.operators()), &parrot)?;
            std::fs::write(&config, text)?;
            next(common, &folder, &summary);
            serving(gateway.agents(), guest);
            Told::listen()?.wait().await;
        }
        gateway.shut_down().await?;
        close(common, &folder, &summary, arguments.serve)
    })
}

/// A configuration of its own, on free ports, so that the demo disturbs nothing.
fn set_up(folder: &Path, parrot: &Parrot) -> Result<std::path::PathBuf, Failure> {
    let config = folder.join("bailiwick.toml");
    write_helpdesk(folder, &[("models.cedar", parrot::POLICIES)])?;
    std::fs::write(folder.join("prices.toml"), parrot::PRICES)?;
    let free = SocketAddr::from(([127, 0, 0, 1], 0));
    std::fs::write(&config, configuration((free, free), parrot)?)?;
    Ok(config)
}

fn configuration(
    (agents, operators): (SocketAddr, SocketAddr),
    parrot: &Parrot,
) -> Result<String, Failure> {
    let program = std::env::current_exe()?;
    Ok(format!(
        "[agents]\nlisten = \"{agents}\"\n\n[operators]\nlisten = \"{operators}\"\n\n\
         [log]\norigin = \"bailiwick.example/demo\"\n\n\
         [servers.helpdesk]\ncommand = [{}, \"helpdesk\"]\n\n\
         [providers.parrot]\nurl = \"http://{}/v1\"\noutput_tokens = 100\n\n\
         [spending]\nprices = [\"prices.toml\"]\nkey_day = \"0.25\"\n",
        toml_text(&program.display().to_string()),
        parrot.address
    ))
}

/// A TOML string: the same as a JSON string.
fn toml_text(text: &str) -> String {
    json!(text).to_string()
}

fn keys(data: &Path) -> Result<Keys, Failure> {
    let store = Store::open(data)?;
    Keys::make(|role| {
        let new = NewKey::new(role.agent, role.person, role.tenant);
        Ok(store.new_agent_key(&new, bailiwick_gateway::now())?.1)
    })
}

/// The key of whoever tries the demo by hand: an agent and a person of the stories.
fn guest(data: &Path) -> Result<String, Failure> {
    let new = NewKey::new("support-bot", "ada", "acme");
    Ok(Store::open(data)?.new_agent_key(&new, bailiwick_gateway::now())?.1)
}

/// Where it serves, and how to come in. On standard error, like all that is no result.
fn serving(agents: SocketAddr, guest: &str) {
    eprintln!("\nserving at http://{agents}/mcp/helpdesk; stop with Ctrl-C");
    eprintln!("The models are at http://{agents}/openai/v1 and http://{agents}/anthropic");
    eprintln!("To come in as support-bot for ada of acme, let a client send");
    eprintln!("  Authorization: Bearer {guest}");
}

#[expect(clippy::disallowed_methods, reason = "a person waits in front of the terminal")]
async fn listed(gateway: &Gateway) -> Result<(), Failure> {
    let began = Instant::now();
    while !gateway.is_ready() {
        if began.elapsed() > PATIENCE {
            return Err(Failure("the helpdesk did not come up; see the lines above".into()));
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

/// Verify the log that the stories left, and say where to look next.
fn close(common: &Common, folder: &Path, summary: &Summary, served: bool) -> Outcome {
    let data = folder.join("data");
    let key = std::fs::read_to_string(paths::verifier_key(&data))?;
    let key = VerifierKey::parse(key.trim())
        .map_err(|_| Failure("the verifier key cannot be read".into()))?;
    let report = verify(&paths::log(&data), &Verification { key: &key, since: None })?;
    let surprises = summary.surprises().count();
    let good = report.is_good() && surprises == 0;
    if common.json {
        output::json(&json!({
            "good": good,
            "calls": summary.played.len(),
            "permitted": summary.count(Verdict::Permitted),
            "denied": summary.count(Verdict::Denied),
            "not_as_told": surprises,
            "log": {
                "good": report.is_good(),
                "records": report.entries,
                "in_doubt": report.in_doubt,
            },
            "directory": folder,
        }))?;
        return if good { YES } else { no() };
    }
    say("");
    say(format!(
        "The log has {} records, {} of them decisions, {} outcomes. {}",
        report.entries,
        report.decisions,
        report.outcomes,
        if report.is_good() { "It verifies." } else { "IT DOES NOT VERIFY." }
    ));
    say("");
    say("What the models came to, by agent:");
    cost::tell(&paths::log(&data), By::Agent)?;
    for surprise in summary.surprises() {
        say(format!("NOT AS TOLD: {} in {}", surprise.what, surprise.story));
    }
    if !served {
        next(common, folder, summary);
    }
    if good { YES } else { no() }
}

fn next(common: &Common, folder: &Path, summary: &Summary) {
    if common.json {
        return;
    }
    let config = folder.join("bailiwick.toml");
    let with = format!("--config {}", config.display());
    say("");
    say("Where to look next:");
    if let Some(denied) = summary.last_denial()
        && let Some(decision) = &denied.decision
    {
        say(format!("  bailiwick why {decision} {with}"));
    }
    say(format!("  bailiwick log query --decision denied {with}"));
    say(format!("  bailiwick log cost --by key {with}"));
    say(format!("  bailiwick log verify {with}"));
    say(format!("  bailiwick demo --serve      # and edit {}", folder.join("policies").display()));
}

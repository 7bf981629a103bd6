//! `bailiwick contracts collect`: asks public registries how the servers' packages and sources
//! fare, and writes a feed. Only when a person calls it: a gateway asks nobody.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use bailiwick_contracts::health::{Feed, Heard, Signals, github, registry};
use bailiwick_contracts::{Cell, Contract, Fetched, Package, Registry, fetched};
use bailiwick_core::Day;
use bailiwick_gateway::config::{Launch, Settings};
use bailiwick_gateway::contract::Contracts;
use bailiwick_gateway::fetch;
use clap::Args;
use serde_json::json;

use super::diff::shown;
use super::health;
use crate::commands::settings;
use crate::files;
use crate::output::{self, Common, Failure, Outcome, YES, no, say};

/// The largest answer that is read: registries tell of every version at once.
const ANSWER_BYTES_MAX: usize = 64 << 20;

#[derive(Args)]
pub(crate) struct Arguments {
    /// The servers; all that are configured or that there is a contract for, when none is named.
    servers: Vec<String>,
    /// The feed to write. What it tells of other servers, and its people, are kept. When it is not
    /// given, the feed is printed.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// npm's registry, or a mirror, as `npm config get registry` tells it.
    #[arg(long, value_name = "URL", env = "NPM_CONFIG_REGISTRY")]
    npm: Option<String>,
    /// Python's registry, or a mirror, as `pip config get global.index-url` tells it.
    #[arg(long, value_name = "URL", env = "PIP_INDEX_URL")]
    pypi: Option<String>,
    /// GitHub's API, or that of a server of your own.
    #[arg(long, value_name = "URL", default_value = "https://api.github.com")]
    github: String,
    /// How long one answer may take, in seconds.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
}

/// What a contract gives as package of a server that no registry has.
const IN_HOUSE: &str = "in-house";

/// What is to be asked about one server.
struct Asked {
    package: Option<Package>,
    /// Whether it is a server of one's own, of which no registry and nobody at GitHub knows.
    is_in_house: bool,
    repository: Option<String>,
}

/// Asks, and keeps in mind what could not be had.
struct Collector<'a> {
    arguments: &'a Arguments,
    today: Day,
    heard: Heard,
    missing: Vec<String>,
}

pub(crate) fn run(common: &Common, arguments: &Arguments) -> Outcome {
    let settings = settings::load(common)?;
    let contracts = health::contracts(&settings)?;
    let mut asked = asked(&settings, &contracts);
    if let Some(stranger) = arguments.servers.iter().find(|it| !asked.contains_key(*it)) {
        let what = format!("there is no server `{stranger}`, and no contract about one");
        return Err(Failure(what));
    }
    asked.retain(|it, _| arguments.servers.is_empty() || arguments.servers.contains(it));
    let mut feed = before(arguments)?;
    let today = Day::of(bailiwick_gateway::now());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut missing = BTreeMap::new();
    for (server, asked) in asked {
        let mut collector =
            Collector { arguments, today, heard: Heard::default(), missing: Vec::new() };
        if let Some(signals) = runtime.block_on(collector.collect(asked)) {
            let signals = signals.after(feed.servers.get(&server), collector.heard);
            feed.servers.insert(server.clone(), signals);
        }
        if !collector.missing.is_empty() {
            missing.insert(server, collector.missing);
        }
    }
    write(common, arguments, &feed, &missing)?;
    if missing.is_empty() { YES } else { no() }
}

fn write(
    common: &Common,
    arguments: &Arguments,
    feed: &Feed,
    missing: &BTreeMap<String, Vec<String>>,
) -> Result<(), Failure> {
    for (server, all) in missing {
        all.iter().for_each(|it| eprintln!("{server}: {}", shown(it)));
    }
    let text = format!("{}\n", serde_json::to_string_pretty(feed)?);
    // What others wrote is in it: it must be a feed.
    Feed::read(&text)?;
    let Some(file) = &arguments.out else {
        say(text.trim_end());
        return Ok(());
    };
    files::replace(file, &text)?;
    if common.json {
        output::json(&json!({ "written": file, "servers": feed.servers.len(), "missing": missing }))
    } else {
        say(format!("{} tells of {} servers", file.display(), feed.servers.len()));
        Ok(())
    }
}

/// What the feed told before.
fn before(arguments: &Arguments) -> Result<Feed, Failure> {
    match arguments.out.as_ref().filter(|it| it.exists()) {
        None => Ok(Feed::default()),
        Some(file) => {
            let told = |it| Failure(format!("{}: {it}", file.display()));
            Feed::read(&files::read_text(file)?).map_err(told)
        }
    }
}

/// What there is to ask about each server: what its contract says, else what its command does.
fn asked(settings: &Settings, contracts: &Contracts) -> BTreeMap<String, Asked> {
    let mut names = contracts.known();
    names.extend(settings.servers.iter().map(|it| it.name.to_string()));
    let of = |name: String| {
        let contract = contracts.of(&name.as_str().into());
        let server = settings.servers.iter().find(|it| it.name.as_str() == name);
        let words = server.and_then(|it| match &it.launch {
            Launch::Child { program, arguments, .. } => {
                Some(std::iter::once(program).chain(arguments).cloned().collect::<Vec<_>>())
            }
            Launch::Http(..) => None,
        });
        let by_contract = said(contract, |it| it.package.as_ref());
        let package = by_contract.as_deref().and_then(Package::parse);
        let is_in_house = by_contract.as_deref() == Some(IN_HOUSE);
        let package = package.or_else(|| of_command(&words?)).filter(|_| !is_in_house);
        let repository = said(contract, |it| it.repository.as_ref());
        (name, Asked { package, is_in_house, repository })
    };
    names.into_iter().map(of).collect()
}

/// The package that a command has fetched, where its words tell which.
fn of_command(words: &[String]) -> Option<Package> {
    match fetched(words)? {
        Fetched::Package(package, _) => Some(package),
        Fetched::Unclear => None,
    }
}

fn said(
    contract: Option<&Contract>,
    pick: fn(&bailiwick_contracts::Standing) -> Option<&Cell<String>>,
) -> Option<String> {
    Some(pick(contract?.standing.as_ref()?)?.said().clone())
}

impl Collector<'_> {
    /// What can be had of one server; `None` when that is nothing.
    async fn collect(&mut self, asked: Asked) -> Option<Signals> {
        let mut repository = asked.repository;
        let is_trusted = repository.is_some();
        let mut all: Option<Signals> = None;
        match &asked.package {
            None if asked.is_in_house => {}
            None => self.miss(
                "neither its contract nor its command names a package of npm or PyPI: write \
                 `standing.package` into its contract, as \"in-house\" where no registry has it",
            ),
            Some(package) => {
                if let Some(told) = self.package(package).await {
                    repository = repository.or(told.repository);
                    all = Some(told.signals);
                }
            }
        }
        match repository.as_deref().and_then(github) {
            None if asked.is_in_house => {}
            None => self.miss("neither its contract nor its package names a repository at GitHub"),
            Some((owner, name)) => {
                if let Some(mut told) = self.source(&owner, &name).await {
                    if !is_trusted {
                        self.doubt(&mut told);
                    }
                    all = Some(match all {
                        Some(there) => there.with(told, self.today),
                        None => told,
                    });
                }
            }
        }
        all
    }

    /// A package may name any repository, also one that is busier than its own: what that one
    /// warns of is taken, and nothing good.
    fn doubt(&mut self, told: &mut Signals) {
        told.last_commit = None;
        told.archived = told.archived.filter(|it| *it);
        told.security_policy = told.security_policy.filter(|it| !it);
        self.miss(
            "only its package says where its source is, so its last commit does not count: write \
             `standing.repository` into its contract",
        );
    }

    async fn package(&mut self, package: &Package) -> Option<registry::Collected> {
        let today = self.today;
        let (base, option) = match package.registry {
            Registry::Npm => (self.arguments.npm.as_deref(), "--npm"),
            Registry::Pypi => (self.arguments.pypi.as_deref(), "--pypi"),
        };
        let Some(base) = base else {
            self.miss(&format!("{option} URL does not say where the registry of its package is"));
            return None;
        };
        // What pip calls its index is a page for each package beside the answers for programs.
        let base = base.trim_end_matches('/').trim_end_matches("/simple");
        let answer = self.get(base, &package.path()).await?;
        let told = match package.registry {
            Registry::Npm => registry::npm(&answer, package.version.as_deref(), today),
            Registry::Pypi => registry::pypi(&answer, today),
        };
        let mut told = self.keep(told)?;
        let mut is_version = true;
        if let Some(path) = package.version_path() {
            let answer = self.get(base, &path).await;
            let version = answer.and_then(|it| self.keep(registry::pypi(&it, today)));
            is_version = version.is_some();
            // What is known of other versions is not about the one that is used.
            let version = version.map(|it| it.signals);
            let (known, ends) = version.map(|it| (it.vulnerabilities, it.deprecated)).unzip();
            told.signals.vulnerabilities = known.unwrap_or_default();
            told.signals.deprecated = ends.unwrap_or_default();
        }
        self.heard.deprecated = is_version;
        // npm knows of none.
        self.heard.vulnerabilities = is_version && package.registry == Registry::Pypi;
        Some(told)
    }

    async fn source(&mut self, owner: &str, name: &str) -> Option<Signals> {
        let base = &self.arguments.github;
        let answer = self.get(base, &format!("/repos/{owner}/{name}")).await?;
        let mut signals = self.keep(registry::repository(&answer, self.today))?;
        let query =
            format!("/search/issues?q=repo:{owner}/{name}+is:open+label:security&per_page=1");
        if let Some(answer) = self.get(base, &query).await {
            signals.open_security_issues = self.keep(registry::issues(&answer));
        }
        let mut has_policy = Some(false);
        for place in ["SECURITY.md", ".github/SECURITY.md", "docs/SECURITY.md"] {
            match self.status(base, &format!("/repos/{owner}/{name}/contents/{place}")).await {
                Some(200) => {
                    has_policy = Some(true);
                    break;
                }
                Some(404) => {}
                Some(_) | None => has_policy = None,
            }
        }
        signals.security_policy = has_policy;
        Some(signals)
    }

    /// A document; `None` when it could not be had.
    async fn get(&mut self, base: &str, path: &str) -> Option<Vec<u8>> {
        let address = format!("{}{path}", base.trim_end_matches('/'));
        let patience = Duration::from_secs(self.arguments.seconds);
        match fetch(&address, ANSWER_BYTES_MAX, patience).await {
            Ok(it) if it.status == 200 => Some(it.body.to_vec()),
            Ok(it) => {
                let hint = match it.status {
                    301 | 302 | 307 | 308 => ": it has moved, which may mean another owner",
                    403 | 429 => ": it was asked too often; try again in an hour",
                    404 => ": it is not there",
                    _ => "",
                };
                self.failed(&format!("{address} answered {}{hint}", it.status));
                None
            }
            Err(why) => {
                self.failed(&why);
                None
            }
        }
    }

    /// Whether something is there.
    async fn status(&mut self, base: &str, path: &str) -> Option<u16> {
        let address = format!("{}{path}", base.trim_end_matches('/'));
        let patience = Duration::from_secs(self.arguments.seconds);
        let fetched = fetch(&address, ANSWER_BYTES_MAX, patience).await;
        fetched.map_err(|why| self.failed(&why)).ok().map(|it| it.status)
    }

    fn keep<T>(&mut self, told: Result<T, registry::Strange>) -> Option<T> {
        told.map_err(|why| self.failed(&why)).ok()
    }

    /// Something that was asked for was not had.
    fn failed(&mut self, why: &dyn std::fmt::Display) {
        self.heard.is_partial = true;
        self.miss(&why.to_string());
    }

    fn miss(&mut self, what: &str) {
        self.missing.push(what.to_owned());
    }
}

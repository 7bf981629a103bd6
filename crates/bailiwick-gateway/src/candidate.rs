//! A candidate: a server that may take the place of another is looked at, by a gateway of its own
//! that lists it and ends. So it is listed as it will be, through the corridor, and nothing of the
//! running gateway is touched.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bailiwick_contracts::{Contract, Definition, Standing};
use bailiwick_core::{Day, ServerId};

use crate::catalogue::Known;
use crate::config::{Egress, HealthSettings, ModelSettings, ServerSettings, Settings};
use crate::contract::Contracts;
use crate::diary::Diary;
use crate::health::Health;
use crate::run::Gateway;
use crate::start_error::StartError;
use crate::{disk, entropy};

/// How long a candidate may take to be listed, and how often one looks.
const PATIENCE: Duration = Duration::from_secs(90);
const LOOK: Duration = Duration::from_millis(20);
/// What its gateway permits.
const POLICY: &str = "@id(\"catalogue\") permit (principal == System::\"catalogue\", action in \
                      [Action::\"discover\", Action::\"session\"], resource);";

/// Why a candidate could not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum Unseen {
    /// There is no room for its gateway.
    #[error("no gateway can be made for it: {0}")]
    Folder(#[from] std::io::Error),
    /// What it may reach cannot be told.
    #[error("{0}")]
    Contract(String),
    /// It is off.
    #[error(
        "it is off, and not started to look at it either: see `bailiwick contracts health {0}`"
    )]
    Off(ServerId),
    /// Its gateway does not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// It cannot be listed.
    #[error("it cannot be listed: {0}")]
    Unlisted(String),
}

/// A server that may take the place of another.
pub struct Candidate {
    /// How it is reached.
    pub server: ServerSettings,
    /// Whether it stands in `[servers]`: then it is started with its own secrets, so what its
    /// contract says of what is launched holds, and it is not when its health has it off.
    pub is_configured: bool,
}

/// The definitions of all tools that a candidate shows, by name. Of the configuration its limits
/// and its days count: what may not be started is not. Nobody looked at a candidate as yet, so it
/// is kept to the hosts that the contract names, also where others are only observed, unless its
/// own section in `[servers]` says otherwise.
///
/// # Errors
/// [`Unseen`] when it cannot be started or listed.
pub async fn shown(settings: &Settings, candidate: Candidate) -> Result<Vec<Definition>, Unseen> {
    let contract = contract(settings, &candidate)?;
    let folder = Folder::make()?;
    let candidate = candidate.server;
    let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let name = candidate.name.clone();
    let egress = candidate.egress.or(Some(Egress::Declared));
    let settings = Settings {
        agents: loopback,
        operators: loopback,
        keyless: None,
        tls: None,
        data: folder.0.join("data"),
        policies: folder.0.join("policies"),
        contracts: folder.0.join("contracts"),
        regulated: Vec::new(),
        observe_until: None,
        servers: vec![ServerSettings { egress, ..candidate }],
        models: ModelSettings::default(),
        // Nobody is asked for it but the candidate.
        facts: Vec::new(),
        health: HealthSettings {
            feeds: Vec::new(),
            require_record: false,
            ..settings.health.clone()
        },
        ..settings.clone()
    };
    for within in [&settings.policies, &settings.contracts] {
        disk::private_folder(within)?;
    }
    disk::private_file(&settings.policies.join("catalogue.cedar"), POLICY)?;
    disk::private_file(&settings.contracts.join("candidate.toml"), &contract)?;
    let gateway = Gateway::start(settings, Arc::new(Diary::quiet())).await?;
    let listed = tokio::time::timeout(PATIENCE, listed(&gateway, name.as_str())).await;
    // What was seen was seen, and its log is thrown away.
    let _ = gateway.shut_down().await;
    let known = listed.map_err(|_| Unseen::Unlisted("it takes too long".into()))?;
    let mut all: Vec<_> =
        known?.tools().map(|(_, shown)| Definition::clone(&shown.definition)).collect();
    all.sort_by(|a, b| a.name().cmp(b.name()));
    Ok(all)
}

/// What it may reach is what may be reached under its name, and what is launched is what may be: a
/// contract that says no more than that.
fn contract(settings: &Settings, candidate: &Candidate) -> Result<String, Unseen> {
    let name = &candidate.server.name;
    let contracts = Contracts::read(&settings.contracts).map_err(|all| {
        let told: Vec<_> = all.iter().map(ToString::to_string).collect();
        Unseen::Contract(told.join("\n"))
    })?;
    if candidate.is_configured {
        let health = Health::read(settings, &contracts, None).map_err(Unseen::Contract)?;
        let stage = health.on(name, Day::of(crate::clock::now()));
        if stage.is_some_and(|it| health.is_off(it)) {
            return Err(Unseen::Off(name.clone()));
        }
    }
    let standing = contracts.of(name).and_then(|it| it.standing.as_ref());
    let digest = |it: &Standing| it.digest.clone().filter(|_| candidate.is_configured);
    let standing = standing.map(|it| Standing {
        hosts: it.hosts.clone(),
        // Another command has another digest.
        digest: digest(it),
        ..Standing::default()
    });
    let said = Contract { server: name.to_string(), standing, tools: BTreeMap::new() };
    said.write().map_err(|it| Unseen::Contract(it.to_string()))
}

/// What it offers, once it was listed, or failed to be.
async fn listed(gateway: &Gateway, name: &str) -> Result<Arc<Known>, Unseen> {
    let gone = || Unseen::Unlisted("it is not there".into());
    let server = Arc::clone(gateway.gate().server(name).ok_or_else(gone)?);
    loop {
        if server.catalogue.rounds() > 0 {
            return Ok(server.catalogue.known());
        }
        if let Some(why) = server.catalogue.failure() {
            return Err(Unseen::Unlisted(why));
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// A folder that nobody else can enter, and that goes with what is in it.
struct Folder(PathBuf);

impl Folder {
    fn make() -> Result<Self, std::io::Error> {
        let name = entropy::exchange_id(crate::clock::now()).map_err(std::io::Error::other)?;
        let folder = std::env::temp_dir().join(format!("bailiwick-{name}"));
        disk::private_folder(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let folder: &Path = &self.0;
        // What cannot be removed is a log without a call of anybody's.
        let _ = std::fs::remove_dir_all(folder);
    }
}

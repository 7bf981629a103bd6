//! The contracts in force: `contracts/<server>.toml` for what operators know of a server's tools,
//! and `contracts/<server>.lock` for which definitions of them a person approved.
//!
//! A tool that no contract names, or of whose effect only a draft speaks, has the effect `unknown`,
//! which policy and durability treat as the worst. A server's own annotations are never read here.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use bailiwick_contracts::{Canary, Contract, Fault, Lock, Tool, collection, named, touched};
use bailiwick_core::{Effect, NamedResource, Resource, ServerId, Value};

use crate::config::{self, ConfigError, DriftSection};
use crate::narrowed::{self, View, Views};

/// All contracts that were read.
#[derive(Clone, Debug, Default)]
pub struct Contracts {
    by_server: HashMap<ServerId, Contract>,
    locks: HashMap<ServerId, Lock>,
    views: HashMap<ServerId, Views>,
}

impl Contracts {
    /// Read every `*.toml` and `*.lock` of a folder. A folder that is not there holds none; one
    /// that cannot be read is a fault, since contracts that are gone would take what policies read
    /// with them.
    ///
    /// # Errors
    /// Every [`ConfigError`] that was found.
    pub fn read(folder: &Path) -> Result<Self, Vec<ConfigError>> {
        let mut contracts = Self::default();
        let mut errors = Vec::new();
        for file in files(folder, "toml", &mut errors) {
            let read = parse(&file, Contract::read);
            errors.extend(read.and_then(|it| contracts.take(&file, it)).err());
        }
        for file in files(folder, "lock", &mut errors) {
            let read = parse(&file, Lock::read);
            errors.extend(read.and_then(|it| contracts.take_lock(&file, it)).err());
        }
        let misfits: Vec<_> =
            contracts.locks.values().flat_map(|it| contracts.misfits(it)).collect();
        let misfits = misfits.into_iter();
        errors.extend(misfits.map(|what| ConfigError { file: folder.into(), at: None, what }));
        if errors.is_empty() { Ok(contracts) } else { Err(errors) }
    }

    /// What of a server's contract does not fit the definitions that a person approved.
    pub(crate) fn misfits(&self, lock: &Lock) -> Vec<String> {
        let server = ServerId::from(lock.server.as_str());
        let Some(contract) = self.by_server.get(&server) else { return Vec::new() };
        let narrow =
            self.views.get(&server).map_or_else(Vec::new, |it| narrowed::misfits(it, lock));
        let strange = contract.tools.iter().filter_map(|(name, tool)| {
            let definition = narrowed::definition(&lock.tools.get(name)?.definition)?;
            let argument = tool.stranger(&definition)?;
            Some(format!("tool `{name}` has no argument `{argument}`"))
        });
        let mut told: Vec<_> = narrow.into_iter().chain(strange).collect();
        told.sort_unstable();
        told.dedup();
        told
    }

    fn take(&mut self, file: &Path, contract: Contract) -> Result<(), ConfigError> {
        let server = ServerId::from(contract.server.as_str());
        let wrong = |what| ConfigError { file: file.to_owned(), at: None, what };
        self.views.insert(server.clone(), narrowed::views(&contract).map_err(wrong)?);
        match self.by_server.insert(server, contract) {
            Some(other) => Err(twice(file, "contract", &other.server)),
            None => Ok(()),
        }
    }

    fn take_lock(&mut self, file: &Path, lock: Lock) -> Result<(), ConfigError> {
        let server = ServerId::from(lock.server.as_str());
        match self.locks.insert(server, lock) {
            Some(other) => Err(twice(file, "lock", &other.server)),
            None => Ok(()),
        }
    }

    /// What a tool does to the world, when a person stands for the word.
    pub fn effect(&self, server: &ServerId, tool: &str) -> Effect {
        let word = self.tool(server, tool).and_then(|it| it.effect.verified());
        word.map_or(Effect::Unknown, |it| (*it).into())
    }

    /// The things that the arguments of a call of this tool name, and what it touches all of. A
    /// list names several, a number is named as it is written. `None` when an argument that should
    /// name something does not, or names too much: then nobody can say what the call touches.
    pub fn named(
        &self,
        server: &ServerId,
        tool: &str,
        arguments: &Value,
    ) -> Option<Vec<NamedResource>> {
        let Some(tool) = self.tool(server, tool) else { return Some(Vec::new()) };
        let mut touched = named(&tool.resources, arguments)?;
        touched.extend(collections(tool, arguments));
        Some(touched)
    }

    /// The servers that there are contracts for.
    pub fn servers(&self) -> impl Iterator<Item = &str> {
        self.by_server.keys().map(ServerId::as_str)
    }

    /// The servers that there are contracts for, or approvals of.
    pub fn known(&self) -> std::collections::BTreeSet<String> {
        let all = self.by_server.keys().chain(self.locks.keys());
        all.map(ToString::to_string).collect()
    }

    /// The canaries of a server: tool, name, canary.
    pub(crate) fn canaries(
        &self,
        server: &ServerId,
    ) -> impl Iterator<Item = (&str, &str, &Canary)> + use<'_> {
        let tools = self.of(server).into_iter().flat_map(|it| &it.tools);
        tools.flat_map(|(tool, it)| {
            it.canaries.iter().map(move |(name, it)| (tool.as_str(), name.as_str(), it))
        })
    }

    /// What of the canaries is more than the configuration allows.
    pub(crate) fn canary_faults(&self, limits: &DriftSection) -> Vec<String> {
        let all: Vec<_> = self.by_server.keys().flat_map(|it| self.canaries(it)).collect();
        let (least, most) = (limits.canary_seconds_min, limits.canaries_max);
        let often = all.iter().filter(|(_, _, it)| it.every_seconds().is_none_or(|it| it < least));
        let often = often.map(|(tool, name, it)| {
            let every = &it.every;
            format!(
                "canary `{name}` of `{tool}` is called every {every}, and [drift] \
                 canary_seconds_min is {least}"
            )
        });
        let many = (all.len() > most).then(|| {
            format!("there are {} canaries, and [drift] canaries_max is {most}", all.len())
        });
        often.chain(many).collect()
    }

    /// The types of what arguments and answers name.
    pub(crate) fn types(&self) -> impl Iterator<Item = &str> {
        let tools = self.by_server.values().flat_map(|it| it.tools.values());
        tools.flat_map(Tool::types)
    }

    /// What is known of one tool.
    pub fn tool(&self, server: &ServerId, tool: &str) -> Option<&Tool> {
        self.by_server.get(server)?.tools.get(tool)
    }

    /// A tool that is shown narrower than its server offers it, or a view of one.
    pub(crate) fn view(&self, server: &ServerId, name: &str) -> Option<&View> {
        self.views.get(server)?.get(name)
    }

    /// The server's own name of what is shown by this one: the tool's, where it is a view's.
    pub(crate) fn own_name<'a>(&'a self, server: &ServerId, shown: &'a str) -> &'a str {
        self.view(server, shown).map_or(shown, |it| &it.tool)
    }

    /// The server's own tool, where what is named is a view of one.
    pub(crate) fn own(&self, named: &Resource) -> Option<Resource> {
        let Resource::Tool { server, name } = named else { return None };
        let tool = self.view(server, name)?.tool.clone();
        Some(Resource::Tool { server: server.clone(), name: tool })
    }

    /// The names under which a server's tool is shown: its own, or those of its views.
    pub(crate) fn shown<'a>(&'a self, server: &ServerId, tool: &'a str) -> Vec<&'a str> {
        match self.tool(server, tool) {
            Some(it) if !it.views.is_empty() => it.views.keys().map(String::as_str).collect(),
            Some(_) | None => vec![tool],
        }
    }

    /// The contract of one server.
    pub fn of(&self, server: &ServerId) -> Option<&Contract> {
        self.by_server.get(server)
    }

    /// Which of a server's tools a person approved.
    pub fn lock(&self, server: &ServerId) -> Option<&Lock> {
        self.locks.get(server)
    }
}

/// The types of which a call of a tool touches every member, by what its contract says of it and
/// of its SQL.
fn collections(tool: &Tool, arguments: &Value) -> Vec<NamedResource> {
    // Which of its views was called is not known here: what any of them touches is touched.
    let said = tool.views.values().map(|it| &it.arguments).chain([&tool.arguments]);
    let of_sql = touched(&said.collect::<Vec<_>>(), arguments);
    let mut all: Vec<&str> = tool.collections.iter().chain(&of_sql).map(String::as_str).collect();
    all.sort_unstable();
    all.dedup();
    all.into_iter().map(collection).collect()
}

/// The files of a folder with that ending; none where there is no folder.
fn files(folder: &Path, ending: &str, errors: &mut Vec<ConfigError>) -> Vec<PathBuf> {
    match crate::disk::files(folder, ending) {
        Ok(files) => files,
        Err(problem) if problem.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(problem) => {
            let what = format!("cannot be read: {problem}");
            errors.push(ConfigError { file: folder.to_owned(), at: None, what });
            Vec::new()
        }
    }
}

fn parse<T>(file: &Path, read: impl Fn(&str) -> Result<T, Fault>) -> Result<T, ConfigError> {
    let error = |at, what: String| ConfigError { file: file.to_owned(), at, what };
    let text = std::fs::read_to_string(file)
        .map_err(|problem| error(None, format!("cannot be read: {problem}")))?;
    read(&text)
        .map_err(|fault| error(fault.span.map(|span| config::place(&text, span.start)), fault.what))
}

fn twice(file: &Path, what: &str, server: &str) -> ConfigError {
    let what = format!("another {what} is about `{server}`, too");
    ConfigError { file: file.to_owned(), at: None, what }
}

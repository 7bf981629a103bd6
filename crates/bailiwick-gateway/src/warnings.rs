//! What is right and will surprise all the same: told by `check`, at the start, with each edit that
//! comes into force, and on `/readyz`.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use bailiwick_contracts::{Hosts, launched};
use bailiwick_core::{Day, ServerId};
use bailiwick_policy::Surroundings;

use crate::admission::{Admitted, admitted};
use crate::config::{Egress, Launch, ServerSettings, Settings};
use crate::gate::Gate;
use crate::listener::Listener;
use crate::rules::Rules;
use crate::server::Server;
use crate::terms::{egress_of, hosts_of};

/// How many a running gateway tells of.
const TOLD_MAX: usize = 20;

/// The servers of a configuration by name, and the providers of models, which policies name like
/// servers.
pub fn names(settings: &Settings) -> Vec<&str> {
    let servers = settings.servers.iter().map(|it| it.name.as_str());
    let providers = settings.models.providers.iter().map(|it| it.name.as_str());
    // Where nothing is named at all, servers may come by `wrap`.
    servers.chain(providers).collect()
}

/// Of the rules, where these servers are all that there are. None: others may come by `wrap`, so
/// nobody knows which names are wrong.
pub fn of_rules<'a>(rules: &'a Rules, names: Vec<&'a str>) -> impl Iterator<Item = String> + 'a {
    let Rules { policies, contracts, .. } = rules;
    let mut idle: Vec<_> = contracts.servers().filter(|it| !names.contains(it)).collect();
    idle.retain(|_| !names.is_empty());
    idle.sort_unstable();
    let idle = idle
        .into_iter()
        .map(|it| format!("a contract is about `{it}`, which [servers] has not: it does nothing"));
    let around = Surroundings { types: contracts.types().collect(), servers: names };
    let strangers = policies.strangers(&around).into_iter().map(|it| it.to_string());
    let none = policies.is_empty().then(|| "there are no policies, so nothing is permitted".into());
    let doubts = policies.warnings().iter().map(ToString::to_string);
    strangers.chain(idle).chain(none).chain(doubts)
}

impl Gate {
    /// What of the rules in force will surprise.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let rules = self.rules();
        let names = match self.parts.listener {
            Listener::Agents | Listener::Operators => names(self.settings()),
            // The others' rules are in the same folder, and a wrap knows one server only.
            Listener::Stdio => Vec::new(),
        };
        let tended = rules.health.warnings(self.parts.servers.keys(), Day::of(self.now()));
        let outdated = self.parts.outdated.warning().into_iter();
        let told = outdated.chain(of_rules(&rules, names));
        let told = told.chain(tended).chain(self.held(&rules)).chain(self.drifting());
        let settings = self.settings();
        let told = told.chain(of_egress(settings, &rules)).chain(of_digests(settings, &rules));
        let told = told.chain(self.parts.facts.warnings(self.now()));
        let mut told: Vec<_> = told.take(TOLD_MAX + 1).collect();
        if told.len() > TOLD_MAX {
            told.truncate(TOLD_MAX);
            told.push("and more: `bailiwick check` tells all".into());
        }
        told
    }
}

/// How many held tools of a server are named.
const NAMED_MAX: usize = 5;

impl Gate {
    /// Which tools are held, of each server: they are there, and nobody sees them.
    fn held(&self, rules: &Rules) -> Vec<String> {
        let mut told: Vec<_> =
            self.parts.servers.values().flat_map(|it| self.held_of(rules, it)).collect();
        told.sort_unstable();
        told
    }

    /// Which tools of one server are held.
    pub(crate) fn held_of(&self, rules: &Rules, server: &Server) -> Vec<String> {
        let name = &server.name;
        let is_open = rules.admit_unapproved(self.now());
        let mut told = Vec::new();
        for (kind, why) in [
            (Admitted::Unapproved, "nobody approved"),
            (Admitted::Changed, "changed since they were approved"),
        ] {
            if kind == Admitted::Unapproved && is_open {
                continue;
            }
            let held = standing_so(rules, server, kind);
            if held.is_empty() {
                continue;
            }
            let first: Vec<_> = held.iter().take(NAMED_MAX).map(String::as_str).collect();
            let more = if held.len() > NAMED_MAX { ", ..." } else { "" };
            told.push(format!(
                "server {name}: {} tools are held, which {why}: {}{more}; see `bailiwick contracts \
                 diff {name}`, and let them in with `contracts approve`",
                held.len(),
                first.join(", ")
            ));
        }
        told
    }
}

/// The tools of a server of which the approval stands so.
pub(crate) fn standing_so(rules: &Rules, server: &Server, kind: Admitted) -> BTreeSet<String> {
    let known = server.catalogue.known();
    let stands_so = |tool: &str, pin| admitted(&rules.contracts, &server.name, tool, pin) == kind;
    let tools = known.tools().filter(|(tool, shown)| stands_so(tool, shown.pin));
    tools.map(|(tool, _)| tool.to_owned()).collect()
}

/// Of admission, as far as the files say: which servers nobody approved a tool of, when that means
/// that they are held.
pub fn of_admission(settings: &Settings, rules: &Rules) -> Vec<String> {
    let is_open = rules.admit_unapproved(crate::clock::now());
    let has_none = |it: &&ServerId| rules.contracts.lock(it).is_none_or(|it| it.tools.is_empty());
    let names = settings.servers.iter().map(|it| &it.name).filter(has_none);
    let none = names.filter(|_| !is_open).map(|name| {
        format!(
            "nobody approved a tool of `{name}`: agents see none of them; start `bailiwick up`, \
             then see `bailiwick contracts diff {name}`"
        )
    });
    none.collect()
}

/// What a server's process may reach, as configuration and contract say it.
pub fn egress(rules: &Rules, server: &ServerSettings) -> Egress {
    server.egress.unwrap_or_else(|| egress_of(rules, &server.name))
}

/// Of what servers' processes may reach.
pub fn of_egress(settings: &Settings, rules: &Rules) -> Vec<String> {
    let mut told = Vec::new();
    for server in &settings.servers {
        let (name, is_said) = (&server.name, rules.contracts.of(&server.name).is_some());
        let listed = hosts_of(rules, name, Day::of(crate::clock::now()));
        // An empty list is the word of whoever stands for it.
        let is_meant = listed.as_ref().is_some_and(|(_, odd)| odd.is_empty());
        let (hosts, odd) = listed.unwrap_or_default();
        told.extend(odd.iter().map(|it| {
            format!(
                "server {name}: `{it}` in [standing] hosts is no host, and lets nothing pass: \
                 write \"example.com\", \"*.example.com\", \"example.com:8443\" or \
                 \"10.0.0.0/8\""
            )
        }));
        match (&server.launch, egress(rules, server)) {
            (Launch::Http(..), Egress::Declared) => told.push(format!(
                "server {name}: [standing] hosts has no effect: its process is not started here"
            )),
            (Launch::Http(..), _) | (Launch::Child { .. }, Egress::Open) => {}
            (Launch::Child { .. }, Egress::Declared | Egress::BestEffort) => {
                if hosts == Hosts::default() && !is_meant {
                    let why = if is_said { "that a person stands for" } else { "in a contract" };
                    told.push(format!("server {name}: it reaches nothing: it has no hosts {why}"));
                }
            }
        }
    }
    told
}

/// Of digests of what is launched.
pub fn of_digests(settings: &Settings, rules: &Rules) -> Vec<String> {
    let told = settings.servers.iter().filter_map(|server| {
        let standing = rules.contracts.of(&server.name)?.standing.as_ref()?;
        standing.digest.as_ref()?;
        let name = &server.name;
        match &server.launch {
            Launch::Http(..) => {
                Some(format!("server {name}: [standing] digest has no effect: nothing is launched"))
            }
            Launch::Child { program, arguments, .. } => {
                let words: Vec<_> = std::iter::once(program).chain(arguments).cloned().collect();
                let why = launched(&words).err()?;
                Some(format!(
                    "server {name}: it is not started, its digest is declared and cannot be \
                     checked: {why}"
                ))
            }
        }
    });
    told.collect()
}

/// Of providers of models, other names for models, and prices.
pub fn of_models(settings: &Settings) -> Vec<String> {
    crate::models::doubts(&settings.models, crate::clock::now())
}

/// What of caps and prices keeps the gateway from starting.
pub fn faults_of_models(settings: &Settings) -> Option<String> {
    crate::models::faults(&settings.models).map(|it| it.to_string())
}

/// Of addresses at which keys and tokens pass in the clear.
pub fn in_the_clear(settings: &Settings) -> Vec<String> {
    let open = |it: &SocketAddr| !it.ip().is_loopback();
    let agents = Some(settings.agents).filter(|it| open(it) && settings.tls.is_none()).map(|it| {
        format!(
            "agents connect to {it} in the clear: set [agents] tls, or put something that speaks \
             TLS in front"
        )
    });
    let operators = Some(settings.operators).filter(open).map(|it| {
        format!(
            "operators connect to {it} in the clear, with their tokens: listen on 127.0.0.1, and \
             put something that speaks TLS in front"
        )
    });
    agents.into_iter().chain(operators).collect()
}

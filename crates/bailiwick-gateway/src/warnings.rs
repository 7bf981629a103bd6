//! What is right and will surprise all the same: told by `check`, at the start, with each edit that
//! comes into force, and on `/readyz`.

use std::net::SocketAddr;

use bailiwick_policy::Surroundings;

use crate::admission::{Admitted, admitted};
use crate::config::Settings;
use crate::gate::Gate;
use crate::listener::Listener;
use crate::rules::Rules;
use crate::server::Server;

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
        let told = of_rules(&rules, names).chain(self.held(&rules));
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
        let (name, known) = (&server.name, server.catalogue.known());
        let is_open = rules.admit_unapproved(self.now());
        let mut told = Vec::new();
        for (kind, why) in [
            (Admitted::Unapproved, "nobody approved"),
            (Admitted::Changed, "changed since they were approved"),
        ] {
            if kind == Admitted::Unapproved && is_open {
                continue;
            }
            let is_held = |tool: &str, pin| admitted(&rules.contracts, name, tool, pin) == kind;
            let held = known.tools().filter(|(tool, shown)| is_held(tool, shown.pin));
            let mut held: Vec<_> = held.map(|(tool, _)| tool).collect();
            held.sort_unstable();
            if held.is_empty() {
                continue;
            }
            let first: Vec<_> = held.iter().take(NAMED_MAX).copied().collect();
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

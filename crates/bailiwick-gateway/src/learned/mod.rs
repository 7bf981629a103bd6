//! What is learned of how each tool answers, and told when it drifts.
//!
//! It is learned where an answer is read anyway, from what the caller is given; nothing waits for
//! it. What was learned outlives the gateway in a file of the data folder.

mod kept;
mod shape;

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use bailiwick_contracts::{Behaviour, Drift, Drifting, Observed, Pin, Told};
use bailiwick_core::{Action, Call, Disposition, Resource, ServerId, Timestamp};
use bailiwick_wire::json::Document;
use serde::{Deserialize, Serialize};

/// Of how many tools of one server it is learned, and of all servers.
const OF_SERVER_MAX: usize = 256;
const TOOLS_MAX: usize = 2_048;

type Tools = BTreeMap<Box<str>, Arc<Mutex<Behaviour>>>;

/// What is learned of every tool, and what canaries came to.
#[derive(Default)]
pub(crate) struct Learned {
    /// How many answers make a baseline. At 0 nothing is learned.
    learn: u32,
    servers: RwLock<HashMap<ServerId, Tools>>,
    canaries: RwLock<BTreeMap<(ServerId, String), BTreeMap<String, Sung>>>,
    is_news: AtomicBool,
}

/// What a canary came to last.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Sung {
    /// When, in nanoseconds since the epoch.
    pub at_ns: u64,
    /// Why it did not get the known answer; `None` when it did.
    pub fault: Option<String>,
    /// Since when that is so, in nanoseconds since the epoch.
    pub since_ns: u64,
}

/// How the tools of a server answer, and what its canaries came to.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Answering {
    /// The server.
    pub server: String,
    /// What is learned of each tool, by name.
    pub tools: BTreeMap<String, Told>,
    /// What became of canaries, by tool and name.
    pub canaries: BTreeMap<String, BTreeMap<String, Sung>>,
}

/// A tool whose behaviour is to be learned anew.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RelearnAsked {
    /// The server.
    pub server: String,
    /// Its tools.
    pub tools: Vec<String>,
    /// Why.
    pub why: String,
}

impl Learned {
    /// Learn from an answer to a call of an agent's; what comes back is news of its tool.
    pub(crate) fn observe(
        &self,
        call: &Call,
        answer: &Document<'_>,
        disposition: Disposition,
        now: Timestamp,
    ) -> Vec<Drifting> {
        let Resource::Tool { server, name } = call.resource() else { return Vec::new() };
        let is_call = call.action() == Action::InvokeTool && call.exists();
        // What the gateway asks itself is always the same, and would hide what agents see.
        if self.learn == 0 || !is_call || call.who().agent().is_none() {
            return Vec::new();
        }
        let is_answered = match disposition {
            Disposition::Answered => true,
            Disposition::ToolFailed | Disposition::Erred => false,
            Disposition::Accepted
            | Disposition::Unreachable
            | Disposition::TimedOut
            | Disposition::Cancelled
            | Disposition::Killed
            | Disposition::Withheld
            | Disposition::Unmet => return Vec::new(),
        };
        // An answer may be long: it is looked at only where something is learned of it.
        let Some(tool) = self.tool(server, name) else { return Vec::new() };
        let result = answer.root().member("result").filter(|_| is_answered);
        let shape = result.and_then(shape::of);
        let observed = Observed {
            pin: call.pin().map(Pin::of_digest),
            shape,
            is_error: !is_answered,
            latency_us: now.since_ns(call.at()) / 1_000,
            bytes: answer.root().raw().len() as u64,
            at: now,
        };
        self.is_news.store(true, Ordering::Relaxed);
        tool.lock().unwrap_or_else(PoisonError::into_inner).observe(observed, self.learn)
    }

    /// What is held of a tool; of one more than may be, nothing is.
    fn tool(&self, server: &ServerId, name: &str) -> Option<Arc<Mutex<Behaviour>>> {
        if let Some(known) = self.known(server, name) {
            return Some(known);
        }
        let mut servers = self.servers.write().unwrap_or_else(PoisonError::into_inner);
        let all: usize = servers.values().map(Tools::len).sum();
        let tools = servers.entry(server.clone()).or_default();
        if !tools.contains_key(name) && (tools.len() >= OF_SERVER_MAX || all >= TOOLS_MAX) {
            return None;
        }
        Some(Arc::clone(tools.entry(name.into()).or_default()))
    }

    /// What is held of every tool. It is looked at after the lock, for which answers wait.
    fn all(&self) -> Vec<(ServerId, Box<str>, Arc<Mutex<Behaviour>>)> {
        let servers = self.servers.read().unwrap_or_else(PoisonError::into_inner);
        let each = servers.iter().flat_map(|(server, tools)| {
            tools.iter().map(|(name, it)| (server.clone(), name.clone(), Arc::clone(it)))
        });
        each.collect()
    }

    fn known(&self, server: &ServerId, name: &str) -> Option<Arc<Mutex<Behaviour>>> {
        let servers = self.servers.read().unwrap_or_else(PoisonError::into_inner);
        servers.get(server)?.get(name).map(Arc::clone)
    }

    /// What a canary came to last.
    pub(crate) fn canary(&self, server: &ServerId, (tool, name): (&str, &str)) -> Option<Sung> {
        let all = self.canaries.read().unwrap_or_else(PoisonError::into_inner);
        all.get(&(server.clone(), tool.to_owned()))?.get(name).cloned()
    }

    /// A canary came to this.
    pub(crate) fn sung(&self, server: &ServerId, (tool, name): (&str, &str), sung: Sung) {
        self.is_news.store(true, Ordering::Relaxed);
        let mut all = self.canaries.write().unwrap_or_else(PoisonError::into_inner);
        all.entry((server.clone(), tool.to_owned())).or_default().insert(name.to_owned(), sung);
    }

    /// Of a server's canaries only these are there.
    pub(crate) fn keep_canaries(&self, server: &ServerId, has: impl Fn(&str, &str) -> bool) {
        let mut all = self.canaries.write().unwrap_or_else(PoisonError::into_inner);
        for ((of, tool), canaries) in &mut *all {
            if of == server {
                canaries.retain(|name, _| has(tool, name));
            }
        }
        all.retain(|_, canaries| !canaries.is_empty());
    }

    /// How the tools of a server answer.
    pub(crate) fn told(&self, server: &ServerId) -> Answering {
        let servers = self.servers.read().unwrap_or_else(PoisonError::into_inner);
        let tools = servers.get(server).into_iter().flatten().map(|(name, tool)| {
            let tool = tool.lock().unwrap_or_else(PoisonError::into_inner);
            (name.to_string(), tool.told(self.learn))
        });
        let tools = tools.collect();
        let canaries = self.canaries.read().unwrap_or_else(PoisonError::into_inner);
        let canaries = canaries.iter().filter(|((of, _), _)| of == server);
        let canaries = canaries.map(|((_, tool), it)| (tool.clone(), it.clone())).collect();
        Answering { server: server.to_string(), tools, canaries }
    }

    /// What drifts, by server, tool and kind.
    pub(crate) fn drifts(&self) -> Vec<(ServerId, Box<str>, Drift, String)> {
        let mut all = Vec::new();
        for (server, name, tool) in self.all() {
            let tool = tool.lock().unwrap_or_else(PoisonError::into_inner);
            let raised = tool.raised();
            all.extend(
                raised.map(|(it, how)| (server.clone(), name.clone(), it, how.detail.clone())),
            );
        }
        all.sort();
        all
    }

    /// The canaries that did not get the known answer: server, tool, name, why.
    pub(crate) fn failing(&self) -> Vec<(ServerId, String, String, String)> {
        let all = self.canaries.read().unwrap_or_else(PoisonError::into_inner);
        let each = all.iter().flat_map(|((server, tool), them)| {
            them.iter().filter_map(move |(name, it)| {
                Some((server.clone(), tool.clone(), name.clone(), it.fault.clone()?))
            })
        });
        each.collect()
    }

    /// What comes now is what is usual from now on.
    ///
    /// # Errors
    /// The name of a tool of which nothing is learned.
    pub(crate) fn relearn(&self, server: &ServerId, tools: &[String]) -> Result<(), String> {
        let known: Result<Vec<_>, _> = tools
            .iter()
            .map(|it| self.known(server, it).ok_or(format!("nothing is learned of `{it}`")))
            .collect();
        for tool in known? {
            tool.lock().unwrap_or_else(PoisonError::into_inner).relearn();
        }
        self.is_news.store(true, Ordering::Relaxed);
        Ok(())
    }
}

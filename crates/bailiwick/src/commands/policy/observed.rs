//! What the log has observed: who did what to which thing, how often and when.

use std::collections::{BTreeMap, BTreeSet};

use bailiwick_core::{Action, DecisionRecord, Effect, Inputs, Link, Record, Resource, Timestamp};
use bailiwick_log::{Entry, Filter, Order, Reader, World};

use crate::output::Failure;

/// So many different deeds are told apart. More are no policy that a person could read.
const DEEDS_MAX: usize = 10_000;

/// One thing that one link of a chain did.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Deed {
    /// The kind and name of who did it, in the words of policies.
    pub(super) principal: (&'static str, String),
    pub(super) server: String,
    /// The word of the action; for a tool, of its group.
    pub(super) action: &'static str,
    /// The kind and the name of the resource, as policies name it.
    pub(super) resource: (&'static str, String),
    pub(super) is_session: bool,
    pub(super) effect: &'static str,
}

/// How often something was observed, and how.
#[derive(Clone, Debug, Default)]
pub(super) struct Weight {
    pub(super) calls: u64,
    /// How many of them policy would have denied at the time.
    pub(super) would_deny: u64,
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
    /// What inspectors saw in them.
    pub(super) findings: BTreeSet<String>,
}

/// Everything that was observed.
#[derive(Debug, Default)]
pub(super) struct Observed {
    pub(super) deeds: BTreeMap<Deed, Weight>,
    /// Calls that went on.
    pub(super) calls: u64,
    /// Calls that were refused: nothing is proposed for them.
    pub(super) refused: u64,
    /// Calls whose inputs were erased or cannot be opened here: their record names nothing.
    pub(super) unreadable: u64,
}

impl Observed {
    /// Read what fits a filter.
    ///
    /// # Errors
    /// [`Failure`] when the log cannot be read, or holds more than a person could.
    pub(super) fn read(reader: &Reader, world: &World, filter: Filter) -> Result<Self, Failure> {
        let mut observed = Self::default();
        let mut known: BTreeMap<Vec<u8>, Option<Inputs>> = BTreeMap::new();
        for entry in reader.query(filter, Order::OldestFirst, usize::MAX)? {
            let entry = entry?;
            let Record::Decision(decision) = &entry.record else { continue };
            if !decision.permitted || decision.would_be_denied() == Some("nonexistent") {
                observed.refused += 1;
                continue;
            }
            // The same pseudonyms mean the same inputs, but for arguments, which do not count here.
            let key = key(decision);
            if !known.contains_key(&key) {
                if known.len() >= DEEDS_MAX {
                    let advice = "narrow it with --since or --agent";
                    return Err(Failure(format!(
                        "more than {DEEDS_MAX} different deeds: {advice}"
                    )));
                }
                known.insert(key.clone(), inputs(reader, world, entry.index)?);
            }
            match known.get(&key).and_then(Option::as_ref).filter(|it| it.exists) {
                Some(inputs) => observed.add(inputs, decision, &entry),
                None => observed.unreadable += 1,
            }
        }
        Ok(observed)
    }

    fn add(&mut self, inputs: &Inputs, decision: &DecisionRecord, entry: &Entry) {
        self.calls += 1;
        for link in &inputs.principal.chain {
            let Some(deed) = deed(link, inputs) else { continue };
            let weight = self
                .deeds
                .entry(deed)
                .or_insert_with(|| Weight { first: entry.at, ..Weight::default() });
            weight.calls += 1;
            weight.would_deny += u64::from(decision.would_be_denied().is_some());
            weight.last = entry.at;
            weight.findings.extend(decision.findings.iter().map(|it| it.kind.to_string()));
        }
    }
}

fn key(it: &DecisionRecord) -> Vec<u8> {
    let server = it.server.as_str();
    format!("{:?}\n{}\n{server}\n{:?}\n{}", it.chain, it.action, it.name_token, it.effect).into()
}

fn inputs(reader: &Reader, world: &World, index: u64) -> Result<Option<Inputs>, Failure> {
    let sealed = reader.sealed(index)?;
    let clear = sealed.map(|it| world.unseal(&it)).transpose()?.flatten();
    Ok(clear.map(|it| Inputs::decode(&it)).transpose()?)
}

/// The deed of one link; none of the gateway's own, for which the starter policy is.
fn deed(link: &Link, inputs: &Inputs) -> Option<Deed> {
    let principal = match link {
        Link::Person(it) => ("Person", it.to_string()),
        Link::Agent(it) => ("Agent", it.to_string()),
        Link::Server(it) => ("Server", it.to_string()),
        Link::System(_) => return None,
    };
    let server = inputs.resource.server().to_string();
    let kind = inputs.resource.kind();
    let name = match &inputs.resource {
        Resource::Server(_) | Resource::Client { .. } => server.clone(),
        Resource::Tool { name, .. }
        | Resource::Prompt { name, .. }
        | Resource::Model { name, .. }
        | Resource::State { name, .. }
        | Resource::Method { name, .. } => format!("{server}/{name}"),
        Resource::Document { uri, .. } | Resource::Template { uri, .. } => {
            format!("{server}/{uri}")
        }
    };
    let effect = if inputs.action == Action::InvokeTool { inputs.effect } else { Effect::Read };
    Some(Deed {
        principal,
        server,
        action: inputs.action.as_str(),
        resource: (kind, name),
        is_session: inputs.action.is_session(),
        effect: effect.as_str(),
    })
}

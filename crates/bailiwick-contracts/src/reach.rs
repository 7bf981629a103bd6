//! Reach: what a server's credentials are said to reach, beside what they were seen to reach: in
//! the records, and in what the system behind says of them itself.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bailiwick_core::{ExchangeId, Record};
use serde::Serialize;

use crate::binding::COLLECTION;
use crate::contract::Contract;

/// How many calls may be under way at once and still be known by their answers.
const UNDER_WAY_MAX: usize = 100_000;
/// What is noticed where a server was kept from a host that nobody declared.
const EGRESS: &str = "egress.refused";

/// What was seen of one server.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Seen {
    /// Its tools that were called, and how often.
    pub tools: BTreeMap<String, u64>,
    /// The types of things that calls and answers named, and how often.
    pub types: BTreeMap<String, u64>,
    /// Hosts that it was kept from, as they were noticed.
    pub refused_hosts: BTreeMap<String, u64>,
}

/// A fold over records: what was seen of each server.
#[derive(Debug, Default)]
pub struct Sight {
    servers: BTreeMap<String, Seen>,
    under_way: HashMap<ExchangeId, String>,
}

impl Sight {
    /// Take in one record, in the order of the log.
    pub fn take(&mut self, record: &Record) {
        match record {
            Record::Decision(it) if it.permitted && &*it.resource_kind == "Tool" => {
                let server = it.server.as_str();
                let seen = self.servers.entry(server.to_owned()).or_default();
                if let Some(name) = &it.name {
                    *seen.tools.entry(name.to_string()).or_default() += 1;
                }
                name_types(seen, it.named.iter().map(|(kind, _)| &**kind));
                if self.under_way.len() < UNDER_WAY_MAX {
                    self.under_way.insert(it.exchange, server.to_owned());
                }
            }
            Record::Outcome(it) => {
                let Some(server) = self.under_way.remove(&it.exchange) else { return };
                let seen = self.servers.entry(server).or_default();
                name_types(seen, it.named.iter().map(|(kind, _)| &**kind));
            }
            Record::Noticed(it) if &*it.what == EGRESS => {
                let seen = self.servers.entry(it.server.to_string()).or_default();
                let (host, times) = uncounted(&it.detail);
                let told = seen.refused_hosts.entry(host.to_owned()).or_default();
                *told = told.saturating_add(times);
            }
            Record::Decision(_)
            | Record::Refusal(_)
            | Record::Admin(_)
            | Record::Noticed(_)
            | Record::Started { .. }
            | Record::Stopped
            | Record::Heartbeat => {}
        }
    }

    /// What was seen of a server.
    pub fn of(&self, server: &str) -> Seen {
        self.servers.get(server).cloned().unwrap_or_default()
    }
}

/// What is noticed, and how often it was found since it was noticed last.
pub fn counted(detail: &str, times: u64) -> String {
    if times == 1 { detail.to_owned() } else { format!("{detail} ({times} times)") }
}

/// The two apart again.
fn uncounted(noticed: &str) -> (&str, u64) {
    let apart = noticed.strip_suffix(" times)").and_then(|it| it.rsplit_once(" ("));
    let apart = apart.and_then(|(detail, times)| Some((detail, times.parse().ok()?)));
    apart.unwrap_or((noticed, 1))
}

fn name_types<'a>(seen: &mut Seen, kinds: impl Iterator<Item = &'a str>) {
    // Of what type all is touched stands there as a pseudonym.
    for kind in kinds.filter(|it| *it != COLLECTION) {
        *seen.types.entry(kind.to_owned()).or_default() += 1;
    }
}

/// What a system's own log says that a credential did.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Touched {
    /// The credential, as contracts name it.
    pub credential: String,
    /// What was done: the name of a tool, or the system's own word.
    pub action: String,
    /// To what: a type, or a thing as `Calendar::"ceo"`.
    pub resource: String,
    /// How often.
    pub times: u64,
}

/// Something that was seen and that nobody declared.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Undeclared {
    /// What kind of thing: `tool`, `type`, `host`, `resource`, `outside`.
    pub kind: &'static str,
    /// What.
    pub what: String,
    /// How often.
    pub times: u64,
}

/// One server's reach.
#[derive(Clone, Debug, Serialize)]
pub struct Reach {
    /// The server.
    pub server: String,
    /// The credentials that it uses.
    pub credentials: BTreeSet<String>,
    /// What they are said to reach: types, things and systems.
    pub declared: BTreeSet<String>,
    /// What was seen.
    pub seen: Seen,
    /// What was seen and not declared.
    pub undeclared: Vec<Undeclared>,
    /// What is declared and was never seen: rights that nobody used.
    pub unused: Vec<String>,
}

/// What a server is said to reach, beside what was seen of it and what the system behind says.
pub fn reach(contract: &Contract, seen: Seen, observed: &[Touched]) -> Reach {
    let credentials = credentials(contract);
    let declared = declared(contract);
    let mut undeclared = Vec::new();
    let mut add = |kind, what: &str, times: u64| {
        undeclared.push(Undeclared { kind, what: what.to_owned(), times });
    };
    for (tool, times) in seen.tools.iter().filter(|(it, _)| !contract.tools.contains_key(*it)) {
        add("tool", tool, *times);
    }
    for (kind, times) in seen.types.iter().filter(|(it, _)| !covers_type(&declared, it)) {
        add("type", kind, *times);
    }
    seen.refused_hosts.iter().for_each(|(host, times)| add("host", host, *times));
    let mut did: BTreeMap<&str, u64> = BTreeMap::new();
    let mut touched: BTreeMap<&str, u64> = BTreeMap::new();
    for it in observed.iter().filter(|it| credentials.contains(&it.credential)) {
        *did.entry(&it.action).or_default() += it.times;
        *touched.entry(&it.resource).or_default() += it.times;
    }
    for (resource, times) in touched.iter().filter(|(it, _)| !covers(&declared, it)) {
        add("resource", resource, *times);
    }
    for (action, times) in did {
        // A system's own words say nothing of ours.
        if !contract.tools.contains_key(action) {
            continue;
        }
        let outside = times.saturating_sub(seen.tools.get(action).copied().unwrap_or(0));
        if outside > 0 {
            add("outside", action, outside);
        }
    }
    let is_used = |word: &str| {
        let is_of = |it: &&str| covers(&BTreeSet::from([word.to_owned()]), it);
        seen.types.contains_key(type_of(word)) || touched.keys().any(is_of)
    };
    // What is said in words is for people: no record can name it.
    let is_type =
        |it: &&String| type_of(it).chars().all(|it| it.is_alphanumeric() || it == '_' || it == ':');
    let words = declared.iter().filter(is_type).filter(|it| !is_used(it)).cloned();
    let tools = contract.tools.keys().filter(|it| !seen.tools.contains_key(*it));
    let unused = tools.map(|it| format!("tool {it}")).chain(words).collect();
    Reach { server: contract.server.clone(), credentials, declared, seen, undeclared, unused }
}

/// The credentials that a contract names.
pub fn credentials(contract: &Contract) -> BTreeSet<String> {
    let of_tools = contract.tools.values().filter_map(|it| it.credential.as_ref());
    let of_server = contract.standing.iter().filter_map(|it| it.credentials.as_ref());
    let of_server = of_server.flat_map(|it| it.said().clone());
    of_tools.map(|it| it.said().clone()).chain(of_server).collect()
}

/// What a contract says that its credentials reach. Where it lists things of a type, their type is
/// not declared by a tool that names such things.
fn declared(contract: &Contract) -> BTreeSet<String> {
    let tools = || contract.tools.values();
    let reaches = tools().filter_map(|it| it.reaches.as_ref()).flat_map(|it| it.said().clone());
    let mut declared: BTreeSet<String> = reaches.collect();
    let listed: BTreeSet<String> =
        declared.iter().filter(|it| it.contains("::")).map(|it| type_of(it).to_owned()).collect();
    let bound = tools().flat_map(crate::Tool::types).filter(|it| !listed.contains(*it));
    let bound: Vec<String> = bound.map(str::to_owned).collect();
    declared.extend(bound);
    declared
}

/// The type of a thing that is written as `Calendar::"ceo"`; the whole word where it is none.
fn type_of(word: &str) -> &str {
    word.split_once("::").map_or(word, |(kind, _)| kind)
}

fn covers(declared: &BTreeSet<String>, resource: &str) -> bool {
    let bare = |it: &str| it.replace('"', "");
    declared.iter().any(|it| bare(it) == bare(resource) || it == type_of(resource))
}

/// Whether something of a type is declared: which one a call named is not to be read in a record.
fn covers_type(declared: &BTreeSet<String>, kind: &str) -> bool {
    declared.iter().any(|it| type_of(it) == kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTRACT: &str = r#"
        server = "calendar"
        [tools.list_events]
        effect = "read"
        resources = { calendar = "Calendar" }
        credential = "svc-calendar"
        reaches = ["Calendar::\"support\"", "Room", "every public host"]
        [tools.move_event]
        effect = "reversible_write"
        resources = { event = "Event" }
    "#;

    fn observed(action: &str, resource: &str, times: u64) -> Touched {
        let credential = "svc-calendar".to_owned();
        Touched { credential, action: action.into(), resource: resource.into(), times }
    }

    #[test]
    fn what_nobody_declared_is_told_and_what_nobody_used() {
        let contract = Contract::read(CONTRACT).unwrap();
        let seen = Seen {
            tools: [("list_events".to_owned(), 3), ("export".to_owned(), 1)].into(),
            types: [("Calendar".to_owned(), 3), ("Invoice".to_owned(), 2)].into(),
            refused_hosts: BTreeMap::new(),
        };
        let others = Touched { credential: "another".into(), ..observed("x", "Payroll", 1) };
        let said = [
            observed("list_events", "Calendar::support", 5),
            observed("events.list", "Calendar::\"ceo\"", 2),
            observed("events.list", "Room::\"r_1\"", 1),
            others,
        ];
        let reach = reach(&contract, seen, &said);
        let told = |kind, what: &str, times| Undeclared { kind, what: what.to_owned(), times };
        assert_eq!(
            reach.undeclared,
            [
                told("tool", "export", 1),
                told("type", "Invoice", 2),
                told("resource", "Calendar::\"ceo\"", 2),
                told("outside", "list_events", 2),
            ]
        );
        assert_eq!(reach.unused, ["tool move_event", "Event"]);
    }

    #[test]
    fn attempts_are_counted_and_not_how_often_they_were_noticed() {
        let mut sight = Sight::default();
        for times in [1, 17, 2] {
            sight.take(&Record::Noticed(bailiwick_core::Noticed {
                server: "calendar".into(),
                tool: None,
                what: EGRESS.into(),
                detail: counted("*.evil.example:443 is not listed", times).into(),
            }));
        }
        let hosts = sight.of("calendar").refused_hosts;
        assert_eq!(hosts, [("*.evil.example:443 is not listed".to_owned(), 20)].into());
        assert_eq!(uncounted("a (b) (many times)"), ("a (b) (many times)", 1));
    }
}

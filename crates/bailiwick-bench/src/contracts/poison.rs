//! How many poisoned definitions are found, and how many honest ones are taken for poisoned.
//!
//! Found is what a rule of poison, or any error, remarks. Honest tools are linted server by server.
//! An added tool is linted beside the tools that other rows name of its server; a changed one
//! alone, as if nobody had pinned what it was.

use std::collections::{BTreeMap, BTreeSet};

use bailiwick_contracts::{Definition, Remark, Severity, Subject, lint};

use super::corpus::{Attack, Kind, Tool};
use super::shares::{self, Share};
use crate::report::Report;

/// The server of what is added.
const NEWCOMER: &str = "newcomer";

pub(crate) fn measure(tools: &[Tool], attacks: &[Attack], report: &mut Report) {
    let mut classes: BTreeMap<&str, Share> = BTreeMap::new();
    let (mut all, mut clean) = (Share::default(), Share::default());
    for attack in attacks {
        let found = is_found(attack, attacks);
        if attack.is_poisoned {
            all.count(found);
            classes.entry(&attack.class).or_default().count(found);
        } else {
            clean.count(found);
        }
    }
    let note = "share of poisoned definitions that are found (YARA: 0.235 and 0)";
    shares::add(report, "lint_recall", all, note);
    for (class, share) in &classes {
        shares::add(report, format!("lint_recall_{class}"), *share, "");
    }
    report.add("lint_poisoned", all.of as f64, "poisoned definitions");
    shares::add(report, "lint_alarms_beside", clean, "on clean tools of the attacks' servers");
    let (alarmed, unclean) = alarms(tools);
    let thousand = |it: usize| (!tools.is_empty()).then(|| 1000.0 * it as f64 / tools.len() as f64);
    let note = "honest tools taken for poisoned (YARA: 13)";
    report.add("lint_false_alarms_per_1000", thousand(alarmed), note);
    report.add("lint_hygiene_per_1000", thousand(unclean), "tools whose schema is warned of");
    report.add("lint_tools", tools.len() as f64, "honest tools");
}

fn is_found(attack: &Attack, attacks: &[Attack]) -> bool {
    let one = std::slice::from_ref(&attack.definition);
    let mut names = BTreeSet::new();
    let is_beside = |it: &&Attack| {
        attack.kind == Kind::Added
            && it.kind == Kind::Changed
            && it.server == attack.server
            && it.definition.name() != attack.definition.name()
    };
    let beside = attacks.iter().filter(is_beside).map(|it| &it.definition);
    let beside: Vec<_> = beside.filter(|it| names.insert(it.name())).cloned().collect();
    let remarks = lint(&[subject(&attack.server, &beside), subject(NEWCOMER, one)]);
    remarks.iter().any(|it| it.server == NEWCOMER && is_alarm(it))
}

/// How many tools are taken for poisoned, and of how many the schema is warned of.
fn alarms(tools: &[Tool]) -> (usize, usize) {
    let mut servers: BTreeMap<&str, Vec<Definition>> = BTreeMap::new();
    for tool in tools {
        servers.entry(&tool.server).or_default().push(tool.definition.clone());
    }
    let (mut alarmed, mut unclean) = (0, 0);
    for (server, definitions) in &servers {
        let remarks = lint(&[subject(server, definitions)]);
        let tools = |it: &dyn Fn(&Remark) -> bool| {
            let tools = remarks.iter().filter(|remark| it(remark)).map(|it| &it.tool);
            tools.collect::<BTreeSet<_>>().len()
        };
        alarmed += tools(&is_alarm);
        unclean += tools(&|it| it.rule.severity() == Severity::Warning && !it.rule.is_of_poison());
    }
    (alarmed, unclean)
}

fn is_alarm(remark: &Remark) -> bool {
    remark.rule.is_of_poison() || remark.rule.severity() == Severity::Error
}

fn subject<'a>(server: &'a str, definitions: &'a [Definition]) -> Subject<'a> {
    Subject { server, definitions, contract: None, launch: &[] }
}

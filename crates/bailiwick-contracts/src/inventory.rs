//! The inventory: a row for each tool, with everything that somebody will ask in the first hour of
//! an incident, and with what nobody can answer.

use bailiwick_core::Day;
use serde::Serialize;

use crate::cell::Cell;
use crate::contract::{Contract, Tool, Undo};
use crate::effect::EffectWord;
use crate::lock::Lock;

/// How a cell is filled.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum Filled {
    /// Somebody stands for it.
    Said {
        /// What it says.
        value: String,
    },
    /// A draft says it, and nobody has looked.
    Guessed {
        /// What it says.
        value: String,
    },
    /// It was verified for a time that is over.
    Expired {
        /// What it says.
        value: String,
        /// Since when.
        #[serde(serialize_with = "as_text")]
        since: Day,
    },
    /// It is empty.
    Missing,
}

/// A cell of a row.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Column {
    /// The column, as contracts and JSON name it.
    pub name: &'static str,
    /// How it is filled.
    #[serde(flatten)]
    pub filled: Filled,
    /// The day from which on somebody must look again.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "maybe_text")]
    pub expires: Option<Day>,
}

/// What is known of one tool.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Row {
    /// The server.
    pub server: String,
    /// The tool.
    pub tool: String,
    /// Its cells, each row's in the same order.
    pub cells: Vec<Column>,
}

/// Nothing is undone of what changes nothing.
const NOTHING_TO_UNDO: &str = "it changes nothing";

impl Row {
    /// The cells that keep the tool from being launched.
    pub fn gaps(&self) -> impl Iterator<Item = &Column> {
        self.cells.iter().filter(|it| !matches!(it.filled, Filled::Said { .. }))
    }

    /// One of its cells.
    pub fn cell(&self, name: &str) -> Option<&Column> {
        self.cells.iter().find(|it| it.name == name)
    }
}

impl Filled {
    /// What it says, whoever stands for it; empty where it says nothing.
    pub fn value(&self) -> &str {
        match self {
            Self::Said { value } | Self::Guessed { value } | Self::Expired { value, .. } => value,
            Self::Missing => "",
        }
    }
}

/// A row for each tool of a contract and each that was approved without one.
pub fn inventory(contract: Option<&Contract>, lock: Option<&Lock>, today: Day) -> Vec<Row> {
    let server = contract.map(|it| &it.server).or(lock.map(|it| &it.server));
    let Some(server) = server else { return Vec::new() };
    let known = contract.into_iter().flat_map(|it| it.tools.keys());
    let approved = lock.into_iter().flat_map(|it| it.tools.keys());
    let names: std::collections::BTreeSet<_> = known.chain(approved).collect();
    let row = |name: &String| Row {
        server: server.clone(),
        tool: name.clone(),
        cells: cells(contract, lock, name, today),
    };
    names.into_iter().map(row).collect()
}

fn cells(contract: Option<&Contract>, lock: Option<&Lock>, name: &str, today: Day) -> Vec<Column> {
    let tool = contract.and_then(|it| it.tools.get(name));
    let standing = contract.and_then(|it| it.standing.as_ref());
    let text = |column, cell: Option<&Cell<String>>| filled(column, cell, today, String::clone);
    let texts = |column, cell: Option<&Cell<Vec<String>>>| {
        filled(column, cell, today, |it| if it.is_empty() { "none".into() } else { it.join(", ") })
    };
    let of = |pick: fn(&Tool) -> Option<&Cell<String>>| tool.and_then(pick);
    let owner = of(|it| it.owner.as_ref()).or(standing.and_then(|it| it.owner.as_ref()));
    let on_call = of(|it| it.on_call.as_ref()).or(standing.and_then(|it| it.on_call.as_ref()));
    vec![
        filled("effect", tool.map(|it| &it.effect), today, |it| word(*it).to_owned()),
        approval(lock, name),
        text("system", of(|it| it.system.as_ref())),
        text("audit_log", of(|it| it.audit_log.as_ref())),
        text("owner", owner),
        text("on_call", on_call),
        undo(tool, today),
        text("credential", of(|it| it.credential.as_ref())),
        texts("reaches", tool.and_then(|it| it.reaches.as_ref())),
        texts("data_in", tool.and_then(|it| it.data_in.as_ref())),
        texts("data_out", tool.and_then(|it| it.data_out.as_ref())),
        text("worst_case", of(|it| it.worst_case.as_ref())),
        text("tells_customers", of(|it| it.tells_customers.as_ref())),
    ]
}

fn filled<T>(
    name: &'static str,
    cell: Option<&Cell<T>>,
    today: Day,
    say: impl Fn(&T) -> String,
) -> Column {
    let Some(cell) = cell else { return Column { name, filled: Filled::Missing, expires: None } };
    let value = say(cell.said());
    let filled = match (cell.verified(), cell.expires()) {
        _ if value.trim().is_empty() => Filled::Missing,
        (None, _) => Filled::Guessed { value },
        (Some(_), Some(since)) if since <= today => Filled::Expired { value, since },
        (Some(_), _) => Filled::Said { value },
    };
    Column { name, filled, expires: cell.expires() }
}

fn approval(lock: Option<&Lock>, tool: &str) -> Column {
    let approved = lock.and_then(|it| it.tools.get(tool));
    let filled = approved.map_or(Filled::Missing, |it| Filled::Said {
        value: format!("{} by {} on {}", it.pin, it.by, it.on.0),
    });
    Column { name: "approved", filled, expires: None }
}

fn undo(tool: Option<&Tool>, today: Day) -> Column {
    let cell = tool.and_then(|it| it.undo.as_ref());
    let reads = tool.is_some_and(|it| it.effect.verified() == Some(&EffectWord::Read));
    if cell.is_none() && reads {
        let filled = Filled::Said { value: NOTHING_TO_UNDO.to_owned() };
        return Column { name: "undo", filled, expires: None };
    }
    filled("undo", cell, today, |it: &Undo| {
        let window = it.window.as_ref().map_or_else(String::new, |it| format!(", within {it}"));
        let tool = it.tool.as_ref().map_or_else(String::new, |it| format!(", by `{it}`"));
        let tested = it.tested.map_or_else(String::new, |it| format!(", tested on {}", it.0));
        format!("{}{tool}{window}{tested}", it.how)
    })
}

const fn word(effect: EffectWord) -> &'static str {
    match effect {
        EffectWord::Read => "read",
        EffectWord::ReversibleWrite => "reversible_write",
        EffectWord::IrreversibleWrite => "irreversible_write",
        EffectWord::Destructive => "destructive",
        EffectWord::Outbound => "outbound",
    }
}

fn as_text<S: serde::Serializer>(day: &Day, into: S) -> Result<S::Ok, S::Error> {
    into.collect_str(day)
}

fn maybe_text<S: serde::Serializer>(day: &Option<Day>, into: S) -> Result<S::Ok, S::Error> {
    match day {
        Some(day) => into.collect_str(day),
        None => into.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTRACT: &str = r#"
        server = "crm"
        [standing]
        owner = "sales-platform"
        on_call = "pager: crm"
        [tools.look]
        effect = "read"
        system = { value = "CRM", verified = true, expires = 2026-12-01 }
        [tools.drop]
        effect = { value = "destructive", evidence = "the name says so" }
        undo = { how = "restore the table", tool = "restore", window = "30d" }
        reaches = []
    "#;

    fn state(rows: &[Row], tool: &str, cell: &str) -> Filled {
        let row = rows.iter().find(|it| it.tool == tool).unwrap();
        row.cell(cell).unwrap().filled.clone()
    }

    #[test]
    fn every_cell_says_who_stands_for_it() {
        let contract = Contract::read(CONTRACT).unwrap();
        let rows = inventory(Some(&contract), None, "2026-11-22".parse().unwrap());
        let said = |it: &str| Filled::Said { value: it.to_owned() };
        assert_eq!(state(&rows, "look", "effect"), said("read"));
        assert_eq!(state(&rows, "look", "undo"), said(NOTHING_TO_UNDO));
        assert_eq!(state(&rows, "look", "on_call"), said("pager: crm"));
        assert_eq!(state(&rows, "look", "system"), said("CRM"));
        assert_eq!(state(&rows, "look", "approved"), Filled::Missing);
        let guessed = Filled::Guessed { value: "destructive".into() };
        assert_eq!(state(&rows, "drop", "effect"), guessed);
        let undo = "restore the table, by `restore`, within 30d";
        assert_eq!(state(&rows, "drop", "undo"), said(undo));
        assert_eq!(state(&rows, "drop", "reaches"), said("none"));
        assert!(rows.iter().all(|it| it.gaps().count() > 0));

        let later = inventory(Some(&contract), None, "2026-12-01".parse().unwrap());
        let since = "2026-12-01".parse().unwrap();
        let expired = Filled::Expired { value: "CRM".into(), since };
        assert_eq!(state(&later, "look", "system"), expired);
    }

    #[test]
    fn what_was_approved_without_a_contract_has_a_row_too() {
        let text = "server = 'crm'\n[tools.look]\npin = 'sha256:00000000000000000000000000000000\
                    00000000000000000000000000000000'\nby = 'ada'\n\
                    why = 'seen'\non = '2026-11-22'\ndefinition = '{}'\n";
        let lock = Lock::read(text).unwrap();
        let rows = inventory(None, Some(&lock), "2026-11-22".parse().unwrap());
        assert_eq!(state(&rows, "look", "effect"), Filled::Missing);
        assert!(matches!(state(&rows, "look", "approved"), Filled::Said { .. }));
    }
}

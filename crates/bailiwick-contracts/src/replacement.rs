//! A replacement: does a server that is to take the place of another show the tools that a person
//! approved of that one? Approvals are of definitions, so what is the same needs no new approval.

use std::collections::{BTreeMap, BTreeSet};

use crate::definition::Definition;
use crate::pin::{Change, Pin, changes};

/// How a tool of the replacement stands to what was approved.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Compared {
    /// It is the one that was approved: the approval holds.
    Same,
    /// Only what models and people are told of it differs. It is held until somebody approves it,
    /// since a text can mislead.
    Worded(Vec<Change>),
    /// It is another tool of that name.
    Other(Vec<Change>),
    /// The replacement has none of that name.
    Missing,
    /// Nobody approved one of that name.
    New,
}

/// How each tool stands, by name: those that were approved, with their pins, and those that the
/// replacement shows.
pub fn compared(
    approved: &BTreeMap<String, (Pin, Definition)>,
    shown: &[Definition],
) -> BTreeMap<String, Compared> {
    let shown: BTreeMap<_, _> = shown.iter().map(|it| (it.name(), it)).collect();
    let names: BTreeSet<&str> =
        approved.keys().map(String::as_str).chain(shown.keys().copied()).collect();
    let stands = |name: &str| match (approved.get(name), shown.get(name)) {
        (Some((pin, _)), Some(now)) if *pin == Pin::of(now) => Compared::Same,
        (Some((_, before)), Some(now)) => apart(changes(before, now)),
        (Some(_), None) => Compared::Missing,
        (None, _) => Compared::New,
    };
    names.into_iter().map(|name| (name.to_owned(), stands(name))).collect()
}

fn apart(changes: Vec<Change>) -> Compared {
    // A pin that differs where no difference is found is no difference in words.
    if !changes.is_empty() && changes.iter().all(is_wording) {
        Compared::Worded(changes)
    } else {
        Compared::Other(changes)
    }
}

/// Whether only a title or a description differs: the tool's own, or that of an argument.
fn is_wording(change: &Change) -> bool {
    let last = change.at.rsplit('/').next().filter(|it| !it.is_empty());
    // An argument may be called `description`, too: then a schema stands there, and no text.
    let is_text = |it: &Option<String>| it.as_ref().is_none_or(|it| it.starts_with('"'));
    matches!(last.unwrap_or(change.part), "title" | "description")
        && is_text(&change.before)
        && is_text(&change.after)
}

#[cfg(test)]
mod tests {
    use bailiwick_core::Value;

    use super::*;
    use crate::value::value;

    fn tool(said: &serde_json::Value) -> Definition {
        let said: Value = value(said);
        Definition::of(&said).unwrap()
    }

    #[test]
    fn each_tool_is_told_apart() {
        use serde_json::json;
        let schema = |text: &str, kind: &str| {
            json!({ "type": "object", "properties": {
                "description": { "type": kind, "description": text } } })
        };
        let one = |name: &str, text: &str, schema: serde_json::Value| {
            tool(&json!({ "name": name, "description": text, "inputSchema": schema }))
        };
        let old = |name: &str| one(name, "Does.", schema("What.", "string"));
        let approved = ["same", "told", "inner", "typed", "gone"]
            .map(|it| (it.to_owned(), (Pin::of(&old(it)), old(it))));
        let shown = [
            old("same"),
            one("told", "Does it.", schema("What.", "string")),
            one("inner", "Does.", schema("Which.", "string")),
            one("typed", "Does.", schema("What.", "number")),
            old("new"),
        ];
        let compared = compared(&approved.into(), &shown);
        let word = |name: &str| match compared.get(name).unwrap() {
            Compared::Same => "same",
            Compared::Worded(_) => "worded",
            Compared::Other(_) => "other",
            Compared::Missing => "missing",
            Compared::New => "new",
        };
        for (name, expected) in [
            ("same", "same"),
            ("told", "worded"),
            ("inner", "worded"),
            ("typed", "other"),
            ("gone", "missing"),
            ("new", "new"),
        ] {
            assert_eq!(word(name), expected, "{name}");
        }
        // An argument of that name which comes or goes is no text.
        let without = json!({ "type": "object", "properties": {} });
        let less = [one("told", "Does.", without)];
        let approved = [("told".to_owned(), (Pin::of(&old("told")), old("told")))];
        let compared = super::compared(&approved.into(), &less);
        assert!(matches!(compared.get("told"), Some(Compared::Other(_))), "{compared:?}");
    }
}

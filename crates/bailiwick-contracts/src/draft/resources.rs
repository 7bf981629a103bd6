//! Which arguments and results name things, and of which types all are touched.

use std::collections::BTreeMap;

use bailiwick_core::Value;

use super::nouns::{is_plural, kind};
use super::verbs;
use super::words::{of_name, split};
use crate::definition::Definition;

/// The most arguments or results of one tool that are named.
const NAMED_MAX: usize = 32;
/// How deep results are looked into.
const DEPTH_MAX: usize = 6;
/// What ends a name that names a thing.
const IDS: [&str; 7] = ["id", "ids", "uuid", "guid", "iid", "slug", "ref"];
/// Ids of what is no thing of its own: places in a list, traces of the call itself.
const NO_THINGS: [&str; 12] = [
    "request",
    "trace",
    "correlation",
    "client",
    "page",
    "cursor",
    "next",
    "previous",
    "starting",
    "since",
    "before",
    "after",
];

/// Which argument names what.
pub(super) fn of_arguments(server: &str, definition: &Definition) -> BTreeMap<String, String> {
    let about = subject(server, definition);
    let named = definition.properties().filter_map(|(argument, schema)| {
        names_one(schema).then_some(())?;
        Some((argument.to_owned(), of_id(argument, about.as_deref())?))
    });
    named.take(NAMED_MAX).collect()
}

/// Which values of its structured answer name what.
pub(super) fn of_results(server: &str, definition: &Definition) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let about = subject(server, definition);
    if let Some(schema) = definition.output_schema() {
        look(schema, (&mut String::new(), about), 0, &mut found);
    }
    found
}

/// The types of which a tool touches every member: of what it lists or searches.
pub(super) fn collections(server: &str, definition: &Definition) -> Vec<String> {
    let words = of_name(server, definition.name());
    let lists = ["list", "search", "find", "query", "export", "all"];
    let plural = words.iter().rev().find(|it| is_plural(it));
    match plural {
        Some(plural) if words.iter().any(|it| lists.contains(&it.as_str())) => {
            kind(std::slice::from_ref(plural)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// What a tool is about: the nouns after the verb of its name.
fn subject(server: &str, definition: &Definition) -> Option<String> {
    let words = of_name(server, definition.name());
    let is_noun = |it: &&String| {
        verbs::of(it).is_none_or(|verb| verb.is_noun_too) && !matches!(it.as_str(), "by" | "all")
    };
    let verb = words.iter().position(|it| verbs::of(it).is_some()).unwrap_or_default();
    let after: Vec<_> = words.iter().skip(verb + 1).take_while(is_noun).cloned().collect();
    let before: Vec<_> = words.iter().take(verb).cloned().collect();
    let nouns = if after.is_empty() { before } else { after };
    kind(nouns.get(..nouns.len().min(3))?)
}

/// The type that an id's name names: its own words, or else what the tool is about.
fn of_id(name: &str, about: Option<&str>) -> Option<String> {
    let words = split(name);
    let (last, rest) = words.split_last()?;
    if !IDS.contains(&last.as_str()) || rest.iter().any(|it| NO_THINGS.contains(&it.as_str())) {
        return None;
    }
    if rest.is_empty() { about.map(str::to_owned) } else { kind(rest) }
}

/// Whether an argument holds a text or a number, or a list of them: only these name things, and a
/// call whose argument should and does not is refused.
fn names_one(schema: &Value) -> bool {
    let kind = |it: &Value| it.member("type").and_then(Value::as_text).map(str::to_owned);
    match kind(schema).as_deref() {
        Some("string" | "integer" | "number") => true,
        Some("array") => {
            let items = schema.member("items").and_then(kind);
            matches!(items.as_deref(), Some("string" | "integer" | "number"))
        }
        _ => false,
    }
}

fn look(
    schema: &Value,
    (at, about): (&mut String, Option<String>),
    depth: usize,
    found: &mut BTreeMap<String, String>,
) {
    if depth > DEPTH_MAX || found.len() >= NAMED_MAX {
        return;
    }
    let len = at.len();
    if let Some(items) = schema.member("items") {
        at.push_str("/*");
        look(items, (at, about.clone()), depth + 1, found);
        at.truncate(len);
    }
    let Some(Value::Record(members)) = schema.member("properties") else { return };
    for (name, schema) in members {
        at.push('/');
        at.push_str(&name.replace('~', "~0").replace('/', "~1"));
        if let Some(kind) = of_id(name, about.as_deref()).filter(|_| names_one(schema)) {
            found.insert(at.clone(), kind);
        }
        let own = kind(&split(name)).or_else(|| about.clone());
        look(schema, (at, own), depth + 1, found);
        at.truncate(len);
    }
}

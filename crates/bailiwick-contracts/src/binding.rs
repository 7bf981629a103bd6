//! Bindings: which things a call touches, by the values of its arguments and of its answer, and of
//! which types it touches every member.

use std::collections::{BTreeMap, BTreeSet};

use bailiwick_core::{NamedResource, Value};

use crate::spelling::is_twin;

/// How many things the arguments of one call, or its answer, may name.
const NAMED_MAX: usize = 256;
/// How many values of an answer are looked at.
const LOOKED_AT_MAX: usize = 100_000;

/// The type of what holds every member of a type: `Collection::"Customer"`.
pub const COLLECTION: &str = "Collection";
/// What stands in the place of the argument that would name it.
const NO_ARGUMENT: &str = "collections";

/// The things that arguments name, by the types that a contract gives them. A list names several, a
/// number is named as it is written. `None` when an argument that should name something does not,
/// or names too much: then nobody can say what the call touches.
pub fn named(types: &BTreeMap<String, String>, arguments: &Value) -> Option<Vec<NamedResource>> {
    let mut named = Vec::new();
    for (argument, kind) in types {
        // A server that ignores case would take another argument for this one.
        if let Value::Record(members) = arguments
            && members.iter().any(|(name, _)| is_twin(name, argument))
        {
            return None;
        }
        let Some(value) = arguments.member(argument) else { continue };
        let ids = match value {
            Value::List(items) => items.as_slice(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Record(_) => {
                std::slice::from_ref(value)
            }
        };
        // Looked at before any is copied: a list may have a million.
        if named.len() + ids.len() > NAMED_MAX {
            return None;
        }
        for id in ids {
            let (argument, kind) = (argument.as_str().into(), kind.as_str().into());
            named.push(NamedResource { argument, kind, id: id_of(id)? });
        }
    }
    Some(named)
}

/// Every member of a type, as a thing that a call touches.
pub fn collection(kind: &str) -> NamedResource {
    NamedResource { argument: NO_ARGUMENT.into(), kind: COLLECTION.into(), id: kind.into() }
}

/// The things that an answer names, each once, by the types that a contract gives to paths such as
/// `/customers/*/id`, in which `*` is every item of a list and every member of an object. Where
/// nobody can say which ones (a value that is no id, too many of them), it is all of that type.
/// `contents` are the structured parts of the answer; where there are none, nothing can be said.
pub fn named_by_answer(types: &BTreeMap<String, String>, contents: &[Value]) -> Vec<NamedResource> {
    let mut named: Vec<NamedResource> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut all: BTreeSet<&str> = BTreeSet::new();
    for (path, kind) in types {
        let mut ids = Some(Vec::new());
        let mut budget = LOOKED_AT_MAX;
        for content in contents {
            let steps: Vec<&str> = path.split('/').skip(1).collect();
            ids = ids.filter(|_| budget > 0);
            let found = ids.as_mut().is_some_and(|it| at(content, &steps, &mut budget, it));
            ids = ids.filter(|_| found);
        }
        let Some(ids) = ids.filter(|_| !contents.is_empty()) else {
            all.insert(kind);
            continue;
        };
        let mut ids = ids;
        ids.retain(|id| seen.insert((kind.as_str(), id.clone())));
        let of =
            |id| NamedResource { argument: path.as_str().into(), kind: kind.as_str().into(), id };
        named.extend(ids.into_iter().map(of));
        if named.len() > NAMED_MAX {
            named.retain(|it| *it.kind != **kind);
            all.insert(kind);
        }
    }
    named.extend(all.into_iter().map(collection));
    named
}

/// Gather the ids at a path; false when there is something else, or too much.
fn at(value: &Value, steps: &[&str], budget: &mut usize, ids: &mut Vec<Box<str>>) -> bool {
    let Some(left) = budget.checked_sub(1) else { return false };
    *budget = left;
    let Some((step, rest)) = steps.split_first() else {
        return match (value, id_of(value)) {
            (_, Some(id)) => {
                ids.push(id);
                true
            }
            (Value::Null, None) => true,
            (Value::List(items), None) => items.iter().all(|it| at(it, &[], budget, ids)),
            (Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Record(_), None) => false,
        };
    };
    match (value, *step) {
        (Value::List(items), "*") => items.iter().all(|it| at(it, rest, budget, ids)),
        (Value::Record(members), "*") => members.iter().all(|(_, it)| at(it, rest, budget, ids)),
        (Value::Record(_), name) => value.member(name).is_none_or(|it| at(it, rest, budget, ids)),
        // What is not there names nothing.
        (Value::Null, _) => true,
        (Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_), _) => false,
    }
}

/// What a value names, where it can be an id.
fn id_of(value: &Value) -> Option<Box<str>> {
    match value {
        Value::Text(text) => Some(text.clone()),
        Value::Number(number) => Some(match number.as_i64() {
            Some(whole) => whole.to_string().into(),
            None => number.lexeme().into(),
        }),
        Value::Null | Value::Bool(_) | Value::List(_) | Value::Record(_) => None,
    }
}

//! Bindings: which things a call touches, by the values of its arguments.

use std::collections::BTreeMap;

use bailiwick_core::{NamedResource, Value};

/// How many things the arguments of one call may name.
const NAMED_MAX: usize = 256;

/// The things that arguments name, by the types that a contract gives them. A list names several, a
/// number is named as it is written. `None` when an argument that should name something does not,
/// or names too much: then nobody can say what the call touches.
pub fn named(types: &BTreeMap<String, String>, arguments: &Value) -> Option<Vec<NamedResource>> {
    let mut named = Vec::new();
    for (argument, kind) in types {
        // A server that ignores case would take another argument for this one.
        if let Value::Record(members) = arguments {
            let alike = |it: &str| it != argument && it.eq_ignore_ascii_case(argument);
            if members.iter().any(|(name, _)| alike(name)) {
                return None;
            }
        }
        let Some(value) = arguments.member(argument) else { continue };
        let ids = match value {
            Value::List(items) => items.as_slice(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Record(_) => {
                std::slice::from_ref(value)
            }
        };
        for id in ids {
            let (argument, kind) = (argument.as_str().into(), kind.as_str().into());
            named.push(NamedResource { argument, kind, id: id_of(id)? });
        }
    }
    (named.len() <= NAMED_MAX).then_some(named)
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

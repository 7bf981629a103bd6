//! What a contract's file says, as calls and answers say it.

use bailiwick_core::{Number, Value};
use serde_json::Value as Json;

/// A value of a contract.
pub(crate) fn value(said: &Json) -> Value {
    match said {
        Json::Null => Value::Null,
        Json::Bool(said) => Value::Bool(*said),
        Json::Number(number) => Value::Number(Number::from_lexeme(&number.to_string())),
        Json::String(text) => Value::Text(text.as_str().into()),
        Json::Array(items) => Value::List(items.iter().map(value).collect()),
        Json::Object(members) => Value::Record(
            members.iter().map(|(name, it)| (name.as_str().into(), value(it))).collect(),
        ),
    }
}

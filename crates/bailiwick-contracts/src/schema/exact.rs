//! Values that are compared as JSON Schema says: numbers by their digits, members in any order.

use std::collections::BTreeMap;

use bailiwick_core::Value;
use serde_json::Value as Json;

use super::decimal::Decimal;

/// A value by what it says.
#[derive(Debug, Eq, Hash, PartialEq)]
pub(super) enum Exact {
    Null,
    Bool(bool),
    Number(Decimal),
    Text(Box<str>),
    List(Vec<Exact>),
    Record(BTreeMap<Box<str>, Exact>),
}

impl Exact {
    /// What a value of a call says.
    pub(super) fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(said) => Self::Bool(*said),
            Value::Number(number) => Self::Number(Decimal::of(number.lexeme())),
            Value::Text(text) => Self::Text(text.clone()),
            Value::List(items) => Self::List(items.iter().map(Self::of).collect()),
            Value::Record(members) => {
                let member = |(name, it): &(Box<str>, Value)| (name.clone(), Self::of(it));
                Self::Record(members.iter().map(member).collect())
            }
        }
    }

    /// What a value of a schema says.
    pub(super) fn of_json(value: &Json) -> Self {
        match value {
            Json::Null => Self::Null,
            Json::Bool(said) => Self::Bool(*said),
            Json::Number(number) => Self::Number(Decimal::of(&number.to_string())),
            Json::String(text) => Self::Text(text.as_str().into()),
            Json::Array(items) => Self::List(items.iter().map(Self::of_json).collect()),
            Json::Object(members) => {
                let member =
                    |(name, it): (&String, &Json)| (name.as_str().into(), Self::of_json(it));
                Self::Record(members.iter().map(member).collect())
            }
        }
    }
}

/// How much work it is to look at all of a value.
pub(super) fn size(value: &Value) -> u64 {
    8 + match value {
        Value::Null | Value::Bool(_) => 0,
        Value::Number(number) => number.lexeme().len() as u64,
        Value::Text(text) => text.len() as u64 / 8,
        Value::List(items) => items.iter().map(size).sum(),
        Value::Record(members) => members.iter().map(|(_, it)| 8 + size(it)).sum(),
    }
}

//! A canary: a call of which the answer is known, made now and then. A server that answers it wrong
//! with status 200 is not what it was.

use std::collections::BTreeMap;

use bailiwick_core::Value;
use regex::Regex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::definition::canonical;
use crate::span::seconds;
use crate::value::value;

/// The most canaries of one tool.
const OF_TOOL_MAX: usize = 8;
/// The largest program that a pattern may become, in bytes.
const PATTERN_BYTES_MAX: usize = 64 << 10;
/// The most that arguments, or what is expected, are written in, in bytes.
const TEXT_MAX: usize = 16 << 10;

/// The longest time between two calls of a canary: a year, in seconds.
const EVERY_MAX: u64 = 365 * 86_400;
/// The most comparisons with items of lists that one check makes. A server decides how long its
/// lists are, and each item that is expected is compared with each.
const COMPARED_MAX: u32 = 10_000;

/// A call of which the answer is known.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Canary {
    /// How often it is called: `5m`, `1h`, `1d`; at most `365d`.
    pub every: String,
    /// The arguments.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub arguments: BTreeMap<String, Json>,
    /// What the answer has at least: each member that is named here, each item that is listed here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<Json>,
    /// What stands at a place of the answer: a JSON pointer, to the value.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub equals: BTreeMap<String, Json>,
    /// A regular expression for the whole of the text at a place of the answer.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub matches: BTreeMap<String, String>,
}

/// Why an answer is not the known one. The places are the contract's; no value is told.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Unexpected {
    /// It lacks something of what is expected.
    #[error("it lacks something of `expect`, at `{0}`")]
    Lacks(String),
    /// Something else stands at a place.
    #[error("at `{0}` stands something else")]
    Differs(String),
    /// What stands at a place is no text that matches.
    #[error("at `{0}` stands no text that matches")]
    NoMatch(String),
}

impl Canary {
    /// How many seconds are between two of its calls.
    pub fn every_seconds(&self) -> Option<u64> {
        seconds(&self.every).filter(|it| (1..=EVERY_MAX).contains(it))
    }

    /// Its arguments as JSON.
    pub fn arguments_json(&self) -> String {
        let each = self.arguments.iter().map(|(name, it)| (name.as_str().into(), value(it)));
        canonical(&Value::Record(each.collect()))
    }

    /// Whether an answer is the known one: its structured content, or what its text says.
    ///
    /// # Errors
    /// [`Unexpected`]: the first thing that is not.
    pub fn check(&self, answer: &Value) -> Result<(), Unexpected> {
        if let Some(expected) = &self.expect {
            let mut left = COMPARED_MAX;
            lacks(&value(expected), Some(answer), (&mut String::new(), &mut left))?;
        }
        for (place, expected) in &self.equals {
            let found = at(answer, place);
            if found.map(canonical) != Some(canonical(&value(expected))) {
                return Err(Unexpected::Differs(place.clone()));
            }
        }
        for (place, pattern) in &self.matches {
            let text = at(answer, place).and_then(Value::as_text);
            let is_match = |text: &str| whole(pattern).is_ok_and(|it| it.is_match(text));
            if !text.is_some_and(is_match) {
                return Err(Unexpected::NoMatch(place.clone()));
            }
        }
        Ok(())
    }

    /// What is wrong with it, if anything is.
    fn fault(&self) -> Option<String> {
        if self.every_seconds().is_none() {
            return Some(format!(
                "`every` is `{}`: write it as `5m` or `1h`, at most 365d",
                self.every
            ));
        }
        if self.expect.is_none() && self.equals.is_empty() && self.matches.is_empty() {
            return Some("it expects nothing: say `expect`, `equals` or `matches`".into());
        }
        let mut places = self.equals.keys().chain(self.matches.keys());
        if let Some(odd) = places.find(|it| !it.is_empty() && !it.starts_with('/')) {
            return Some(format!("`{odd}` is no JSON pointer: write it as `/customers/0/id`"));
        }
        let said = [Some(self.arguments_json()), self.expect.as_ref().map(Json::to_string)];
        if said.into_iter().flatten().any(|it| it.len() > TEXT_MAX) {
            return Some(format!("it says more than {TEXT_MAX} bytes"));
        }
        let bad = self.matches.values().find_map(|it| whole(it).err());
        bad.map(|it| format!("a pattern cannot be used: {it}"))
    }
}

/// What is wrong with the canaries of a tool, if anything is.
pub(crate) fn fault(canaries: &BTreeMap<String, Canary>, is_read: bool) -> Option<String> {
    if canaries.is_empty() {
        return None;
    }
    if !is_read {
        return Some(
            "a canary is called by the gateway itself, again and again: only a tool whose effect \
             is `read`, and verified, may have one"
                .into(),
        );
    }
    if canaries.len() > OF_TOOL_MAX {
        return Some(format!("it has more than {OF_TOOL_MAX} canaries"));
    }
    canaries.iter().find_map(|(name, it)| Some(format!("canary `{name}`: {}", it.fault()?)))
}

/// A pattern of the whole text.
fn whole(pattern: &str) -> Result<Regex, regex::Error> {
    let whole = format!("^(?:{pattern})$");
    regex::RegexBuilder::new(&whole).size_limit(PATTERN_BYTES_MAX).build()
}

/// Whether what is expected is there: all members of an object, and for each item of a list some
/// item. The depth is that of the contract; of items, no more are compared than are `left`.
fn lacks(
    expected: &Value,
    found: Option<&Value>,
    (place, left): (&mut String, &mut u32),
) -> Result<(), Unexpected> {
    match (expected, found) {
        (Value::Record(members), Some(Value::Record(_))) => {
            for (name, it) in members {
                let len = place.len();
                place.push('/');
                place.push_str(name);
                lacks(it, found.and_then(|found| found.member(name)), (place, left))?;
                place.truncate(len);
            }
            Ok(())
        }
        (Value::List(items), Some(Value::List(found))) => {
            let mut is_there = |it: &Value| {
                for found in found {
                    let Some(rest) = left.checked_sub(1) else { return false };
                    *left = rest;
                    if lacks(it, Some(found), (&mut String::new(), left)).is_ok() {
                        return true;
                    }
                }
                false
            };
            if items.iter().all(&mut is_there) {
                return Ok(());
            }
            Err(Unexpected::Lacks(place.clone()))
        }
        (_, Some(found)) if is_same(expected, found) => Ok(()),
        (_, _) => Err(Unexpected::Lacks(place.clone())),
    }
}

/// Whether two values are the same. What the server says is written out only where it can be: a
/// list or an object is never a plain value.
fn is_same(expected: &Value, found: &Value) -> bool {
    std::mem::discriminant(expected) == std::mem::discriminant(found)
        && canonical(expected) == canonical(found)
}

/// What stands at a JSON pointer.
fn at<'a>(value: &'a Value, pointer: &str) -> Option<&'a Value> {
    pointer.split('/').skip(1).try_fold(value, |value, step| {
        let step = step.replace("~1", "/").replace("~0", "~");
        match value {
            Value::List(items) => items.get(step.parse::<usize>().ok()?),
            Value::Record(_) => value.member(&step),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::contract::Contract;

    fn canary(text: &str) -> Canary {
        toml::from_str(&format!("every = \"5m\"\n{text}")).unwrap()
    }

    #[test]
    fn the_known_answer_is_told_from_others() {
        let answer = json!({ "id": "c_1", "tier": 2.0, "name": "Acme Ltd",
            "orders": [{ "id": 1, "open": true }, { "id": 2, "open": false }], "note": null });
        for (said, found) in [
            ("expect = { id = \"c_1\", tier = 2 }", Ok(())),
            ("expect = { orders = [{ id = 2 }] }", Ok(())),
            ("expect = { orders = [] }", Ok(())),
            ("expect = { orders = [{ id = 3 }] }", Err(Unexpected::Lacks("/orders".into()))),
            ("expect = { tier = 3 }", Err(Unexpected::Lacks("/tier".into()))),
            ("expect = { gone = 1 }", Err(Unexpected::Lacks("/gone".into()))),
            ("expect = [1]", Err(Unexpected::Lacks("".into()))),
            ("equals = { \"/orders/1/open\" = false }", Ok(())),
            ("equals = { \"/orders/2\" = 1 }", Err(Unexpected::Differs("/orders/2".into()))),
            ("equals = { \"/orders\" = [] }", Err(Unexpected::Differs("/orders".into()))),
            ("matches = { \"/name\" = \"Acme.*\" }", Ok(())),
            ("matches = { \"/name\" = \"Acme\" }", Err(Unexpected::NoMatch("/name".into()))),
            ("matches = { \"/tier\" = \".*\" }", Err(Unexpected::NoMatch("/tier".into()))),
        ] {
            assert_eq!(canary(said).check(&value(&answer)), found, "{said}");
        }
        assert_eq!(canary("expect = \"done\"").check(&Value::Text("done".into())), Ok(()));
        let said = canary("arguments = { n = 1, id = \"c_1\" }\nexpect = {}");
        assert_eq!(said.arguments_json(), r#"{"id":"c_1","n":1}"#);
    }

    #[test]
    fn a_long_list_is_looked_through_as_far_as_is_bounded() {
        let of = |len: u32| Value::List((0..len).map(|_| value(&json!([0]))).collect());
        let late = |len: u32| {
            let Value::List(mut items) = of(len) else { unreachable!() };
            items.push(value(&json!([1])));
            Value::List(items)
        };
        let it = canary("expect = [[1]]");
        assert_eq!(it.check(&late(4_000)), Ok(()));
        assert!(it.check(&late(COMPARED_MAX)).is_err(), "nobody looks further");
        let many = canary(&format!("expect = [{}]", "[1],".repeat(1_000)));
        assert!(many.check(&late(4_000)).is_err(), "all items share what may be compared");
    }

    #[test]
    fn what_cannot_be_a_canary_is_refused() {
        let read = "effect = \"read\"";
        for (effect, said, told) in [
            (read, "every = \"5m\"\nexpect = {}", ""),
            (read, "every = \"soon\"\nexpect = {}", "`5m`"),
            (read, "every = \"0s\"\nexpect = {}", "`5m`"),
            (read, "every = \"366d\"\nexpect = {}", "365d"),
            (read, "every = \"200000000000000d\"\nexpect = {}", "365d"),
            (read, "every = \"5m\"", "expects nothing"),
            (read, "every = \"5m\"\nequals = { a = 1 }", "JSON pointer"),
            (read, "every = \"5m\"\nmatches = { \"/a\" = \"(\" }", "pattern"),
            ("effect = \"outbound\"", "every = \"5m\"\nexpect = {}", "`read`"),
            ("effect = { value = \"read\" }", "every = \"5m\"\nexpect = {}", "verified"),
        ] {
            let text = format!("server = \"s\"\n[tools.t]\n{effect}\n[tools.t.canaries.c]\n{said}");
            match Contract::read(&text) {
                Ok(_) => assert_eq!(told, "", "{text}"),
                Err(fault) => assert!(!told.is_empty() && fault.what.contains(told), "{fault}"),
            }
        }
    }
}

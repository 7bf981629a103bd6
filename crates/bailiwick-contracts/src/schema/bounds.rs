//! What a schema costs, told before it is compiled: a small text can ask for more work than there
//! is time, by references that double at each step or lead back to themselves.

mod walk;

use std::collections::{HashMap, HashSet};

use bailiwick_core::Value;
use jsonschema::Draft;
use serde_json::{Map, Number, Value as Json};

use self::walk::Walk;
use super::decimal::Decimal;
use super::held::Held;
use super::place::{escaped, place};

/// The most values in a schema, of whatever kind.
const VALUES_MAX: usize = 20_000;
/// The most bytes of names and texts in it.
const BYTES_MAX: usize = 256 << 10;
/// The deepest nesting of it, as in messages.
const DEPTH_MAX: usize = 64;
/// The most schemas that are asked of one value.
const WEIGHT_MAX: u64 = 2_000;
/// The longest way from schema to schema at one place.
const CHAIN_MAX: usize = 24;

/// What is known of a schema that can be compiled.
#[derive(Debug)]
pub(super) struct Weighed {
    pub(super) draft: Draft,
    /// The longest way from schema to schema at one place.
    pub(super) chain: usize,
    /// Every property that it names, anywhere.
    pub(super) properties: HashSet<Box<str>>,
    /// How many patterns of names are in it.
    pub(super) name_patterns: u64,
    /// What it names at its top, when it leaves open what else there may be.
    pub(super) names: Option<Names>,
}

/// What a schema names at one place.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// The members.
    pub(super) said: HashSet<Box<str>>,
    /// The patterns of members.
    pub(super) patterns: HashSet<Box<str>>,
}

/// The schema for the engine, when it is small enough and its numbers can be held.
///
/// # Errors
/// [`Held`] where it is not.
pub(super) fn converted(said: &Value) -> Result<Json, Held> {
    match said {
        Value::Record(_) | Value::Bool(_) => {}
        Value::Null | Value::Number(_) | Value::Text(_) | Value::List(_) => {
            return Err(Held::NotASchema);
        }
    }
    let mut room = Room { values: VALUES_MAX, bytes: BYTES_MAX };
    room.convert(said, "", 0)
}

/// What is left of what a schema may take.
struct Room {
    values: usize,
    bytes: usize,
}

impl Room {
    fn take(&mut self, bytes: usize) -> Result<(), Held> {
        self.values = self.values.checked_sub(1).ok_or(Held::TooLarge)?;
        self.bytes = self.bytes.checked_sub(bytes).ok_or(Held::TooLarge)?;
        Ok(())
    }

    fn convert(&mut self, value: &Value, at: &str, depth: usize) -> Result<Json, Held> {
        if depth > DEPTH_MAX {
            return Err(Held::TooDeep);
        }
        self.take(value.as_text().map_or(0, str::len))?;
        Ok(match value {
            Value::Null => Json::Null,
            Value::Bool(said) => Json::Bool(*said),
            Value::Text(text) => Json::String(text.to_string()),
            Value::Number(number) => {
                Json::Number(held(number.lexeme()).ok_or_else(|| Held::Number(place(at)))?)
            }
            Value::List(items) => {
                let item = |(n, it)| self.convert(it, &format!("{at}/{n}"), depth + 1);
                Json::Array(items.iter().enumerate().map(item).collect::<Result<_, _>>()?)
            }
            Value::Record(members) => {
                let mut map = Map::new();
                for (name, value) in members {
                    self.take(name.len())?;
                    let at = format!("{at}/{}", escaped(name));
                    map.insert(name.to_string(), self.convert(value, &at, depth + 1)?);
                }
                Json::Object(map)
            }
        })
    }
}

/// A number, when it is held with all of its digits.
fn held(lexeme: &str) -> Option<Number> {
    let decimal = Decimal::of(lexeme);
    let float = || lexeme.parse::<f64>().ok().and_then(Number::from_f64);
    let whole = lexeme.parse::<i64>().map(Number::from).ok();
    let whole = whole.or_else(|| lexeme.parse::<u64>().map(Number::from).ok());
    whole.or_else(float).filter(|it| Decimal::of(&it.to_string()) == decimal)
}

/// Weigh a schema.
///
/// # Errors
/// [`Held`] where it is too much, or refers to what is not in it.
pub(super) fn weigh(schema: &Json) -> Result<Weighed, Held> {
    let draft = dialect(schema)?;
    let walk = Walk::of(schema)?;
    let mut ways = Ways { walk: &walk, known: HashMap::new() };
    let mut chain = 1;
    for n in 0..walk.places.len() {
        chain = chain.max(ways.at(n, 0)?.chain);
    }
    let names = walk.names_at_top();
    let name_patterns = walk.name_patterns;
    Ok(Weighed { draft, chain, properties: walk.properties, name_patterns, names })
}

fn dialect(schema: &Json) -> Result<Draft, Held> {
    let Some(said) = schema.get("$schema") else { return Ok(Draft::Draft202012) };
    let said = said.as_str().ok_or(Held::Dialect)?;
    let said = said.trim_end_matches('#').trim_start_matches("https://");
    match said.trim_start_matches("http://") {
        "json-schema.org/draft/2020-12/schema" => Ok(Draft::Draft202012),
        "json-schema.org/draft/2019-09/schema" => Ok(Draft::Draft201909),
        "json-schema.org/draft-07/schema" => Ok(Draft::Draft7),
        _ => Err(Held::Dialect),
    }
}

/// How many schemas are asked of a value for one of them, and how long the longest way is.
#[derive(Clone, Copy)]
struct Way {
    weight: u64,
    chain: usize,
}

struct Ways<'a> {
    walk: &'a Walk<'a>,
    /// `None` while it is being told.
    known: HashMap<usize, Option<Way>>,
}

impl Ways<'_> {
    fn at(&mut self, n: usize, steps: usize) -> Result<Way, Held> {
        let Some(schema) = self.walk.places.get(n) else {
            return Ok(Way { weight: 0, chain: 0 });
        };
        match self.known.get(&n) {
            Some(Some(way)) => return Ok(*way),
            Some(None) => return Err(Held::Endless(place(&schema.at))),
            None if steps > CHAIN_MAX => return Err(Held::TooDeep),
            None => {}
        }
        self.known.insert(n, None);
        let mut way = Way { weight: 1, chain: 0 };
        for next in &schema.here {
            let next = self.at(*next, steps + 1)?;
            way.weight = way.weight.saturating_add(next.weight);
            way.chain = way.chain.max(next.chain);
        }
        // What was not evaluated is found out by evaluating everything once more.
        way.weight = way.weight.saturating_mul(if schema.looks_again { 2 } else { 1 });
        way.chain += 1;
        if way.weight > WEIGHT_MAX {
            return Err(Held::TooHeavy(place(&schema.at)));
        }
        if way.chain > CHAIN_MAX {
            return Err(Held::TooDeep);
        }
        self.known.insert(n, Some(way));
        Ok(way)
    }
}

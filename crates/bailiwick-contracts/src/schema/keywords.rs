//! Keywords that are checked here and not by the engine: numbers by their digits, and patterns at
//! the price of their size.

use std::cmp::Ordering;
use std::sync::Arc;

use jsonschema::json::Node;
use jsonschema::paths::Location;
use jsonschema::{
    Keyword, PatternOptions, Retrieve, ValidationError, ValidationOptions, Validator, options_for,
};
use serde_json::{Map, Value as Json, json};

use super::decimal::Decimal;
use super::exact::Exact;
use super::node::{Place, Tree};

type Options = ValidationOptions<'static, Arc<dyn Retrieve>, Tree>;
type Made<'a> = Result<Box<dyn for<'i> Keyword<'i, Tree>>, ValidationError<'a>>;
type Holds = fn(&Decimal, &Decimal) -> bool;

const BOUNDS: [(&str, Holds); 5] = [
    ("minimum", |it, limit| it.cmp(limit) != Ordering::Less),
    ("maximum", |it, limit| it.cmp(limit) != Ordering::Greater),
    ("exclusiveMinimum", |it, limit| it.cmp(limit) == Ordering::Greater),
    ("exclusiveMaximum", |it, limit| it.cmp(limit) == Ordering::Less),
    ("multipleOf", Decimal::is_multiple_of),
];

/// The sizes of compiled patterns that are told apart, in bytes, each with what it costs to look at
/// one byte of a text.
const PRICES: [(usize, u64); 4] = [(2 << 10, 2), (8 << 10, 8), (32 << 10, 32), (128 << 10, 128)];

/// The options with these keywords.
pub(super) fn exact(options: Options) -> Options {
    let bound = |options: Options, (name, holds): (&'static str, Holds)| {
        options.with_keyword(name, move |_: &Map<_, _>, said, _| bound(name, said, holds))
    };
    let options = BOUNDS.into_iter().fold(options, bound);
    options
        .with_keyword("const", constant)
        .with_keyword("enum", one_of)
        .with_keyword("pattern", pattern)
}

/// A limit of numbers.
struct Bound {
    limit: Decimal,
    holds: Holds,
}

fn bound<'a>(name: &str, said: &'a Json, holds: Holds) -> Made<'a> {
    let Json::Number(limit) = said else {
        return Err(ValidationError::schema(format!("{name} is no number")));
    };
    Ok(Box::new(Bound { limit: Decimal::of(&limit.to_string()), holds }))
}

impl<'i> Keyword<'i, Tree> for Bound {
    fn validate(&self, instance: Place<'i>) -> Result<(), ValidationError<'i>> {
        told(self.is_valid(instance))
    }

    fn is_valid(&self, instance: Place<'i>) -> bool {
        instance.decimal().is_none_or(|it| (self.holds)(&it, &self.limit))
    }
}

/// The values that there may be.
struct OneOf(Vec<Exact>);

fn one_of<'a>(_: &'a Map<String, Json>, said: &'a Json, _: Location) -> Made<'a> {
    let Json::Array(said) = said else { return Err(ValidationError::schema("enum is no list")) };
    Ok(Box::new(OneOf(said.iter().map(Exact::of_json).collect())))
}

fn constant<'a>(_: &'a Map<String, Json>, said: &'a Json, _: Location) -> Made<'a> {
    Ok(Box::new(OneOf(vec![Exact::of_json(said)])))
}

impl<'i> Keyword<'i, Tree> for OneOf {
    fn validate(&self, instance: Place<'i>) -> Result<(), ValidationError<'i>> {
        told(self.is_valid(instance))
    }

    fn is_valid(&self, instance: Place<'i>) -> bool {
        instance.fuel.pay(self.0.len() as u64)
            && instance.exact().is_some_and(|it| self.0.contains(&it))
    }
}

/// A pattern, in the engine's reading of it.
struct Pattern {
    matches: Validator<Tree>,
    price: u64,
}

fn pattern<'a>(_: &'a Map<String, Json>, said: &'a Json, _: Location) -> Made<'a> {
    let alone = json!({ "pattern": said });
    let mut last = Err(ValidationError::schema("no pattern"));
    for (size, price) in PRICES {
        let engine = PatternOptions::regex().size_limit(size);
        let options = options_for::<Tree>().offline().with_pattern_options(engine);
        last = options.build(&alone).map(|matches| Pattern { matches, price });
        if last.is_ok() {
            break;
        }
    }
    last.map(|it| Box::new(it) as _)
}

impl<'i> Keyword<'i, Tree> for Pattern {
    fn validate(&self, instance: Place<'i>) -> Result<(), ValidationError<'i>> {
        told(self.is_valid(instance))
    }

    fn is_valid(&self, instance: Place<'i>) -> bool {
        let Some(text) = instance.as_string() else { return true };
        instance.fuel.pay(self.price.saturating_mul(text.len() as u64))
            && self.matches.is_valid(instance)
    }
}

fn told(holds: bool) -> Result<(), ValidationError<'static>> {
    if holds { Ok(()) } else { Err(ValidationError::custom("")) }
}

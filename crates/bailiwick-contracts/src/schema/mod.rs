//! Schemas: what a tool's arguments and its structured answers may be, as its server says, compiled
//! once for each definition and then asked of every call.
//!
//! A schema comes from a party that is not trusted, and so does what is checked against it. So a
//! schema is weighed before it is compiled (`bounds`), and every check has a fixed amount of work
//! (`node`) and of depth. What is too much for either is refused, not let through.

mod bounds;
mod decimal;
mod exact;
mod held;
mod keywords;
mod misfit;
mod node;
mod place;

use std::collections::HashSet;

use bailiwick_core::Value;
use jsonschema::{Draft, PatternOptions, Validator, options_for};
use serde_json::{Map, Value as Json, json};

use self::bounds::Weighed;
pub use self::held::Held;
pub use self::misfit::Misfit;
use self::node::{Fuel, NAME_PROGRAM_MAX, Place, Tree};

/// How many steps of recursion one check may take: levels of the instance, times the schemas that
/// stand at one place of it. About 1 MiB of stack.
const RECURSION_MAX: usize = 1024;

/// A schema that was weighed and compiled.
#[derive(Debug)]
pub struct Schema {
    says: Validator<Tree>,
    /// The members that arguments may have at their top, where the schema itself leaves it open.
    closed: Option<Validator<Tree>>,
    weighed: Weighed,
}

impl Schema {
    /// What a tool's arguments may be. At their top, members that the schema does not name are
    /// refused even where it does not say `additionalProperties`: a server that forgot to say so
    /// must not be told what nobody described. Where it says so, or names no member at all, its
    /// word holds; and so it does everywhere below the top.
    ///
    /// # Errors
    /// [`Held`]: why no call can be checked.
    pub fn of_arguments(said: &Value) -> Result<Self, Held> {
        let mut schema = Self::of_answer(said)?;
        if let Some(names) = &schema.weighed.names {
            let closing = json!({
                "properties": open(&names.said),
                "patternProperties": open(&names.patterns),
                "additionalProperties": false,
            });
            schema.closed = Some(compile(&closing, schema.weighed.draft)?);
        }
        Ok(schema)
    }

    /// What a tool's structured answers are.
    ///
    /// # Errors
    /// [`Held`]: why no answer can be checked.
    pub fn of_answer(said: &Value) -> Result<Self, Held> {
        let json = bounds::converted(said)?;
        let weighed = bounds::weigh(&json)?;
        let says = compile(&json, weighed.draft)?;
        Ok(Self { says, closed: None, weighed })
    }

    /// Whether a value fits.
    ///
    /// # Errors
    /// The first [`Misfit`]: where, and which keyword. It holds nothing of the value.
    pub fn check(&self, value: &Value) -> Result<(), Misfit> {
        if node::depth(value).saturating_mul(self.weighed.chain) > RECURSION_MAX {
            return Err(Misfit::TooDeep);
        }
        let fuel = Fuel::of(self.weighed.name_patterns);
        let place = Place { value, fuel: &fuel };
        for validator in std::iter::once(&self.says).chain(&self.closed) {
            let fits = validator.is_valid(place);
            if fuel.is_out() {
                return Err(Misfit::TooMuch);
            }
            if !fits {
                // The second look, for the place, has as much to spend as the first.
                let fuel = Fuel::of(self.weighed.name_patterns);
                let wrong = validator.validate(Place { value, fuel: &fuel });
                return Err(wrong
                    .err()
                    .map_or(Misfit::TooMuch, |it| Misfit::of(&it, &self.weighed.properties)));
            }
        }
        Ok(())
    }
}

/// Schemas that are content with anything, for these names.
fn open(names: &HashSet<Box<str>>) -> Map<String, Json> {
    names.iter().map(|it| (it.to_string(), Json::Bool(true))).collect()
}

/// Compile what was weighed. Nothing is fetched, and patterns run in linear time.
fn compile(schema: &Json, draft: Draft) -> Result<Validator<Tree>, Held> {
    let options = options_for::<Tree>()
        .with_draft(draft)
        .offline()
        .should_validate_formats(false)
        // Those of `pattern` are compiled by the keyword of ours.
        .with_pattern_options(PatternOptions::regex().size_limit(NAME_PROGRAM_MAX));
    keywords::exact(options).build(schema).map_err(|it| Held::faulty(&it))
}

#[cfg(test)]
mod tests;

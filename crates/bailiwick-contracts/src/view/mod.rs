//! Views: a tool as the operator lets it be seen and called, narrower than its server offers it.
//!
//! A narrowing is made from a contract alone, so that it holds whatever the server says later: what
//! is fixed, hidden or bound is never the model's to say, and what is limited stays limited. The
//! tool's own schema is asked besides.

mod shown;

use std::collections::BTreeMap;

use bailiwick_core::Value;
use serde_json::{Map, Value as Json, json};

use crate::contract::{Argument, Bound, Tool};
use crate::definition::Definition;
use crate::schema::{Misfit, Schema};
use crate::spelling;
use crate::value::value;

pub use self::shown::{Shown, shown};

/// What is known of who calls.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'a> {
    /// The tenant.
    pub tenant: &'a str,
    /// The person at the root of the chain.
    pub person: Option<&'a str>,
    /// The agent.
    pub agent: Option<&'a str>,
}

/// What the arguments of one tool, or of one view of it, may say beyond its schema.
#[derive(Debug)]
pub struct Narrowing {
    /// What never comes from a model, and what is sent instead.
    kept: BTreeMap<Box<str>, Kept>,
    /// What is asked of each of the others, in the words of a schema.
    limits: BTreeMap<Box<str>, Vec<Map<String, Json>>>,
    says: Option<Schema>,
}

/// Where the value of an argument comes from that no model says.
#[derive(Clone, Debug, PartialEq)]
enum Kept {
    Fixed(Value),
    Bound(Bound),
    Hidden,
}

/// Why a call of a narrowed tool is refused. The words hold no value.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Beyond {
    /// It says what is not its to say. The name is the contract's.
    #[error("/{0}: not the caller's to say")]
    Given(Box<str>),
    /// An argument is to hold who calls, and that is not known.
    #[error("/{0}: bound to what is not known of the caller")]
    Unknown(Box<str>),
    /// An argument's name differs from one that is narrowed in case only: a careless server would
    /// take it for that one.
    #[error("/{0}: named with other letters")]
    LookAlike(Box<str>),
    /// It says more than it may.
    #[error("{0}")]
    Limit(Misfit),
}

impl Narrowing {
    /// What a tool's contract says of all its calls; `None` where it narrows nothing.
    ///
    /// # Errors
    /// What is wrong with the contract.
    pub fn of_tool(tool: &Tool) -> Result<Option<Self>, String> {
        Self::of(&[&tool.arguments])
    }

    /// What holds for one of a tool's views: what is said of the tool, and of the view.
    ///
    /// # Errors
    /// What is wrong with the contract.
    pub fn of_view(tool: &Tool, view: &str) -> Result<Option<Self>, String> {
        let Some(viewed) = tool.views.get(view) else { return Self::of_tool(tool) };
        Self::of(&[&tool.arguments, &viewed.arguments])
    }

    fn of(layers: &[&BTreeMap<String, Argument>]) -> Result<Option<Self>, String> {
        let (mut kept, mut limits) = (BTreeMap::new(), BTreeMap::<_, Vec<_>>::new());
        for (name, argument) in layers.iter().flat_map(|it| it.iter()) {
            let limit = limit(argument);
            if let Some(from) = source(name, argument)?
                && kept.insert(name.as_str().into(), from.clone()).is_some_and(|it| it != from)
            {
                return Err(format!(
                    "argument `{name}` is fixed, hidden or bound in two ways: say it once"
                ));
            }
            if !limit.is_empty() {
                limits.entry(name.as_str().into()).or_default().push(limit);
            }
        }
        if kept.is_empty() && limits.is_empty() {
            return Ok(None);
        }
        let says = compiled(&limits)?;
        let narrowing = Self { kept, limits, says };
        match narrowing.fixed_beyond() {
            Some(name) => Err(format!("argument `{name}` is fixed to what it may not say")),
            None => Ok(Some(narrowing)),
        }
    }

    /// Whether arguments say only what they may.
    ///
    /// # Errors
    /// [`Beyond`]: the first that does not.
    pub fn check(&self, given: &Value, caller: Caller<'_>) -> Result<(), Beyond> {
        let Value::Record(members) = given else { return Ok(()) };
        for (name, _) in members {
            if let Some(kept) = self.kept.keys().find(|it| *it == name) {
                return Err(Beyond::Given(kept.clone()));
            }
            let mut narrowed = self.kept.keys().chain(self.limits.keys()).map(|it| &**it);
            let alike = |it: &str| *it != **name && folded(it) == folded(name);
            if let Some(known) = narrowed.find(|it| alike(it)) {
                return Err(Beyond::LookAlike(known.into()));
            }
        }
        for (name, from) in &self.kept {
            if let Kept::Bound(bound) = from
                && caller.known(*bound).is_none()
            {
                return Err(Beyond::Unknown(name.clone()));
            }
        }
        self.says.as_ref().map_or(Ok(()), |it| it.check(given).map_err(Beyond::Limit))
    }

    /// What is sent for arguments that no model says, by name; `None` stands for nothing.
    pub fn sent<'a>(&'a self, caller: Caller<'a>) -> Vec<(&'a str, Option<Value>)> {
        let each = self.kept.iter().map(|(name, from)| {
            let value = match from {
                Kept::Fixed(value) => Some(value.clone()),
                Kept::Bound(bound) => caller.known(*bound).map(|it| Value::Text(it.into())),
                Kept::Hidden => None,
            };
            (&**name, value)
        });
        each.collect()
    }

    /// What is wrong with it for a tool that says this of itself, if anything is.
    pub fn misfit(&self, definition: &Definition) -> Option<String> {
        let has = |name: &str| definition.properties().any(|(it, _)| it == name);
        let mut names = self.kept.keys().chain(self.limits.keys());
        if let Some(name) = names.find(|it| !has(it)) {
            return Some(format!("tool `{}` has no argument `{name}`", definition.name()));
        }
        for (name, property) in definition.properties() {
            // What a property refers to stands elsewhere in the schema, and is asked of each call.
            let Ok(schema) = Schema::of_answer(property) else { continue };
            let limits = self.limits.get(name).into_iter().flatten();
            let named = limits.filter_map(|it| it.get("enum")).filter_map(Json::as_array).flatten();
            let fixed = match self.kept.get(name) {
                Some(Kept::Fixed(value)) => Some(value.clone()),
                Some(Kept::Bound(_)) => Some(Value::Text("someone".into())),
                Some(Kept::Hidden) | None => None,
            };
            for value in named.map(value).chain(fixed) {
                if let Err(why) = schema.check(&value) {
                    return Some(format!(
                        "tool `{}` does not take what is said for its argument `{name}`: {why}",
                        definition.name()
                    ));
                }
            }
        }
        None
    }

    fn fixed_beyond(&self) -> Option<&str> {
        let says = self.says.as_ref()?;
        let beyond = |name: &str, from: &Kept| match from {
            Kept::Fixed(value) => {
                let alone = Value::Record(vec![(name.into(), value.clone())]);
                says.check(&alone).is_err()
            }
            Kept::Bound(_) | Kept::Hidden => false,
        };
        self.kept
            .iter()
            .map(|(name, from)| (&**name, from))
            .find(|(name, from)| beyond(name, from))
            .map(|it| it.0)
    }
}

impl<'a> Caller<'a> {
    fn known(&self, bound: Bound) -> Option<&'a str> {
        match bound {
            Bound::Tenant => Some(self.tenant).filter(|it| !it.is_empty()),
            Bound::Person => self.person,
            Bound::Agent => self.agent,
        }
    }
}

/// Where an argument comes from, when not from the model.
fn source(name: &str, argument: &Argument) -> Result<Option<Kept>, String> {
    match (&argument.fixed, argument.hidden, argument.bound) {
        (None, false, None) => Ok(None),
        (Some(fixed), false, None) => Ok(Some(Kept::Fixed(value(fixed)))),
        (None, true, None) => Ok(Some(Kept::Hidden)),
        (None, false, Some(bound)) => Ok(Some(Kept::Bound(bound))),
        (_, _, _) => Err(format!("argument `{name}`: say one of `fixed`, `hidden` and `bound`")),
    }
}

/// What is asked of an argument, as a schema. A limit of numbers asks for a number, and one of
/// texts for a text: what a server makes of another type is not known.
fn limit(argument: &Argument) -> Map<String, Json> {
    let mut says = Map::new();
    let mut say = |keyword: &str, value: Option<Json>| {
        says.extend(value.map(|it| (keyword.to_owned(), it)));
    };
    let is_number = argument.minimum.is_some() || argument.maximum.is_some();
    let is_text = argument.max_length.is_some() || argument.pattern.is_some();
    match (is_number, is_text) {
        (true, _) => say("type", Some("number".into())),
        (false, true) => say("type", Some("string".into())),
        (false, false) => {}
    }
    say("enum", argument.one_of.as_ref().map(|it| json!(it)));
    say("minimum", argument.minimum.clone().map(Json::Number));
    say("maximum", argument.maximum.clone().map(Json::Number));
    say("maxLength", argument.max_length.map(Json::from));
    say("pattern", argument.pattern.as_ref().map(|it| format!("^(?:{it})$").into()));
    says
}

fn compiled(limits: &BTreeMap<Box<str>, Vec<Map<String, Json>>>) -> Result<Option<Schema>, String> {
    if limits.is_empty() {
        return Ok(None);
    }
    for (name, said) in limits {
        for limit in said {
            let alone = value(&Json::Object(limit.clone()));
            Schema::of_answer(&alone).map_err(|why| format!("argument `{name}`: {why}"))?;
        }
    }
    let each = limits.iter().map(|(name, said)| (name.to_string(), json!({ "allOf": said })));
    let whole = json!({ "properties": each.collect::<Map<_, _>>() });
    Schema::of_answer(&value(&whole)).map(Some).map_err(|why| why.to_string())
}

/// A name without what careless servers ignore in it.
fn folded(name: &str) -> String {
    name.chars().map(spelling::folded).filter(char::is_ascii_alphanumeric).collect()
}

#[cfg(test)]
mod tests;

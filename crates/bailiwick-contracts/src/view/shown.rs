//! Narrowed tools as models see them.

use bailiwick_core::Value;

use super::Narrowing;
use crate::contract::Tool;
use crate::definition::{Definition, write};
use crate::value::value;

/// One of the tools that stand in the place of one in a list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Shown {
    /// Its name, where it is not the tool's own.
    pub name: Option<String>,
    /// Its description, where it is not the server's.
    pub description: Option<String>,
    /// Its `inputSchema`, as JSON, where it is narrower than the tool's.
    pub input_schema: Option<String>,
}

/// What models see in the place of a tool: one entry, or one for each view. `None` where they see
/// it as it is.
pub fn shown(tool: &Tool, definition: &Definition) -> Option<Vec<Shown>> {
    let schema = |narrowing: Result<Option<Narrowing>, String>| {
        // A contract that is wrong was refused when it was read.
        narrowing.ok().flatten().map(|it| it.schema(definition.input_schema()))
    };
    if tool.views.is_empty() {
        let input_schema = Some(schema(Narrowing::of_tool(tool))?);
        return Some(vec![Shown { name: None, description: None, input_schema }]);
    }
    let each = tool.views.iter().map(|(name, viewed)| Shown {
        name: Some(name.clone()),
        description: viewed.description.clone(),
        input_schema: schema(Narrowing::of_view(tool, name)),
    });
    Some(each.collect())
}

impl Narrowing {
    /// A tool's schema with what models may not say gone from it, and the limits in it.
    pub fn schema(&self, said: &Value) -> String {
        let mut members = match said {
            Value::Record(members) => members.clone(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_) => {
                vec![("type".into(), Value::Text("object".into()))]
            }
        };
        let is_kept = |name: &str| self.kept.contains_key(name);
        for (keyword, value) in &mut members {
            match (&**keyword, value) {
                ("properties", Value::Record(properties)) => {
                    properties.retain(|(name, _)| !is_kept(name));
                    properties.iter_mut().for_each(|(name, it)| self.limit(name, it));
                }
                ("required", Value::List(names)) => {
                    names.retain(|it| !it.as_text().is_some_and(is_kept));
                }
                (_, _) => {}
            }
        }
        members.retain(|(name, it)| !(&**name == "required" && *it == Value::List(Vec::new())));
        let mut text = String::new();
        write(&Value::Record(members), &mut text);
        text
    }

    /// Put the limits of an argument into its schema: beside what it says where that is silent, and
    /// else behind it, as one more thing that must hold.
    fn limit(&self, name: &str, schema: &mut Value) {
        let limits = self.limits.get(name).into_iter().flatten();
        for limit in limits {
            let limit = value(&serde_json::Value::Object(limit.clone()));
            match (&mut *schema, &limit) {
                (Value::Record(said), Value::Record(more)) if is_silent(said, more) => {
                    let news = more.iter().filter(|(it, _)| said.iter().all(|(has, _)| has != it));
                    let news: Vec<_> = news.cloned().collect();
                    said.extend(news);
                }
                (said, _) => {
                    let both = vec![std::mem::take(said), limit];
                    *said = Value::Record(vec![("allOf".into(), Value::List(both))]);
                }
            }
        }
    }
}

/// Whether a schema says nothing of what limits say, but perhaps the same type. What refers
/// elsewhere may, in older dialects, have nothing beside it.
fn is_silent(said: &[(Box<str>, Value)], more: &[(Box<str>, Value)]) -> bool {
    said.iter().all(|(name, value)| {
        let other = more.iter().find(|(it, _)| it == name).map(|(_, it)| it);
        &**name != "$ref" && other.is_none_or(|it| &**name == "type" && it == value)
    })
}

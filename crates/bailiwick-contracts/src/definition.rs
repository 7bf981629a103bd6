//! A tool as its server defines it: what models read, and what may not change unseen.

use bailiwick_core::{Number, Value};

/// A tool's definition, as it stands in `tools/list`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Definition(Value);

/// What stands in a list and defines no tool.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("it has no name: a tool is an object with a member `name`")]
pub struct NotADefinition;

/// The members that a definition consists of. Whatever else an entry says, no model is promised to
/// see it.
const MEMBERS: [&str; 6] =
    ["name", "title", "description", "inputSchema", "outputSchema", "annotations"];

impl Definition {
    /// The definition that an entry of a list gives.
    ///
    /// # Errors
    /// [`NotADefinition`] where it names nothing.
    pub fn of(entry: &Value) -> Result<Self, NotADefinition> {
        entry.member("name").and_then(Value::as_text).ok_or(NotADefinition)?;
        let member = |name: &&str| Some(((*name).into(), entry.member(name)?.clone()));
        Ok(Self(Value::Record(MEMBERS.iter().filter_map(member).collect())))
    }

    /// The tool's name.
    pub fn name(&self) -> &str {
        self.text("name")
    }

    /// What its server calls it before people; empty where it says nothing.
    pub fn title(&self) -> &str {
        self.text("title")
    }

    /// What models are told of it; empty where they are told nothing.
    pub fn description(&self) -> &str {
        self.text("description")
    }

    /// What its arguments may be; `Null` where it does not say.
    pub fn input_schema(&self) -> &Value {
        self.0.member("inputSchema").unwrap_or(&Value::Null)
    }

    /// What its structured answers are, where it says so.
    pub fn output_schema(&self) -> Option<&Value> {
        self.0.member("outputSchema")
    }

    /// What the server claims of it: hints of a party that is not trusted.
    pub fn annotations(&self) -> Option<&Value> {
        self.0.member("annotations")
    }

    /// One of the schemas' properties, by name.
    pub fn properties(&self) -> impl Iterator<Item = (&str, &Value)> {
        let members = match self.input_schema().member("properties") {
            Some(Value::Record(members)) => members.as_slice(),
            _ => &[],
        };
        members.iter().map(|(name, schema)| (&**name, schema))
    }

    /// Whether it takes the arguments that `properties` names, and surely no others: what may name
    /// more elsewhere in the schema is not looked for.
    pub fn is_closed(&self) -> bool {
        let schema = self.input_schema();
        let says_more = ["$ref", "allOf", "anyOf", "oneOf", "if", "patternProperties"];
        let is_open = match schema.member("additionalProperties") {
            None => self.properties().next().is_none(),
            Some(said) => *said != Value::Bool(false),
        };
        !is_open && says_more.iter().all(|it| schema.member(it).is_none())
    }

    /// Its members, in their fixed order.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (&'static str, Option<&Value>)> {
        MEMBERS.iter().map(|name| (*name, self.0.member(name)))
    }

    /// Its members but the name, in their fixed order: texts as they are, all else as JSON.
    pub fn texts(&self) -> Vec<(&'static str, String)> {
        let text = |value: &Value| match value {
            Value::Text(text) => text.to_string(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::List(_) | Value::Record(_) => {
                let mut text = String::new();
                write(value, &mut text);
                text
            }
        };
        let parts = self.parts().filter(|(name, _)| *name != "name");
        parts.filter_map(|(name, value)| Some((name, text(value?)))).collect()
    }

    /// The whole as JSON, spelled in one way only: members sorted by their bytes, no space, numbers
    /// by their value.
    pub fn canonical(&self) -> String {
        let mut text = String::new();
        write(&self.0, &mut text);
        text
    }

    fn text(&self, member: &str) -> &str {
        self.0.member(member).and_then(Value::as_text).unwrap_or_default()
    }
}

/// A value as JSON, in the one spelling.
pub fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

/// Write a value in the one spelling.
pub(crate) fn write(value: &Value, into: &mut String) {
    match value {
        Value::Null => into.push_str("null"),
        Value::Bool(true) => into.push_str("true"),
        Value::Bool(false) => into.push_str("false"),
        Value::Number(number) => into.push_str(&spelled(number)),
        Value::Text(text) => quote(text, into),
        Value::List(items) => {
            for (n, item) in items.iter().enumerate() {
                into.push(if n == 0 { '[' } else { ',' });
                write(item, into);
            }
            into.push_str(if items.is_empty() { "[]" } else { "]" });
        }
        Value::Record(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by(|a, b| a.0.cmp(&b.0));
            for (n, (name, value)) in members.iter().enumerate() {
                into.push(if n == 0 { '{' } else { ',' });
                quote(name, into);
                into.push(':');
                write(value, into);
            }
            into.push_str(if members.is_empty() { "{}" } else { "}" });
        }
    }
}

/// Whole numbers by their value, others as they are written: `1.0` and `1e0` are `1`.
fn spelled(number: &Number) -> String {
    number.as_i64().map_or_else(|| number.lexeme().to_owned(), |it| it.to_string())
}

fn quote(text: &str, into: &mut String) {
    into.push('"');
    for letter in text.chars() {
        match letter {
            '"' => into.push_str("\\\""),
            '\\' => into.push_str("\\\\"),
            control if control < ' ' => {
                into.push_str(&format!("\\u{:04x}", u32::from(control)));
            }
            other => into.push(other),
        }
    }
    into.push('"');
}

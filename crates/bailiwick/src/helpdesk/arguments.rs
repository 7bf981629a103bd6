//! A tool's arguments against its schema: the part of JSON Schema that `tools.json` uses.

use serde_json::{Map, Value};

/// Arguments that fit the schema of their tool.
pub(super) struct Arguments(Map<String, Value>);

impl Arguments {
    /// Check a call's arguments.
    ///
    /// # Errors
    /// What does not fit, in words that help the model to do better.
    pub(super) fn check(schema: &Value, given: Option<&Value>) -> Result<Self, String> {
        let empty = Map::new();
        let given = match given {
            None | Some(Value::Null) => &empty,
            Some(Value::Object(given)) => given,
            Some(_) => return Err("the arguments must be an object".to_owned()),
        };
        let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
        for required in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
            let name = required.as_str().unwrap_or_default();
            if !given.contains_key(name) {
                return Err(format!("the argument {name} is missing"));
            }
        }
        for (name, value) in given {
            let property =
                properties.get(name).ok_or_else(|| format!("there is no argument {name}"))?;
            fits(property, value).map_err(|problem| format!("the argument {name} {problem}"))?;
        }
        Ok(Self(given.clone()))
    }

    /// A string; empty when it was optional and not given.
    pub(super) fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// A whole number, or what stands for it when it was not given.
    pub(super) fn number(&self, name: &str, otherwise: u64) -> u64 {
        self.0.get(name).and_then(whole).unwrap_or(otherwise)
    }

    /// The same, as a count of things.
    pub(super) fn count(&self, name: &str, otherwise: usize) -> usize {
        self.0
            .get(name)
            .and_then(whole)
            .and_then(|it| usize::try_from(it).ok())
            .unwrap_or(otherwise)
    }
}

/// A whole number that is not negative, however it is spelled: `50`, `50.0` and `5e1` are equal.
fn whole(value: &Value) -> Option<u64> {
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
    value.as_u64().or_else(|| {
        let number = value.as_f64().filter(|it| it.fract() == 0.0)?;
        (0.0..=EXACT_MAX).contains(&number).then(|| format!("{number:.0}").parse().ok())?
    })
}

fn fits(property: &Value, value: &Value) -> Result<(), String> {
    let limit = |name: &str| property.get(name).and_then(Value::as_u64);
    match property.get("type").and_then(Value::as_str) {
        Some("string") => {
            let text = value.as_str().ok_or("must be a string")?;
            let length = text.chars().count() as u64;
            if let Some(least) = limit("minLength").filter(|&it| length < it) {
                return Err(format!("must have at least {least} characters"));
            }
            if let Some(most) = limit("maxLength").filter(|&it| length > it) {
                return Err(format!("must have at most {most} characters"));
            }
            if property.get("format").is_some() && !is_email(text) {
                return Err("must be one e-mail address".to_owned());
            }
        }
        Some("integer") => {
            let number = whole(value).ok_or("must be a whole number that is not negative")?;
            if let Some(least) = limit("minimum").filter(|&it| number < it) {
                return Err(format!("must be at least {least}"));
            }
            if let Some(most) = limit("maximum").filter(|&it| number > it) {
                return Err(format!("must be at most {most}"));
            }
        }
        _ => return Err("has a type that this server does not know".to_owned()),
    }
    match property.get("enum").and_then(Value::as_array) {
        Some(words) if !words.contains(value) => Err(format!("must be one of {}", list(words))),
        Some(_) | None => Ok(()),
    }
}

/// One address, and nothing that a mailer could read as two.
fn is_email(text: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|it| it.is_ascii_alphanumeric() || b".+-_".contains(&it))
    };
    text.split_once('@')
        .is_some_and(|(local, domain)| plain(local) && plain(domain) && domain.contains('.'))
}

fn list(words: &[Value]) -> String {
    words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
}

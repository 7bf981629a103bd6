//! A cell: one thing that a contract says, and whether anybody looked.
//!
//! Written as a plain value it is the operator's own word. A draft writes it as a table, with what
//! it was guessed from, and says that nobody has verified it.

use bailiwick_core::Day;
use schemars::JsonSchema;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};

/// One thing that a contract says.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Cell<T> {
    /// The operator's own word.
    Plain(T),
    /// A word with its grounds.
    Grounded(Grounded<T>),
}

/// A word with its grounds.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Grounded<T> {
    /// The word.
    pub value: T,
    /// What it was read from: `the name begins with "get"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// Whether a person has looked at it.
    #[serde(default)]
    pub verified: bool,
    /// When the person looked: `2026-11-22`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified_on: Option<Date>,
    /// From this day on somebody must look again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Date>,
}

/// A day, written as a text.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Date(pub Day);

impl<T> Cell<T> {
    /// A guess, which nobody has verified.
    pub fn guess(value: T, evidence: impl Into<String>) -> Self {
        let evidence = Some(evidence.into());
        Self::Grounded(Grounded {
            value,
            evidence,
            verified: false,
            verified_on: None,
            expires: None,
        })
    }

    /// What it says, whoever looked.
    pub const fn said(&self) -> &T {
        match self {
            Self::Plain(value) => value,
            Self::Grounded(cell) => &cell.value,
        }
    }

    /// What it says, when a person stands for it.
    pub const fn verified(&self) -> Option<&T> {
        match self {
            Self::Plain(value) => Some(value),
            Self::Grounded(cell) if cell.verified => Some(&cell.value),
            Self::Grounded(_) => None,
        }
    }

    /// What it was read from.
    pub fn evidence(&self) -> Option<&str> {
        match self {
            Self::Plain(_) => None,
            Self::Grounded(cell) => cell.evidence.as_deref(),
        }
    }

    /// The day from which on it must be verified again.
    pub fn expires(&self) -> Option<Day> {
        match self {
            Self::Plain(_) => None,
            Self::Grounded(cell) => cell.expires.map(|it| it.0),
        }
    }

    /// Whether it is too old to be relied on.
    pub fn has_expired(&self, today: Day) -> bool {
        self.expires().is_some_and(|it| it <= today)
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Cell<T> {
    /// What has a member `value` is grounded; so an error says what is wrong with the one or the
    /// other, and not that it is neither.
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        let said = toml::Value::deserialize(source)?;
        let is_grounded = said.as_table().is_some_and(|it| it.contains_key("value"));
        let told = |problem: toml::de::Error| D::Error::custom(problem.message());
        if is_grounded {
            said.try_into().map(Self::Grounded).map_err(told)
        } else {
            said.try_into().map(Self::Plain).map_err(told)
        }
    }
}

impl JsonSchema for Date {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Date".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date", "examples": ["2026-11-22"] })
    }
}

impl Serialize for Date {
    fn serialize<S: serde::Serializer>(&self, into: S) -> Result<S::Ok, S::Error> {
        into.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Date {
    /// A quoted text, or TOML's own date.
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        let said = toml::Value::deserialize(source)?;
        let text = match &said {
            toml::Value::String(text) => text.clone(),
            toml::Value::Datetime(date) => date.to_string(),
            toml::Value::Integer(_)
            | toml::Value::Float(_)
            | toml::Value::Boolean(_)
            | toml::Value::Array(_)
            | toml::Value::Table(_) => return Err(D::Error::custom("expected a day")),
        };
        text.parse().map(Self).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct One {
        cell: Cell<String>,
    }

    #[test]
    fn a_plain_word_is_the_operators_and_a_guess_is_nobodys() {
        let plain: One = toml::from_str("cell = 'read'").unwrap();
        assert_eq!(plain.cell.verified().map(String::as_str), Some("read"));
        let guess: One = toml::from_str("cell = { value = 'read', evidence = 'a' }").unwrap();
        assert_eq!((guess.cell.verified(), guess.cell.said().as_str()), (None, "read"));
        let text = "cell = { value = 'read', verified = true, verified_on = 2026-11-22, \
             expires = '2027-01-01' }";
        let seen: One = toml::from_str(text).unwrap();
        assert!(seen.cell.verified().is_some());
        assert!(!seen.cell.has_expired("2026-12-31".parse().unwrap()));
        assert!(seen.cell.has_expired("2027-01-01".parse().unwrap()));
        let back = toml::Value::try_from(&seen.cell).unwrap();
        assert_eq!(back["verified_on"].as_str(), Some("2026-11-22"));
    }

    #[test]
    fn what_is_wrong_is_said_of_the_form_that_was_meant() {
        for (text, said) in [
            ("cell = { value = 'a', verfied = true }", "unknown field `verfied`"),
            ("cell = { value = 'a', expires = '2026-02-30' }", "not a day"),
            ("cell = 7", "expected a string"),
        ] {
            let told = toml::from_str::<One>(text).unwrap_err().to_string();
            assert!(told.contains(said), "{text}: {told}");
        }
    }
}

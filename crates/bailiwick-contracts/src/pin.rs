//! Pins: the digest of the definition that a person approved, and what is different when it is not
//! that definition any more.

use std::fmt;
use std::str::FromStr;

use bailiwick_core::{Digest, Value};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::definition::{Definition, write};

/// The digest of a definition, however its server spells it. Written `sha256:` and 64 digits.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Pin(Digest);

/// A text that is no pin.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a pin: `sha256:` and 64 hexadecimal digits")]
pub struct NotAPin;

/// One part of a definition that is not as it was.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Change {
    /// The member: `description`, `inputSchema`.
    pub part: &'static str,
    /// Where in it, as a JSON pointer; empty for the whole.
    pub at: String,
    /// What stood there, as JSON.
    pub before: Option<String>,
    /// What stands there now.
    pub after: Option<String>,
}

/// The most changes that are told of one definition.
const CHANGES_MAX: usize = 200;
/// How deep a definition is compared; below, the whole is told.
const DEPTH_MAX: usize = 32;

impl Pin {
    /// The pin of a definition.
    pub fn of(definition: &Definition) -> Self {
        Self(Digest::of(definition.canonical().as_bytes()))
    }

    /// The pin that is this digest.
    pub const fn of_digest(digest: Digest) -> Self {
        Self(digest)
    }

    /// The digest.
    pub const fn digest(&self) -> Digest {
        self.0
    }
}

/// What is different between two definitions, in their order.
pub fn changes(before: &Definition, after: &Definition) -> Vec<Change> {
    let mut found = Vec::new();
    for ((part, old), (_, new)) in before.parts().zip(after.parts()) {
        compare(part, &mut String::new(), (old, new), 0, &mut found);
        // What is left out must be seen to be left out.
        if found.len() >= CHANGES_MAX {
            let after = Some("\"and more changes, which are not listed\"".to_owned());
            found.push(Change { part, at: String::new(), before: None, after });
            break;
        }
    }
    found
}

fn compare(
    part: &'static str,
    at: &mut String,
    (old, new): (Option<&Value>, Option<&Value>),
    depth: usize,
    found: &mut Vec<Change>,
) {
    let spelled = |it: &Value| {
        let mut text = String::new();
        write(it, &mut text);
        text
    };
    if found.len() >= CHANGES_MAX || old.map(spelled) == new.map(spelled) {
        return;
    }
    if let (Some(Value::Record(olds)), Some(Value::Record(news))) = (old, new)
        && depth < DEPTH_MAX
    {
        let added = news.iter().filter(|(name, _)| olds.iter().all(|(it, _)| it != name));
        for (name, _) in olds.iter().chain(added) {
            let len = at.len();
            at.push('/');
            at.push_str(&name.replace('~', "~0").replace('/', "~1"));
            let of = |it: Option<&Value>| it.and_then(|it| it.member(name)).cloned();
            let (old, new) = (of(old), of(new));
            compare(part, at, (old.as_ref(), new.as_ref()), depth + 1, found);
            at.truncate(len);
        }
        return;
    }
    let (before, after) = (old.map(spelled), new.map(spelled));
    found.push(Change { part, at: at.clone(), before, after });
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.0)
    }
}

impl FromStr for Pin {
    type Err = NotAPin;

    fn from_str(text: &str) -> Result<Self, NotAPin> {
        let digits = text.strip_prefix("sha256:").ok_or(NotAPin)?;
        Digest::parse(digits).map(Self).ok_or(NotAPin)
    }
}

impl Serialize for Pin {
    fn serialize<S: Serializer>(&self, into: S) -> Result<S::Ok, S::Error> {
        into.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Pin {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        String::deserialize(source)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use bailiwick_core::Number;

    use super::*;

    fn text(said: &str) -> Value {
        Value::Text(said.into())
    }

    fn record(members: &[(&str, Value)]) -> Value {
        Value::Record(members.iter().map(|(name, it)| ((*name).into(), it.clone())).collect())
    }

    fn tool(description: &str, most: &str) -> Definition {
        let most = Value::Number(Number::from_lexeme(most));
        let schema = record(&[("type", text("object")), ("maxProperties", most)]);
        let entry = record(&[
            ("description", text(description)),
            ("name", text("pay")),
            ("_meta", text("whatever")),
            ("inputSchema", schema),
        ]);
        Definition::of(&entry).unwrap()
    }

    #[test]
    fn a_pin_is_of_what_is_said_and_not_of_how() {
        let pin = Pin::of(&tool("Pays.", "3"));
        assert_eq!(pin, Pin::of(&tool("Pays.", "3.0")));
        assert_ne!(pin, Pin::of(&tool("Pays. ", "3")));
        assert_ne!(pin, Pin::of(&tool("Pays.", "4")));
        assert_eq!(pin.to_string().parse(), Ok(pin));
        for bad in ["", "sha256:", "sha256:00", "md5:00"] {
            assert_eq!(bad.parse::<Pin>(), Err(NotAPin));
        }
    }

    #[test]
    fn what_changed_is_told_by_its_place() {
        let found = changes(&tool("Pays.", "3"), &tool("Pays anybody.", "4"));
        let told: Vec<_> = found.iter().map(|it| (it.part, it.at.as_str())).collect();
        assert_eq!(told, [("description", ""), ("inputSchema", "/maxProperties")]);
        assert_eq!(found[1].before.as_deref(), Some("3"));
        assert!(changes(&tool("a", "1"), &tool("a", "1.0")).is_empty());
    }

    #[test]
    fn a_list_of_changes_that_is_cut_says_so() {
        let many = |text_of_all: &str| {
            let members: Vec<_> =
                (0..CHANGES_MAX + 9).map(|n| (format!("a{n}"), text(text_of_all))).collect();
            let members: Vec<_> = members.iter().map(|(n, it)| (n.as_str(), it.clone())).collect();
            let entry = [("name", text("pay")), ("inputSchema", record(&members))];
            Definition::of(&record(&entry)).unwrap()
        };
        let found = changes(&many("a"), &many("b"));
        assert_eq!(found.len(), CHANGES_MAX + 1);
        assert!(found.last().unwrap().after.as_deref().unwrap().contains("more changes"));
    }
}

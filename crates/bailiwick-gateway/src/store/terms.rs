//! The terms of a key: what it covers of what policy permits, from where, how fast, and for how
//! much. Terms only narrow: a key without any may what policy permits, and no more.

mod network;
mod pattern;

use serde::{Deserialize, Serialize};

pub use network::{BadNetwork, Network};
pub use pattern::{BadPattern, ModelPattern};

/// The most entries of one list of a key.
const ENTRIES_MAX: usize = 64;
/// The longest name of a server, in bytes.
const NAME_MAX: usize = 128;
/// How much of the terms a record holds, in characters.
const LINE_MAX: usize = 512;

/// The terms of one key. A list without entries and a limit that is absent restrict nothing.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Terms {
    /// The models that it may ask.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<ModelPattern>,
    /// The servers that it may reach, by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub servers: Vec<Box<str>>,
    /// Where its requests may come from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<Network>,
    /// What it may spend.
    #[serde(skip_serializing_if = "Caps::is_empty")]
    pub caps: Caps,
    /// How many requests it may make in a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_minute: Option<u32>,
    /// How many of its calls may be under way at a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_once: Option<u32>,
}

/// The most that a key may spend, in millionths of a dollar. Days and months are those of UTC.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Caps {
    /// In one day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day_micro_usd: Option<u64>,
    /// In one month.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub month_micro_usd: Option<u64>,
    /// In all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_micro_usd: Option<u64>,
}

/// For how long a cap counts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Span {
    /// From midnight to midnight, UTC.
    Day,
    /// From the first of a month to the next, UTC.
    Month,
    /// For as long as there is the key.
    Total,
}

/// Terms that cannot be kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadTerms {
    /// A list is too long.
    #[error("a list of a key has at most {ENTRIES_MAX} entries")]
    TooMany,
    /// A server cannot have such a name.
    #[error("a server's name has 1 to {NAME_MAX} bytes and no `/`")]
    Server,
    /// Nothing could be done with the key.
    #[error("a limit of zero permits nothing: revoke the key instead")]
    Zero,
}

impl Caps {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Each cap that there is, in millionths of a dollar.
    pub fn each(&self) -> impl Iterator<Item = (Span, u64)> {
        let all = [
            (Span::Day, self.day_micro_usd),
            (Span::Month, self.month_micro_usd),
            (Span::Total, self.total_micro_usd),
        ];
        all.into_iter().filter_map(|(span, cap)| Some((span, cap?)))
    }
}

impl Terms {
    /// Whether they can be kept.
    ///
    /// # Errors
    /// [`BadTerms`] with what is wrong.
    pub fn check(&self) -> Result<(), BadTerms> {
        let lengths = [self.models.len(), self.servers.len(), self.networks.len()];
        if lengths.iter().any(|it| *it > ENTRIES_MAX) {
            return Err(BadTerms::TooMany);
        }
        let is_name = |it: &str| (1..=NAME_MAX).contains(&it.len()) && !it.contains('/');
        if !self.servers.iter().all(|it| is_name(it)) {
            return Err(BadTerms::Server);
        }
        if [self.per_minute, self.at_once].contains(&Some(0)) {
            return Err(BadTerms::Zero);
        }
        Ok(())
    }

    /// The terms in one line, as a record holds them: the end of a long one is cut off.
    pub fn in_a_line(&self) -> String {
        let line = serde_json::to_string(self).unwrap_or_default();
        line.chars().take(LINE_MAX).collect()
    }

    /// Whether a model, named `provider/model`, may be asked with this key.
    pub fn covers_model(&self, name: &str) -> bool {
        self.models.is_empty() || self.models.iter().any(|it| it.matches(name))
    }

    /// Whether a server may be reached with this key. A provider whose models the key names is
    /// reached with it: who may ask `openai/gpt-4o` need not be told to name `openai` again.
    pub fn covers_server(&self, name: &str) -> bool {
        self.servers.is_empty()
            || self.servers.iter().any(|it| **it == *name)
            || self.models.iter().any(|it| it.provider() == Some(name))
    }

    /// Whether a request may come from there.
    pub fn covers_address(&self, from: std::net::IpAddr) -> bool {
        self.networks.is_empty() || self.networks.iter().any(|it| it.holds(from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(json: &str) -> Terms {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn terms_without_an_entry_restrict_nothing() {
        let none = terms("{}");
        assert!(none.covers_model("openai/gpt-4o") && none.covers_server("fs"));
        assert!(none.covers_address("203.0.113.9".parse().unwrap()));
        assert_eq!(serde_json::to_string(&none).unwrap(), "{}");
    }

    #[test]
    fn a_list_covers_what_it_names_and_nothing_else() {
        let some = terms(r#"{"models":["openai/gpt-4o"],"servers":["fs"]}"#);
        assert!(some.covers_model("openai/gpt-4o") && !some.covers_model("openai/gpt-4o-mini"));
        assert!(some.covers_server("fs") && some.covers_server("openai"));
        assert!(!some.covers_server("github") && !some.covers_server("f"));
    }

    #[test]
    fn every_cap_is_told_with_its_span() {
        let some = terms(r#"{"caps":{"day_micro_usd":5,"total_micro_usd":0}}"#);
        assert_eq!(some.caps.each().collect::<Vec<_>>(), [(Span::Day, 5), (Span::Total, 0)]);
    }

    #[test]
    fn what_a_later_build_says_is_not_taken_for_nothing() {
        assert!(serde_json::from_str::<Terms>(r#"{"hours":["9-17"]}"#).is_err());
    }

    #[test]
    fn terms_that_cannot_be_kept_are_refused() {
        for (json, fault) in [
            (r#"{"servers":["a/b"]}"#, BadTerms::Server),
            (r#"{"servers":[""]}"#, BadTerms::Server),
            (r#"{"per_minute":0}"#, BadTerms::Zero),
            (r#"{"at_once":0}"#, BadTerms::Zero),
        ] {
            assert_eq!(terms(json).check(), Err(fault), "{json}");
        }
        let many = Terms { servers: vec!["fs".into(); 65], ..Terms::default() };
        assert_eq!(many.check(), Err(BadTerms::TooMany));
    }
}

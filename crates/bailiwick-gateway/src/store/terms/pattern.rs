//! Which models: `provider/model`, and a `*` at the end for whatever follows.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The longest pattern, in bytes.
const LENGTH_MAX: usize = 256;

/// One model, such as `openai/gpt-4o-mini`, or all that begin alike: `anthropic/*`,
/// `openai/gpt-4*`, `*`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct ModelPattern {
    /// The name, or what it begins with.
    text: Box<str>,
    begins: bool,
}

/// Text that is no pattern.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` is no pattern such as `openai/gpt-4o-mini` or `anthropic/*`")]
pub struct BadPattern(String);

impl ModelPattern {
    /// Whether it covers a model, named `provider/model`.
    pub fn matches(&self, name: &str) -> bool {
        if self.begins { name.starts_with(&*self.text) } else { *name == *self.text }
    }

    /// The provider that it names, when it names one.
    pub fn provider(&self) -> Option<&str> {
        self.text.split_once('/').map(|(provider, _)| provider)
    }
}

impl FromStr for ModelPattern {
    type Err = BadPattern;

    fn from_str(text: &str) -> Result<Self, BadPattern> {
        let (name, begins) = match text.strip_suffix('*') {
            Some(begin) => (begin, true),
            None => (text, false),
        };
        let is_plain = |it: char| !it.is_control() && !it.is_whitespace() && it != '*';
        let is_whole = match name.split_once('/') {
            Some((provider, model)) => !provider.is_empty() && (begins || !model.is_empty()),
            // `open*` could mean providers that are yet to come: only all of them can be meant.
            None => begins && name.is_empty(),
        };
        if !is_whole || text.len() > LENGTH_MAX || !name.chars().all(is_plain) {
            return Err(BadPattern(text.chars().take(64).collect()));
        }
        Ok(Self { text: name.into(), begins })
    }
}

impl fmt::Display for ModelPattern {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}{}", self.text, if self.begins { "*" } else { "" })
    }
}

impl TryFrom<String> for ModelPattern {
    type Error = BadPattern;

    fn try_from(text: String) -> Result<Self, BadPattern> {
        text.parse()
    }
}

impl From<ModelPattern> for String {
    fn from(pattern: ModelPattern) -> Self {
        pattern.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_covers_one_model_or_all_that_begin_alike() {
        for (pattern, covered, other) in [
            ("openai/gpt-4o", "openai/gpt-4o", "openai/gpt-4o-mini"),
            ("openai/gpt-4*", "openai/gpt-4o-mini", "openai/gpt-3"),
            ("anthropic/*", "anthropic/claude-x", "anthropic2/claude-x"),
            ("hub/org/model:tag", "hub/org/model:tag", "hub/org/model"),
            ("*", "any/thing", ""),
        ] {
            let read: ModelPattern = pattern.parse().unwrap();
            assert!(read.matches(covered), "{pattern} {covered}");
            assert!(other.is_empty() || !read.matches(other), "{pattern} {other}");
            assert_eq!(read.to_string(), pattern);
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for text in ["", "openai", "open*", "/gpt", "openai/", "a/*b", "**", "a/b c", "a/b\n"] {
            assert!(text.parse::<ModelPattern>().is_err(), "{text:?}");
        }
        assert!(format!("a/{}", "b".repeat(300)).parse::<ModelPattern>().is_err());
    }
}

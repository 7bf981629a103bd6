//! Facts, ready for policies: they are made once, apart from the policies, and a set that is loaded
//! anew takes them as they are, however many there are.

use std::collections::{BTreeMap, BTreeSet};

use bailiwick_core::Thing;

use super::things::Things;

/// All that sources say, ready for policies. Cheap to hand to many sets.
#[derive(Debug, Default)]
pub struct Facts {
    pub(crate) things: Things,
    /// Which attributes of which type come from which source.
    pub(crate) origins: BTreeMap<String, BTreeMap<String, Box<str>>>,
    /// The sources whose word is taken in.
    heard: BTreeSet<Box<str>>,
}

/// A type that a source may not speak of.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("facts are about things that arguments and answers name, such as `Customer`")]
pub struct NotAThing;

impl Facts {
    /// Say that a source speaks of an attribute of a type, whether or not it has spoken.
    ///
    /// # Errors
    /// The name of another source that does.
    pub fn declare(&mut self, kind: &str, attribute: &str, source: &str) -> Result<(), Box<str>> {
        let spoken = self.origins.entry(kind.to_owned()).or_default();
        match spoken.insert(attribute.to_owned(), source.into()) {
            Some(other) => Err(other),
            None => Ok(()),
        }
    }

    /// Take in what a source says.
    ///
    /// # Errors
    /// [`NotAThing`] for a type that Cedar cannot have or that is the gateway's own.
    pub fn add(&mut self, source: &str, things: &[Thing]) -> Result<(), NotAThing> {
        self.heard.insert(source.into());
        things.iter().try_for_each(|it| self.things.add(it).ok_or(NotAThing))
    }

    /// Whether what a source says is taken in.
    pub fn have_heard(&self, source: &str) -> bool {
        self.heard.contains(source)
    }

    /// The source that speaks of an attribute of a type.
    pub(crate) fn origin(&self, kind: &str, attribute: &str) -> Option<&str> {
        self.origins.get(kind)?.get(attribute).map(AsRef::as_ref)
    }

    /// How many things there are.
    pub fn len(&self) -> usize {
        self.things.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Whether a source may speak of things of this type.
pub fn is_thing(kind: &str) -> bool {
    Things::kind(kind).is_some()
}

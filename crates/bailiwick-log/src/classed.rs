//! Searching by class: which records name a thing that counted as this when the call was decided?

use bailiwick_core::{Classed, Record, Token};

/// A type of things, and what they counted as: `Customer[tier=2]`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sought {
    /// The type.
    pub kind: Box<str>,
    /// The attribute.
    pub attribute: Box<str>,
    /// Its value, as records have it.
    pub value: Box<str>,
    /// What stands for every member of the type: who touches all of them touches these.
    pub every: Option<(Box<str>, Token)>,
}

/// How sure it is that a record is one that was sought.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Certainty {
    /// What the thing counted as was not known, or is not on record.
    Possible,
    /// It counted as that.
    Certain,
}

impl Sought {
    /// Whether the record names such a thing.
    pub fn in_record(&self, record: &Record) -> Option<Certainty> {
        let (named, classes) = match record {
            Record::Decision(it) => (&it.named, &it.classes),
            Record::Outcome(it) => (&it.named, &it.classes),
            Record::Refusal(_)
            | Record::Admin(_)
            | Record::Noticed(_)
            | Record::Started { .. }
            | Record::Stopped
            | Record::Heartbeat => return None,
        };
        let each = (0..).zip(named).filter_map(|(place, it)| self.in_thing(place, it, classes));
        each.max()
    }

    fn in_thing(
        &self,
        place: u64,
        named: &(Box<str>, Token),
        classes: &[Classed],
    ) -> Option<Certainty> {
        if self.every.as_ref() == Some(named) {
            return Some(Certainty::Possible);
        }
        if named.0 != self.kind {
            return None;
        }
        let classes = classes.iter().find(|it| it.thing == place).map(|it| it.classes.iter());
        let class = classes.into_iter().flatten().find(|it| it.attribute == self.attribute);
        match class.and_then(|it| it.value.as_ref()) {
            None => Some(Certainty::Possible),
            Some(value) => (*value == self.value).then_some(Certainty::Certain),
        }
    }
}

//! What a model's calls cost beside tokens: a fee for each use of a tool that its provider runs.

use std::collections::BTreeMap;

use bailiwick_core::cbor::Writer;

use crate::money::MicroDollars;

/// Fees by the kind of tool, such as `web_search`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Fees(BTreeMap<Box<str>, MicroDollars>);

impl Fees {
    pub(crate) fn insert(&mut self, kind: &str, fee: MicroDollars) {
        self.0.insert(kind.into(), fee);
    }

    /// The fee of one use. `None`: nobody has said it.
    pub(super) fn of(&self, kind: &str) -> Option<MicroDollars> {
        self.0.get(kind).copied()
    }

    pub(super) fn encode(&self, w: &mut Writer<'_>) {
        w.array(2 * self.0.len());
        for (kind, fee) in &self.0 {
            w.text(kind);
            w.uint(fee.micro());
        }
    }
}

impl FromIterator<(Box<str>, MicroDollars)> for Fees {
    fn from_iter<I: IntoIterator<Item = (Box<str>, MicroDollars)>>(fees: I) -> Self {
        Self(fees.into_iter().collect())
    }
}

//! The table of prices: of which model, at which provider, in which class of service, since when.

mod import;
mod text;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use bailiwick_core::Digest;
use bailiwick_core::cbor::Writer;

use crate::price::Price;
use bailiwick_core::Day;

pub use import::{ImportError, Imported, Skipped};
pub use text::PricesError;

/// What models cost. `*` as provider, or at the end of a model's name, stands for all others.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Prices(BTreeMap<Box<str>, Models>);

/// The models of one provider.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct Models {
    named: BTreeMap<Box<str>, Services>,
    /// By how their names begin.
    begun: BTreeMap<Box<str>, Services>,
}

/// The classes of service of one model, by the provider's words for them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct Services(BTreeMap<Box<str>, BTreeMap<Day, Price>>);

/// What a price is the price of.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Line {
    provider: Box<str>,
    model: Box<str>,
    service: Box<str>,
    from: Day,
}

const STANDARD: &str = "standard";
const ANY: &str = "*";

/// More lines than any table has: the public list of all providers has some five thousand.
const MOST_LINES: usize = 100_000;

impl Prices {
    /// The price of a model on a day, in the usual class of service. Nothing: nobody has said it,
    /// which is not the same as nothing to pay.
    pub fn of(&self, provider: &str, model: &str, day: Day) -> Option<&Price> {
        self.of_service(provider, model, STANDARD, day)
    }

    /// The price in a class of service, by the provider's word for it. What is cheaper than usual
    /// (`batch`, `flex`) costs the usual where the table does not know it; anything else that it
    /// does not know has no price. Several words at once are joined, such as `fast+us`.
    pub fn of_service(
        &self,
        provider: &str,
        model: &str,
        service: &str,
        day: Day,
    ) -> Option<&Price> {
        [provider, ANY].into_iter().filter_map(|it| self.0.get(it)).find_map(|models| {
            models.that_are(model).find_map(|services| services.on(service_word(service), day))
        })
    }

    /// This table where it knows a model, the other one elsewhere: what an operator negotiated,
    /// above a public list.
    #[must_use]
    pub fn over(mut self, others: Self) -> Self {
        for (provider, models) in others.0 {
            let own = self.0.entry(provider).or_default();
            for (name, services) in models.named {
                own.named.entry(name).or_insert(services);
            }
            for (name, services) in models.begun {
                own.begun.entry(name).or_insert(services);
            }
        }
        self
    }

    /// How many prices it has.
    pub fn len(&self) -> usize {
        let services = self.0.values().flat_map(|it| it.named.values().chain(it.begun.values()));
        services.flat_map(|it| it.0.values()).map(BTreeMap::len).sum()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The digest of what it says, however it was written: the version that records name.
    pub fn digest(&self) -> Digest {
        let mut bytes = Vec::new();
        let mut w = Writer(&mut bytes);
        w.array(self.len());
        for (provider, models) in &self.0 {
            for (is_begun, names) in [(false, &models.named), (true, &models.begun)] {
                for (name, services) in names {
                    let lines = services.0.iter().flat_map(|(word, days)| {
                        days.iter().map(move |(day, price)| (word, day, price))
                    });
                    for (service, day, price) in lines {
                        w.array(6);
                        w.text(provider);
                        w.bool(is_begun);
                        w.text(name);
                        w.text(service);
                        w.uint(u64::from(day.number()));
                        price.encode(&mut w);
                    }
                }
            }
        }
        Digest::of(&bytes)
    }

    /// Put a price in, unless there is one for the same; says whether it did.
    fn insert(&mut self, line: Line, price: Price) -> bool {
        let models = self.0.entry(line.provider).or_default();
        let services = match line.model.strip_suffix('*') {
            Some(begins) => models.begun.entry(begins.into()).or_default(),
            None => models.named.entry(line.model).or_default(),
        };
        let days = services.0.entry(service_word(&line.service).into()).or_default();
        match days.entry(line.from) {
            Entry::Vacant(place) => {
                place.insert(price);
                true
            }
            Entry::Occupied(_) => false,
        }
    }
}

impl Models {
    /// What fits a name, the closest first.
    fn that_are(&self, model: &str) -> impl Iterator<Item = &Services> {
        let begun =
            self.begun.iter().rev().filter(move |(begins, _)| model.starts_with(&***begins));
        // Names that begin one name sort by their length.
        self.named.get(model).into_iter().chain(begun.map(|(_, services)| services))
    }
}

impl Services {
    fn on(&self, service: &str, day: Day) -> Option<&Price> {
        let usual = matches!(service, "batch" | "flex").then_some(STANDARD);
        [Some(service), usual].into_iter().flatten().find_map(|word| {
            let (_, price) = self.0.get(word)?.range(..=day).next_back()?;
            Some(price)
        })
    }
}

/// One word where vendors have two.
fn service_word(word: &str) -> &str {
    match word {
        "" | "default" => STANDARD,
        "batches" => "batch",
        other => other,
    }
}

#[cfg(test)]
mod tests;

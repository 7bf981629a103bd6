//! The table as an operator writes it: TOML, in dollars for a million tokens. `docs/prices.md`.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

use super::{Line, MOST_LINES, Prices};
use crate::decimal::Decimal;
use crate::money::MicroDollars;
use crate::price::{Fees, Price, Rate, Stated};
use bailiwick_core::Day;

/// Why a text is no table of prices.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PricesError {
    /// It is not TOML of the right form.
    #[error("{0}")]
    Form(toml::de::Error),
    /// It has more lines than any table.
    #[error("more than 100000 prices")]
    TooMany,
    /// A price must say what comes in and what goes out, be it \"0\".
    #[error("the price of `{0}` must name `input` and `output`, be it \"0\"")]
    Incomplete(Box<str>),
    /// Two lines say what one thing costs.
    #[error("two prices of `{0}` for one day and class of service")]
    Twice(Box<str>),
    /// A name is empty, or has a `*` where none can be.
    #[error("`{0}` is no name: `*` stands for any provider, or at the end of a model's name")]
    Name(Box<str>),
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(default)]
    price: Vec<Written>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    provider: Box<str>,
    model: Box<str>,
    #[serde(default)]
    service: Box<str>,
    #[serde(default)]
    from: From,
    per_million: PerMillion,
    #[serde(default)]
    above: Vec<Above>,
    #[serde(default)]
    per_use: BTreeMap<Box<str>, Fee>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Above {
    tokens: u64,
    per_million: PerMillion,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct PerMillion {
    input: Option<Rate>,
    cached: Option<Rate>,
    cache_write: Option<Rate>,
    cache_write_long: Option<Rate>,
    audio_input: Option<Rate>,
    output: Option<Rate>,
    reasoning: Option<Rate>,
    audio_output: Option<Rate>,
}

/// What one use costs of a tool that the provider runs.
struct Fee(MicroDollars);

/// The first day of a price; without one it holds from the beginning.
#[derive(Default)]
struct From(Day);

impl Prices {
    /// The table that a text writes.
    ///
    /// # Errors
    /// [`PricesError`]: not of the form, or two lines about one thing.
    pub fn parse(text: &str) -> Result<Self, PricesError> {
        let table: Table = toml::from_str(text).map_err(PricesError::Form)?;
        if table.price.len() > MOST_LINES {
            return Err(PricesError::TooMany);
        }
        let mut prices = Self::default();
        for written in table.price {
            let name = written.model.clone();
            check_names(&written)?;
            let (line, price) = written.read().ok_or(PricesError::Incomplete(name.clone()))?;
            if !prices.insert(line, price) {
                return Err(PricesError::Twice(name));
            }
        }
        Ok(prices)
    }
}

fn check_names(written: &Written) -> Result<(), PricesError> {
    let Written { provider, model, .. } = written;
    let stem = model.strip_suffix('*').unwrap_or(model);
    let wrong = |name: &str| Err(PricesError::Name(name.into()));
    match () {
        () if provider.is_empty() || (provider.contains('*') && &**provider != "*") => {
            wrong(provider)
        }
        () if model.is_empty() || stem.contains('*') => wrong(model),
        () => Ok(()),
    }
}

impl Written {
    fn read(self) -> Option<(Line, Price)> {
        let above = self.above.iter().map(|it| (it.tokens, it.per_million.stated()));
        let fees: Fees = self.per_use.into_iter().map(|(kind, Fee(fee))| (kind, fee)).collect();
        let price = Price::new(&self.per_million.stated(), above.collect(), fees)?;
        let Self { provider, model, service, from: From(from), .. } = self;
        Some((Line { provider, model, service, from }, price))
    }
}

impl PerMillion {
    const fn stated(&self) -> Stated {
        Stated {
            input: self.input,
            cached: self.cached,
            cache_write: self.cache_write,
            cache_write_long: self.cache_write_long,
            audio_input: self.audio_input,
            output: self.output,
            reasoning: self.reasoning,
            audio_output: self.audio_output,
        }
    }
}

/// Micro-dollars for a million tokens are pico-dollars for one.
const PLACES_PER_MILLION: i32 = 6;

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Dollars;

        impl Visitor<'_> for Dollars {
            type Value = Rate;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("dollars for a million tokens in quotes, such as \"2.50\"")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Rate, E> {
                let plain = Some(text).filter(|it| !it.contains(['e', 'E']));
                let rate =
                    plain.and_then(Decimal::parse).and_then(|it| it.exact(PLACES_PER_MILLION));
                let wrong = || E::invalid_value(serde::de::Unexpected::Str(text), &self);
                rate.and_then(Rate::from_pico).ok_or_else(wrong)
            }
        }

        from.deserialize_str(Dollars)
    }
}

impl<'de> Deserialize<'de> for Fee {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = Box::<str>::deserialize(from)?;
        text.parse().map(Self).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for From {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let written = toml::value::Datetime::deserialize(from)?;
        let date = written.date.filter(|_| written.time.is_none());
        date.and_then(|it| Day::of_date(it.year.into(), it.month.into(), it.day.into()))
            .map(Self)
            .ok_or_else(|| D::Error::custom("`from` is a day since 1970, such as 2026-11-22"))
    }
}

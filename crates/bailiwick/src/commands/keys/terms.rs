//! The terms of a key, as people give and read them: dollars for millionths of them, `none` for
//! what is to be restricted no more.

use std::fmt::Display;
use std::str::FromStr;

use bailiwick_gateway::store::{Caps, Span, Terms};
use clap::Args;

use crate::output::Failure;

const MICROS: u64 = 1_000_000;

/// What is given of the terms. What is not given stays as it is.
#[derive(Args)]
#[command(next_help_heading = "Terms (`none` takes one away; policy decides all the same)")]
pub(super) struct Given {
    /// The models that it may ask, such as `openai/gpt-4o-mini,anthropic/*`.
    #[arg(long, value_name = "LIST")]
    models: Option<String>,
    /// The servers that it may reach, such as `fs,github`.
    #[arg(long, value_name = "LIST")]
    servers: Option<String>,
    /// The networks from which it may be used, such as `10.0.0.0/8,2001:db8::/32`.
    #[arg(long, value_name = "LIST")]
    networks: Option<String>,
    /// The most that it may spend in a day (UTC), in dollars.
    #[arg(long, value_name = "DOLLARS")]
    day_usd: Option<String>,
    /// The most that it may spend in a month (UTC), in dollars.
    #[arg(long, value_name = "DOLLARS")]
    month_usd: Option<String>,
    /// The most that it may spend in all, in dollars.
    #[arg(long, value_name = "DOLLARS")]
    total_usd: Option<String>,
    /// How many requests it may make in a minute.
    #[arg(long, value_name = "NUMBER")]
    per_minute: Option<String>,
    /// How many of its calls may be under way at a time.
    #[arg(long, value_name = "NUMBER")]
    at_once: Option<String>,
}

impl Given {
    /// Whether nothing is given.
    pub(super) fn is_nothing(&self) -> bool {
        let Self { models, servers, networks, .. } = self;
        let Self { day_usd, month_usd, total_usd, per_minute, at_once, .. } = self;
        let all = [models, servers, networks, day_usd, month_usd, total_usd, per_minute, at_once];
        all.iter().all(|it| it.is_none())
    }

    /// The terms with what is given put in.
    ///
    /// # Errors
    /// [`Failure`] with what cannot be read, or cannot be kept.
    pub(super) fn over(&self, mut terms: Terms) -> Result<Terms, Failure> {
        let Caps { day_micro_usd, month_micro_usd, total_micro_usd } = &mut terms.caps;
        set("--models", self.models.as_deref(), &mut terms.models, list)?;
        let name = |it: &str| Ok(it.split(',').map(Into::into).collect());
        set("--servers", self.servers.as_deref(), &mut terms.servers, name)?;
        set("--networks", self.networks.as_deref(), &mut terms.networks, list)?;
        set("--day-usd", self.day_usd.as_deref(), day_micro_usd, dollars)?;
        set("--month-usd", self.month_usd.as_deref(), month_micro_usd, dollars)?;
        set("--total-usd", self.total_usd.as_deref(), total_micro_usd, dollars)?;
        set("--per-minute", self.per_minute.as_deref(), &mut terms.per_minute, number)?;
        set("--at-once", self.at_once.as_deref(), &mut terms.at_once, number)?;
        terms.check()?;
        Ok(terms)
    }
}

/// Put in what is given, and nothing for `none`.
fn set<T: Default>(
    flag: &str,
    given: Option<&str>,
    place: &mut T,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<(), Failure> {
    *place = match given {
        None => return Ok(()),
        Some("none") => T::default(),
        Some(text) => read(text).map_err(|problem| Failure(format!("{flag}: {problem}")))?,
    };
    Ok(())
}

fn list<T: FromStr<Err: Display>>(text: &str) -> Result<Vec<T>, String> {
    text.split(',').map(|it| it.trim().parse().map_err(|bad: T::Err| bad.to_string())).collect()
}

fn number(text: &str) -> Result<Option<u32>, String> {
    text.parse().map(Some).map_err(|_| format!("`{text}` is no number of this kind"))
}

/// Dollars in decimal, exactly.
fn dollars(text: &str) -> Result<Option<u64>, String> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
    let read = || {
        let micros: u64 = format!("{part:0<6}").parse().ok()?;
        whole.parse::<u64>().ok()?.checked_mul(MICROS)?.checked_add(micros)
    };
    let is_read = digits(whole) && digits(part) && part.len() <= 6;
    let micros = if is_read { read() } else { None };
    micros.map(Some).ok_or_else(|| format!("`{text}` is no sum such as `5` or `0.25`"))
}

/// Terms in words, one for each that restricts something.
pub(super) fn in_words(terms: &Terms) -> Vec<String> {
    let mut words = Vec::new();
    let mut list = |what: &str, items: Vec<String>| {
        if !items.is_empty() {
            words.push(format!("{what} {}", items.join(",")));
        }
    };
    list("models", terms.models.iter().map(ToString::to_string).collect());
    list("servers", terms.servers.iter().map(ToString::to_string).collect());
    list("networks", terms.networks.iter().map(ToString::to_string).collect());
    words.extend(terms.caps.each().map(|(span, micros)| {
        let span = match span {
            Span::Day => "a day",
            Span::Month => "a month",
            Span::Total => "in all",
        };
        format!("${} {span}", in_dollars(micros))
    }));
    words.extend(terms.per_minute.map(|it| format!("{it} a minute")));
    words.extend(terms.at_once.map(|it| format!("{it} at once")));
    words
}

fn in_dollars(micros: u64) -> String {
    let (whole, part) = (micros / MICROS, micros % MICROS);
    if part == 0 {
        return whole.to_string();
    }
    let part = format!("{part:06}");
    let part = part.trim_end_matches('0');
    format!("{whole}.{part:0<2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_are_read_exactly() {
        for (text, micros) in [
            ("5", 5_000_000),
            ("0.5", 500_000),
            ("0.000001", 1),
            ("18446744073709.551615", u64::MAX),
        ] {
            assert_eq!(dollars(text), Ok(Some(micros)), "{text}");
        }
        for text in ["", "-1", "+1", "1.", ".5", "1e3", "0.0000001", "18446744073710", "$5", "1,5"]
        {
            assert!(dollars(text).is_err(), "{text}");
        }
    }

    #[test]
    fn dollars_are_shown_with_cents() {
        for (micros, text) in [(5_000_000, "5"), (500_000, "0.50"), (1, "0.000001"), (0, "0")] {
            assert_eq!(in_dollars(micros), text);
        }
    }

    #[test]
    fn what_is_not_given_stays_and_none_takes_away() {
        let given = Given {
            models: Some("openai/gpt-4o-mini, anthropic/*".into()),
            servers: Some("none".into()),
            networks: None,
            day_usd: Some("2.50".into()),
            month_usd: None,
            total_usd: None,
            per_minute: Some("60".into()),
            at_once: None,
        };
        let before = Terms { servers: vec!["fs".into()], at_once: Some(8), ..Terms::default() };
        let after = given.over(before).unwrap();
        assert_eq!(
            in_words(&after),
            ["models openai/gpt-4o-mini,anthropic/*", "$2.50 a day", "60 a minute", "8 at once"]
        );
        let zero = Given { per_minute: Some("0".into()), ..given };
        assert!(zero.over(Terms::default()).is_err());
    }
}

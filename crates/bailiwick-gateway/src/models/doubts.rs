//! What of providers, other names and prices is not wrong and will surprise: told by `check` and
//! `doctor`, before an agent hears of it.

use bailiwick_core::Timestamp;
use bailiwick_facts::{Day, Prices};

use super::money::{BadMoney, table};
use super::spending::Caps;
use crate::config::{ModelSettings, ProviderSettings};

/// What keeps the gateway from starting.
pub(crate) fn faults(settings: &ModelSettings) -> Option<BadMoney> {
    let caps = Caps::new(&settings.spending).err().map(|(key, why)| BadMoney::Cap(key, why));
    caps.or_else(|| table(settings).err())
}

/// A line for each, with what to do.
pub(crate) fn doubts(settings: &ModelSettings, now: Timestamp) -> Vec<String> {
    if settings.providers.is_empty() {
        return Vec::new();
    }
    let mut doubts: Vec<String> = settings.providers.iter().filter_map(without_key).collect();
    doubts.extend(contested(settings));
    match (Caps::new(&settings.spending), table(settings)) {
        // Those are faults.
        (Err(_), _) | (_, Err(_)) => {}
        // Whoever names what an unpriced call counts as knows that there are some.
        (Ok(caps), Ok(_)) if caps.unpriced_call.is_some() => {}
        (Ok(_), Ok(prices)) if prices.is_empty() => doubts.push(
            "no model has a price, so every call of one is refused: name a file of prices in \
             [spending] prices"
                .to_owned(),
        ),
        (Ok(_), Ok(prices)) => doubts.extend(unpriced(settings, &prices, Day::of(now))),
    }
    doubts
}

/// A provider elsewhere knows nobody without a key.
fn without_key(provider: &ProviderSettings) -> Option<String> {
    let host = provider.url.host().unwrap_or_default();
    let is_here = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    let name = &provider.name;
    let has_key = !provider.secret_headers.is_empty() || provider.aws.is_some();
    (!has_key && !is_here).then(|| {
        format!("[providers.{name}] is asked without a key: give it one in `secret_headers`")
    })
}

/// Of two that claim nothing, only one is asked for what nobody claims.
fn contested(settings: &ModelSettings) -> Vec<String> {
    let open = settings.providers.iter().filter(|it| it.models.is_empty());
    let passed_over = open.filter_map(|it| {
        let first = settings.open(it.api.dialect())?;
        (first.name != it.name).then_some((&first.name, &it.name))
    });
    let told = passed_over.map(|(first, other)| {
        format!(
            "[providers.{first}] and [providers.{other}] have no `models`: what no provider claims \
             goes to `{first}`, the first by name; give one of them `models`"
        )
    });
    told.collect()
}

/// The models that the configuration names and nobody has the price of.
fn unpriced(settings: &ModelSettings, prices: &Prices, today: Day) -> Vec<String> {
    let fallbacks = settings.fallbacks.values().flatten();
    let aliases = settings.aliases.values().chain(fallbacks);
    let aliases = aliases.map(|(provider, model)| (provider, model));
    let named = settings.providers.iter().flat_map(|it| {
        let exact = it.models.iter().filter(|model| !model.ends_with('*'));
        exact.map(|model| (&it.name, model))
    });
    let mut missing: Vec<String> = aliases
        .chain(named)
        .filter(|(provider, model)| prices.of(provider.as_str(), model, today).is_none())
        .map(|(provider, model)| {
            format!("`{provider}/{model}` has no price, so calls of it are refused: add one")
        })
        .collect();
    missing.sort_unstable();
    missing.dedup();
    missing
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Api, Spending};

    fn told(url: &str, prices: &str, unpriced_call: Option<&str>) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("prices.toml");
        std::fs::write(&file, prices).unwrap();
        let provider = ProviderSettings {
            name: "lab".into(),
            url: url.parse().unwrap(),
            models: vec!["small".to_owned(), "large*".to_owned()],
            api: Api::Openai,
            api_version: None,
            aws: None,
            secret_headers: std::collections::BTreeMap::new(),
            output_tokens: 100,
            input_tokens: 1_000,
        };
        let settings = ModelSettings {
            providers: vec![provider],
            aliases: [("fast".to_owned(), ("lab".into(), "large-2".to_owned()))].into(),
            spending: Spending {
                unpriced_call: unpriced_call.map(str::to_owned),
                ..Spending::default()
            },
            prices: vec![file],
            ..ModelSettings::default()
        };
        let faults = faults(&settings).map(|it| format!("cannot start: {it}"));
        let doubts = doubts(&settings, Timestamp::from_ns(1_793_000_000_000_000_000));
        faults.into_iter().chain(doubts).collect()
    }

    #[test]
    fn what_will_be_refused_is_told_before() {
        let price = |model: &str| {
            format!(
                "[[price]]\nprovider = \"lab\"\nmodel = \"{model}\"\n\
                 per_million = {{ input = \"1\", output = \"1\" }}\n"
            )
        };
        let here = "http://127.0.0.1:1/v1";
        let is = |told: Vec<String>, words: &[&str]| {
            assert_eq!(told.len(), words.len(), "{told:?}");
            told.iter().zip(words).for_each(|(it, words)| assert!(it.contains(words), "{it}"));
        };
        is(told(here, &price("*"), None), &[]);
        is(told(here, "", None), &["every call of one is refused"]);
        is(told(here, "", Some("1")), &[]);
        is(told(here, &price("other"), None), &["`lab/large-2` has no", "`lab/small` has no"]);
        is(told("https://lab.example/v1", &price("*"), None), &["without a key"]);
        is(told(here, "no table", None), &["cannot start: [spending] prices"]);
        is(told(here, &price("*"), Some("much")), &["cannot start: [spending] unpriced_call"]);
    }
}

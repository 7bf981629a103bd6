//! A public list of prices: the JSON that LiteLLM publishes as data, by model, in dollars a token.
//! Numbers are read as they are written, since `1.5e-07` is no float.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::{Line, MOST_LINES, Prices};
use crate::decimal::Decimal;
use crate::money::MicroDollars;
use crate::price::{Fees, Price, Rate, Stated};
use bailiwick_core::Day;

/// Why some bytes are no such list.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It is not JSON of that form.
    #[error("not a list of model prices: {0}")]
    Form(#[from] serde_json::Error),
    /// It has more lines than any list.
    #[error("more than 100000 models")]
    TooMany,
}

/// What was taken from a list, and what was not.
#[derive(Clone, Debug, Default)]
pub struct Imported {
    /// The prices. They hold on every day: the list has no dates.
    pub prices: Prices,
    /// What has no price now, since tokens do not tell what it costs.
    pub skipped: Vec<Skipped>,
}

/// A model of the list that was not taken.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Skipped {
    /// Its name in the list.
    pub model: Box<str>,
    /// Why.
    pub why: &'static str,
}

type Entry<'a> = BTreeMap<String, &'a RawValue>;

/// What this gateway passes on; the list has pictures, speech and films, too.
const MODES: [&str; 4] = ["chat", "responses", "completion", "embedding"];

/// Costs beside tokens that every call of such a model has.
const BESIDE_TOKENS: [&str; 5] = [
    "citation_cost_per_token",
    "input_cost_per_request",
    "output_cost_per_image",
    "output_cost_per_image_token",
    "output_cost_per_video_token",
];

impl Prices {
    /// What the public list says of models that are paid by token.
    ///
    /// # Errors
    /// [`ImportError`]: the bytes are no such list.
    pub fn import(json: &[u8]) -> Result<Imported, ImportError> {
        let list: BTreeMap<String, Entry<'_>> = serde_json::from_slice(json)?;
        if list.len() > MOST_LINES {
            return Err(ImportError::TooMany);
        }
        let mut imported = Imported::default();
        for (name, entry) in &list {
            match imported.take(name, entry) {
                Ok(()) => {}
                Err(why) => imported.skipped.push(Skipped { model: name.as_str().into(), why }),
            }
        }
        Ok(imported)
    }
}

impl Imported {
    fn take(&mut self, name: &str, entry: &Entry<'_>) -> Result<(), &'static str> {
        let mode = text(entry, "mode").unwrap_or_default();
        if !MODES.contains(&mode) {
            return Err("it is no chat and no embedding");
        }
        let beside = BESIDE_TOKENS.iter().filter(|it| entry.contains_key(**it));
        if beside.clone().any(|it| !it.starts_with("output") || !gives_text_only(entry)) {
            return Err("its calls cost more than their tokens");
        }
        let vendor = text(entry, "litellm_provider").ok_or("it has no provider")?;
        let provider = provider(vendor);
        let model =
            [vendor, provider].into_iter().find_map(|it| name.strip_prefix(it)?.strip_prefix('/'));
        let model = model.unwrap_or(name);
        if model.is_empty() || model.contains('*') {
            return Err("its name stands for several");
        }
        let fees = fees(entry)?;
        for (service, written) in services(entry, mode)? {
            let price = written.price(&fees).ok_or("it names no price for its tokens")?;
            let line = Line {
                provider: provider.into(),
                model: model.into(),
                service,
                from: Day::default(),
            };
            if !self.prices.insert(line, price) {
                return Err("another entry has its name");
            }
        }
        Ok(())
    }
}

/// What each use costs of the tools that a provider runs. Of several prices of a search, by how
/// much it brings, the dearest: which one it was, nobody tells.
fn fees(entry: &Entry<'_>) -> Result<Fees, &'static str> {
    const WRONG: &str = "a fee of it is no number of dollars";
    let mut fees = Fees::default();
    if let Some(costs) = entry.get("search_context_cost_per_query") {
        let costs: Entry<'_> = serde_json::from_str(costs.get()).map_err(|_| WRONG)?;
        let costs = costs.values().map(|it| micro(it, 1).ok_or(WRONG));
        if let Some(dearest) = costs.collect::<Result<Vec<_>, _>>()?.into_iter().max() {
            fees.insert("web_search", dearest);
        }
    }
    for (key, kind, uses) in [
        ("file_search_cost_per_1k_calls", "file_search", 1000),
        ("code_interpreter_cost_per_session", "code_interpreter", 1),
    ] {
        if let Some(cost) = entry.get(key) {
            fees.insert(kind, micro(cost, uses).ok_or(WRONG)?);
        }
    }
    Ok(fees)
}

/// What one of so many uses costs, rounded up.
fn micro(cost: &RawValue, uses: u64) -> Option<MicroDollars> {
    let pico = Decimal::parse(cost.get())?.nearest(PLACES)?;
    Some(MicroDollars::from_micro(pico.div_ceil(uses.checked_mul(PICO_IN_MICRO)?)))
}

/// The rates of one class of service.
#[derive(Clone, Default)]
struct Written {
    base: Stated,
    above: BTreeMap<u64, Stated>,
}

impl Written {
    fn price(self, fees: &Fees) -> Option<Price> {
        Price::new(&self.base, self.above.into_iter().collect(), fees.clone())
    }

    /// The same, so many times as dear.
    fn times(&self, factor: Decimal) -> Option<Self> {
        let mut dearer = self.clone();
        dearer.base.times(factor)?;
        dearer.above.values_mut().try_for_each(|it| it.times(factor))?;
        Some(dearer)
    }

    fn is_free(&self) -> bool {
        [self.base.input, self.base.output].iter().all(|it| it.unwrap_or_default() == Rate::ZERO)
    }
}

/// The rates of every class of service that an entry has. Others than the standard one are taken
/// when they are whole.
fn services(entry: &Entry<'_>, mode: &str) -> Result<BTreeMap<Box<str>, Written>, &'static str> {
    let mut services: BTreeMap<Box<str>, Written> = BTreeMap::new();
    for (key, value) in entry {
        let Some(cost) = Cost::of(key) else { continue };
        let rate = rate(value).ok_or("a price of it is no number of dollars")?;
        let written = services.entry(cost.service.into()).or_default();
        let stated = match cost.above {
            None => &mut written.base,
            Some(tokens) => written.above.entry(tokens).or_default(),
        };
        *cost.kind.of(stated) = Some(rate);
    }
    if let Some(tiers) = entry.get("tiered_pricing") {
        services.insert("".into(), tiered(tiers)?);
    }
    let standard = services.get_mut("").ok_or("it names no price for its tokens")?;
    if mode == "embedding" {
        // What goes out is numbers, which nobody charges for.
        standard.base.output = standard.base.output.or(Some(Rate::ZERO));
    }
    // In that list nought also stands for what nobody has looked up.
    if standard.is_free() {
        return Err("it is said to be free: if so, say it in your own table");
    }
    services.retain(|word, it| {
        word.is_empty() || (it.base.input.is_some() && it.base.output.is_some())
    });
    if let (Some(factors), Some(standard)) = (factors(entry), services.get("").cloned()) {
        for (word, factor) in factors {
            let dearer = standard.times(factor).ok_or("a price of it is no number of dollars")?;
            services.entry(word.into()).or_insert(dearer);
        }
    }
    Ok(services)
}

/// One, in millionths.
const ONE: u64 = 1_000_000;

/// Classes that are so many times as dear as the usual one: `{"fast": 6.0, "us": 1.1}` are a speed
/// and a place, and both can be asked for at once.
fn factors(entry: &Entry<'_>) -> Option<Vec<(String, Decimal)>> {
    let said: Entry<'_> = serde_json::from_str(entry.get("provider_specific_entry")?.get()).ok()?;
    let is_word = |it: &str| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_lowercase());
    // Other things than factors stand there, too.
    let factor = |(word, it): (&String, &&RawValue)| {
        is_word(word).then_some(())?;
        // What makes a class cheaper is no such factor.
        let factor = Decimal::parse(it.get()).filter(|it| it.ceiling(6) >= Some(ONE))?;
        Some((word.clone(), factor))
    };
    let mut factors: Vec<_> = said.iter().filter_map(factor).collect();
    if let Some((_, speed)) = factors.iter().find(|(word, _)| word == FAST).cloned() {
        let both = factors.iter().filter(|(word, _)| word != FAST).filter_map(|(place, factor)| {
            Some((format!("{FAST}+{place}"), speed.product(*factor)?))
        });
        let both: Vec<_> = both.collect();
        factors.extend(both);
    }
    Some(factors)
}

/// Rates by the length of the ask, as a list of ranges. The first one holds from the beginning.
fn tiered(tiers: &RawValue) -> Result<Written, &'static str> {
    const WRONG: &str = "its tiers are not understood";
    let tiers: Vec<Entry<'_>> = serde_json::from_str(tiers.get()).map_err(|_| WRONG)?;
    let mut written = Written::default();
    for tier in tiers {
        let range = tier.get("range").ok_or(WRONG)?;
        let range: Vec<&RawValue> = serde_json::from_str(range.get()).map_err(|_| WRONG)?;
        let from = range.first().and_then(|it| Decimal::parse(it.get())).ok_or(WRONG)?;
        let stated = match from.exact(0).ok_or(WRONG)? {
            0 => &mut written.base,
            from => written.above.entry(from).or_default(),
        };
        for (key, value) in &tier {
            let Some(Cost { kind, above: None, service: "" }) = Cost::of(key) else { continue };
            *kind.of(stated) = Some(rate(value).ok_or(WRONG)?);
        }
    }
    Ok(written)
}

/// What a key of an entry tells: of which tokens, in asks above what length, in which service.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Cost<'a> {
    kind: Kind,
    above: Option<u64>,
    service: &'a str,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Input,
    Cached,
    CacheWrite,
    CacheWriteLong,
    AudioInput,
    Output,
    Reasoning,
    AudioOutput,
}

const KINDS: [(&str, Kind); 9] = [
    // The first that fits: the longer before what they begin with.
    ("input_cost_per_token_cache_hit", Kind::Cached),
    ("cache_creation_input_token_cost_above_1hr", Kind::CacheWriteLong),
    ("cache_creation_input_token_cost", Kind::CacheWrite),
    ("cache_read_input_token_cost", Kind::Cached),
    ("input_cost_per_token", Kind::Input),
    ("input_cost_per_audio_token", Kind::AudioInput),
    ("output_cost_per_token", Kind::Output),
    ("output_cost_per_reasoning_token", Kind::Reasoning),
    ("output_cost_per_audio_token", Kind::AudioOutput),
];

impl<'a> Cost<'a> {
    fn of(key: &'a str) -> Option<Self> {
        let (kind, rest) =
            KINDS.iter().find_map(|&(stem, kind)| Some((kind, key.strip_prefix(stem)?)))?;
        let (above, service) = match rest.strip_prefix("_above_") {
            Some(rest) => {
                let (thousands, rest) = rest.split_once("k_tokens")?;
                (Some(thousands.parse::<u64>().ok()?.checked_mul(1000)?), rest)
            }
            None => (None, rest),
        };
        let service = if service.is_empty() { service } else { service.strip_prefix('_')? };
        let is_word = service.bytes().all(|byte| byte.is_ascii_lowercase());
        is_word.then_some(Self { kind, above, service })
    }
}

impl Kind {
    const fn of(self, stated: &mut Stated) -> &mut Option<Rate> {
        match self {
            Self::Input => &mut stated.input,
            Self::Cached => &mut stated.cached,
            Self::CacheWrite => &mut stated.cache_write,
            Self::CacheWriteLong => &mut stated.cache_write_long,
            Self::AudioInput => &mut stated.audio_input,
            Self::Output => &mut stated.output,
            Self::Reasoning => &mut stated.reasoning,
            Self::AudioOutput => &mut stated.audio_output,
        }
    }
}

/// The speed that is not the usual one.
const FAST: &str = "fast";

const PICO_IN_MICRO: u64 = 1_000_000;

/// Decimal places of a pico-dollar. Some numbers of the list went through a float once and are off
/// by less than one: the nearest is what was meant.
const PLACES: i32 = 12;

fn rate(value: &RawValue) -> Option<Rate> {
    Decimal::parse(value.get())?.nearest(PLACES).and_then(Rate::from_pico)
}

fn text<'a>(entry: &Entry<'a>, key: &str) -> Option<&'a str> {
    entry.get(key).and_then(|it| serde_json::from_str(it.get()).ok())
}

/// Some entries have a price of pictures that their models do not make.
fn gives_text_only(entry: &Entry<'_>) -> bool {
    let kinds = entry.get("supported_output_modalities");
    let kinds: Option<Vec<&str>> = kinds.and_then(|it| serde_json::from_str(it.get()).ok());
    kinds.is_some_and(|it| it == ["text"])
}

/// One name for a vendor, where the list has several for the ways to reach it.
fn provider(vendor: &str) -> &str {
    let vendor = vendor.strip_prefix("text-completion-").unwrap_or(vendor);
    let (stem, way) = vendor.split_once('-').unwrap_or((vendor, ""));
    let is_way = way == "models" || way.ends_with("_models") || way.ends_with("-models");
    match vendor {
        "bedrock_converse" => "bedrock",
        "cohere_chat" => "cohere",
        "azure_text" => "azure",
        _ if is_way => stem,
        _ => vendor,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_tell_of_which_tokens_they_are_the_price() {
        let check = |key, cost: Option<(Kind, Option<u64>, &'static str)>| {
            let cost = cost.map(|(kind, above, service)| Cost { kind, above, service });
            assert_eq!(Cost::of(key), cost, "{key}");
        };
        check("input_cost_per_token", Some((Kind::Input, None, "")));
        check("output_cost_per_token_batches", Some((Kind::Output, None, "batches")));
        check("input_cost_per_token_cache_hit", Some((Kind::Cached, None, "")));
        check("input_cost_per_token_above_200k_tokens", Some((Kind::Input, Some(200_000), "")));
        check(
            "cache_read_input_token_cost_above_272k_tokens_priority",
            Some((Kind::Cached, Some(272_000), "priority")),
        );
        check("cache_creation_input_token_cost_above_1hr", Some((Kind::CacheWriteLong, None, "")));
        check(
            "cache_creation_input_token_cost_above_1hr_above_200k_tokens",
            Some((Kind::CacheWriteLong, Some(200_000), "")),
        );
        check("cache_creation_input_token_cost_above_12hr", None);
        check("input_cost_per_token_above_k_tokens", None);
        check("search_context_cost_per_query", None);
        check("mode", None);
    }

    #[test]
    fn one_vendor_has_one_name() {
        let check = |vendor, name| assert_eq!(provider(vendor), name);
        check("openai", "openai");
        check("text-completion-openai", "openai");
        check("vertex_ai-anthropic_models", "vertex_ai");
        check("fireworks_ai-embedding-models", "fireworks_ai");
        check("vertex_ai-language-models", "vertex_ai");
        check("bedrock_converse", "bedrock");
        check("scx-ai", "scx-ai");
    }
}

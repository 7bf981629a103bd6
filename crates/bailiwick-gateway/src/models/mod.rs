//! The models that agents may ask for: which provider serves them, and under which name.

mod counted;
mod doubts;
mod kept;
mod meter;
mod money;
mod owned;
mod spending;
mod writer;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bailiwick_core::{Identified, ServerId};
use bailiwick_wire::llm::Dialect;

use crate::config::ModelSettings;
use crate::upstream::{Provider, Route};

pub(crate) use counted::{Counted, Written};
pub(crate) use doubts::{doubts, faults};
pub(crate) use kept::{keep, restored};
pub(crate) use meter::Measured;
pub use money::BadMoney;
pub(crate) use money::{Input, Money, Unpriced};
pub(crate) use owned::{Made, Owners};

/// Every provider, and every other name of a model.
pub(crate) struct Models {
    providers: Vec<Arc<Provider>>,
    aliases: BTreeMap<String, (ServerId, String)>,
    fallbacks: BTreeMap<String, Vec<(ServerId, String)>>,
    kept_aliases: BTreeSet<String>,
    pub(crate) money: Money,
    owners: Owners,
}

impl Models {
    pub(crate) fn new(settings: &ModelSettings, money: Money, owners: Owners) -> Self {
        let providers = settings.providers.iter().map(|it| Arc::new(Provider::new(it)));
        let (providers, aliases) = (providers.collect(), settings.aliases.clone());
        let fallbacks = settings.fallbacks.clone();
        let kept_aliases = settings.kept_aliases.clone();
        Self { providers, aliases, fallbacks, kept_aliases, money, owners }
    }

    /// The providers that speak this dialect, in the order of their names.
    pub(crate) fn speaking(&self, dialect: Dialect) -> impl Iterator<Item = &Arc<Provider>> {
        self.providers.iter().filter(move |it| it.api.dialect() == dialect)
    }

    /// Who keeps what names no model: the first that serves every model, or the first of all.
    pub(crate) fn keeper(&self, dialect: Dialect) -> Option<&Arc<Provider>> {
        let keep = || self.speaking(dialect).filter(|it| it.keeps());
        keep().find(|it| it.is_open()).or_else(|| keep().next())
    }

    /// The provider that keeps something for this caller.
    pub(crate) fn keeping(
        &self,
        dialect: Dialect,
        id: &str,
        who: &Identified,
    ) -> Option<&Arc<Provider>> {
        let ids = [Box::from(id)];
        self.speaking(dialect).find(|it| self.lacks(&it.name, &ids, who).is_none())
    }

    /// Every provider.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<Provider>> {
        self.providers.iter()
    }

    /// The other names of models, and where each leads, in whichever dialect.
    pub(crate) fn aliases(&self) -> impl Iterator<Item = (&str, Route)> {
        let names = self.aliases.keys().map(String::as_str);
        names.filter_map(|name| Some((name, self.alias(name)?)))
    }

    fn alias(&self, name: &str) -> Option<Route> {
        self.named(self.aliases.get(name)?)
    }

    fn named(&self, (provider, model): &(ServerId, String)) -> Option<Route> {
        let provider = self.all().find(|it| it.name == *provider)?;
        Some(self.at(provider, model))
    }

    /// A model of a provider. What is kept by one of its names is kept by each: otherwise whoever
    /// asks would choose.
    pub(crate) fn at(&self, provider: &Arc<Provider>, model: &str) -> Route {
        let leads = |(name, to): &(ServerId, String)| *name == provider.name && to == model;
        let is_kept = self.kept_aliases.iter().filter_map(|it| self.aliases.get(it)).any(leads);
        Route { is_kept, ..Route::new(provider, model) }
    }

    /// Where else to ask when the model of this name gives no answer, first ones first.
    pub(crate) fn fallbacks(&self, dialect: Dialect, crosses: bool, asked: &str) -> Vec<Route> {
        let fits = |it: &Route| crosses || it.provider.api.dialect() == dialect;
        // A name that leads nowhere in this dialect is not the operator's here.
        if !self.alias(asked).is_some_and(|it| fits(&it)) {
            return Vec::new();
        }
        let models = self.fallbacks.get(asked).into_iter().flatten();
        // What is kept by this name is kept wherever it is asked.
        let is_kept = self.kept_aliases.contains(asked);
        let routes = models.filter_map(|it| self.named(it)).filter(fits);
        routes.map(|it| Route { is_kept: is_kept || it.is_kept, ..it }).collect()
    }

    /// Where the model is that is asked for by this name: by another name that the operator gave
    /// it, as `provider/model`, at a provider that claims it, or at the first by name that claims
    /// nothing. Of those that claim it one that speaks the client's dialect comes first; `crosses`
    /// says whether others are asked at all.
    ///
    /// # Errors
    /// [`Lost`]: what names a provider goes to that one or to nobody, never on to an open one.
    pub(crate) fn route(
        &self,
        dialect: Dialect,
        crosses: bool,
        asked: &str,
    ) -> Result<Route, Lost> {
        let served = |it: Route| {
            let fits = crosses || it.provider.api.dialect() == dialect;
            if fits { Ok(it) } else { Err(Lost::Unserved(it)) }
        };
        if let Some(route) = self.alias(asked) {
            return served(route);
        }
        let spelled = asked.split_once('/').and_then(|(provider, model)| {
            let provider = self.all().find(|it| it.name.as_str() == provider)?;
            Some(self.at(provider, model))
        });
        if let Some(route) = spelled.as_ref().filter(|it| it.provider.takes(&it.model)) {
            return served(route.clone());
        }
        let own = self.speaking(dialect).find(|it| it.claims(asked));
        if let Some(claimed) = own.or_else(|| self.all().find(|it| it.claims(asked))) {
            return served(self.at(claimed, asked));
        }
        let open = self.speaking(dialect).find(|it| it.is_open());
        let open = open.filter(|_| spelled.is_none()).map(|it| self.at(it, asked));
        open.ok_or(Lost::Unknown)
    }
}

/// Why a name leads nowhere.
pub(crate) enum Lost {
    /// The model is there, and its provider does not serve what is asked.
    Unserved(Route),
    /// No provider has it.
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Api, ProviderSettings};

    fn models() -> Models {
        let provider = |name: &str, api, models: &[&str]| ProviderSettings {
            name: name.into(),
            api,
            url: "http://127.0.0.1:1/v1".parse().unwrap(),
            api_version: None,
            aws: None,
            models: models.iter().map(|it| (*it).to_owned()).collect(),
            secret_headers: BTreeMap::new(),
            output_tokens: 100,
            input_tokens: 1_000,
        };
        let settings = ModelSettings {
            providers: vec![
                provider("claude", Api::Anthropic, &[]),
                provider("local", Api::Openai, &["llama*", "qwen"]),
                provider("openai", Api::Openai, &[]),
            ],
            aliases: ["fast", "quick"]
                .map(|it| (it.to_owned(), ("local".into(), "qwen".to_owned())))
                .into(),
            kept_aliases: ["fast".to_owned()].into(),
            ..ModelSettings::default()
        };
        let money = Money::new(&settings, bailiwick_facts::Purse::default()).unwrap();
        Models::new(&settings, money, Owners::default())
    }

    #[test]
    fn a_model_is_where_it_is_named_spelled_claimed_or_left_over() {
        let models = models();
        let (ours, theirs) = (Dialect::OpenAi, Dialect::Anthropic);
        for (dialect, crosses, asked, found) in [
            (ours, true, "fast", "local qwen"),
            (ours, true, "quick", "local qwen"),
            (ours, true, "local/qwen", "local qwen"),
            (ours, true, "qwen", "local qwen"),
            (ours, true, "llama3.2", "local llama3.2"),
            (ours, true, "openai/llama3.2", "openai llama3.2"),
            (ours, true, "gpt-4o-mini", "openai gpt-4o-mini"),
            (ours, true, "meta/llama", "openai meta/llama"),
            // Who claims some models is asked for no other, and nobody else for what names it.
            (ours, true, "local/gpt-4o", "nobody"),
            (theirs, true, "claude-3", "claude claude-3"),
            // A provider of the other dialect is asked for what is said to be its own.
            (theirs, true, "fast", "local qwen"),
            (theirs, true, "qwen", "local qwen"),
            (theirs, true, "openai/gpt-4o", "openai gpt-4o"),
            (ours, true, "claude/claude-3", "claude claude-3"),
            // What is not translated does not go there, nor to anybody else.
            (theirs, false, "fast", "unserved by local"),
            (theirs, false, "qwen", "unserved by local"),
            (ours, false, "claude/claude-3", "unserved by claude"),
            (ours, false, "gpt-4o-mini", "openai gpt-4o-mini"),
        ] {
            // By whichever name: what one of them keeps is kept.
            let told = match models.route(dialect, crosses, asked) {
                Ok(route) => {
                    assert_eq!(route.is_kept, found == "local qwen", "{asked}");
                    format!("{} {}", route.provider.name, route.model)
                }
                Err(Lost::Unserved(route)) => format!("unserved by {}", route.provider.name),
                Err(Lost::Unknown) => "nobody".to_owned(),
            };
            assert_eq!(told, found, "{asked}");
        }
    }
}

//! The models that agents may ask for: which provider serves them, and under which name.

mod kept;
mod meter;
mod money;
mod owned;
mod spending;

use std::collections::BTreeMap;
use std::sync::Arc;

use bailiwick_core::ServerId;

use self::owned::Owned;
use crate::config::{Api, ModelSettings};
use crate::upstream::{Provider, Route};

pub(crate) use kept::{keep, restored};
pub(crate) use meter::Measured;
pub use money::BadMoney;
pub(crate) use money::Money;

/// Every provider, and every other name of a model.
pub(crate) struct Models {
    providers: Vec<Arc<Provider>>,
    aliases: BTreeMap<String, (ServerId, String)>,
    pub(crate) money: Money,
    owned: Owned,
}

impl Models {
    pub(crate) fn new(settings: &ModelSettings, money: Money) -> Self {
        let providers = settings.providers.iter().map(|it| Arc::new(Provider::new(it)));
        let (providers, aliases) = (providers.collect(), settings.aliases.clone());
        Self { providers, aliases, money, owned: Owned::default() }
    }

    /// The providers that speak this API, in the order of their names.
    pub(crate) fn speaking(&self, api: Api) -> impl Iterator<Item = &Arc<Provider>> {
        self.providers.iter().filter(move |it| it.api == api)
    }

    /// Every provider.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<Provider>> {
        self.providers.iter()
    }

    /// The other names of models whose provider speaks this API.
    pub(crate) fn aliases(&self, api: Api) -> impl Iterator<Item = (&str, Route)> {
        self.aliases.iter().filter_map(move |(name, (provider, model))| {
            let provider = self.speaking(api).find(|it| it.name == *provider)?;
            Some((name.as_str(), Route::new(provider, model)))
        })
    }

    /// Where the model is that is asked for by this name: by another name that the operator gave
    /// it, as `provider/model`, at a provider that claims it, or at the first that claims nothing.
    pub(crate) fn route(&self, api: Api, asked: &str) -> Option<Route> {
        if let Some((_, route)) = self.aliases(api).find(|(name, _)| *name == asked) {
            return Some(route);
        }
        let spelled = asked.split_once('/').and_then(|(provider, model)| {
            let provider = self.speaking(api).find(|it| it.name.as_str() == provider)?;
            provider.takes(model).then(|| Route::new(provider, model))
        });
        let claimed = || self.speaking(api).find(|it| it.claims(asked));
        let open = || self.speaking(api).find(|it| it.is_open());
        spelled.or_else(|| claimed().or_else(open).map(|it| Route::new(it, asked)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ProviderSettings;

    fn models() -> Models {
        let provider = |name: &str, api, models: &[&str]| ProviderSettings {
            name: name.into(),
            api,
            url: "http://127.0.0.1:1/v1".parse().unwrap(),
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
            aliases: [("fast".to_owned(), ("local".into(), "qwen".to_owned()))].into(),
            ..ModelSettings::default()
        };
        let money = Money::new(&settings, bailiwick_facts::Purse::default()).unwrap();
        Models::new(&settings, money)
    }

    #[test]
    fn a_model_is_where_it_is_named_spelled_claimed_or_left_over() {
        let models = models();
        for (api, asked, found) in [
            (Api::Openai, "fast", "local qwen"),
            (Api::Openai, "llama3.2", "local llama3.2"),
            (Api::Openai, "openai/llama3.2", "openai llama3.2"),
            (Api::Openai, "gpt-4o-mini", "openai gpt-4o-mini"),
            (Api::Openai, "meta/llama", "openai meta/llama"),
            // Who claims some models is asked for no other.
            (Api::Openai, "local/gpt-4o", "openai local/gpt-4o"),
            (Api::Anthropic, "claude-3", "claude claude-3"),
        ] {
            let route = models.route(api, asked).unwrap();
            assert_eq!(format!("{} {}", route.provider.name, route.model), found, "{asked}");
        }
        // Another name leads nowhere in an API that its provider does not speak.
        assert_eq!(&*models.route(Api::Anthropic, "fast").unwrap().model, "fast");
    }
}

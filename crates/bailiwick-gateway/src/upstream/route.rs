//! One provider of models, and where a model is.

use std::sync::Arc;

use bailiwick_core::ServerId;
use hyper::header::HeaderValue;

use super::address::Addresses;
use super::connection::Pool;
use super::refused::Refused;
use crate::config::{Api, ProviderSettings};

/// Where a model is.
#[derive(Clone)]
pub(crate) struct Route {
    /// Who serves it.
    pub(crate) provider: Arc<Provider>,
    /// Its name there.
    pub(crate) model: Box<str>,
    /// Whether it is asked by a name under which what is asked and answered is kept.
    pub(crate) is_kept: bool,
}

impl Route {
    /// A model of a provider.
    pub(crate) fn new(provider: &Arc<Provider>, model: &str) -> Self {
        Self { provider: Arc::clone(provider), model: model.into(), is_kept: false }
    }
}

/// A provider of models: whose API it speaks, and where.
pub(crate) struct Provider {
    pub(crate) name: ServerId,
    pub(crate) api: Api,
    pub(crate) pool: Arc<Pool>,
    pub(crate) host: HeaderValue,
    /// Where it serves what.
    pub(crate) addresses: Addresses,
    /// The most tokens of an answer whose caller sets no bound.
    pub(crate) output_tokens: u64,
    /// The most tokens that its models take in.
    pub(crate) input_tokens: u64,
    /// Whether it refuses its key.
    pub(crate) refused: Refused,
    models: Vec<String>,
}

impl Provider {
    pub(crate) fn new(settings: &ProviderSettings) -> Self {
        let authority = settings.url.authority().map_or("", |it| it.as_str());
        let host = HeaderValue::from_str(authority).unwrap_or(HeaderValue::from_static("provider"));
        Self {
            name: settings.name.clone(),
            api: settings.api,
            pool: Arc::new(Pool::new(&settings.url)),
            host,
            addresses: Addresses::new(settings),
            output_tokens: settings.output_tokens,
            input_tokens: settings.input_tokens,
            refused: Refused::default(),
            models: settings.models.clone(),
        }
    }

    /// Whether the operator said that this model is asked of it.
    pub(crate) fn claims(&self, model: &str) -> bool {
        self.models.iter().any(|it| match it.strip_suffix('*') {
            Some(beginning) => model.starts_with(beginning),
            None => it == model,
        })
    }

    /// Whether it keeps anything for its callers.
    pub(crate) const fn keeps(&self) -> bool {
        match self.api {
            Api::Openai | Api::Anthropic | Api::Azure => true,
            Api::Bedrock => false,
        }
    }

    /// The models that the operator named, each by its whole name.
    pub(crate) fn named(&self) -> impl Iterator<Item = &str> {
        self.models.iter().map(String::as_str).filter(|it| !it.ends_with('*'))
    }

    /// Whether it is asked for what nobody claims.
    pub(crate) fn is_open(&self) -> bool {
        self.models.is_empty()
    }

    /// Whether it is asked for this model when it is named itself.
    pub(crate) fn takes(&self, model: &str) -> bool {
        self.is_open() || self.claims(model)
    }
}

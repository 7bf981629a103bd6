//! The sections of the model path: providers of models, other names for models, what may be spent.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use bailiwick_core::ServerId;
use bailiwick_wire::llm::Dialect;
use hyper::Uri;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::api::Api;
use super::clouds::{Aws, AwsSettings, Cloud};
use super::fallback::Sections;
use super::named::{address_of, is_server_name};
use super::secret_ref::{SecretRef, placed};

/// A provider of models.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Provider {
    /// Whose API it speaks.
    pub api: Api,
    /// Where its API begins, such as `https://api.openai.com/v1`. Of Azure and Bedrock the endpoint
    /// alone, such as `https://NAME.openai.azure.com`.
    pub url: String,
    /// The dated version of Azure's API, such as `2024-10-21`, whose addresses name deployments.
    /// Absent: its v1 API.
    pub api_version: Option<String>,
    /// The key with which requests to Bedrock are signed, in place of an API key among the headers.
    pub aws: Option<Aws>,
    /// The models that are asked of it: names, or beginnings of names with `*` at the end. Empty:
    /// every name that no provider claims, where it is the first by name that has none.
    pub models: Vec<String>,
    /// Secrets for headers of each request, such as `authorization` or `x-api-key`.
    pub secret_headers: BTreeMap<String, SecretRef>,
    /// The most tokens that an answer may have where the caller sets no bound itself: so many are
    /// reserved for, and the provider is told so. Absent: 4,096.
    pub output_tokens: Option<u64>,
    /// The most tokens that its models take in. So many are reserved for where an ask names what
    /// the provider keeps, or files, or brings tools that the provider runs. Absent: 200,000.
    pub input_tokens: Option<u64>,
    /// Whether what its models are asked and answer is kept, sealed beside the log.
    pub keep_payloads: bool,
}

/// Another name for a model.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Alias {
    /// The provider.
    pub provider: String,
    /// The provider's name for the model.
    pub model: String,
    /// What is asked next when it answers 429 or 5xx, cannot be reached, or says nothing in time:
    /// other names of this section, or `provider/model`.
    #[serde(default)]
    pub fallback: Vec<String>,
    /// Whether what is asked by this name, and answered, is kept, sealed beside the log.
    #[serde(default)]
    pub keep_payloads: bool,
}

/// What calls of models may cost. Amounts are US dollars, such as `"12.50"`.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Spending {
    /// Files of prices: `*.toml` of our own form, or `*.json` of the public list of model prices.
    /// What an earlier one says stands above what a later one says.
    pub prices: Vec<String>,
    /// What a call of a model without a price counts as. Absent: it is refused.
    pub unpriced_call: Option<String>,
    /// What one key may spend a day, where it was given no cap of its own.
    pub key_day: String,
    /// What one agent may spend a day in a tenant. Absent: no bound of its own.
    pub agent_day: Option<String>,
    /// What may be spent a day on behalf of one person.
    pub person_day: Option<String>,
    /// What a tenant may spend a day.
    pub tenant_day: Option<String>,
    /// What a tenant may spend a month.
    pub tenant_month: Option<String>,
    /// What one task may spend.
    pub task_total: Option<String>,
}

impl Default for Spending {
    fn default() -> Self {
        Self {
            prices: Vec::new(),
            unpriced_call: None,
            key_day: "10".to_owned(),
            agent_day: None,
            person_day: None,
            tenant_day: None,
            tenant_month: None,
            task_total: None,
        }
    }
}

/// What a provider's section means.
#[derive(Clone, Debug)]
pub struct ProviderSettings {
    /// Its name.
    pub name: ServerId,
    /// Whose API it speaks.
    pub api: Api,
    /// Where its API begins, without a slash at the end.
    pub url: Uri,
    /// The dated version of Azure's API.
    pub api_version: Option<String>,
    /// The key with which requests are signed.
    pub aws: Option<AwsSettings>,
    /// The models that are asked of it; empty for all that no other claims.
    pub models: Vec<String>,
    /// Secrets for its headers, by header.
    pub secret_headers: BTreeMap<String, SecretRef>,
    /// The most tokens of an answer whose caller sets no bound.
    pub output_tokens: u64,
    /// The most tokens that its models take in.
    pub input_tokens: u64,
}

impl ProviderSettings {
    /// All that it is asked with and nobody else may read.
    pub fn secrets(&self) -> impl Iterator<Item = &SecretRef> {
        let aws = self.aws.iter().flat_map(|it| {
            [&it.access_key_id, &it.secret_access_key].into_iter().chain(&it.session_token)
        });
        self.secret_headers.values().chain(aws)
    }
}

/// The most tokens of an answer where neither caller nor configuration says more.
const OUTPUT_TOKENS: u64 = 4_096;
/// The most tokens that a model takes in, where the configuration does not say it.
const INPUT_TOKENS: u64 = 200_000;

/// What all of these sections mean.
#[derive(Clone, Debug, Default)]
pub struct ModelSettings {
    /// The providers.
    pub providers: Vec<ProviderSettings>,
    /// Other names for models.
    pub aliases: BTreeMap<String, (ServerId, String)>,
    /// What each of these names falls back to.
    pub fallbacks: BTreeMap<String, Vec<(ServerId, String)>>,
    /// Those of them under which what is asked and answered is kept.
    pub kept_aliases: BTreeSet<String>,
    /// What calls may cost.
    pub spending: Spending,
    /// The files of prices, the first above the others.
    pub prices: Vec<PathBuf>,
}

impl ModelSettings {
    /// The provider that is asked in this dialect for models that none claims: the first by name
    /// that has no `models`.
    pub(crate) fn open(&self, dialect: Dialect) -> Option<&ProviderSettings> {
        let mut speaking = self.providers.iter().filter(|it| it.api.dialect() == dialect);
        speaking.find(|it| it.models.is_empty())
    }

    /// Whether a provider is asked for models that none claims.
    pub fn has_unclaimed(&self, provider: &ProviderSettings) -> bool {
        self.open(provider.api.dialect()).is_some_and(|it| it.name == provider.name)
    }
}

/// A section's name and what is wrong in it.
type Problem = (String, String);

impl ModelSettings {
    /// What the sections mean in a file that lies in this folder.
    pub(super) fn meant_by(
        providers: &BTreeMap<String, Provider>,
        aliases: &BTreeMap<String, Alias>,
        spending: &Spending,
        base: &Path,
        problems: &mut Vec<Problem>,
    ) -> Self {
        let mut meant = Vec::new();
        for (name, said) in providers {
            match provider(name, said, base) {
                Ok(it) => meant.push(it),
                Err(what) => problems.push((format!("providers.{name}"), what)),
            }
        }
        let alias = |it: &Alias| (ServerId::from(it.provider.as_str()), it.model.clone());
        let names = aliases.iter().map(|(name, it)| (&**name, (alias(it), &*it.fallback)));
        let providing = providers.keys().map(String::as_str).collect();
        let sections = Sections { names: names.collect(), providers: providing };
        let mut fallbacks = BTreeMap::new();
        for (name, said) in aliases {
            match sections.fallbacks(name) {
                Ok(found) => drop(fallbacks.insert(name.clone(), found)),
                Err(what) => problems.push((format!("models.{name}"), what)),
            }
            if !providers.contains_key(&said.provider) {
                let what = format!("provider is `{}`, which [providers] has not", said.provider);
                problems.push((format!("models.{name}"), what));
            }
        }
        let kept = aliases.iter().filter(|(_, it)| it.keep_payloads);
        Self {
            providers: meant,
            aliases: aliases.iter().map(|(name, it)| (name.clone(), alias(it))).collect(),
            fallbacks,
            kept_aliases: kept.map(|(name, _)| name.clone()).collect(),
            spending: spending.clone(),
            prices: spending.prices.iter().map(|it| base.join(it)).collect(),
        }
    }
}

fn provider(name: &str, said: &Provider, base: &Path) -> Result<ProviderSettings, String> {
    if !is_server_name(name) {
        let rule = "use letters, digits, `-` and single `_`, no `_` at the end";
        return Err(format!("`{name}` cannot be a provider's name: {rule}"));
    }
    if let Some(wrong) = said.models.iter().find(|it| it.trim_end_matches('*').contains('*')) {
        return Err(format!("models: `{wrong}` has a `*` that is not at its end"));
    }
    if said.output_tokens == Some(0) {
        return Err("output_tokens is 0, which would refuse everything".into());
    }
    let url = address_of(said.url.trim_end_matches('/'))?;
    let (api, aws) = (said.api, said.aws.as_ref());
    let (version, secret_headers) = (said.api_version.as_deref(), &said.secret_headers);
    let aws = Cloud { api, url: &url, version, aws, secret_headers }.fitting(base)?;
    Ok(ProviderSettings {
        name: name.into(),
        api: said.api,
        url,
        api_version: said.api_version.clone(),
        aws,
        models: said.models.clone(),
        secret_headers: placed(&said.secret_headers, base),
        output_tokens: said.output_tokens.unwrap_or(OUTPUT_TOKENS),
        input_tokens: said.input_tokens.unwrap_or(INPUT_TOKENS),
    })
}

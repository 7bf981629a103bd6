//! What the clouds that serve others' models want besides: Azure a version, Amazon a signature.

use std::collections::BTreeMap;
use std::path::Path;

use hyper::Uri;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::api::Api;
use super::secret_ref::{SecretRef, placed_at};

/// A key of an AWS account, with which requests are signed.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Aws {
    /// The access key's id.
    pub access_key_id: SecretRef,
    /// The secret access key.
    pub secret_access_key: SecretRef,
    /// The token of a temporary key.
    pub session_token: Option<SecretRef>,
    /// The region. Absent: the one in `https://bedrock-runtime.REGION.amazonaws.com`.
    pub region: Option<String>,
}

/// What it means.
#[derive(Clone, Debug)]
pub struct AwsSettings {
    /// The access key's id.
    pub access_key_id: SecretRef,
    /// The secret access key.
    pub secret_access_key: SecretRef,
    /// The token of a temporary key.
    pub session_token: Option<SecretRef>,
    /// The region that is asked.
    pub region: String,
}

impl AwsSettings {
    fn meant_by(said: &Aws, url: &Uri, base: &Path) -> Result<Self, String> {
        let region = said.region.clone().or_else(|| region_in(url)).ok_or(
            "aws.region is missing, and the url names none: add one, such as \"eu-central-1\"",
        )?;
        let is_part = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-';
        if region.is_empty() || !region.bytes().all(is_part) {
            return Err(format!("aws.region is `{region}`, which is no region such as us-east-1"));
        }
        Ok(Self {
            access_key_id: placed_at(&said.access_key_id, base),
            secret_access_key: placed_at(&said.secret_access_key, base),
            session_token: said.session_token.as_ref().map(|it| placed_at(it, base)),
            region,
        })
    }
}

/// The region in the usual address of Bedrock.
fn region_in(url: &Uri) -> Option<String> {
    let (service, rest) = url.host()?.split_once('.')?;
    let (region, rest) = rest.split_once('.')?;
    let is_usual = service.starts_with("bedrock-runtime") && rest.starts_with("amazonaws.com");
    is_usual.then(|| region.to_owned())
}

/// What a provider says that must fit together.
pub(super) struct Cloud<'a> {
    pub(super) api: Api,
    pub(super) url: &'a Uri,
    pub(super) version: Option<&'a str>,
    pub(super) aws: Option<&'a Aws>,
    pub(super) secret_headers: &'a BTreeMap<String, SecretRef>,
}

impl Cloud<'_> {
    /// The key with which requests are signed, if any.
    ///
    /// # Errors
    /// What does not fit, and what to write instead.
    pub(super) fn fitting(&self, base: &Path) -> Result<Option<AwsSettings>, String> {
        let leave_out = "or leave it out";
        if self.api != Api::Azure && self.version.is_some() {
            return Err(format!("api_version is Azure OpenAI's: add api = \"azure\", {leave_out}"));
        }
        if self.api != Api::Bedrock && self.aws.is_some() {
            return Err(format!("aws is for Amazon Bedrock: add api = \"bedrock\", {leave_out}"));
        }
        match self.api {
            Api::Openai | Api::Anthropic => {}
            Api::Azure => self.azure()?,
            Api::Bedrock => self.bedrock()?,
        }
        self.aws.map(|it| AwsSettings::meant_by(it, self.url, base)).transpose()
    }

    /// Whether one of these stands in the path of the url.
    fn says(&self, parts: [&str; 2]) -> bool {
        self.url.path().split('/').any(|it| parts.contains(&it))
    }

    fn azure(&self) -> Result<(), String> {
        if self.says(["openai", "v1"]) {
            return Err(alone("https://NAME.openai.azure.com"));
        }
        match self.version {
            Some(version) if !is_version(version) => Err(format!(
                "api_version is `{version}`: write Azure's date, such as 2024-10-21 or \
                 2025-04-01-preview, or leave it out for the v1 API"
            )),
            Some(_) | None => Ok(()),
        }
    }

    fn bedrock(&self) -> Result<(), String> {
        if self.says(["model", "v1"]) {
            return Err(alone("https://bedrock-runtime.eu-central-1.amazonaws.com"));
        }
        let mut names = self.secret_headers.keys();
        let is_bearer = names.any(|it| it.eq_ignore_ascii_case("authorization"));
        if self.aws.is_some() && is_bearer {
            return Err("aws and secret_headers.authorization both say who asks: keep one".into());
        }
        if self.aws.is_none() && self.secret_headers.is_empty() {
            return Err("Bedrock asks for a key: add aws = { access_key_id = .., \
                        secret_access_key = .. }, or an API key as \
                        secret_headers.authorization with prefix = \"Bearer \""
                .into());
        }
        Ok(())
    }
}

fn alone(usual: &str) -> String {
    format!("url is to be the endpoint alone, such as {usual}: what stands behind it is added")
}

/// Whether it is a date, which may be that of a preview.
fn is_version(version: &str) -> bool {
    let date = version.strip_suffix("-preview").unwrap_or(version);
    let parts: Vec<&str> = date.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|it| it.len()).collect();
    lengths == [4, 2, 2] && parts.iter().all(|it| it.bytes().all(|it| it.is_ascii_digit()))
}

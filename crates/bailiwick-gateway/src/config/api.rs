//! Whose API a provider of models speaks.

use bailiwick_wire::llm::Dialect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whose API a provider speaks.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Api {
    /// That of OpenAI, which vLLM, Ollama, llama.cpp and many others speak too.
    #[default]
    Openai,
    /// That of Anthropic.
    Anthropic,
    /// That of OpenAI where Azure serves it: a model is a deployment.
    Azure,
    /// That of Anthropic where Amazon Bedrock serves it.
    Bedrock,
}

impl Api {
    /// Its dialect.
    pub(crate) const fn dialect(self) -> Dialect {
        match self {
            Self::Openai | Self::Azure => Dialect::OpenAi,
            Self::Anthropic | Self::Bedrock => Dialect::Anthropic,
        }
    }
}

//! What can be asked of a provider of models, and in which of two dialects.

/// Whose words a provider and its SDKs use.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Dialect {
    /// OpenAI's, which most servers of models speak.
    OpenAi,
    /// Anthropic's.
    Anthropic,
}

/// What one call asks of a model.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Operation {
    /// `POST chat/completions`
    Chat,
    /// `POST responses`
    Responses,
    /// `POST embeddings`
    Embeddings,
    /// `POST messages`
    Messages,
    /// `POST messages/count_tokens`
    CountTokens,
}

impl Operation {
    /// The dialect that it belongs to.
    pub const fn dialect(self) -> Dialect {
        match self {
            Self::Chat | Self::Responses | Self::Embeddings => Dialect::OpenAi,
            Self::Messages | Self::CountTokens => Dialect::Anthropic,
        }
    }

    /// Its path behind the beginning of its API.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Chat => "/chat/completions",
            Self::Responses => "/responses",
            Self::Embeddings => "/embeddings",
            Self::Messages => "/messages",
            Self::CountTokens => "/messages/count_tokens",
        }
    }

    /// Its word in records and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Responses => "responses",
            Self::Embeddings => "embeddings",
            Self::Messages => "messages",
            Self::CountTokens => "count_tokens",
        }
    }

    /// Whether a model writes an answer, which may then be streamed.
    pub const fn writes(self) -> bool {
        match self {
            Self::Chat | Self::Responses | Self::Messages => true,
            Self::Embeddings | Self::CountTokens => false,
        }
    }
}

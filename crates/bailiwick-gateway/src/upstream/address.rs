//! Where a provider serves what: each API has addresses of its own.

use bailiwick_wire::llm::Operation;
use hyper::Uri;

use crate::config::{Api, ProviderSettings};

/// The addresses of one provider.
pub(crate) struct Addresses {
    api: Api,
    /// What stands before every path, without a slash at its end.
    base: String,
    /// The dated version of Azure's API.
    version: Option<String>,
}

impl Addresses {
    pub(crate) fn new(settings: &ProviderSettings) -> Self {
        let base = settings.url.path().trim_end_matches('/').to_owned();
        Self { api: settings.api, base, version: settings.api_version.clone() }
    }

    /// The path of what does not stand under a model's name. `rest` begins with a slash and may end
    /// with a query. `None` when it is no path.
    pub(crate) fn of(&self, rest: &str) -> Option<Uri> {
        let base = &self.base;
        let path = match (self.api, &self.version) {
            (Api::Azure, Some(version)) => {
                let mark = if rest.contains('?') { '&' } else { '?' };
                format!("{base}/openai{rest}{mark}api-version={version}")
            }
            (Api::Azure, None) => format!("{base}/openai/v1{rest}"),
            (Api::Openai | Api::Anthropic | Api::Bedrock, _) => format!("{base}{rest}"),
        };
        path.parse().ok()
    }

    /// The path at which a model is asked for something; `path` is the dialect's, with its query.
    /// `None` when the provider does no such thing, or cannot have a model of that name.
    pub(crate) fn of_ask(
        &self,
        (operation, path): (Operation, &str),
        model: &str,
        streams: bool,
    ) -> Option<Uri> {
        match (self.api, &self.version, operation) {
            (Api::Azure, Some(_), Operation::Chat | Operation::Embeddings) => {
                self.of(&format!("/deployments/{}{path}", segment(model)?))
            }
            (Api::Bedrock, _, Operation::Messages) => {
                let verb = if streams { "invoke-with-response-stream" } else { "invoke" };
                // Amazon's own clients escape colons, too, and sign what they send.
                let model = segment(model)?.replace(':', "%3A");
                self.of(&format!("/model/{model}/{verb}"))
            }
            (Api::Bedrock, ..) => None,
            (Api::Openai | Api::Anthropic | Api::Azure, ..) => self.of(path),
        }
    }

    /// Whether the provider has a list of models at an address of its own.
    pub(crate) const fn has_list(&self) -> bool {
        match self.api {
            Api::Openai | Api::Anthropic => true,
            // What the dated API lists is what could be deployed.
            Api::Azure => self.version.is_none(),
            Api::Bedrock => false,
        }
    }
}

/// A name as one part of a path, escaped; `None` when it would lead to another place.
pub(crate) fn segment(name: &str) -> Option<String> {
    if matches!(name, "" | "." | "..") {
        return None;
    }
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(api: Api, version: Option<&str>, ask: (Operation, &str, &str), expected: &str) {
        let version = version.map(str::to_owned);
        let addresses = Addresses { api, base: "/at".to_owned(), version };
        let (operation, path, model) = ask;
        let found = addresses.of_ask((operation, path), model, true);
        assert_eq!(found.map(|it| it.to_string()).unwrap_or_default(), expected);
    }

    #[test]
    fn each_api_has_its_addresses() {
        use Operation::{Chat, CountTokens, Embeddings, Messages, Responses};
        let (dated, chat) = (Some("2024-10-21"), "/chat/completions");
        check(Api::Openai, None, (Chat, chat, "m"), "/at/chat/completions");
        check(Api::Azure, None, (Chat, chat, "m"), "/at/openai/v1/chat/completions");
        let deployed = "/at/openai/deployments/a%20b/chat/completions?api-version=2024-10-21";
        check(Api::Azure, dated, (Chat, chat, "a b"), deployed);
        let embedded = "/at/openai/deployments/e/embeddings?beta=true&api-version=2024-10-21";
        check(Api::Azure, dated, (Embeddings, "/embeddings?beta=true", "e"), embedded);
        let responses = "/at/openai/responses?api-version=2024-10-21";
        check(Api::Azure, dated, (Responses, "/responses", "m"), responses);
        let messages = (Messages, "/messages?beta=true");
        let asked = |model| (messages.0, messages.1, model);
        check(Api::Anthropic, None, asked("m"), "/at/messages?beta=true");
        let model = "anthropic.claude-v2:1";
        let invoked = "/at/model/anthropic.claude-v2%3A1/invoke-with-response-stream";
        check(Api::Bedrock, None, asked(model), invoked);
        let arn = "arn:aws:bedrock:us-east-1:1:inference-profile/us.x";
        let invoked = "/at/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fus.x/\
                       invoke-with-response-stream";
        check(Api::Bedrock, None, asked(arn), invoked);
        check(Api::Bedrock, None, (CountTokens, "/messages/count_tokens", "m"), "");
        for elsewhere in ["", ".", ".."] {
            check(Api::Bedrock, None, asked(elsewhere), "");
            check(Api::Azure, dated, (Chat, chat, elsewhere), "");
        }
    }
}

//! The addresses of the model path.

use bailiwick_wire::llm::{Dialect, Operation};
use hyper::Method;

use super::state::Address;

/// What is asked at an address.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Place {
    /// Something of a model.
    Asks(Operation),
    /// The same of the model that the path names, as Azure's clients do.
    Deployed(Operation, String),
    /// The list of models.
    Models,
    /// One model of the list.
    Model(String),
    /// What a provider keeps.
    State(Address),
}

impl Place {
    /// What is asked at the address that ends so; `None` when there is nothing.
    pub(super) fn of(dialect: Dialect, method: &Method, rest: &str) -> Option<Self> {
        match (method, dialect, rest) {
            (&Method::POST, Dialect::OpenAi, "chat/completions") => {
                Some(Self::Asks(Operation::Chat))
            }
            (&Method::POST, Dialect::OpenAi, "responses") => Some(Self::Asks(Operation::Responses)),
            (&Method::POST, Dialect::OpenAi, "embeddings") => {
                Some(Self::Asks(Operation::Embeddings))
            }
            (&Method::POST, Dialect::Anthropic, "messages") => {
                Some(Self::Asks(Operation::Messages))
            }
            (&Method::POST, Dialect::Anthropic, "messages/count_tokens") => {
                Some(Self::Asks(Operation::CountTokens))
            }
            (&Method::GET, _, "models") => Some(Self::Models),
            (&Method::GET, _, _) if rest.starts_with("models/") => {
                let name = rest.strip_prefix("models/").filter(|it| !it.is_empty())?;
                Some(Self::Model(unescaped(name)?))
            }
            (&Method::POST, Dialect::OpenAi, _) => {
                deployed(rest).or_else(|| Address::of(dialect, method, rest).map(Self::State))
            }
            (_, _, _) => Address::of(dialect, method, rest).map(Self::State),
        }
    }
}

/// What is asked of a deployment.
fn deployed(rest: &str) -> Option<Place> {
    let (name, path) = rest.strip_prefix("deployments/")?.split_once('/')?;
    let operation = match path {
        "chat/completions" => Operation::Chat,
        "embeddings" => Operation::Embeddings,
        _ => return None,
    };
    Some(Place::Deployed(operation, unescaped(name).filter(|it| !it.is_empty())?))
}

/// A name that stood in a path. SDKs write the slash in `provider/model` as `%2F`.
pub(super) fn unescaped(name: &str) -> Option<String> {
    let mut bytes = name.bytes();
    let mut plain = Vec::with_capacity(name.len());
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            plain.push(byte);
            continue;
        }
        let mut digit = || char::from(bytes.next()?).to_digit(16);
        let (high, low) = (digit()?, digit()?);
        plain.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(plain).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_dialect_has_its_addresses() {
        let at = |dialect, method, rest| Place::of(dialect, &method, rest);
        let (ours, theirs) = (Dialect::OpenAi, Dialect::Anthropic);
        let chat = Some(Place::Asks(Operation::Chat));
        assert_eq!(at(ours, Method::POST, "chat/completions"), chat);
        assert_eq!(at(theirs, Method::POST, "chat/completions"), None);
        assert_eq!(at(ours, Method::GET, "chat/completions"), None);
        let counts = Some(Place::Asks(Operation::CountTokens));
        assert_eq!(at(theirs, Method::POST, "messages/count_tokens"), counts);
        assert_eq!(at(ours, Method::GET, "models"), Some(Place::Models));
        let one = |name: &str| Some(Place::Model(name.to_owned()));
        assert_eq!(at(theirs, Method::GET, "models/claude-3"), one("claude-3"));
        assert_eq!(at(ours, Method::GET, "models/openai%2Fgpt"), one("openai/gpt"));
        let deployed = |name: &str| Some(Place::Deployed(Operation::Chat, name.to_owned()));
        let path = "deployments/az%2Fgpt-4o/chat/completions";
        assert_eq!(at(ours, Method::POST, path), deployed("az/gpt-4o"));
        for bad in ["deployments//chat/completions", "deployments/m/images", "deployments/m"] {
            assert_eq!(at(ours, Method::POST, bad), None, "{bad}");
        }
        assert_eq!(at(theirs, Method::POST, path), None);
        for bad in ["models/", "models/%2", "models/%ff", "models/%zz"] {
            assert_eq!(at(ours, Method::GET, bad), None, "{bad}");
        }
    }
}

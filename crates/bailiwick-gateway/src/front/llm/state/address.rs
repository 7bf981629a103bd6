//! The addresses of what providers keep.

use bailiwick_core::Action;
use bailiwick_wire::llm::{Collection, Dialect};
use hyper::Method;

/// Ids and what stands behind them are no longer than this.
const WORD_BYTES_MAX: usize = 128;

/// What is to be done.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in super::super) enum Deed {
    /// Make one more.
    Create,
    /// Say what there is.
    List,
    /// Read one, or something in it.
    Read,
    /// Put something into one.
    Add,
    /// End its work.
    Cancel,
    /// Have it wait.
    Pause,
    /// Have it go on: it costs again.
    Resume,
    /// Delete it, or something in it.
    Delete,
}

impl Deed {
    pub(super) const fn action(self) -> Action {
        match self {
            Self::Create | Self::Add | Self::Resume => Action::CreateState,
            Self::List | Self::Read => Action::ReadState,
            Self::Cancel | Self::Pause | Self::Delete => Action::DeleteState,
        }
    }

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::List => "list",
            Self::Read => "read",
            Self::Add => "add",
            Self::Cancel => "cancel",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Delete => "delete",
        }
    }
}

/// What is asked of what a provider keeps.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in super::super) struct Address {
    pub(super) collection: Collection,
    pub(super) deed: Deed,
    /// Which one.
    pub(super) id: Option<Box<str>>,
    /// What stands behind its id: `/content`.
    pub(super) part: String,
    pub(super) method: Method,
}

impl Address {
    /// What is asked at the address that ends so; `None` when there is nothing.
    pub(in super::super) fn of(dialect: Dialect, method: &Method, rest: &str) -> Option<Self> {
        let words: Vec<&str> = rest.split('/').collect();
        let (collection, behind) = match (dialect, words.as_slice()) {
            (Dialect::OpenAi, ["responses", behind @ ..]) => (Collection::Responses, behind),
            (_, ["files", behind @ ..]) => (Collection::Files, behind),
            (Dialect::OpenAi, ["batches", behind @ ..])
            | (Dialect::Anthropic, ["messages", "batches", behind @ ..]) => {
                (Collection::Batches, behind)
            }
            (Dialect::OpenAi, ["containers", behind @ ..]) => (Collection::Containers, behind),
            (Dialect::OpenAi, ["fine_tuning", "jobs", behind @ ..]) => {
                (Collection::FineTuning, behind)
            }
            (_, _) => return None,
        };
        if !behind.iter().all(|it| is_word(it)) {
            return None;
        }
        let deed = deed(dialect, collection, method, behind)?;
        let id = behind.first().map(|it| Box::from(*it));
        let part = behind.iter().skip(1).map(|it| format!("/{it}")).collect();
        Some(Self { collection, deed, id, part, method: method.clone() })
    }

    /// The address of one of a kind.
    pub(super) fn one(collection: Collection, id: &str, part: &str) -> Self {
        let (id, part) = (Some(id.into()), part.to_owned());
        Self { collection, deed: Deed::Read, id, part, method: Method::GET }
    }

    /// The path behind the beginning of the provider's API.
    pub(super) fn path(&self, dialect: Dialect) -> String {
        let base = match (dialect, self.collection) {
            (Dialect::OpenAi, Collection::Responses) => "/responses",
            (Dialect::Anthropic, Collection::Batches) => "/messages/batches",
            (_, Collection::Batches) => "/batches",
            (_, Collection::Containers) => "/containers",
            (_, Collection::FineTuning) => "/fine_tuning/jobs",
            (_, Collection::Files | Collection::Responses) => "/files",
        };
        let id = self.id.as_deref().map_or_else(String::new, |it| format!("/{it}"));
        format!("{base}{id}{}", self.part)
    }
}

/// What the method does to what stands behind a collection's name; `None` for nothing.
fn deed(
    dialect: Dialect,
    collection: Collection,
    method: &Method,
    behind: &[&str],
) -> Option<Deed> {
    use Collection::{Batches, Containers, Files, FineTuning, Responses};
    let can_delete = match collection {
        Responses | Files | Containers => true,
        Batches => dialect == Dialect::Anthropic,
        FineTuning => false,
    };
    match (method, collection, behind) {
        (&Method::POST, Files | Batches | Containers | FineTuning, []) => Some(Deed::Create),
        (&Method::GET, Files | Batches | Containers | FineTuning, []) => Some(Deed::List),
        (&Method::GET, _, [_]) => Some(Deed::Read),
        (&Method::DELETE, _, [_]) if can_delete => Some(Deed::Delete),
        (&Method::POST, Responses | Batches | FineTuning, [_, "cancel"]) => Some(Deed::Cancel),
        (&Method::POST, FineTuning, [_, "pause"]) => Some(Deed::Pause),
        (&Method::POST, FineTuning, [_, "resume"]) => Some(Deed::Resume),
        (&Method::GET, Responses, [_, "input_items"])
        | (&Method::GET, Files, [_, "content"])
        | (&Method::GET, FineTuning, [_, "events" | "checkpoints"])
        | (&Method::GET, Containers, [_, "files"] | [_, "files", _])
        | (&Method::GET, Containers, [_, "files", _, "content"]) => Some(Deed::Read),
        (&Method::GET, Batches, [_, "results"]) if dialect == Dialect::Anthropic => {
            Some(Deed::Read)
        }
        (&Method::POST, Containers, [_, "files"]) => Some(Deed::Add),
        (&Method::DELETE, Containers, [_, "files", _]) => Some(Deed::Delete),
        (_, _, _) => None,
    }
}

/// Whether it can stand in a path and mean nothing but itself.
fn is_word(word: &str) -> bool {
    let is_plain = |it: u8| it.is_ascii_alphanumeric() || b"-_:".contains(&it);
    (1..=WORD_BYTES_MAX).contains(&word.len()) && word.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_dialect_keeps_its_own() {
        let (ours, theirs) = (Dialect::OpenAi, Dialect::Anthropic);
        for (dialect, method, rest, is) in [
            (ours, Method::POST, "files", Some(Deed::Create)),
            (ours, Method::GET, "files/f-1/content", Some(Deed::Read)),
            (ours, Method::DELETE, "batches/b", None),
            (theirs, Method::DELETE, "messages/batches/b", Some(Deed::Delete)),
            (theirs, Method::GET, "messages/batches/b/results", Some(Deed::Read)),
            (theirs, Method::GET, "batches/b", None),
            (ours, Method::POST, "responses/r/cancel", Some(Deed::Cancel)),
            (ours, Method::POST, "fine_tuning/jobs/j/pause", Some(Deed::Pause)),
            (ours, Method::POST, "fine_tuning/jobs/j/resume", Some(Deed::Resume)),
            (ours, Method::GET, "responses", None),
            (ours, Method::POST, "containers/c/files", Some(Deed::Add)),
            (ours, Method::GET, "files/..", None),
            (ours, Method::GET, "files/%2e%2e", None),
            (ours, Method::GET, "files/", None),
            (ours, Method::GET, "files/f/x", None),
            (theirs, Method::GET, "fine_tuning/jobs", None),
        ] {
            let address = Address::of(dialect, &method, rest);
            assert_eq!(address.as_ref().map(|it| it.deed), is, "{method} {rest}");
            if let Some(address) = address {
                assert_eq!(address.path(dialect), format!("/{rest}"));
            }
        }
    }
}

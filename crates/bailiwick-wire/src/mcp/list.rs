//! Lists and completions: the names in them, and the entries that a caller may not see taken out.

use bailiwick_core::{Action, Digest};
use bytes::Bytes;

use super::modern::{Marked, marked};
use super::narrowed::Instead;
use crate::json::{Document, Kind, Node, looks_like, twin};
use crate::splice::Splice;

/// What is listed.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ListKind {
    /// Tools, known by their names.
    Tools,
    /// Prompts, known by their names.
    Prompts,
    /// Resources, known by their URIs.
    Resources,
    /// Resource templates, known by their URI templates.
    Templates,
}

impl ListKind {
    /// What the action lists, when it is one that lists.
    pub const fn of(action: Action) -> Option<Self> {
        match action {
            Action::ListTools => Some(Self::Tools),
            Action::ListPrompts => Some(Self::Prompts),
            Action::ListResources => Some(Self::Resources),
            Action::ListTemplates => Some(Self::Templates),
            Action::Connect
            | Action::InvokeTool
            | Action::ReadResource
            | Action::Subscribe
            | Action::GetPrompt
            | Action::CompleteArgument
            | Action::SetLogLevel
            | Action::Ping
            | Action::Notify
            | Action::Disconnect
            | Action::Sample
            | Action::Elicit
            | Action::ListRoots
            | Action::Complete
            | Action::Embed
            | Action::ListModels
            | Action::CreateState
            | Action::ReadState
            | Action::DeleteState
            | Action::Other => None,
        }
    }

    /// The member of the result that holds the list.
    pub(super) const fn member(self) -> &'static str {
        match self {
            Self::Tools => "tools",
            Self::Prompts => "prompts",
            Self::Resources => "resources",
            Self::Templates => "resourceTemplates",
        }
    }

    /// The member of an entry that names it.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Tools | Self::Prompts => "name",
            Self::Resources => "uri",
            Self::Templates => "uriTemplate",
        }
    }
}

/// One page of a list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Listed {
    /// What is listed.
    pub kind: ListKind,
    /// The name of each entry, in the order of the page. Empty where it cannot be read: such an
    /// entry is never kept.
    pub names: Vec<Box<str>>,
    /// For tools and prompts, the digest of each entry's exact text; empty for the others.
    pub digests: Vec<Digest>,
    /// For tools, the arguments of each that are repeated in headers; empty for the others.
    pub marked: Vec<Vec<Marked>>,
    /// Where the next page begins, as it was spelled: opaque.
    pub next_cursor: Option<Box<str>>,
}

/// Why an answer is not the list that was asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ListError {
    /// The action lists nothing.
    #[error("the action lists nothing")]
    NotListing,
    /// The result has no such list, or there is no result.
    #[error("the answer holds no list")]
    NoList,
    /// A member's name differs from the list's in case only: a client that ignores case would read
    /// a list that was not filtered.
    #[error("a member's name differs from the list's in case only")]
    LookAlike,
}

/// The page that an answer to a list request holds.
///
/// # Errors
/// [`ListError`] when it holds none; an error that the server answered is such a case too.
pub fn read_list(action: Action, document: &Document<'_>) -> Result<Listed, ListError> {
    let kind = ListKind::of(action).ok_or(ListError::NotListing)?;
    let (result, list) = page_of(document, kind)?;
    let names = list.elements().map(|it| name(it, kind.key())).collect();
    let digests = match kind {
        ListKind::Tools | ListKind::Prompts => {
            list.elements().map(|it| Digest::of(it.raw().as_bytes())).collect()
        }
        ListKind::Resources | ListKind::Templates => Vec::new(),
    };
    let marked = match kind {
        ListKind::Tools => list.elements().map(marked).collect(),
        ListKind::Prompts | ListKind::Resources | ListKind::Templates => Vec::new(),
    };
    let cursor = result.member("nextCursor").filter(|it| !it.is_null());
    Ok(Listed { kind, names, digests, marked, next_cursor: cursor.map(|it| it.raw().into()) })
}

impl Listed {
    /// The entries, in the order of their names. `document` must be the one that the list was read
    /// from.
    pub fn entries<'d>(&self, document: &'d Document<'_>) -> impl Iterator<Item = Node<'d>> {
        page_of(document, self.kind).ok().into_iter().flat_map(|(_, list)| list.elements())
    }

    /// The answer with only those entries whose flag in `keep` is set and whose name can be read;
    /// what `keep` says nothing about goes. All else, `nextCursor` included, stays byte for byte.
    /// `body` and `document` must be those that the list was read from.
    pub fn filter(&self, body: &Bytes, document: &Document<'_>, keep: &[bool]) -> Bytes {
        self.filter_with(body, document, keep, |_| None)
    }

    /// The same, with other entries in the place of one: what `instead` says of it, by its number.
    /// All that these do not say, they take from it.
    pub fn filter_with(
        &self,
        body: &Bytes,
        document: &Document<'_>,
        keep: &[bool],
        instead: impl Fn(usize) -> Option<Vec<Instead>>,
    ) -> Bytes {
        let mut splice = Splice::new(body);
        let flags = keep.iter().copied().chain(std::iter::repeat(false));
        let keep: Vec<bool> =
            self.names.iter().zip(flags).map(|(name, keep)| keep && !name.is_empty()).collect();
        if let (Ok((_, list)), true) = (page_of(document, self.kind), keep.contains(&false)) {
            splice.remove_elements(list, &keep);
        }
        for (n, entry) in self.entries(document).enumerate() {
            if keep.get(n) == Some(&true)
                && let Some(others) = instead(n)
            {
                let each: Vec<_> = others.iter().map(|it| it.in_place_of(entry.raw())).collect();
                splice.replace(entry.span(), each.join(",").into_bytes());
            }
        }
        splice.finish()
    }
}

/// The result and the list in it.
pub(super) fn page_of<'d>(
    document: &'d Document<'_>,
    kind: ListKind,
) -> Result<(Node<'d>, Node<'d>), ListError> {
    page(document, kind.member())
}

/// The result and the list in it that has this name.
pub(super) fn page<'d>(
    document: &'d Document<'_>,
    list: &str,
) -> Result<(Node<'d>, Node<'d>), ListError> {
    let result = document.root().member("result").ok_or(ListError::NoList)?;
    if result.members().any(|(name, _)| looks_like(&name, list)) {
        return Err(ListError::LookAlike);
    }
    let list = result.member(list).filter(|it| it.kind() == Kind::Array);
    Ok((result, list.ok_or(ListError::NoList)?))
}

/// The members that define an entry: a reader that ignores case would take another for one of them,
/// and what a person approved would not be what a model reads.
const DEFINING: [&str; 6] =
    ["name", "title", "description", "inputSchema", "outputSchema", "annotations"];

/// What an entry is called; nothing when it does not say, or says it twice to a careless reader.
pub(super) fn name(entry: Node<'_>, key: &str) -> Box<str> {
    let is_twin = |name: &str| looks_like(name, key) || twin(name, &DEFINING).is_some();
    if entry.members().any(|(name, _)| is_twin(&name)) {
        return Box::default();
    }
    entry.member(key).and_then(Node::text).map(Box::from).unwrap_or_default()
}

/// The values that an answer to a completion request offers; `None` when it is no such answer.
/// A value that is no string reads as empty.
pub fn completion_values(document: &Document<'_>) -> Option<Vec<Box<str>>> {
    let (_, values) = completion(document)?;
    Some(values.elements().map(|it| it.text().map(Box::from).unwrap_or_default()).collect())
}

/// The answer to a completion request with only those values whose flag in `keep` is set. When one
/// goes, the number of all values goes too, because it would tell of it.
pub fn filter_completions(body: &Bytes, document: &Document<'_>, keep: &[bool]) -> Bytes {
    let mut splice = Splice::new(body);
    if let Some((completion, values)) = completion(document) {
        let count = values.elements().count();
        if keep.len() < count || keep.contains(&false) {
            splice.remove_elements(values, keep);
            splice.remove_member(completion, "total");
        }
    }
    splice.finish()
}

fn completion<'d>(document: &'d Document<'_>) -> Option<(Node<'d>, Node<'d>)> {
    let completion = document.root().member("result")?.member("completion")?;
    let values = completion.member("values").filter(|it| it.kind() == Kind::Array)?;
    Some((completion, values))
}

#[cfg(test)]
mod tests;

//! What providers keep for their callers: what a body asks to be kept, what an answer says of it,
//! and what the gateway says itself where there is nothing.

use bailiwick_core::Value;
use bytes::Bytes;

use super::fields::{Read, list, needed, object, text};
use super::operation::Dialect;
use super::state::{self, STATE_MAX};
use crate::Unintelligible;
use crate::json::{Document, Kind, Limits, Node, quote};

/// A kind of what providers keep.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Collection {
    /// Answers, by `responses/{id}`.
    Responses,
    /// Files that were uploaded, and those that batches and jobs leave behind.
    Files,
    /// Asks that are answered later, all together.
    Batches,
    /// Machines in which models run code.
    Containers,
    /// Jobs that train a model.
    FineTuning,
}

impl Collection {
    /// Its word in policies and records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Responses => "responses",
            Self::Files => "files",
            Self::Batches => "batches",
            Self::Containers => "containers",
            Self::FineTuning => "fine_tuning",
        }
    }
}

/// What a body asks to be kept.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Creation {
    /// Ids that it names of what the provider keeps, each once.
    pub state: Vec<Box<str>>,
    /// The model that is to be trained.
    pub model: Option<Box<str>>,
    /// The file with the lines of a batch, and where each of them is to be asked.
    pub lines: Option<(Box<str>, Box<str>)>,
    /// What policy may read: always a record.
    pub parameters: Value,
}

/// Members that hold the id of a file, beside those that do so everywhere.
const FILES: [&str; 3] = ["input_file_id", "training_file", "validation_file"];
/// Members that policy may read.
const TOLD: [&str; 5] = ["model", "endpoint", "completion_window", "purpose", "name"];
const KNOWN: &[&str] = &[
    "input_file_id",
    "training_file",
    "validation_file",
    "file_id",
    "file_ids",
    "model",
    "endpoint",
    "completion_window",
    "purpose",
    "name",
    "requests",
];

/// Read a body that asks for something to be kept.
///
/// # Errors
/// [`Unintelligible`] when it cannot be told what is asked.
pub fn creation(collection: Collection, document: &Document<'_>) -> Read<Creation> {
    let root = object(document.root(), "body", KNOWN)?;
    let mut named = Vec::new();
    let requests = list(root, "requests")?;
    // Each request that stands in the body is read by itself.
    if requests.is_none() {
        state::within(root, &mut named)?;
    }
    for name in FILES {
        named.extend(text(root, name)?.map(Box::from));
    }
    named.sort_unstable();
    named.dedup();
    if named.len() > STATE_MAX {
        return Err(Unintelligible::TooMany("state"));
    }
    let (mut model, mut lines) = (None, None);
    match collection {
        Collection::FineTuning => {
            needed(root, "training_file")?;
            model = Some(needed(root, "model")?.into());
        }
        Collection::Batches if requests.is_none() => {
            let (file, endpoint) = (needed(root, "input_file_id")?, needed(root, "endpoint")?);
            lines = Some((file.into(), endpoint.into()));
        }
        Collection::Batches
        | Collection::Responses
        | Collection::Files
        | Collection::Containers => {}
    }
    let mut members: Vec<(Box<str>, Value)> = Vec::new();
    for name in TOLD {
        if let Some(said) = text(root, name)? {
            members.push((name.into(), Value::Text(said.into())));
        }
    }
    Ok(Creation { state: named, model, lines, parameters: Value::Record(members) })
}

/// What a provider says of something that it keeps.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Kept {
    /// Its id.
    pub id: Option<Box<str>>,
    /// The ids of files that it left behind.
    pub files: Vec<Box<str>>,
    /// What a file is for.
    pub purpose: Option<Box<str>>,
    /// When it ended, where it has.
    pub status: Option<Box<str>>,
}

/// Read what a provider says of something that it keeps. What cannot be read is not told.
pub fn kept(body: &[u8]) -> Kept {
    let Ok(document) = Document::parse(body, Limits::default()) else { return Kept::default() };
    let root = document.root();
    let said = |name: &str| root.member(name).and_then(Node::text).map(Box::from);
    let mut files = Vec::new();
    for name in ["output_file_id", "error_file_id"] {
        root.member(name).into_iter().for_each(|it| state::push(it, &mut files));
    }
    let results = root.member("result_files").into_iter().flat_map(Node::elements);
    results.for_each(|it| state::push(it, &mut files));
    files.truncate(STATE_MAX);
    Kept { id: said("id"), files, purpose: said("purpose"), status: said("status") }
}

/// A list of what a provider keeps, each entry with its id and as the provider wrote it.
pub fn list_kept(dialect: Dialect, entries: &[(Box<str>, Bytes)], has_more: bool) -> Bytes {
    let end = |it: Option<&(Box<str>, Bytes)>| it.map_or_else(|| "null".into(), |it| quote(&it.0));
    let head = match dialect {
        Dialect::OpenAi => r#""object":"list","#,
        Dialect::Anthropic => "",
    };
    let mut out = format!("{{{head}\"data\":[").into_bytes();
    for (place, (_, entry)) in entries.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        out.extend_from_slice(entry);
    }
    let (first, last) = (end(entries.first()), end(entries.last()));
    let tail = format!(r#"],"first_id":{first},"last_id":{last},"has_more":{has_more}}}"#);
    out.extend_from_slice(tail.as_bytes());
    Bytes::from(out)
}

/// Behind which entry a page of Anthropic's goes on; nothing when it is the last.
pub fn goes_on_behind(page: &[u8]) -> Option<Box<str>> {
    let document = Document::parse(page, Limits::default()).ok()?;
    let root = document.root();
    let has_more = root.member("has_more").and_then(Node::as_bool) == Some(true);
    let last = root.member("last_id").filter(|_| has_more)?;
    last.text().map(Box::from)
}

/// One page of a list of Anthropic's, out of the pages that hold all there is: what stands behind
/// one entry, or before another. Nothing when one of them is no such list.
pub fn page_of(
    pages: &[Bytes],
    (after, before): (Option<&str>, Option<&str>),
    most: usize,
) -> Option<Bytes> {
    let mut all: Vec<(Box<str>, Bytes)> = Vec::new();
    for body in pages {
        let document = Document::parse(body, Limits::default()).ok()?;
        let data = document.root().member("data").filter(|it| it.kind() == Kind::Array)?;
        for it in data.elements() {
            all.push((it.member("id")?.text()?.into(), body.slice(it.span())));
        }
    }
    let at = |id: &str| all.iter().position(|(it, _)| **it == *id);
    // Behind what is not there stands nothing.
    let (from, to) = match (after, before) {
        (Some(id), _) => (at(id).map_or(all.len(), |it| it + 1), all.len()),
        (None, Some(id)) => (0, at(id).unwrap_or(0)),
        (None, None) => (0, all.len()),
    };
    let from = if before.is_some() { to.saturating_sub(most).max(from) } else { from };
    let to_page = to.min(from.saturating_add(most));
    let has_more = if before.is_some() { from > 0 } else { to_page < to };
    Some(list_kept(Dialect::Anthropic, all.get(from..to_page)?, has_more))
}

/// That there is no such thing, in the words of a provider: the same for what never was and for
/// what is another's.
pub fn no_such(dialect: Dialect, collection: Collection, id: &str) -> Bytes {
    let words = match (dialect, collection) {
        (Dialect::OpenAi, Collection::Responses) => format!("Response with id '{id}' not found."),
        (Dialect::OpenAi, Collection::Files) => format!("No such File object: {id}"),
        (Dialect::OpenAi, Collection::Batches) => format!("No batch found with id '{id}'."),
        (Dialect::OpenAi, Collection::Containers) => format!("Container with id '{id}' not found."),
        (Dialect::OpenAi, Collection::FineTuning) => format!("Could not find fine tune: {id}"),
        (Dialect::Anthropic, Collection::Files) => format!("File not found: {id}"),
        (Dialect::Anthropic, _) => format!("Not found: {id}"),
    };
    let param = match collection {
        Collection::Files => r#""id""#,
        Collection::FineTuning => r#""fine_tune_id""#,
        Collection::Responses | Collection::Batches | Collection::Containers => "null",
    };
    not_found(dialect, &words, param, "null")
}

/// That an earlier answer, or a part of one, is not there that an ask builds on.
pub fn no_such_state(dialect: Dialect, is_previous: bool, id: &str) -> Bytes {
    if is_previous && dialect == Dialect::OpenAi {
        let words = format!("Previous response with id '{id}' not found.");
        let (param, code) = (r#""previous_response_id""#, r#""previous_response_not_found""#);
        return not_found(dialect, &words, param, code);
    }
    not_found(dialect, &format!("Item with id '{id}' not found."), r#""input""#, "null")
}

fn not_found(dialect: Dialect, words: &str, param: &str, code: &str) -> Bytes {
    let words = quote(words);
    Bytes::from(match dialect {
        Dialect::OpenAi => {
            let kind = r#""type":"invalid_request_error""#;
            format!(r#"{{"error":{{"message":{words},{kind},"param":{param},"code":{code}}}}}"#)
        }
        Dialect::Anthropic => {
            format!(r#"{{"type":"error","error":{{"type":"not_found_error","message":{words}}}}}"#)
        }
    })
}
